package proof

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// limitFiles bounds how large the portal's files may grow, which is the portable half of a full disk: a write beyond it
// fails, reading goes on. The portal logs into a file as well, so that has to be small.
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
	g := ground{"--database-url=sqlite:" + file}
	p := start(t, g, "--session-touch=1s") // activity is due again soon
	x := newCustomer(t, p, g)
	fields, order := x.desk.bill()
	laptop := "/account/sessions/" + x.laptop.handle() + "/end"

	// While somebody reads what was true here, SQLite only appends.
	reading, err := g.facts(t).DB().QueryContext(t.Context(), `SELECT id FROM users`)
	if err != nil {
		t.Fatal(err)
	}
	defer reading.Close()
	p.limitFiles(t, sizeOf(t, file+"-wal"))
	for path, fields := range map[string][]string{
		"/logout": nil, laptop: nil, "/account/sessions/end-all": nil, "/reauth": {"password", password},
		"/basket": {"plan", "keep"}, "/billing/checkout": fields,
		"/account/security/password": {"current_password", password, "password", otherPassword},
	} {
		c := x.desk.at(p)
		a := c.post(path, fields...)
		a.refused(t, p)
		if a.header.Get("Clear-Site-Data") != "" || c.token() != x.desk.token() {
			t.Errorf("POST %s: the cookie was touched", path)
		}
	}
	stranger := p.client(t)
	stranger.post("/login", "email", x.email, "password", password).refused(t, p)
	stranger.post("/signup", "name", "Grace", "email", "grace."+x.email, "password", password).refused(t, p)
	if stranger.token() != "" {
		t.Error("a cookie of a session that is not there")
	}
	until(t, "activity that cannot be written", func() bool {
		x.desk.get("/account").want(http.StatusOK).says("Ada Lovelace")
		return strings.Contains(p.lastWords(), "activity not written")
	})
	x.laptop.get("/account/sessions").want(http.StatusOK)

	p.limitFiles(t, ^uint64(0))
	if err := reading.Err(); err != nil {
		t.Error(err)
	}
	x.desk.get("/account").want(http.StatusOK)
	x.desk.post("/billing/checkout", fields...).location("/billing/receipts/" + order)
	x.desk.post(laptop).location("/account/sessions")
	if left := x.desk.post("/logout").location("/signed-out"); left.header.Get("Clear-Site-Data") == "" {
		t.Error("the browser keeps what it has of the session")
	}
	if x.laptop.opens() || x.desk.opens() {
		t.Error("alive")
	}
	p.client(t).signIn(x.email, password)
}

func sizeOf(t *testing.T, file string) uint64 {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return uint64(info.Size())
}
