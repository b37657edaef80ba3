package gatehouse_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// codeRefs resolves what the documents write as `package.Name` or `package.Type.Method`. Files are left out of such names
// because they change more often than what they declare.
type codeRefs struct {
	read map[string][]string // what is declared by folder, code and tests apart, read once each
}

// packageDir is where a package named in a document is, "" for none.
func packageDir(name string) string {
	for _, dir := range []string{filepath.Join("internal", name), name, filepath.Join("cmd", name)} {
		if files, _ := filepath.Glob(filepath.Join(dir, "*.go")); len(files) > 0 {
			return dir
		}
	}
	return ""
}

// hasCode reports whether there is what ref names: a file where ref has a slash, a declaration outside tests where it has
// none.
func (c *codeRefs) hasCode(t *testing.T, ref string) bool {
	t.Helper()
	if strings.Contains(ref, "/") {
		_, err := os.Stat(ref)
		return err == nil
	}
	return c.has(t, ref, false)
}

// hasTest reports whether the tests of a package have this one.
func (c *codeRefs) hasTest(t *testing.T, ref string) bool {
	t.Helper()
	return strings.Contains(ref, ".Test") && c.has(t, ref, true)
}

func (c *codeRefs) has(t *testing.T, ref string, inTests bool) bool {
	t.Helper()
	pkg, name, _ := strings.Cut(ref, ".")
	dir := packageDir(pkg)
	return dir != "" && slices.Contains(c.names(t, dir, inTests), name)
}

// names returns the functions, types, constants and variables that the code or the tests in a folder declare, methods as
// Type.Method.
func (c *codeRefs) names(t *testing.T, dir string, inTests bool) []string {
	t.Helper()
	key := fmt.Sprint(dir, inTests)
	if names, ok := c.read[key]; ok {
		return names
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") != inTests {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			names = append(names, declared(decl)...)
		}
	}
	if c.read == nil {
		c.read = map[string][]string{}
	}
	c.read[key] = names
	return names
}

func declared(decl ast.Decl) (names []string) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		return []string{receiver(d) + d.Name.Name}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, name := range s.Names {
					names = append(names, name.Name)
				}
			}
		}
	}
	return names
}

// receiver is "Type." for a method, "" for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if generic, ok := of.(*ast.IndexExpr); ok {
		of = generic.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name + "."
	}
	return ""
}
