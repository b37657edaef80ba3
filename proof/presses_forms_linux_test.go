package proof

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
)

// actRoutes are the forms that are acts, as the table of routes says.
func actRoutes(t testing.TB) (patterns []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../internal/handlers/routes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call, is := n.(*ast.CallExpr)
		if !is || !slices.ContainsFunc(call.Args, func(arg ast.Expr) bool {
			name, is := arg.(*ast.Ident)
			return is && name.Name == "isAct"
		}) {
			return true
		}
		if text, is := call.Args[0].(*ast.BasicLit); is {
			pattern, err := strconv.Unquote(text.Value)
			if err != nil {
				t.Fatal(err)
			}
			patterns = append(patterns, pattern)
		}
		return true
	})
	if len(patterns) < 10 {
		t.Fatalf("got the acts %q of the routes, want many more", patterns)
	}
	return patterns
}

// Every form that is an act is pressed twice by TestPresses.
func TestActsHaveScenes(t *testing.T) {
	t.Parallel()
	for _, route := range actRoutes(t) {
		if route == "/admin/sessions/end-all" { // it would end the sessions of all other scenes: handlers.TestEndEverybody presses it twice
			continue
		}
		if !slices.ContainsFunc(scenes, func(s scene) bool { return s.route == route }) {
			t.Errorf("POST %s is an act, and nobody presses it twice: add a scene that leads to its form to accountScenes or sessionScenes", route)
		}
	}
}
