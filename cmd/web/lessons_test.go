package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/gatehouse/internal/learn"
	"example.com/gatehouse/webtest"
)

// shellBlocks are the blocks of a lesson that say what to type, each with what comes out where the lesson says so.
var shellBlocks = regexp.MustCompile("(?m)^```sh\n((?:.*\n)*?)```\n(?:\n```text\n((?:.*\n)*?)```\n)?")

// TestCommandsOfLessons does what the lessons say: what stands in a shell is run against a portal and has to print what the
// lesson prints, and the tests that are named are there, to be run like all others.
func TestCommandsOfLessons(t *testing.T) {
	t.Parallel()
	var p *program
	if haveShell(t) {
		p = onLocalhost(t)
	}
	blocks := 0
	for _, l := range learn.All() {
		for _, m := range shellBlocks.FindAllStringSubmatch(l.Markdown, -1) {
			blocks++
			if !strings.HasPrefix(m[1], "go ") {
				if p != nil {
					typed(t, p, l.Slug, m[1], m[2])
				}
				continue
			}
			for line := range strings.Lines(m[1]) {
				if err := isThere(t, strings.TrimSpace(line)); err != nil {
					t.Errorf("%s: %s: %v", l.Slug, strings.TrimSpace(line), err)
				}
			}
		}
		if n := strings.Count(l.Markdown, "\n```sh\n"); n == 0 || n != len(shellBlocks.FindAllString(l.Markdown, -1)) {
			t.Errorf("%s: %d blocks of commands, of which %d can be read", l.Slug, n, len(shellBlocks.FindAllString(l.Markdown, -1)))
		}
	}
	if blocks < len(learn.All()) {
		t.Errorf("got %d blocks of commands, want one of each lesson", blocks)
	}
}

// haveShell reports whether there is what the commands of lessons need beside Go.
func haveShell(t *testing.T) bool {
	t.Helper()
	for _, name := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(name); err != nil && os.Getenv("CI") != "" {
			t.Fatalf("no %s", name)
		} else if err != nil {
			t.Logf("no %s: what lessons type into a shell is not run", name)
			return false
		}
	}
	return true
}

// typed runs the commands in a folder of their own.
func typed(t *testing.T, p *program, lesson, script, want string) {
	t.Helper()
	run := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", strings.ReplaceAll(script, "http://localhost:8080", p.Origin))
	run.Dir = t.TempDir()
	out, err := run.CombinedOutput()
	if err != nil || string(out) != want {
		t.Errorf("%s: got %v and\n%s\nwant\n%s", lesson, err, out, want)
	}
}

var named = regexp.MustCompile(`Test\w+`)

// isThere says what is wrong with a command of the Go tool.
func isThere(t *testing.T, line string) error {
	t.Helper()
	if flags, ok := strings.CutPrefix(line, "go run ./cmd/web "); ok {
		_, errs, err := command(t, "", append([]string{"config"}, strings.Fields(flags)...)...)
		if err != nil {
			return fmt.Errorf("%w: %s", err, errs)
		}
		return nil
	}
	m := regexp.MustCompile(`^go (?:-C (\w+) )?test (?:-count=1 )?\./(\S+) -run (\S+|'[^']+')(?: -v)?$`).FindStringSubmatch(line)
	if m == nil {
		return fmt.Errorf("no test knows how to run this")
	}
	files, err := filepath.Glob(filepath.Join("../..", m[1], m[2], "*_test.go"))
	if err != nil {
		return err
	}
	var tests strings.Builder
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		tests.Write(source)
	}
	for _, name := range named.FindAllString(m[3], -1) {
		if !strings.Contains(tests.String(), "func "+name+"(t *testing.T)") {
			return fmt.Errorf("there is no %s in %s", name, m[2])
		}
	}
	if _, hazard, is := strings.Cut(strings.Trim(m[3], "'"), "TestHazards/"); is {
		if page, err := os.ReadFile("../../docs/evidence/hazards.md"); err != nil || !strings.Contains(string(page), "\n| "+strings.ReplaceAll(hazard, "_", " ")+" |") {
			return fmt.Errorf("there is no hazard %s (%w)", hazard, err)
		}
	}
	return nil
}

func lookAtLessons(t *testing.T, p *program) {
	b := p.looker(t, webtest.ChromeOnLinux, p.Network+"::3")
	b.at("learn", http.StatusOK, func() int {
		b.open("/")
		return b.follow("Read the lessons")
	})
	b.at("learn-lesson", http.StatusOK, func() int { return b.follow("Sign-out that holds") })
	b.at("learn-map", http.StatusOK, func() int { return b.follow("On the map") })
	b.at("learn-code", http.StatusOK, func() int { return b.open("/learn/the-same-cookie-elsewhere") })
	b.at("learn-how-long", http.StatusOK, func() int { return b.open("/learn/how-long") })
	b.at("learn-unknown", http.StatusNotFound, func() int { return b.open("/learn/nothing") })
	b.see(320, "light")
	for _, l := range learn.All() {
		b.open("/learn/" + l.Slug)
		for _, wrong := range b.inspect(noRule) {
			t.Errorf("/learn/%s: %s", l.Slug, wrong)
		}
	}
	b.open("/login")
	b.signIn(p.account(t, "Ada Lovelace"), webtest.Password)
	b.at("learn-member", http.StatusOK, func() int { return b.follow("Learn") })
	b.at("learn-from-note", http.StatusOK, func() int {
		b.open("/account")
		return b.follow("Lesson: The wristband")
	})
}
