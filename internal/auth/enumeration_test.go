package auth_test

import (
	"errors"
	"log/slog"
	"testing"

	"example.com/gatehouse/internal/account"
	"example.com/gatehouse/internal/audit"
	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/device"
	"example.com/gatehouse/internal/store/storetest"
)

// TestEveryAddressCostsAHash: whether an address has an account cannot be told by how long an answer takes, because all
// of them wait for a hash (ASVS v5.0.0-6.3.8). With the queue full, an answer other than ErrBusy has not waited for a
// hash.
func TestEveryAddressCostsAHash(t *testing.T) {
	const password = "four quiet lanterns hang"
	db, log := storetest.SQLite(t), slog.New(slog.DiscardHandler)
	s := auth.New(db, nil, newGuard(db), auth.HashCost{}, audit.NewTrail(db, log), log)
	accounts := account.New(account.Options{Store: db, Auth: s, Audit: audit.NewTrail(db, log)})
	if _, err := accounts.CreateUser(t.Context(), "Ada", "ada@example.org", password, auth.RoleMember); err != nil {
		t.Fatal(err)
	}
	s.FillQueue()
	for _, email := range []string{"ada@example.org", "nobody@example.org", "visitor@demo.example", "no address"} {
		if _, err := s.CheckSignIn(t.Context(), auth.PasswordSignIn{Email: email, Password: password}, device.Client{}); !errors.Is(err, auth.ErrBusy) {
			t.Errorf("sign-in with %s: got %v, want ErrBusy", email, err)
		}
	}
	for _, a := range []account.Application{{Email: "ada@example.org"}, {Email: "nobody@example.org"}, {Email: "visitor@demo.example"}} {
		a.Name, a.Password = "Grace", password
		if err := accounts.Register(t.Context(), a, device.Client{}); !errors.Is(err, auth.ErrBusy) {
			t.Errorf("sign-up of %+v: got %v, want ErrBusy", a, err)
		}
	}
}
