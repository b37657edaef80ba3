package mail

import (
	_ "embed"
	"html/template"
	"strings"
)

//go:embed letter.html
var letterHTML string

// page is the HTML of every letter. It loads nothing, so that no server learns when a letter is read.
var page = template.Must(template.New("letter").Parse(letterHTML))

type paragraph struct {
	Text string
	Link bool // it is an address of the portal
	Main bool // it is the only one: the letter is about opening it
}

// html is the letter as HTML, in the words of its text.
func (l Letters) html(subject string, texts []string) string {
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
	if err != nil { // a string builder takes everything, and the template names nothing else
		panic(err)
	}
	return b.String()
}
