// Package ui holds the pages' templates and the files a browser fetches beside them. It knows names and bytes, and nothing
// of sessions, accounts or what a page says.
package ui

import (
	"embed"
	"io/fs"
	"strings"
)

// FS holds templates/ (layout.html, partials/, pages/) and static/.
//
//go:embed templates static
var FS embed.FS

// Template returns a file of templates/ without the indent of its lines, which is for those who read the file: a page with
// somebody's data in it may go out uncompressed.
func Template(file string) (string, error) {
	source, err := fs.ReadFile(FS, file)
	if err != nil {
		return "", err
	}
	var lines strings.Builder
	for line := range strings.Lines(string(source)) {
		lines.WriteString(strings.TrimLeft(line, " \t"))
	}
	return lines.String(), nil
}

var plain = strings.NewReplacer("[[", "{{", "]]", "}}", "{{cached ", "{{template ")

// Plain returns the source of a template as one in which nothing is written out beforehand and nothing is remembered. It
// makes the same page.
func Plain(source string) string { return plain.Replace(source) }
