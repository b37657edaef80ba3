package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/store"
)

func newEmail(id string, due time.Time) mail.Row {
	return mail.Row{ID: id, Sealed: []byte("sealed " + id), CreatedAt: at, DueAt: due, ExpiresAt: at.Add(24 * time.Hour)}
}

func addEmails(t *testing.T, s *store.Store, rows ...mail.Row) {
	t.Helper()
	for _, r := range rows {
		if err := s.AddEmail(t.Context(), r, 1000); err != nil {
			t.Fatal(err)
		}
	}
}

func wantEmails(t *testing.T, s *store.Store, want int) {
	t.Helper()
	if n, err := s.CountEmails(t.Context()); n != want || err != nil {
		t.Errorf("emails: got %d, %v, want %d", n, err, want)
	}
}

// The one that has been due the longest comes first, whole, and is nobody else's until its new time.
func TestClaimEmail(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		addEmails(t, s, newEmail("late", at.Add(-time.Minute)), newEmail("later", at), newEmail("not yet", at.Add(time.Microsecond)))
		until := at.Add(time.Hour)
		for _, want := range []string{"late", "later"} {
			got, err := s.ClaimEmail(t.Context(), at, until)
			if err != nil || got.ID != want || !bytes.Equal(got.Sealed, []byte("sealed "+want)) || got.Attempts != 1 ||
				!got.CreatedAt.Equal(at) || !got.DueAt.Equal(until) || !got.ExpiresAt.Equal(at.Add(24*time.Hour)) {
				t.Errorf("got %+v, %v, want %s", got, err, want)
			}
		}
		if r, err := s.ClaimEmail(t.Context(), at, until); !errors.Is(err, mail.ErrNoneDue) {
			t.Errorf("got %+v, %v, want ErrNoneDue", r, err)
		}
		again, err := s.ClaimEmail(t.Context(), until, until.Add(time.Hour))
		if err != nil || again.ID != "not yet" {
			t.Errorf("got %+v, %v, want the one that has become due first", again, err)
		}
		if again, err = s.ClaimEmail(t.Context(), until, until.Add(time.Hour)); err != nil || again.ID != "late" || again.Attempts != 2 {
			t.Errorf("got %+v, %v, want the second attempt of one whose lease is over", again, err)
		}
		wantEmails(t, s, 3)
	})
}

// Of many that claim emails at once, each gets another one.
func TestClaimEmailsTogether(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		const emails, workers = 20, 8
		for i := range emails {
			addEmails(t, s, newEmail(fmt.Sprint(i), at))
		}
		var (
			claiming sync.WaitGroup
			mu       sync.Mutex
			got      = map[string]int{}
		)
		for range workers {
			claiming.Go(func() {
				for {
					mu.Lock()
					done := len(got) == emails
					mu.Unlock()
					if done {
						return
					}
					r, err := s.ClaimEmail(t.Context(), at, at.Add(time.Hour))
					if errors.Is(err, mail.ErrNoneDue) {
						continue
					}
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					got[r.ID]++
					mu.Unlock()
				}
			})
		}
		claiming.Wait()
		for id, n := range got {
			if n != 1 {
				t.Errorf("email %s: %d got it, want one", id, n)
			}
		}
	})
}

// Only the holder of the lease postpones an email, not one whose lease ended while it was sending.
func TestPostponeAndDeleteEmails(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		addEmails(t, s, newEmail("one", at), newEmail("two", at.Add(time.Hour)))
		slow, err := s.ClaimEmail(t.Context(), at, at)
		if err != nil {
			t.Fatal(err)
		}
		quick, err := s.ClaimEmail(t.Context(), at, at)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.PostponeEmail(t.Context(), quick, at.Add(time.Minute)), s.PostponeEmail(t.Context(), slow, at)); err != nil {
			t.Fatal(err)
		}
		if r, err := s.ClaimEmail(t.Context(), at.Add(time.Minute-time.Microsecond), at); !errors.Is(err, mail.ErrNoneDue) {
			t.Errorf("got %+v, %v, want nothing before the later time", r, err)
		}
		if r, err := s.ClaimEmail(t.Context(), at.Add(time.Minute), at); err != nil || r.ID != "one" {
			t.Errorf("got %+v, %v, want one", r, err)
		}
		for range 2 {
			if err := s.DeleteEmail(t.Context(), "one"); err != nil {
				t.Error(err)
			}
			wantEmails(t, s, 1)
		}
	})
}

func TestEmailsAreBounded(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store.Store) {
		for i, want := range []error{nil, nil, mail.ErrFull, mail.ErrFull} {
			if err := s.AddEmail(t.Context(), newEmail(fmt.Sprint(i), at), 2); !errors.Is(err, want) {
				t.Errorf("email %d: got %v, want %v", i, err, want)
			}
		}
		wantEmails(t, s, 2)
	})
}
