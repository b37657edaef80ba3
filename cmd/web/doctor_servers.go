package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/gomodule/redigo/redis"

	"example.com/gatehouse/internal/bag"
	"example.com/gatehouse/internal/brand"
	"example.com/gatehouse/internal/mail"
	"example.com/gatehouse/internal/ratelimit"
	"example.com/gatehouse/internal/redispool"
)

// redis asks of Redis all that bags and limits ask of it, with one write through the script.
func (d *doctor) redis(ctx context.Context) {
	if d.c.RedisURL == "" {
		d.add("redis", note, "", "not used: session values are in the database, limits in the memory of each instance")
		return
	}
	pool := redispool.New(d.c.RedisURL)
	defer pool.Close()
	p := &parts{pool: pool, bags: bag.NewRedisBags(pool), limits: ratelimit.NewRedis(pool, slog.New(slog.DiscardHandler))}
	setting := brand.Env("REDIS_URL")
	switch err := p.cacheReady(ctx); {
	case errors.Is(err, redispool.ErrReplica):
		d.problem("redis", "name the primary in "+setting, "it is a replica, and stores nothing")
	case redispool.Refusal(err) != "":
		d.problem("redis", "correct "+setting+" or what its account may do: a start refuses it as it is", "%s%s", redispool.Refusal(err), said(err))
	case d.isCluster(ctx, pool):
		d.problem("redis", "name a Redis that is no cluster in "+setting, "it is a node of a cluster, which sends keys to other nodes")
	case err != nil:
		d.problem("redis", "start it, or correct "+setting+": until then people sign in, and baskets do not work", "it does not do what it is asked: %v", err)
	default:
		d.ok("redis", "it is a primary, and reads, writes and runs the scripts that are needed")
	}
}

// said is the server's own error.
func said(err error) string {
	if e, ok := errors.AsType[redis.Error](err); ok {
		return " (it said: " + string(e) + ")"
	}
	return ""
}

// isCluster reports whether the server says that it is a node of a cluster. One whose account may not ask is found by its answers.
func (d *doctor) isCluster(ctx context.Context, pool *redis.Pool) bool {
	conn, err := redispool.Get(ctx, pool)
	if err != nil {
		return false
	}
	defer conn.Close()
	info, err := redis.String(conn.Do("INFO", "cluster"))
	return err == nil && strings.Contains(info, "cluster_enabled:1")
}

// mail has a conversation with the mail server, up to the recipient.
func (d *doctor) mail(ctx context.Context) {
	if d.c.DevMail() {
		d.add("mail", note, "", "emails go to the development mailbox at /dev/mail")
		return
	}
	to := d.mailTo
	if to == "" {
		to = d.c.MailFrom.Address
	}
	server, err := mail.NewSMTP(d.c.SMTPURL, d.c.MailFrom.String())
	if err == nil {
		err = server.Check(ctx, to)
	}
	if err != nil {
		d.problem("mail", "correct "+brand.Env("SMTP_URL")+" or "+brand.Env("MAIL_FROM")+"; --mail-to names another recipient", "no email would leave: %v", err)
		return
	}
	d.ok("mail", "%s takes emails from %s to %s; none was sent", server, d.c.MailFrom.Address, to)
}
