package webtest

import (
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A Form is a form of a page, as a browser would send it if nobody changed anything.
type Form struct {
	Method, Action string // the action as it is written; "" is the page itself
	Fields         []Field
}

// A Field is what a form sends under a name, hidden fields and ticked boxes included.
type Field struct {
	Name, Type, Value string
	Off               bool // a box or choice that is not ticked, and is not sent
}

// Forms returns the forms of the page, in its order.
func (a *Answer) Forms() (forms []Form) {
	for _, form := range a.elements(atom.Form) {
		f := Form{Method: strings.ToUpper(attribute(form, "method")), Action: attribute(form, "action")}
		if f.Method == "" {
			f.Method = http.MethodGet
		}
		for node := range form.Descendants() {
			if field, ok := fieldOf(node); ok {
				f.Fields = append(f.Fields, field)
			}
		}
		forms = append(forms, f)
	}
	return forms
}

// Headings returns the texts of the page's headings, in its order: those of the given levels, from 1 to 3, or all.
func (a *Answer) Headings(levels ...int) (texts []string) {
	for _, heading := range a.elements(atom.H1, atom.H2, atom.H3) {
		if level := int(heading.Data[1] - '0'); len(levels) == 0 || slices.Contains(levels, level) {
			texts = append(texts, textOf(heading))
		}
	}
	return texts
}

// Submit sends the form of the page that goes to action, with the given names and values in place of those on the page.
func (c *Client) Submit(a *Answer, action string, fields ...string) *Answer {
	c.T.Helper()
	r := c.Filled(a, action, fields...)
	if r == nil {
		return c.None(c.Request(http.MethodPost, action))
	}
	return c.Do(r)
}

// Filled is the request that Submit sends, nil when the page has no such form.
func (c *Client) Filled(a *Answer, action string, fields ...string) *http.Request {
	c.T.Helper()
	for _, f := range a.Forms() {
		if f.Action != action && !(f.Action == "" && strings.HasSuffix(a.What, " "+action)) {
			continue
		}
		sent := f.filled(fields)
		if f.Method == http.MethodPost {
			return c.Request(http.MethodPost, action, sent...)
		}
		return c.Request(http.MethodGet, action+"?"+encoded(sent))
	}
	c.complain("%s: no form that goes to %s:\n%s", a.What, action, a.Excerpt())
	return nil
}

// Field is what a field of the form that goes there holds, "" for none.
func (a *Answer) Field(action, name string) (value string) {
	for _, form := range a.Forms() {
		for _, field := range form.Fields {
			if form.Action == action && field.Name == name {
				value = field.Value
			}
		}
	}
	return value
}

// filled are the names and values of a form in which some were changed.
func (f Form) filled(changed []string) (sent []string) {
	sent = append(sent, changed...)
	for _, field := range f.Fields {
		if field.Off || isAmong(changed, field.Name) {
			continue
		}
		sent = append(sent, field.Name, field.Value)
	}
	return sent
}

func isAmong(fields []string, name string) bool {
	for i := 0; i < len(fields); i += 2 {
		if fields[i] == name {
			return true
		}
	}
	return false
}

func fieldOf(node *html.Node) (Field, bool) {
	f := Field{Name: attribute(node, "name"), Type: attribute(node, "type"), Value: attribute(node, "value")}
	if node.Type != html.ElementNode || f.Name == "" || has(node, "disabled") {
		return Field{}, false
	}
	switch node.DataAtom {
	case atom.Input:
		f.Off = (f.Type == "checkbox" || f.Type == "radio") && !has(node, "checked")
		if f.Type == "checkbox" && f.Value == "" {
			f.Value = "on"
		}
	case atom.Textarea:
		f.Type, f.Value = "textarea", textOf(node)
	case atom.Select:
		f.Type, f.Value = "select", selected(node)
	case atom.Button: // one of several that may be pressed
		f.Type, f.Off = "button", true
	default:
		return Field{}, false
	}
	return f, true
}

// selected is the value of the chosen option, or of the first.
func selected(list *html.Node) (value string) {
	first := true
	for node := range list.Descendants() {
		if node.DataAtom == atom.Option && (first || has(node, "selected")) {
			value, first = attribute(node, "value"), false
		}
	}
	return value
}

// elements returns the elements of the page with one of the names.
func (a *Answer) elements(names ...atom.Atom) (found []*html.Node) {
	page, err := html.Parse(strings.NewReader(a.Body))
	if err != nil {
		return nil
	}
	for node := range page.Descendants() {
		for _, name := range names {
			if node.Type == html.ElementNode && node.DataAtom == name {
				found = append(found, node)
			}
		}
	}
	return found
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(node *html.Node, name string) bool {
	for _, a := range node.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// textOf is what a person reads of an element.
func textOf(node *html.Node) string {
	var b strings.Builder
	for child := range node.Descendants() {
		if child.Type == html.TextNode {
			b.WriteString(child.Data)
			b.WriteString(" ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
