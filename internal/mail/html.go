package mail

import (
	_ "embed"
	"html/template"
	"strings"
)

//go:embed email.html
var emailHTML string

// page is the HTML of every email. It loads no images or styles, because a request for one would reveal that the email
// was opened.
var page = template.Must(template.New("email").Parse(emailHTML))

type paragraph struct {
	Text string
	Link bool // a URL of the portal
	Main bool // the only link of the email, shown as a button
}

// html is the email as HTML, in the words of its text.
func (l Composer) html(subject string, texts []string) string {
	paragraphs, links := make([]paragraph, len(texts)), 0
	for i, text := range texts {
		link := strings.HasPrefix(text, l.base()+"/") && !strings.ContainsAny(text, " \t\r\n")
		paragraphs[i] = paragraph{Text: text, Link: link}
		if link {
			links++
		}
	}
	for i := range paragraphs {
		paragraphs[i].Main = paragraphs[i].Link && links == 1
	}
	var b strings.Builder
	err := page.Execute(&b, struct {
		Subject    string
		Paragraphs []paragraph
	}{subject, paragraphs})
	if err != nil { // cannot happen: a strings.Builder accepts every write and the template uses no other fields
		panic(err)
	}
	return b.String()
}
