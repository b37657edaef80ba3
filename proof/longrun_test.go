package proof

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

var write = flag.String("write", "", "the page that TestRaces, TestOnce, TestPresses, TestKills or TestSoak writes its result into, between the lines that name the test")

// writeResult puts what a test found into the page of the flag, if there is one and nothing was wrong. A result of only one
// environment is not written.
func writeResult(t *testing.T, on int, command, text string) {
	t.Helper()
	if *write == "" || t.Failed() {
		return
	}
	if on != len(environments) {
		t.Fatalf("nothing was written: a result of %d environments, want %d", on, len(environments))
	}
	begins, ends := "<!-- "+t.Name()+": the last long run -->\n", "<!-- end of it -->\n"
	page, err := os.ReadFile(*write)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(page), begins)
	_, after, ended := strings.Cut(rest, ends)
	if !begun || !ended {
		t.Fatalf("%s has no place for the result, between %q and %q", *write, begins, ends)
	}
	machine := fmt.Sprintf("`%s`: %s, %s/%s, %d processors.\n\n", command, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if err := os.WriteFile(*write, []byte(before+begins+machine+text+ends+after), 0o600); err != nil {
		t.Fatal(err)
	}
}
