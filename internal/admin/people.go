package admin

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
)

// A Person is an account in a list.
type Person struct {
	auth.User
	Flagged bool   // a live session of it is flagged
	Key     string // by which the list is sorted, and goes on after it
}

// What lists of accounts can be restricted to.
const (
	ShowAll      = ""
	ShowMembers  = auth.RoleMember
	ShowSupport  = auth.RoleSupport
	ShowAdmins   = auth.RoleAdmin
	ShowDisabled = "disabled"
	ShowFlagged  = "flagged"
	ShowDeleting = "deleting"
)

// A Query asks for a page of accounts: those that a term finds, by term; that of an address; or the newest first.
type Query struct {
	Prefix   string   // of a term, see Term; "" for all
	Emails   []string // or the forms of a whole address, see auth.EmailForms
	Show     string
	AfterKey string // with AfterID: only what comes after that account in the list; "" for the first page
	AfterID  string
	Limit    int
}

// A PageOfPeople is a part of a list.
type PageOfPeople struct {
	People  []Person
	More    bool   // there may be more after NextKey and NextID
	NextKey string // the last that was looked at
	NextID  string
}

const (
	perPage = 30
	// scanned bounds how many accounts one page of a search looks through that is restricted too.
	scanned = 600
)

// People returns a page of the accounts that have a name or a word of the name that begins with the text, or that have the text as
// their address. Part of an address finds nobody: whoever may search could spell it out by trying letters. Where a search is
// restricted as well, it looks a bounded way and offers to go on from there.
func (s *Service) People(ctx context.Context, text, show, afterKey, afterID string) (page PageOfPeople, err error) {
	if keys, err := auth.EmailForms(strings.TrimSpace(text)); err == nil && afterID == "" {
		found, err := s.store.People(ctx, Query{Emails: keys, Limit: perPage})
		if err != nil || len(found) > 0 {
			page.People = slices.DeleteFunc(found, func(p Person) bool { return !p.is(show) })
			return page, err
		}
	}
	q := Query{Prefix: Term(text), Show: show, AfterKey: afterKey, AfterID: afterID, Limit: perPage + 1}
	if q.Prefix != "" && show != ShowAll {
		q.Limit = scanned + 1
	}
	all, err := s.store.People(ctx, q)
	if err != nil {
		return page, err
	}
	page.More = len(all) == q.Limit
	if page.More {
		all = all[:len(all)-1]
	}
	for _, p := range all {
		if len(page.People) == perPage {
			page.More = true
			break
		}
		page.NextKey, page.NextID = p.Key, p.ID
		if q.Prefix == "" || p.is(show) && p.foundFirstBy(q.Prefix) {
			page.People = append(page.People, p)
		}
	}
	return page, nil
}

// foundFirstBy reports whether the account stands here in the list for the first time: a search finds it by its name and by each
// word of the name.
func (p Person) foundFirstBy(prefix string) bool {
	terms := Terms(p.Name)
	terms = slices.DeleteFunc(terms, func(term string) bool { return !strings.HasPrefix(term, prefix) })
	return !slices.Contains(terms, p.Key) || p.Key == slices.Min(terms)
}

func (p Person) is(show string) bool {
	switch show {
	case ShowDisabled:
		return !p.DisabledAt.IsZero()
	case ShowFlagged:
		return p.Flagged
	case ShowDeleting:
		return p.DeletionPending()
	}
	return show == ShowAll || p.Role == show
}

// maxTerm bounds a term, in bytes of text.
const maxTerm = 64

// Term is the form that texts are searched in: the digits of their bytes, which sort alike on every database.
func Term(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	return hex.EncodeToString([]byte(text[:min(len(text), maxTerm)]))
}

// Terms are what the beginning of finds an account.
func Terms(name string) (terms []string) {
	seen := map[string]bool{"": true}
	for _, text := range append([]string{name}, strings.Fields(name)...) {
		if term := Term(text); !seen[term] {
			seen[term] = true
			terms = append(terms, term)
		}
	}
	return terms
}

// Person returns an account. ErrNotFound for an unknown id.
func (s *Service) Person(ctx context.Context, id string) (auth.User, error) {
	if !audit.IsID(strings.TrimPrefix(id, audit.DemoID)) {
		return auth.User{}, audit.ErrNotFound
	}
	return s.store.UserByID(ctx, id)
}

// revealedFor is how long an address that was revealed stays so, in the session that asked.
const revealedFor = 10 * time.Minute

// Revealed reports whether the session has revealed the address of the account a short while ago.
func (s *Service) Revealed(ctx context.Context, by audit.Actor, userID string) (bool, error) {
	return s.store.Revealed(ctx, by, userID, audit.Now().Add(-revealedFor))
}

// EmailChanges returns the latest changes of address of an account.
func (s *Service) EmailChanges(ctx context.Context, userID string) ([]account.EmailChange, error) {
	const most = 20
	return s.store.EmailChanges(ctx, userID, most)
}

// Sweep makes the accounts findable that an older program has made.
func (s *Service) Sweep(ctx context.Context) error {
	const batch = 200
	for {
		if n, err := s.store.AddMissingTerms(ctx, batch); err != nil || n < batch {
			return err
		}
	}
}
