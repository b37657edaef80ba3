package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"example.com/gatehouse/internal/device"
)

// output is how a command says what it found or did.
type output struct {
	JSON bool `name:"json" help:"Write JSON, for scripts."`
}

// say writes one result: a line of JSON, or a sentence.
func (o output) say(w io.Writer, value any, format string, args ...any) error {
	if o.JSON {
		return json.NewEncoder(w).Encode(value)
	}
	_, err := fmt.Fprintf(w, format+"\n", args...)
	return err
}

// A table is a list for people, in columns. What it shows was typed by strangers, so it prints no control characters.
type table struct{ w *tabwriter.Writer }

func newTable(w io.Writer, columns ...string) table {
	t := table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	t.row(columns...)
	return t
}

func (t table) row(cells ...string) {
	for i, cell := range cells {
		cells[i] = device.Printable(cell)
	}
	fmt.Fprintln(t.w, strings.Join(cells, "\t"))
}

// when is a time as people read it in a table, "" for none.
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}
