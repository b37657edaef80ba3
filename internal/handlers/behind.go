package handlers

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/auth"
)

// behind does something after the answer, so that its duration says nothing. It has ten seconds; an unknown account
// is no error here.
func (a *app) behind(r *http.Request, do func(ctx context.Context) error) {
	ctx := context.WithoutCancel(r.Context())
	id := exchangeOf(r).id
	go func() {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := do(ctx); err != nil && !errors.Is(err, auth.ErrNotFound) {
			a.Log.ErrorContext(ctx, "behind the answer", "id", id, "err", err)
		}
	}()
}
