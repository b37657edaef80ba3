package twin

import (
	"fmt"
	"net/http"
	"strings"
)

// EmailOf is where an account gets its emails, those of a forgotten password included.
func (p *Portal) EmailOf(user string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if changed, ok := p.emails[user]; ok {
		return changed
	}
	return user
}

// PaidTwice reports whether one order was paid more than once.
func (p *Portal) PaidTwice() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, times := range p.paid {
		if times > 1 {
			return true
		}
	}
	return false
}

func (p *Portal) showEmail(w http.ResponseWriter, r *http.Request) {
	p.page(w, http.StatusOK, "Your email address", paragraph("Emails go to "+p.EmailOf(p.GetString(r.Context(), "user")))+
		p.form("/account/email", `<label>Another address <input name="email" type="email"></label><button>Change</button>`))
}

func (p *Portal) changeEmail(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("email") == "" || len(r.FormValue("email")) > longestEmail {
		http.Error(w, "That is no address.", http.StatusUnprocessableEntity)
		return
	}
	p.mu.Lock()
	p.emails[p.GetString(r.Context(), "user")] = r.FormValue("email")
	p.mu.Unlock()
	p.leadTo(w, r, "/account/email")
}

// What the board holds.
const (
	mostNotes = 20
	longest   = 500
)

// showBoard writes notes as markup: the mistake that lets a script of somebody else run. What it can reach then depends on the
// cookie and on the headers.
func (p *Portal) showBoard(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var notes strings.Builder
	for _, note := range p.board {
		fmt.Fprintf(&notes, "<article>%s</article>\n", note)
	}
	p.page(w, http.StatusOK, "Board", notes.String()+p.form("/board", `<label>Note <input name="note"></label><button>Post</button>`))
}

func (p *Portal) post(w http.ResponseWriter, r *http.Request) {
	note := r.FormValue("note")
	if note == "" || len(note) > longest {
		http.Error(w, fmt.Sprintf("A note has 1 to %d characters.", longest), http.StatusUnprocessableEntity)
		return
	}
	p.mu.Lock()
	p.board = append(p.board, note)
	if len(p.board) > mostNotes {
		p.board = p.board[1:]
	}
	p.mu.Unlock()
	p.leadTo(w, r, "/board")
}
