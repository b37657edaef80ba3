package proof

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/webtest"
)

// limitFiles bounds how large the portal's files may grow, which is the portable half of a full disk: a write beyond it
// fails, reading goes on.
func (p *portal) limitFiles(t *testing.T, bytes uint64) {
	t.Helper()
	limit := syscall.Rlimit{Cur: bytes, Max: ^uint64(0)}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(p.cmd.Process.Pid), syscall.RLIMIT_FSIZE,
		uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
}

// On a full disk whoever is signed in reads on, no change is claimed, and once there is room everything works again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "test.db")
	env := environment{"--database-url=sqlite:" + file}
	p := start(t, env, "--session-touch=1s") // activity is due again soon
	x := newCustomer(t, p, env)
	fields, order := bill(x.desk)
	laptop := "/account/sessions/" + x.laptop.Handle() + "/end"

	// While somebody reads what was true here, SQLite only appends.
	reading, err := env.facts(t).DB().QueryContext(t.Context(), `SELECT id FROM users`)
	if err != nil {
		t.Fatal(err)
	}
	defer reading.Close()
	p.limitFiles(t, sizeOf(t, file+"-wal"))
	for path, fields := range map[string][]string{
		"/logout": nil, laptop: nil, "/account/sessions/end-all": nil, "/reauth": {"password", webtest.Password},
		probe.Bag: {"value", "later"}, "/billing/checkout": fields,
		"/account/security/password": {"current_password", webtest.Password, "password", webtest.OtherPassword},
	} {
		c := x.desk.Twin()
		a := c.Post(path, fields...)
		wantUnavailable(t, a, p)
		if a.Header.Get("Clear-Site-Data") != "" || c.Token() != x.desk.Token() {
			t.Errorf("POST %s: the cookie was touched", path)
		}
	}
	visitor := p.Client(t)
	wantUnavailable(t, visitor.Post("/login", "email", x.email, "password", webtest.Password), p)
	wantUnavailable(t, visitor.Post("/signup", "name", "Grace", "email", "grace."+x.email, "password", webtest.Password), p)
	if visitor.Token() != "" {
		t.Error("a cookie of a session that is not there")
	}
	webtest.Until(t, "activity that cannot be written", func() bool {
		x.desk.Get("/account").Want(http.StatusOK).Says("Ada Lovelace")
		return strings.Contains(p.Log.String(), "activity not written")
	})
	x.laptop.Get("/account/sessions").Want(http.StatusOK)

	p.limitFiles(t, ^uint64(0))
	if err := reading.Err(); err != nil {
		t.Error(err)
	}
	x.desk.Get("/account").Want(http.StatusOK)
	x.desk.Post("/billing/checkout", fields...).Leads("/billing/receipts/" + order)
	x.desk.Post(laptop).Leads("/account/sessions")
	if left := x.desk.Post("/logout").Leads("/signed-out"); left.Header.Get("Clear-Site-Data") == "" {
		t.Error("the browser keeps what it has of the session")
	}
	if opens(x.laptop) || opens(x.desk) {
		t.Error("a session is alive that was ended once there was room")
	}
	p.Client(t).SignIn(x.email, webtest.Password)
}

func sizeOf(t *testing.T, file string) uint64 {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return uint64(info.Size())
}
