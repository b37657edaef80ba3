package handlers

import (
	"net/http"
	"strconv"
	"time"

	"example.com/gatehouse/internal/demo"
)

// A changeView is one column of a session's row before and after.
type changeView struct {
	Column, Before, After string
	Changed               bool
}

// An exchangeView is a request that the portal made to itself, and its answer.
type exchangeView struct {
	At             time.Time
	Request        string // "GET /account"
	From, Agent    string
	Cookie, Token  string // name of the cookie, and the beginning of what is stored of its token
	Status         string // "303 See Other"
	Location, Does string
}

func (a *app) exchangeView(e demo.Exchange) exchangeView {
	v := exchangeView{
		At: e.At, Request: e.Method + " " + e.Path, From: e.From, Agent: e.Agent, Cookie: a.Bag.Cookie().Name, Token: e.Token,
		Status: strconv.Itoa(e.Status) + " " + http.StatusText(e.Status), Location: e.Location, Does: "no Set-Cookie for it",
	}
	if e.Cookie != "" {
		v.Does = "Set-Cookie: it is " + e.Cookie
	}
	return v
}

// changesOf compares two rows. Columns that are empty in both are left out.
func changesOf(before, after demo.Row) (all []changeView) {
	if after.Token != before.Token && after.Token != "" {
		after.Previous = before.Token
	}
	for _, c := range []changeView{
		{Column: "token_hash", Before: hashText(before.Token), After: hashText(after.Token)},
		{Column: "prev_token_hash", Before: previousText(after.Previous), After: hashText(after.Previous)},
		{Column: "rotated_at", Before: clockText(before.RotatedAt), After: clockText(after.RotatedAt)},
		{Column: "last_seen_at", Before: clockText(before.LastSeenAt), After: clockText(after.LastSeenAt)},
		{Column: "idle_expires_at", Before: clockText(before.IdleExpiresAt), After: clockText(after.IdleExpiresAt)},
		{Column: "expires_at", Before: clockText(before.ExpiresAt), After: clockText(after.ExpiresAt)},
		{Column: "flag", Before: before.Flag, After: after.Flag},
		{Column: "ended_at", Before: clockText(before.EndedAt), After: clockText(after.EndedAt)},
		{Column: "end_reason", Before: before.EndReason, After: after.EndReason},
	} {
		if c.Before != "" || c.After != "" {
			c.Changed = c.Before != c.After
			all = append(all, c)
		}
	}
	return all
}

func hashText(beginning string) string {
	if beginning == "" {
		return ""
	}
	return beginning + "\u2026"
}

// previousText stands for what a page is not told: the hash from before, where the one after it is shown.
func previousText(after string) string {
	if after == "" {
		return ""
	}
	return "not shown"
}

func clockText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("15:04:05")
}
