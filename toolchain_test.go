package gatehouse_test

import (
	"os"
	"regexp"
	"testing"
)

// Fixes of the standard library come with a patch of Go, so each module names the one that it is built with at least.
func TestToolchain(t *testing.T) {
	patch := regexp.MustCompile(`(?m)^toolchain (go1\.\d+\.[1-9]\d*)$`)
	var first string
	for _, path := range []string{"go.mod", "tools/go.mod", "bench/go.mod"} {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found := patch.FindSubmatch(content)
		if found == nil {
			t.Errorf("%s names no patch of Go as its toolchain", path)
			continue
		}
		if first == "" {
			first = string(found[1])
		}
		if got := string(found[1]); got != first {
			t.Errorf("%s: %s, and the first module %s", path, got, first)
		}
	}
}
