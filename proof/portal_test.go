package proof

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A portal is one instance of the program, in a process of its own.
type portal struct {
	ground
	origin  string
	network string // of its visitors: what they do wrong does not count against those of other tests in the same Redis
	log     string // the file it logs to
	cmd     *exec.Cmd
	over    chan struct{} // closed when the process is gone
	ended   error         // how it ended, once it is over
}

// startsAtMost is how often a portal is started. It asks Redis once and takes no answer within half a second for a refusal,
// which on a slow machine it need not be.
const startsAtMost = 5

// start runs an instance on a free port until the test is over, when it has to stop without an error if it still runs.
func start(t testing.TB, g ground, flags ...string) *portal {
	t.Helper()
	p := launch(t, g, flags...)
	for n := 1; p.origin == ""; n++ {
		if n == startsAtMost || !strings.Contains(p.lastWords(), "Redis does not answer") {
			p.kill() // it may still be at it
			t.Fatalf("no portal:\n%s", p.lastWords())
		}
		t.Logf("started again:\n%s", p.lastWords())
		p = launch(t, g, flags...)
	}
	t.Cleanup(func() {
		p.stop(t)
		if t.Failed() {
			t.Logf("what went wrong by the log of the portal at %s:\n%s", p.origin, p.causes())
		}
	})
	return p
}

// launch runs an instance until it says where it is, or ends.
func launch(t testing.TB, g ground, flags ...string) *portal {
	t.Helper()
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &portal{ground: g, network: randomNetwork(), log: filepath.Join(t.TempDir(), "log"), over: make(chan struct{})}
	args := append(append([]string{"--addr=127.0.0.1:0", "--trusted-proxies=127.0.0.1"}, g...), flags...)
	p.cmd = exec.Command(file, args...)
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p.cmd.Stderr = log
	stdout, in := io.Pipe()
	p.cmd.Stdout = in
	if err := startTied(p.cmd); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.ended = p.cmd.Wait()
		close(p.over)
		_ = in.Close()
	}()
	p.origin = announced(stdout)
	return p
}

// announced waits for the line that says where a portal is, and takes whatever it says after that. It returns "" when
// there is no such line within patience.
func announced(stdout io.Reader) string {
	origin := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if at, is := strings.CutPrefix(lines.Text(), "Gatehouse is at "); is {
				origin <- at
				break
			}
		}
		close(origin)
		_, _ = io.Copy(io.Discard, stdout)
	}()
	select {
	case at := <-origin:
		return at
	case <-time.After(patience):
		return ""
	}
}

// stop asks the portal to end, and waits for it. A portal that was killed before is left in peace.
func (p *portal) stop(t testing.TB) {
	t.Helper()
	select {
	case <-p.over:
		return
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.over:
	case <-time.After(patience):
		p.kill()
	}
	if p.ended != nil {
		t.Errorf("the portal ended with %v:\n%s", p.ended, p.lastWords())
	}
}

// kill ends the portal as a power cut does.
func (p *portal) kill() {
	_ = p.cmd.Process.Kill()
	<-p.over
}

// lastWords is the end of the portal's log.
func (p *portal) lastWords() string {
	content, _ := os.ReadFile(p.log)
	lines := strings.Split(string(content), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

// logSize is how much the portal has logged.
func (p *portal) logSize() int64 {
	info, err := os.Stat(p.log)
	if err != nil {
		return 0
	}
	return info.Size()
}

// bagsMissed is how often the portal has said, from a place in its log on, that Redis was too late for a bag: it waits for
// half a second, which is nothing on a slow machine. What such a request did with a basket is not for a test to judge.
func (p *portal) bagsMissed(from int64) (n int) {
	if len(p.ground) == 1 { // no Redis
		return 0
	}
	words := p.words()
	for line := range strings.Lines(words[min(from, int64(len(words))):]) {
		bag := strings.Contains(line, `"bag not stored"`) || strings.Contains(line, `"bag out of reach"`)
		if bag && (strings.Contains(line, "timeout") || strings.Contains(line, "deadline exceeded")) {
			n++
		}
	}
	return n
}

// causes are the lines of the log that say why a request failed, the latest of them.
func (p *portal) causes() string {
	content, _ := os.ReadFile(p.log)
	lines := slices.DeleteFunc(strings.Split(string(content), "\n"), func(line string) bool { return !strings.Contains(line, "cause=") })
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

const (
	password      = "four quiet lanterns hang"
	otherPassword = "seven patient herons wade"
)

// randomNetwork is a network of documentation's that no other test has. Its last group is not 0: the portal would write
// the address of a visitor from there with fewer groups.
func randomNetwork() string {
	b := make([]byte, 4)
	_, _ = rand.Read(b)
	return fmt.Sprintf("2001:db8:%x:%x", int(b[0])<<8|int(b[1]), int(b[2])<<8|int(b[3])|1)
}

// patience is how long a test waits for something that happens at once on an idle machine.
const patience = time.Minute

// until waits for something to become true.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}
