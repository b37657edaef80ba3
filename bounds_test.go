package gatehouse_test

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The files of a session, as patterns. Tests do not count.
var (
	sessionFiles = []string{"internal/session/*.go", "internal/store/session*.go"}
	// What carries a session to and from the browser: the bag, who is signed in, and what a page's script is told of it. The
	// log, the client and the deadline of a request are there without a session as well, and the answers of repeated
	// presses are a subject of their own.
	carrierFiles = []string{
		"internal/bag/*.go", "internal/handlers/middleware_session.go", "internal/handlers/middleware_exchange.go",
		"internal/handlers/session_state.go", "internal/handlers/session_extend.go",
	}
)

// TestBounds: the session is the subject, so it has to stay small enough to be read in one sitting. Where code is
// repeated or belongs to another package, move it; a bound is raised only together with ARCHITECTURE.md.
func TestBounds(t *testing.T) {
	life := countLines(t, sessionFiles)
	all := life + countLines(t, carrierFiles)
	t.Logf("sessions and their store: %d lines of code, with what carries them to the browser: %d", life, all)
	if life > 1100 {
		t.Errorf("%v: got %d lines of code, want at most 1,100", sessionFiles, life)
	}
	if all > 1900 {
		t.Errorf("%v and %v: got %d lines of code, want at most 1,900", sessionFiles, carrierFiles, all)
	}
}

// countLines counts the lines of code of the files: those without comments and blank lines.
func countLines(t *testing.T, patterns []string) (total int) {
	t.Helper()
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Errorf("%s: no such file (%v)", pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			n := linesOfCode(source)
			t.Logf("%5d %s", n, file)
			total += n
		}
	}
	return total
}

func linesOfCode(source []byte) int {
	set := token.NewFileSet()
	file := set.AddFile("", set.Base(), len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, 0) // without comments
	lines := map[int]bool{}
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return len(lines)
		}
		if tok == token.SEMICOLON && text != ";" { // the end of a line, which the scanner makes a token
			continue
		}
		first := file.Line(pos)
		for i := range strings.Count(text, "\n") + 1 { // a raw string has several
			lines[first+i] = true
		}
	}
}

func TestLinesOfCode(t *testing.T) {
	const source = "// Package p is counted.\npackage p\n\n/* two\nlines */\n\nvar x = `raw\n\nstring` // and a comment\n\nfunc f() {\n\t_ = \"// none\"\n}\n"
	if got := linesOfCode([]byte(source)); got != 7 {
		t.Errorf("got %d lines of code, want 7", got)
	}
}

// TestInterfacesAreSmall: what a package needs is declared where it is used. An interface with a method for everything
// says nothing about what its user depends on.
func TestInterfacesAreSmall(t *testing.T) {
	const most = 35
	less := map[string]int{"session.Store": 20}
	all := declaredInterfaces(t)
	for name := range all {
		limit, methods := most, countMethods(all, name)
		if n, is := less[name]; is {
			limit = n
			t.Logf("%s: %d methods", name, methods)
		}
		if methods > limit {
			t.Errorf("%s: got %d methods, want at most %d", name, methods, limit)
		}
	}
	for name := range less {
		if countMethods(all, name) < 10 {
			t.Errorf("%s: got %d methods, want the interface whose methods are to be counted", name, countMethods(all, name))
		}
	}
}

// declaredInterfaces returns the interfaces of the product by package and name.
func declaredInterfaces(t *testing.T) map[string]*ast.InterfaceType {
	t.Helper()
	all := map[string]*ast.InterfaceType{}
	for _, p := range listPackages(t) {
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if spec, is := n.(*ast.TypeSpec); is {
					if declared, is := spec.Type.(*ast.InterfaceType); is {
						all[file.Name.Name+"."+spec.Name.Name] = declared
					}
				}
				return true
			})
		}
	}
	return all
}

// countMethods counts the methods of an interface and of those of ours that it embeds; one of another module counts as one.
func countMethods(all map[string]*ast.InterfaceType, name string) (n int) {
	declared, ours := all[name]
	if !ours {
		return 1
	}
	for _, field := range declared.Methods.List {
		switch embedded := field.Type.(type) {
		case *ast.FuncType:
			n += len(field.Names)
		case *ast.Ident:
			n += countMethods(all, strings.Split(name, ".")[0]+"."+embedded.Name)
		case *ast.SelectorExpr:
			n += countMethods(all, embedded.X.(*ast.Ident).Name+"."+embedded.Sel.Name)
		}
	}
	return n
}
