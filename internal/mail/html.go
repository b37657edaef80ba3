package mail

import (
	_ "embed"
	"html/template"
	"strings"

	"example.com/gatehouse/internal/brand"
)

//go:embed email.html
var emailHTML string

// page is the HTML of every email. It loads no images or styles, because a request for one would reveal that the email
// was opened.
var page = template.Must(template.New("email").Parse(emailHTML))

type paragraph struct {
	Text  string
	Label string // of the button, where the text is a URL of the portal: the link stands below it as well
}

// labels name what a link leads to, by the beginning of its path.
var labels = []struct{ path, label string }{
	{"/email/confirm/", "Confirm my address"},
	{"/account/email/confirm/", "Confirm my new address"},
	{"/email/undo/", notMe},
	{"/password/reset/", "Choose another password"},
	{"/password/forgot", "Get another password by email"},
	{"/login", "Sign in"},
	{"/account/secure", "Secure my account"},
	{"/account/security/password", "Change my password"},
	{"/account/security/passkeys", "See my passkeys"},
	{"/account/security", "See how I sign in"},
	{"/account/sessions", "See my devices"},
	{"/account/activity", "See my activity"},
	{"/account/delete", "Keep my account"},
	{"", "Open the portal"},
}

// notMe is the button for whoever did not do what the email is about.
const notMe = "This was not me"

// label names the button of a link. The first one after a paragraph about "not you" is for whoever it was not.
func (l Composer) label(link, before string) string {
	path := strings.TrimPrefix(link, l.base())
	if strings.HasPrefix(before, "If it was not you") || strings.HasPrefix(before, "Otherwise") {
		return notMe
	}
	if strings.HasSuffix(path, "/recognise") {
		return "Was this you?"
	}
	for _, known := range labels {
		if strings.HasPrefix(path, known.path) {
			return known.label
		}
	}
	return ""
}

// html is the email as HTML, in the words of its text.
func (l Composer) html(subject string, texts []string) string {
	paragraphs, before := make([]paragraph, len(texts)), ""
	for i, text := range texts {
		paragraphs[i].Text = text
		if strings.HasPrefix(text, l.base()+"/") && !strings.ContainsAny(text, " \t\r\n") {
			paragraphs[i].Label = l.label(text, before)
		}
		before = text
	}
	var b strings.Builder
	err := page.Execute(&b, struct {
		Brand, Subject string
		Paragraphs     []paragraph
	}{brand.Name, subject, paragraphs})
	if err != nil { // cannot happen: a strings.Builder accepts every write and the template uses no other fields
		panic(err)
	}
	return b.String()
}
