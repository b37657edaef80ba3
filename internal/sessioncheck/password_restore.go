package sessioncheck

import (
	"context"
	"errors"
	"strings"
	"time"
)

// Bounds of what is done to give an account its password again.
const (
	restoreTries = 4
	restoreTime  = time.Minute
)

var errNotBack = errors.New("the password could not be changed back")

// changeBack makes sure that the account has its password after a change that may have worked, also when the scan was
// stopped meanwhile or has spent its requests.
func (s *scan) changeBack(ctx context.Context, b *browser) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), restoreTime)
	defer stop()
	s.pace.openReserve(true)
	defer s.pace.openReserve(false)
	for n := range restoreTries {
		if err := sleep(ctx, time.Duration(n)*time.Second); err != nil {
			break
		}
		if fresh, err := s.session(ctx); err == nil {
			s.end(ctx, fresh)
			return nil
		}
		if state, _, err := b.opens(ctx); err != nil || state != open {
			b = s.fresh()
			s.live[b] = true
			if _, err := b.signIn(ctx, s.User, s.Password+newPassword); err != nil {
				continue
			}
		}
		_, _ = b.perform(ctx, s.Profile.ChangePassword.swapped(s.Password+newPassword, s.Password), s.User, s.Password) // the next sign-in shows whether it worked
	}
	s.notes = append([]string{"ATTENTION: the password of the account could not be changed back. It may now be the old one with " +
		newPassword + " behind it: sign in with that and change it."}, s.notes...)
	return errNotBack
}

// swapped is the act that changes the password the other way.
func (a Act) swapped(from, to string) Act {
	fill := strings.NewReplacer("{password}", from, "{new-password}", to).Replace
	filled := func(fields map[string]string) map[string]string {
		result := map[string]string{}
		for name, value := range fields {
			result[name] = fill(value)
		}
		return result
	}
	a.Fields, a.JSON = filled(a.Fields), filled(a.JSON)
	return a
}
