package handlers

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// formPaths are addresses of all forms of the portal, from its routes, but for those of probe.
func (a *app) formPaths() (paths []string) {
	for key, rt := range a.table {
		if key.method == http.MethodPost && !rt.script && !strings.Contains(key.pattern, "/probe/") {
			paths = append(paths, withParams(key.pattern))
		}
	}
	slices.Sort(paths)
	return paths
}

// fieldNames are the fields that some form of the portal reads, from the source of the handlers.
func fieldNames(t *testing.T) []string {
	t.Helper()
	names := slices.Concat(identityFields, billFields)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	call, name := regexp.MustCompile(`\bform\(r, .*`), regexp.MustCompile(`"([a-z_]+)"`)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, found := range name.FindAllSubmatch([]byte(strings.Join(call.FindAllString(string(source), -1), "\n")), -1) {
			names = append(names, string(found[1]))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// fieldsOf finds out what a form reads: a field that it reads must not come twice. None is found of forms that are answered
// before their fields are looked at.
func (b *browser) fieldsOf(names []string, path string) (fields []string) {
	for _, name := range names {
		res := b.Post(path, name, "a", name, "b")
		if res.StatusCode == http.StatusBadRequest && strings.Contains(res.Body, "A field of the form was sent twice") {
			fields = append(fields, name)
		}
	}
	return fields
}

func TestFieldsAreFound(t *testing.T) {
	t.Parallel()
	names := fieldNames(t)
	p := newPortal(t)
	p.limits.Limiter = limiterOff{}
	u := p.newUser("Fay")
	for path, want := range map[string][]string{
		"/login": {"email", "next", "password", "remember", "unlock"}, "/account/security/password": {"assertion", "code", "current_password", "password"},
		"/account/profile": {"held", "name"}, "/logout": nil,
	} {
		if got := p.signedIn(u).fieldsOf(names, path); !slices.Equal(got, want) {
			t.Errorf("%s reads %q, want %q", path, got, want)
		}
	}
	if paths := p.app.formPaths(); len(paths) < 30 || !slices.Contains(paths, "/account/sessions/NOSUCHHANDLE/end") {
		t.Errorf("found %q", paths)
	}
}
