package proof

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var (
	// rounds is how often each race is run. The short form is for every change, the long one is "make races".
	rounds = flag.Int("rounds", 8, "how often each race is run")
	// full is for "make nightly".
	full = flag.Bool("full", false, "what is a sample otherwise: TestFlippedBits flips every bit, TestFloodOfSignIns floods both environments")
)

// atOnce is how many tests run at the same time, unless somebody says so. Most of them wait for what the portal does
// by the clock, and leave the processors to others.
const atOnce = "12"

// programs is the folder of the programs that were built.
var programs string

func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", atOnce)
	flag.Parse() // what was asked for goes before that
	// The settings of whoever runs the tests, and of their Go, are not those of the program they start.
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "GATEHOUSE_") || name == "GOGC" || name == "GOMEMLIMIT" {
			_ = os.Unsetenv(name)
		}
	}
	var err error
	if programs, err = os.MkdirTemp("", "gatehouse-proof"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(programs)
	os.Exit(code)
}

// A build is the program, built when the first test wants it. It is built without the race detector even if the tests are
// not: what is looked at here is the program from outside, and the tests of the packages watch its memory.
type build func() (file string, err error)

var (
	// probed hashes passwords cheaply and has the pages of internal/probe. It is what most tests start.
	probed = built("probed", "-tags=probe")
	// asPeopleRunIt is for tests of memory and of password hashes.
	asPeopleRunIt = built("web")
)

func built(name string, flags ...string) build {
	return sync.OnceValues(func() (string, error) {
		file := filepath.Join(programs, name)
		args := append(append([]string{"build", "-o", file}, flags...), "example.com/gatehouse/cmd/web")
		if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
			return "", errors.Join(err, errors.New(string(out)))
		}
		return file, nil
	})
}
