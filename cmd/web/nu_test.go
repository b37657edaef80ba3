package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
)

// The Nu HTML checker gets what TestPages visits. VNU_JAR names its file, which comes from npm as vnu-jar and needs Java. All pages are
// one run at the end, because the checker takes seconds to start.

// notYetKnown are what the checker does not know: a proposal that password managers read.
const notYetKnown = `Attribute .passwordrules. not allowed on element .input. at this point\.`

// A sources collects pages as they came from the server, before any script; nil collects none.
type sources struct {
	jar, folder string
	mu          sync.Mutex
	files       []string
}

func collectSources(t *testing.T) *sources {
	t.Helper()
	jar := os.Getenv("VNU_JAR")
	if jar == "" {
		t.Log("no VNU_JAR: the pages are not given to the Nu HTML checker")
		return nil
	}
	return &sources{jar: jar, folder: t.TempDir()}
}

// keep adds the page that the browser has loaded last.
func (s *sources) keep(b *person, name string) {
	if s == nil {
		return
	}
	b.t.Helper()
	b.mu.Lock()
	document := b.document
	b.mu.Unlock()
	body := callWith(b, network.GetResponseBody, network.GetResponseBodyParams{RequestID: document})
	s.mu.Lock()
	defer s.mu.Unlock()
	file := filepath.Join(s.folder, fmt.Sprintf("%03d-%s.html", len(s.files), name))
	if err := os.WriteFile(file, body.Body, 0o600); err != nil {
		b.t.Fatal(err)
	}
	s.files = append(s.files, file)
}

// check fails the test for each error in a page, and when the checker does not look: a page that is wrong is among them.
func (s *sources) check(t *testing.T) {
	if s == nil {
		return
	}
	t.Helper()
	broken := filepath.Join(s.folder, "broken.html")
	if err := os.WriteFile(broken, []byte("<!doctype html><html lang=en><title>x</title><p id=a><p id=a>"), 0o600); err != nil {
		t.Fatal(err)
	}
	arguments := []string{"-Xss1m", "-jar", s.jar, "--errors-only", "--format", "json", "--exit-zero-always", "--filterpattern", notYetKnown, broken}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // the context of the test is over
	defer cancel()
	command := exec.CommandContext(ctx, "java", append(arguments, s.files...)...)
	var said bytes.Buffer
	command.Stderr = &said
	if err := command.Run(); err != nil {
		t.Fatalf("the Nu HTML checker: %v\n%s", err, said.String())
	}
	var report struct {
		Messages []struct {
			URL, Message, Extract string
			LastLine              int
		}
	}
	if err := json.Unmarshal(said.Bytes(), &report); err != nil {
		t.Fatalf("%v:\n%s", err, said.String())
	}
	looked := false
	for _, m := range report.Messages {
		if filepath.Base(m.URL) == "broken.html" {
			looked = true
			continue
		}
		t.Errorf("%s:%d: %s\n%s", filepath.Base(m.URL), m.LastLine, m.Message, m.Extract)
	}
	if !looked {
		t.Error("the checker finds nothing wrong with an id that comes twice")
	}
	t.Logf("the Nu HTML checker read %d pages", len(s.files))
}
