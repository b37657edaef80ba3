package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const prefix = "/static/"

// types is a table of our own: package mime also reads the machine's, which differ.
var types = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

// An asset is one static file, served under its own name and under one that carries the hash of its content.
type asset struct {
	url         string // with the hash in it
	contentType string
	etag        string
	body        []byte
	gzipped     []byte // nil where compression gains nothing
}

var assets = load(FS)

// Asset returns the path of a file below static/, with its content's hash in the name: "app.css" gives
// "/static/app.3f2a9c1d.css". It panics on an unknown name, which in a template becomes an error.
func Asset(name string) string {
	a, ok := assets[prefix+name]
	if !ok {
		panic("ui: no static file " + strconv.Quote(name))
	}
	return a.url
}

// Static serves /static/. A hashed name may be kept for ever, because other content would have another name; a plain name
// is asked for again each time.
func Static() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := assets[r.URL.Path]
		if !ok {
			http.Error(w, "There is no such file.", http.StatusNotFound)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "Files can only be read.", http.StatusMethodNotAllowed)
			return
		}
		a.serve(w, r)
	})
}

func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	h, body, etag := w.Header(), a.body, a.etag
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", "no-cache")
	if r.URL.Path == a.url {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if a.gzipped != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header) {
			h.Set("Content-Encoding", "gzip")
			body, etag = a.gzipped, a.etag+"-gzip"
		}
	}
	h.Set("ETag", strconv.Quote(etag))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func acceptsGzip(h http.Header) bool {
	for part := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, weight, _ := strings.Cut(strings.ReplaceAll(part, " ", ""), ";")
		if strings.EqualFold(coding, "gzip") {
			q, err := strconv.ParseFloat(strings.TrimPrefix(weight, "q="), 64)
			return err != nil || q > 0
		}
	}
	return false
}

// load reads every file once. Style sheets come last: their hash has to cover the hashed names they refer to.
func load(files fs.FS) map[string]*asset {
	all := map[string]*asset{}
	var sheets []string
	err := fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if path.Ext(name) == ".css" {
			sheets = append(sheets, name)
			return nil
		}
		return add(all, files, name)
	})
	for _, name := range sheets {
		if err == nil {
			err = add(all, files, name)
		}
	}
	if err != nil {
		panic(err) // an embedded file cannot be unreadable on one start and not on another
	}
	return all
}

func add(all map[string]*asset, files fs.FS, name string) error {
	body, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	ext := path.Ext(name)
	if ext == ".css" {
		body = withHashedNames(all, body, path.Dir("/"+name))
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:4])
	a := &asset{
		url:         "/" + strings.TrimSuffix(name, ext) + "." + hash + ext,
		contentType: types[ext],
		etag:        hash,
		body:        body,
	}
	if ext != ".woff2" { // compressed already
		a.gzipped = compress(body)
	}
	all["/"+name], all[a.url] = a, a
	return nil
}

var reference = regexp.MustCompile(`url\("([^"]+)"\)`)

func withHashedNames(all map[string]*asset, sheet []byte, dir string) []byte {
	return reference.ReplaceAllFunc(sheet, func(found []byte) []byte {
		name := path.Join(dir, string(reference.FindSubmatch(found)[1]))
		a, ok := all[name]
		if !ok {
			panic("ui: a style sheet refers to " + name + ", which does not exist")
		}
		return []byte(`url("` + a.url + `")`)
	})
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	_, _ = w.Write(body)                                  // a bytes.Buffer takes everything
	_ = w.Close()
	return b.Bytes()
}
