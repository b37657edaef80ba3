package gatehouse_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/gatehouse/internal/brand"
)

// notTheProduct are folders that a person who uses the portal never sees anything of.
var notTheProduct = []string{
	"bench", "proof", "tools", "webtest", // they start and measure the program, and name it to whoever reads their output
	"internal/brand", // the one place
}

// TestNameStandsInOnePlace: a fork that changes internal/brand is called otherwise everywhere. A place that was missed
// would let people use the name they see as their password.
func TestNameStandsInOnePlace(t *testing.T) {
	module, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	imported := regexp.MustCompile(`"` + regexp.QuoteMeta(regexp.MustCompile(`(?m)^module (\S+)$`).FindStringSubmatch(string(module))[1]) + `/[^"]*"`)
	seen := 0
	err = fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains(notTheProduct, name) || entry.Name() == "testdata" || strings.HasPrefix(name, ".git") {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.Contains([]string{".go", ".html", ".css", ".js", ".sql"}, path.Ext(name)) || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		seen++
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		number := 0
		for line := range strings.Lines(string(source)) {
			number++
			if strings.Contains(strings.ToLower(imported.ReplaceAllString(line, "")), strings.ToLower(brand.Name)) {
				t.Errorf("%s:%d: the name of the product, want what internal/brand makes of it:\n%s", name, number, line)
			}
		}
		return nil
	})
	if err != nil || seen < 100 {
		t.Errorf("got error %v after %d files, want none and more than 100", err, seen)
	}
}
