package handlers

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.com/gatehouse/internal/audit"
)

// background does something while the request is answered, so that the duration of the answer tells nothing. It has ten seconds
// and is not waited for when the program stops; an unknown account is no error here.
func (a *app) background(r *http.Request, do func(ctx context.Context) error) {
	ctx := context.WithoutCancel(r.Context())
	id := clientOf(r).RequestID
	go func() {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := do(ctx); err != nil && !errors.Is(err, audit.ErrNotFound) {
			a.Log.ErrorContext(ctx, "background work failed", "id", id, "err", err)
		}
	}()
}
