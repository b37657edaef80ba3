package sessioncheck

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"
)

// A flight is a request whose last byte is held back, so that it is under way for as long as it takes. It is the body of
// that request.
type flight struct {
	rest    []byte
	asked   chan struct{} // closed when the server has asked for the last byte
	release chan struct{}
	once    sync.Once
	ctx     context.Context //nolint:containedctx // it is a request, and a body has no other way to end

	answer chan landed
}

type landed struct {
	*answer
	error
}

var errEmpty = errors.New("a request without a body cannot be held")

// Read gives all but the last byte, and then waits.
func (f *flight) Read(p []byte) (int, error) {
	switch {
	case len(f.rest) == 0:
		return 0, io.EOF
	case len(f.rest) > 1:
		n := copy(p, f.rest[:len(f.rest)-1])
		f.rest = f.rest[n:]
		return n, nil
	}
	f.once.Do(func() { close(f.asked) })
	select {
	case <-f.release:
		p[0] = f.rest[0]
		f.rest = nil
		return 1, nil
	case <-f.ctx.Done():
		return 0, context.Cause(f.ctx)
	}
}

// Close is part of a body.
func (f *flight) Close() error { return nil }

// takeOff sends a request up to its last byte and returns when the server waits for that, or has answered without it.
func (b *browser) takeOff(ctx context.Context, r request) (*flight, error) {
	if len(r.body) == 0 {
		return nil, errEmpty
	}
	f := &flight{rest: r.body, asked: make(chan struct{}), release: make(chan struct{}), ctx: ctx, answer: make(chan landed, 1)}
	r.hold = f
	cookies := b.jar.without()
	go func() {
		a, err := b.send(ctx, r, cookies)
		f.answer <- landed{a, err}
	}()
	select {
	case <-f.asked:
		return f, sleep(ctx, settle)
	case early := <-f.answer:
		f.answer <- early
		return f, early.error
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// settle is what a server that says "continue" before it looks at the session is given to look at it.
const settle = 200 * time.Millisecond

// early reports whether the server answered without the last byte, so that nothing is under way.
func (f *flight) early() bool { return len(f.answer) > 0 }

func (f *flight) land() (*answer, error) {
	close(f.release)
	l := <-f.answer
	return l.answer, l.error
}
