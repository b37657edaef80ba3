package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"time"

	"example.com/gatehouse/webtest"
	"github.com/gomodule/redigo/redis"
)

// own is how many sessions a person has, before the sign-in that is measured.
const own = 5

// growth measures listing and ending one person's sessions while those of others become more.
func (s settings) growth(r *results, all []*contender, e servers) error {
	db, err := sql.Open("pgx", e.postgres)
	if err != nil {
		return err
	}
	defer db.Close()
	if r.redisBytes, err = redisBytes(e); err != nil {
		return err
	}
	stock, gatehouse := named(all, stockName), named(all, postgresName)
	for n, done := 1000, 0; n <= max(s.most, s.mostStock); n, done = n*10, n {
		step := growthAt{others: n}
		if n <= s.most {
			if r.postgresBytes, err = addSessions(db, done, n); err != nil {
				return err
			}
			if step.list, step.end, err = s.gatehouseAt(gatehouse, done/own); err != nil {
				return err
			}
		}
		if n <= s.mostStock {
			if err := addRecords(e, done, n); err != nil {
				return err
			}
			if step.stockList, step.stockEnd, err = stockAt(stock, 1+4000/n); err != nil {
				return err
			}
		}
		r.growth = append(r.growth, step)
	}
	return nil
}

// gatehouseAt lets people who did nothing before, beginning with the given one, sign in, look at their list and end
// everything. Nobody is measured twice, because what somebody has ended stays on their list for a while.
func (s settings) gatehouseAt(c *contender, first int) (list, end float64, err error) {
	var lists, ends []float64
	for person := range s.repeat {
		client, err := c.process.signedIn(other(first + person))
		if err != nil {
			return 0, 0, err
		}
		if _, err := want(client, http.StatusSeeOther, http.MethodPost, "/reauth", "password", c.process.password); err != nil {
			return 0, 0, err
		}
		for range 5 {
			a, err := want(client, http.StatusOK, http.MethodGet, "/account/sessions")
			if err != nil {
				return 0, 0, err
			}
			lists = append(lists, milliseconds(a.Took))
		}
		a, err := want(client, http.StatusSeeOther, http.MethodPost, "/account/sessions/end-all")
		if err != nil {
			return 0, 0, err
		}
		ends = append(ends, milliseconds(a.Took))
	}
	return median(lists), median(ends), nil
}

// other is the address of one of the people that addSessions makes.
func other(person int) string { return fmt.Sprintf("other-%d@example.com", person) }

func stockAt(c *contender, repeat int) (list, end float64, err error) {
	var lists, ends []float64
	for range repeat {
		var client *webtest.Client
		for range own + 1 {
			client = newClient(c.process.origin)
			if _, err := want(client, http.StatusOK, http.MethodPost, "/login", "user", "user-2"); err != nil {
				return 0, 0, err
			}
		}
		a, err := want(client, http.StatusOK, http.MethodGet, "/sessions")
		if err != nil {
			return 0, 0, err
		}
		lists = append(lists, milliseconds(a.Took))
		if a, err = want(client, http.StatusOK, http.MethodPost, "/end-all"); err != nil {
			return 0, 0, err
		}
		ends = append(ends, milliseconds(a.Took))
	}
	return median(lists), median(ends), nil
}

// addSessions makes other people's sessions, five each, as copies of those that exist, so that this program
// need not know the columns. It returns the bytes that each takes with its indexes.
func addSessions(db *sql.DB, from, to int) (float64, error) {
	size := func() (n int64, err error) {
		err = db.QueryRow(`SELECT pg_total_relation_size('sessions')`).Scan(&n)
		return n, err
	}
	before, err := size()
	if err != nil {
		return 0, err
	}
	for _, statement := range []string{
		`INSERT INTO users SELECT r.*
		FROM (SELECT * FROM users WHERE demo_until IS NULL LIMIT 1) AS u, generate_series($1::int / 5, $2::int / 5 - 1) AS n,
		LATERAL jsonb_populate_record(NULL::users, to_jsonb(u) || jsonb_build_object(
			'id', 'other-' || n, 'email', 'other-' || n || '@example.com', 'email_key', 'other-' || n || '@example.com')) AS r`,
		`INSERT INTO sessions SELECT r.*
		FROM (SELECT * FROM sessions WHERE ended_at IS NULL AND user_id NOT LIKE 'demo-%' LIMIT 1) AS s, generate_series($1::int, $2::int - 1) AS n,
		LATERAL jsonb_populate_record(NULL::sessions, to_jsonb(s) || jsonb_build_object(
			'id', substr(md5(n::text), 1, 26), 'user_id', 'other-' || n / 5,
			'token_hash', substr(md5('token' || n) || md5(n::text), 1, 43),
			'prev_token_hash', substr(md5('before' || n) || md5(n::text), 1, 43))) AS r`,
	} {
		if _, err := db.Exec(statement, from, to); err != nil {
			return 0, fmt.Errorf("other people's sessions: %w", err)
		}
	}
	after, err := size()
	for _, statement := range []string{`VACUUM users, sessions`, `ANALYZE users, sessions`, `CHECKPOINT`} {
		if err == nil { // so that no background work disturbs the measurement
			_, err = db.Exec(statement)
		}
	}
	return float64(after-before) / float64(to-from), err
}

// addRecords makes other people's sessions for stock scs, by copying one.
func addRecords(e servers, from, to int) error {
	conn, err := redis.DialURL(e.redis)
	if err != nil {
		return err
	}
	defer conn.Close()
	keys, err := redis.Strings(conn.Do("KEYS", "scs:session:*"))
	if err != nil || len(keys) == 0 {
		return fmt.Errorf("no session of scs to copy: %w", err)
	}
	record, err := redis.Bytes(conn.Do("GET", keys[0]))
	if err != nil {
		return err
	}
	const atOnce = 1000
	for at := from; at < to; at += atOnce {
		for n := at; n < at+atOnce; n++ {
			if err := conn.Send("SET", fmt.Sprintf("scs:session:other-%034d", n), record, "PXAT", time.Now().Add(time.Hour).UnixMilli()); err != nil {
				return err
			}
		}
		if _, err := conn.Do(""); err != nil {
			return err
		}
	}
	return nil
}

// redisBytes is what one browser takes in Redis: the bag of Gatehouse's visitor with a basket in it, and a session of stock scs.
func redisBytes(e servers) (sizes [2]int, err error) {
	for i, url := range []string{e.ownRedis(), e.redis} {
		conn, err := redis.DialURL(url)
		if err != nil {
			return sizes, err
		}
		keys, err := redis.Strings(conn.Do("KEYS", "*"))
		if err != nil {
			return sizes, err
		}
		for _, key := range keys {
			size, err := redis.Int(conn.Do("MEMORY", "USAGE", key))
			if err != nil {
				return sizes, err
			}
			if key != "bench:raw" {
				sizes[i] = max(sizes[i], size)
			}
		}
		_ = conn.Close()
	}
	return sizes, nil
}
