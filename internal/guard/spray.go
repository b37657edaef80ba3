package guard

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"example.com/gatehouse/internal/auth"
	"example.com/gatehouse/internal/ratelimit"
)

// sprays counts on how many accounts one password fails, from whatever networks (ASVS v5.0.0-6.3.1). A password stands
// there as its HMAC under a key that only this process has, in the memory of this process: nothing that is stored, shared
// with Redis or left behind lets anybody guess it. Each instance therefore counts for itself.
type sprays struct {
	key     []byte
	limiter ratelimit.Limiter
}

func newSprays(limiter ratelimit.Limiter) sprays {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	return sprays{key: key, limiter: limiter}
}

// oncePerAccount makes an account count once an hour, however often the password is tried on it.
var oncePerAccount = rule(1, time.Hour)

// take takes one account from what may fail with the password. Tries on an account that is counted already are free.
func (s sprays) take(ctx context.Context, t *Attempt, account, password string) time.Duration {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(auth.NormalPassword(password)))
	name := string(mac.Sum(nil))
	counted := "account:" + name + account
	if s.limiter.Take(ctx, counted, oncePerAccount) > 0 {
		return 0
	}
	t.taken = append(t.taken, taken{s.limiter, counted, oncePerAccount})
	return t.takeOf(ctx, s.limiter, Sprayed.key+":"+name, Sprayed.Rule)
}
