package proof

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// rounds is how often each race is run. The short form is for every change, the long one is "make races".
var rounds = flag.Int("rounds", 8, "how often each race is run")

func TestMain(m *testing.M) {
	// The settings of whoever runs the tests, and of their Go, are not those of the program they start.
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "GATEHOUSE_") || name == "GOGC" || name == "GOMEMLIMIT" {
			_ = os.Unsetenv(name)
		}
	}
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// built is the folder of the program, "" for none.
var built string

// binary is the program, built once. It is built without the race detector even if the tests are not: what is measured
// here is the program that people run, and the tests of the packages watch its memory.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "gatehouse-proof")
	if err != nil {
		return "", err
	}
	built = dir
	file := filepath.Join(dir, "web")
	if out, err := exec.Command("go", "build", "-o", file, "example.com/gatehouse/cmd/web").CombinedOutput(); err != nil {
		return "", errors.Join(err, errors.New(string(out)))
	}
	return file, nil
})
