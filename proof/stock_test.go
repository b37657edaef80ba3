package proof

import (
	"crypto/rand"
	"net/http/httptest"
	"testing"
	"time"

	"example.com/gatehouse/internal/probe"
	"example.com/gatehouse/internal/twin"
	"example.com/gatehouse/webtest"
	"github.com/alexedwards/scs/redisstore"
	"github.com/gomodule/redigo/redis"
)

// onStock serves the stock portal on a Redis: chi, scs and redisstore as their documentation shows them.
func onStock(t testing.TB, r *ownRedis, hashed bool) *site {
	t.Helper()
	if twin.Bag != probe.Bag || twin.InTheBag != inTheBag {
		t.Fatal("the page of the bag is another one on the twin: nothing would be compared")
	}
	pool := &redis.Pool{MaxIdle: 10, Dial: func() (redis.Conn, error) { return redis.DialURL(r.url) }}
	portal := twin.New(twin.Options{
		Store: redisstore.New(pool), Faults: twin.Documented, Hashed: hashed, Password: webtest.Password,
		Idle: 20 * time.Minute, Lifetime: 24 * time.Hour,
	})
	server := httptest.NewServer(portal.Handler())
	t.Cleanup(func() {
		server.Close()
		_ = pool.Close()
	})
	return &site{
		t: t, redis: r,
		browser: func() *webtest.Client {
			c := webtest.New(t, server.URL)
			c.Session, c.Tolerant = "session", true
			return c
		},
		account: func(name string) string { return name + "@" + rand.Text() + ".example.org" },
		expires: func(c *webtest.Client) time.Time {
			deadline, _, err := portal.Codec.Decode([]byte(r.value(t, "scs:session:"+c.Token())))
			if err != nil {
				t.Fatal(err)
			}
			return deadline
		},
		charges:    func() int { return int(portal.Charges.Load()) },
		stored:     func() string { return r.everything(t) },
		written:    func() string { return "" },
		others:     func() int { return 0 },
		unreadable: func(record string) string { return renamed(t, record) },
	}
}
