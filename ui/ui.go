// Package ui holds the pages' templates and the files a browser fetches beside them. It knows names and bytes, and nothing
// of sessions, accounts or what a page says.
package ui

import "embed"

// FS holds templates/ (layout.html, partials/, pages/) and static/.
//
//go:embed templates static
var FS embed.FS
