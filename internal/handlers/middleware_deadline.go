package handlers

import (
	"context"
	"net/http"
	"time"
)

// answerWithin bounds how long a request may wait for what it needs of others.
const answerWithin = 30 * time.Second

// bounded is the context that a request is answered in. A change that was begun is finished although the client hangs
// up: somebody who presses "Sign out" and closes the window is signed out, and a guess at a password leaves its trace. A stream
// goes on: it bounds what it waits for itself.
func bounded(r *http.Request) (context.Context, context.CancelFunc) {
	ctx := r.Context()
	if r.URL.Path == livePage {
		return context.WithCancel(ctx)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		ctx = context.WithoutCancel(ctx)
	}
	return context.WithTimeout(ctx, answerWithin)
}
