package handlers

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/store"
	"example.com/gatehouse/internal/store/storetest"
)

// emailStore keeps what the outbox keeps, in a database of its own and one statement at a time. The worker of an outbox is on the
// real clock and in nobody's bubble: on the database of the portal its statements would be counted by tests, and a test
// on a clock of its own would wait no time at all for a lock that the worker holds. Emails that the portal stores in a
// transaction of its own it only reads there, on other connections, and takes each of them once: from then on it neither reads it
// again nor counts it. Emails leave in the order in which they were written, wherever they are.
type emailStore struct {
	mu     sync.Mutex
	db     *store.Store
	portal *store.Store
	boxes  *store.Store    // of the portal, with the mailboxes of demos: the worker has nothing to do with them
	taken  map[string]bool // by id
	read   []mail.Row      // of the portal's, to be taken next
}

func newEmailStore(t *testing.T, portal *store.Store) *emailStore {
	return &emailStore{db: storetest.SQLite(t), portal: storetest.Twin(t, portal), boxes: portal, taken: map[string]bool{}}
}

var noTimes atomic.Int64

// noTime moves by no more than the order of emails, so that an email is due whatever the clock of the test showed when it
// was written. Emails that are due at one instant leave in the order of their ids, which are random.
func noTime() time.Time {
	return time.Date(2000, 1, 1, 0, 0, 0, int(noTimes.Add(1))*int(time.Microsecond), time.UTC)
}

func (l *emailStore) AddEmail(ctx context.Context, r mail.Row, most int) error {
	if r.Box != "" {
		return l.boxes.AddEmail(ctx, r, most)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.db.AddEmail(ctx, r, most)
}

func (l *emailStore) Box(ctx context.Context, box string) ([]mail.Row, error) {
	return l.boxes.Box(ctx, box)
}

func (l *emailStore) ClaimEmail(ctx context.Context, at, until time.Time) (mail.Row, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	oldest := at
	err := l.db.DB().QueryRowContext(ctx, `SELECT due_at FROM letters WHERE due_at <= $1 ORDER BY due_at LIMIT 1`, at).Scan(&oldest)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return mail.Row{}, err
	}
	row, err := l.takeFromPortal(ctx, oldest)
	if errors.Is(err, mail.ErrNoneDue) {
		return l.db.ClaimEmail(ctx, at, until)
	}
	return row, err
}

func (l *emailStore) takeFromPortal(ctx context.Context, until time.Time) (row mail.Row, err error) {
	if len(l.read) == 0 {
		if err := l.readPortal(ctx, until); err != nil {
			return row, err
		}
	}
	if len(l.read) == 0 || l.read[0].DueAt.After(until) {
		return row, mail.ErrNoneDue
	}
	row, l.read = l.read[0], l.read[1:]
	l.taken[row.ID], row.Attempts = true, 1
	return row, nil
}

// readPortal reads the emails that were stored since it read them last.
func (l *emailStore) readPortal(ctx context.Context, until time.Time) error {
	ids, err := l.ids(ctx, `SELECT id FROM letters WHERE due_at <= $1 ORDER BY due_at`, until)
	for _, id := range ids {
		row := mail.Row{ID: id}
		err = errors.Join(err, l.portal.DB().QueryRowContext(ctx, `SELECT sealed, created_at, due_at, expires_at FROM letters WHERE id = $1`, id).
			Scan(&row.Sealed, &row.CreatedAt, &row.DueAt, &row.ExpiresAt))
		l.read = append(l.read, row)
	}
	if err != nil {
		l.read = nil
	}
	return err
}

// ids are those of the portal's emails that the query finds and that were not taken.
func (l *emailStore) ids(ctx context.Context, query string, arg any) (ids []string, err error) {
	rows, err := l.portal.DB().QueryContext(ctx, query, arg)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		if !l.taken[id] {
			ids = append(ids, id)
		}
	}
	return ids, rows.Err()
}

func (l *emailStore) PostponeEmail(ctx context.Context, r mail.Row, due time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.db.PostponeEmail(ctx, r, due)
}

func (l *emailStore) DeleteEmail(ctx context.Context, id string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.db.DeleteEmail(ctx, id)
}

func (l *emailStore) CountEmails(ctx context.Context) (int, error) { return l.db.CountEmails(ctx) }

// CountEmailsOf counts where the portal stores them, but for those that were taken: what it answers follows from that.
func (l *emailStore) CountEmailsOf(ctx context.Context, sender string) (all, ofSender int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting, err := l.ids(ctx, `SELECT id FROM letters WHERE sender = $1`, sender)
	if err == nil {
		all, err = l.portal.CountEmails(ctx)
	}
	return all - len(l.taken), len(waiting), err
}

// A postbox is an outbox that says when an email has come in. Emails leave behind the answer, on the real clock,
// whatever the clock of the test shows.
type postbox struct {
	*mail.Mailbox
	arrived chan struct{}
	minutes <-chan time.Time // on the real clock, as the emails are
}

// patience is how many minutes may strike before an email is missed. The first may be left over from before the wait, and
// the second strikes too early: what remains is one whole minute, however long the test has taken until then.
const patience = 3

func newPostbox(t *testing.T) *postbox {
	minutes := time.NewTicker(time.Minute)
	t.Cleanup(minutes.Stop)
	return &postbox{&mail.Mailbox{}, make(chan struct{}, 1000), minutes.C}
}

// Send keeps the email and says so.
func (p *postbox) Send(ctx context.Context, l mail.Email) error {
	defer func() {
		select {
		case p.arrived <- struct{}{}:
		default: // no wake-up is lost: as many as fit wait to be taken, and after each one every email is looked at
		}
	}()
	return p.Mailbox.Send(ctx, l)
}

// email waits for an email to an address and returns the newest about something.
func (p *portal) email(to, about string) string {
	p.t.Helper()
	texts := p.awaitEmails(to, about, 1)
	return texts[len(texts)-1]
}

// nextEmail waits for the email after those about it that were there before.
func (p *portal) nextEmail(to, about string, before int) string {
	p.t.Helper()
	return p.awaitEmails(to, about, before+1)[before]
}

func (p *portal) awaitEmails(to, about string, atLeast int) (texts []string) {
	p.t.Helper()
	for struck := 0; struck < patience; {
		if texts = p.textsTo(to, about); len(texts) >= atLeast {
			return texts
		}
		select {
		case <-p.outbox.arrived:
		case <-p.outbox.minutes:
			struck++
		}
	}
	p.t.Fatalf("%d emails to %s about %q, want %d", len(texts), to, about, atLeast)
	return nil
}

// textsTo returns the texts of the emails to an address that have something in them or in their subject, oldest first.
func (p *portal) textsTo(to, about string) (texts []string) {
	for _, l := range p.outbox.Emails() {
		if l.To == to && strings.Contains(l.Subject+l.Text, about) {
			texts = append([]string{l.Text}, texts...)
		}
	}
	return texts
}

var linkInText = regexp.MustCompile(`https?://portal\.(?:test|lan:8080)(/\S+)`)

func linkIn(t *testing.T, message string) string {
	t.Helper()
	m := linkInText.FindStringSubmatch(message)
	if m == nil {
		t.Fatalf("no link in the email:\n%s", message)
	}
	return m[1]
}

// emailsTo returns every email to an address. No more are sent afterwards.
func (p *portal) emailsTo(email string) (texts []string) {
	p.t.Helper()
	if err := p.app.Outbox.Close(context.Background()); err != nil {
		p.t.Fatal(err)
	}
	for _, l := range p.outbox.Emails() {
		if l.To == email {
			texts = append(texts, l.Subject+"\n"+strings.Join(strings.Fields(l.Text), " "))
		}
	}
	return texts
}
