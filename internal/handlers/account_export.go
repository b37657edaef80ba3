package handlers

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/act"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/guard"
)

const (
	exportPath = "/account/export"
	exportName = "account.json"
)

type exportView struct {
	Layout
	Problems problems
	Identity identityView
	File     string // its name
}

func (*exportView) page() string { return "export.html" }

func (a *app) showExport(w http.ResponseWriter, r *http.Request) error {
	return a.exportForm(w, r, http.StatusOK, nil)
}

func (a *app) exportForm(w http.ResponseWriter, r *http.Request, status int, wrong problems) error {
	return a.render(w, r, status, &exportView{
		Problems: wrong, Identity: identityForm(r, "For this file, and for nothing else.", wrong), File: brand.Download(exportName),
	})
}

// export answers with everything that is kept about the person, as a file. It is confirmed for itself, also right after a
// re-authentication, and the answer opens no window (ASVS v5.0.0-7.5.3, 14.2.4).
func (a *app) export(w http.ResponseWriter, r *http.Request) error {
	f, err := form(r, identityFields...)
	if err != nil {
		return err
	}
	v := currentOf(r)
	proof, wrong, status, err := a.identify(w, r, f, audit.ReauthFail)
	if err != nil {
		return err
	}
	if wrong != nil {
		return a.exportForm(w, r, status, wrong)
	}
	try, wait := a.Guard.FromAccount(r.Context(), guard.Exports, actor(r))
	if wait > 0 {
		tooMany(w, wait)
		return a.exportForm(w, r, http.StatusTooManyRequests, problems{{"", "The file was made many times. Please try again in " + wordsOfWait(wait) + "."}})
	}
	var file []byte
	var inIt string
	a.notify(r, v.User, a.emails.Exported(v.User.Email, v.User.Name, time.Now(), a.senderOf(r)))
	a.needNotices(r) // a stranger does not get the file by filling the outbox first
	err = a.Accounts.Export(r.Context(), actor(r), proof, func(tables []account.Table) (press account.Press, err error) {
		inIt = contents(tables)
		if file, err = exportFile(a.BaseURL.String(), tables, time.Now()); err != nil {
			return press, err
		}
		press.Act, err = a.staysIn(r, act.Answer{File: file})
		return press, err
	})
	if err != nil {
		try.Return(r.Context())
		return err
	}
	a.reportRecoveryCode(r, proof)
	a.flash(r, "You downloaded %s: %s.", brand.Download(exportName), inIt)
	a.answered(r)
	sendExport(w, file)
	return nil
}

func sendExport(w http.ResponseWriter, file []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+brand.Download(exportName)+`"`)
	h.Set("Cache-Control", "no-store")
	h.Set(gzhttp.HeaderNoCompression, "1")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(file) // a client that went away is nobody's error
}

// contents says what is in the file, for the page after it.
func contents(tables []account.Table) string {
	said := []string{"your account"}
	for _, t := range tables {
		switch n := len(t.Rows); t.Name {
		case "sessions":
			said = append(said, count(n, "session"))
		case "events":
			said = append(said, count(n, "line")+" of activity")
		case "payments":
			said = append(said, count(n, "payment"))
		}
	}
	return strings.Join(said, ", ")
}

// exportFile is made before the first byte goes out, so that nobody takes half of it for the whole.
func exportFile(portal string, tables []account.Table, at time.Time) ([]byte, error) {
	file := map[string]any{"portal": portal, "made_at": at.UTC().Truncate(time.Second)}
	for _, t := range tables {
		file[t.Name] = t.Rows
	}
	return json.MarshalIndent(file, "", "  ")
}
