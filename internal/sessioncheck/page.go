package sessioncheck

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A page is what can be read of an answer, whether it is HTML, JSON or plain text.
type page struct {
	texts map[string]bool // what a person reads, piece by piece
	heads map[string]bool // those of the texts that stand in headings and titles
	forms []pageForm
	links []link
}

type link struct{ to, text string }

type pageForm struct {
	method, action string
	label          string // what its buttons say
	fields         []field
}

type field struct {
	name, kind, value, hint string
	off                     bool // a box that is not ticked, a button that is not the first
}

const longestText = 200

func read(a *answer) *page {
	p := &page{texts: map[string]bool{}, heads: map[string]bool{}}
	kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	if kind == "" {
		kind = http.DetectContentType([]byte(a.body))
	}
	switch {
	case strings.Contains(kind, "json"):
		var value any
		if json.Unmarshal([]byte(a.body), &value) == nil {
			p.readJSON("", value, 0)
			return p
		}
		p.readLines(a.body)
	case strings.Contains(kind, "html"):
		tree, err := html.Parse(strings.NewReader(a.body))
		if err == nil {
			p.readHTML(tree)
		}
	default:
		p.readLines(a.body)
	}
	return p
}

func (p *page) readLines(body string) {
	for line := range strings.Lines(body) {
		p.add(line)
	}
}

func (p *page) add(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) < 2 || len(text) > longestText {
		return ""
	}
	p.texts[text] = true
	return text
}

const deepest = 20

func (p *page) readJSON(path string, value any, depth int) {
	switch v := value.(type) {
	case map[string]any:
		for name, part := range v {
			if depth < deepest {
				p.readJSON(name, part, depth+1)
			}
		}
	case []any:
		for _, part := range v {
			if depth < deepest {
				p.readJSON(path, part, depth+1)
			}
		}
	default:
		p.add(fmt.Sprintf("%s: %v", path, v))
	}
}

func (p *page) readHTML(tree *html.Node) {
	for node := range tree.Descendants() {
		switch {
		case node.Type == html.TextNode && node.Parent.DataAtom != atom.Script && node.Parent.DataAtom != atom.Style:
			text := p.add(node.Data)
			switch node.Parent.DataAtom {
			case atom.H1, atom.H2, atom.H3, atom.Title:
				p.heads[text] = true
			}
		case node.DataAtom == atom.A && attr(node, "href") != "":
			p.links = append(p.links, link{attr(node, "href"), textOf(node) + " " + attr(node, "aria-label")})
		case node.DataAtom == atom.Form:
			p.forms = append(p.forms, readForm(node))
		}
	}
}

func readForm(node *html.Node) pageForm {
	f := pageForm{method: strings.ToUpper(attr(node, "method")), action: attr(node, "action")}
	if f.method != http.MethodPost {
		f.method = http.MethodGet
	}
	pressed := false
	for inner := range node.Descendants() {
		field := field{name: attr(inner, "name"), kind: strings.ToLower(attr(inner, "type")), value: attr(inner, "value"),
			hint: strings.ToLower(attr(inner, "autocomplete") + " " + attr(inner, "id") + " " + attr(inner, "placeholder"))}
		switch {
		case inner.DataAtom == atom.Button || inner.DataAtom == atom.Input && (field.kind == "submit" || field.kind == "image"):
			f.label += " " + textOf(inner) + " " + field.value + " " + attr(inner, "aria-label")
			field.off = pressed || has(inner, "formaction") || field.kind == "button"
			pressed = pressed || !field.off
		case inner.DataAtom == atom.Input:
			field.off = (field.kind == "checkbox" || field.kind == "radio") && !has(inner, "checked")
		case inner.DataAtom == atom.Textarea:
			field.value = textOf(inner)
		case inner.DataAtom == atom.Select:
			field.value = chosen(inner)
		default:
			continue
		}
		if field.name != "" && !has(inner, "disabled") {
			f.fields = append(f.fields, field)
		}
	}
	return f
}

// values are what a browser sends if nobody changes anything.
func (f pageForm) values() url.Values {
	values := url.Values{}
	for _, field := range f.fields {
		if !field.off {
			values.Add(field.name, field.value)
		}
	}
	return values
}

func chosen(list *html.Node) (value string) {
	first := true
	for node := range list.Descendants() {
		if node.DataAtom == atom.Option && (first || has(node, "selected")) {
			value, first = attr(node, "value"), false
		}
	}
	return value
}

func attr(node *html.Node, name string) string {
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

func textOf(node *html.Node) string {
	var text strings.Builder
	for child := range node.Descendants() {
		if child.Type == html.TextNode {
			text.WriteString(child.Data + " ")
		}
	}
	return strings.Join(strings.Fields(text.String()), " ")
}
