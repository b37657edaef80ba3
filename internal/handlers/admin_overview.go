package handlers

import (
	"fmt"
	"net/http"
	"time"

	"example.com/gatehouse/internal/admin"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/session"
)

// adminView is what the portal does at the moment.
type adminView struct {
	Layout
	SignedIn  string // "12 sessions", or "100000 sessions or more"
	Flagged   int
	Hours     []hourView
	Most      int // sign-ins or failures of one hour: the height of the picture
	Endings   []endingView
	EndsAll   bool // the reader may end everybody's sessions
	SignIns   int
	Failures  int
	EndedMany int
}

// An hourView is a row of the table and two bars of the picture beside it.
type hourView struct {
	Begins            time.Time
	SignIns, Failures int
	X                 int // of its bars
	GoodY, GoodHeight int
	BadY, BadHeight   int
}

// An endingView is a row and a bar.
type endingView struct {
	Why   string
	Count int
	Y     int
	Width int
}

func (*adminView) page() string { return "admin.html" }

// The pictures are drawn in these units.
const (
	chartHeight = 60
	chartWidth  = 240
	chartColumn = 10
)

func (a *app) showAdmin(w http.ResponseWriter, r *http.Request) error {
	f, err := a.Admin.Figures(r.Context())
	if err != nil {
		return err
	}
	v := &adminView{SignedIn: count(f.SignedIn, "session"), Flagged: f.Flagged, EndsAll: currentOf(r).User.Role == auth.RoleAdmin}
	if f.SignedIn >= admin.MaxSignedIn {
		v.SignedIn = fmt.Sprint(f.SignedIn) + " sessions or more"
	}
	for _, h := range f.Hours {
		v.Most = max(v.Most, h.SignIns, h.Failures)
		v.SignIns, v.Failures = v.SignIns+h.SignIns, v.Failures+h.Failures
	}
	for i, h := range f.Hours {
		good, bad := chartHeight*h.SignIns/max(v.Most, 1), chartHeight*h.Failures/max(v.Most, 1)
		v.Hours = append(v.Hours, hourView{h.Begins, h.SignIns, h.Failures, i * chartColumn, chartHeight - good, good, chartHeight - bad, bad})
	}
	for i, e := range f.Endings {
		v.EndedMany += e.Count
		v.Endings = append(v.Endings, endingView{endingWords(session.Reason(e.Reason)), e.Count, i * chartColumn, chartWidth * e.Count / f.Endings[0].Count})
	}
	return a.render(w, r, http.StatusOK, v)
}

func endingWords(reason session.Reason) string {
	words := map[session.Reason]string{
		session.ReasonIdle: "Not used for too long", session.ReasonAbsolute: "Absolute limit", session.ReasonSignedOut: "Signed out",
		session.ReasonRevoked: "Signed out from another device", session.ReasonPasswordChanged: "Password changed",
		session.ReasonAdmin: "By somebody with a role", session.ReasonReplaced: "One session too many",
		session.ReasonClientChanged: "Used from elsewhere", session.ReasonAccountDisabled: "Account switched off",
		session.ReasonAccountDeleted: "Account to be deleted", session.ReasonUnclaimed: "Never used",
	}
	if text, ok := words[reason]; ok {
		return text
	}
	return string(reason)
}
