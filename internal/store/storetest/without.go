package storetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Without skips a test because a server is missing, and fails it in CI, where a skipped test could go unnoticed.
func Without(t testing.TB, what, variable string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is required in CI: set %s", what, variable)
	}
	announce(what, variable)
	t.Skipf("skipped for want of %s: set %s to run it", what, variable)
}

var announced sync.Map

// announce names what a package skips, once. "go test ./..." drops whatever a passing package prints, and people should
// know what was not tested, so the message goes to the go command's own stderr. Where that is not possible, "go test -v"
// still says it.
func announce(what, variable string) {
	if _, before := announced.LoadOrStore(what, true); before {
		return
	}
	parent := fmt.Sprintf("/proc/%d", os.Getppid())
	if name, err := os.ReadFile(parent + "/comm"); err != nil || strings.TrimSpace(string(name)) != "go" {
		return
	}
	stderr, err := os.OpenFile(parent+"/fd/2", os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return
	}
	defer stderr.Close()
	folder, _ := os.Getwd()
	_, _ = fmt.Fprintf(stderr, "%s: tests that need %s are skipped; set %s to run them\n", filepath.Base(folder), what, variable)
}
