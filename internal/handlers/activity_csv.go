package handlers

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/device"
)

const (
	csvPath    = "/account/activity.csv"
	csvEvents  = 10_000 // how far back the file goes; its last line says so where that cuts it
	csvAtATime = 1000
)

// activityCSV is everything that the activity page shows of the trail, as a file (RFC 4180). It is made before the
// first byte goes out, so that nobody takes half of it for the whole.
func (a *app) activityCSV(w http.ResponseWriter, r *http.Request) error {
	kind, text, filter := activityFilter(r, csvAtATime)
	if a.cameFrom(r, "/reauth") {
		// A download leaves the page before it in sight, which would be the form with the password in it.
		a.flash(r, "It is you. The download is ready below.")
		seeOther(w, r, activityLink("/account/activity", kind, text, ""))
		return nil
	}
	var file bytes.Buffer
	file.WriteString("\ufeff") // without this mark some spreadsheets take the file for another encoding
	out := csv.NewWriter(&file)
	out.UseCRLF = true
	row := func(cells ...string) {
		for i := range cells {
			cells[i] = inert(cells[i])
		}
		_ = out.Write(cells) // a bytes.Buffer takes everything
	}
	row("time", "kind", "sentence", "session", "device", "address", "browser says", "times")
	scanned := 0
	for e, err := range a.trail(r, filter) {
		if err != nil {
			return err
		}
		if scanned++; scanned > csvEvents {
			row("", "", "Older events are not in this file. It holds what was found in the newest "+count(csvEvents, "event")+".", "", "", "", "", "")
			break
		}
		if text == "" || contains(e, text) {
			row(csvCells(e)...)
		}
	}
	out.Flush()
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+brand.Download("activity.csv")+`"`)
	h.Set("Cache-Control", "no-store")
	if mixesSecretsWithInput(r, http.StatusOK) {
		h.Set(gzhttp.HeaderNoCompression, "1")
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(file.Bytes()) // a client that went away is nobody's error
	return nil
}

func csvCells(e audit.Event) []string {
	name := ""
	if e.Client.UserAgent != "" {
		name = device.Parse(e.Client.UserAgent).Name
	}
	return []string{
		e.At.UTC().Format(time.RFC3339), string(e.Kind), eventLine(e).Text, e.SessionID, name, e.Client.IP, device.Printable(e.Client.UserAgent),
		strconv.Itoa(e.Count()),
	}
}

// formula finds the first characters of formulas, of any width: at the beginning of a cell, and behind what is a separator to
// some spreadsheets, because a file is split by the rules of the country it is opened in.
var formula = regexp.MustCompile("((?:^|[;,|\t\r\n])[\\s\\pZ\\pC]*)([=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b])")

// inert keeps spreadsheets from taking a cell for a formula (ASVS v5.0.0-1.2.10): what browsers say of themselves is
// text of strangers, and the file is opened on the owner's machine.
func inert(cell string) string {
	cell = formula.ReplaceAllString(cell, "$1'$2")
	if strings.HasPrefix(cell, "\t") || strings.HasPrefix(cell, "\r") {
		return "'" + cell
	}
	return cell
}

// cameFrom reports whether the browser says that a page of ours sent it here. A hint, never a permission.
func (a *app) cameFrom(r *http.Request, path string) bool {
	from, err := url.Parse(r.Referer())
	return err == nil && a.isOurs(r.Referer(), r.Host) && from.Path == path
}
