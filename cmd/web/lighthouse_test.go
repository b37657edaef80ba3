//go:build lighthouse

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/gatehouse/webtest"
)

// TestLighthouse asks the Lighthouse in LIGHTHOUSE, a path to its command, about the pages that people see first and the
// one they pay on. Its scores depend on the machine, so it is built only where somebody asks for it: make lighthouse.
func TestLighthouse(t *testing.T) {
	lighthouse := os.Getenv("LIGHTHOUSE")
	if lighthouse == "" {
		t.Fatal("LIGHTHOUSE names no command: make lighthouse installs one")
	}
	p := start(t, onSQLite(t))
	email := p.account(t, "Ada Lovelace")
	p.spread(t, email)
	c := p.Client(t)
	c.SignIn(email, webtest.Password)
	readyToPay(c)
	for _, page := range []struct {
		path     string
		signedIn bool
	}{{"/", false}, {"/learn", false}, {"/learn/sign-out-that-holds", false}, {"/learn/how-long", false}, {"/login", false}, {"/account/sessions", true}, {"/billing/checkout", true}} {
		var cookies []string
		if page.signedIn {
			for name, value := range c.Cookies {
				cookies = append(cookies, name+"="+value)
			}
		}
		for category, score := range scores(c, lighthouse, page.path, strings.Join(cookies, "; ")) {
			t.Logf("%-20s %-16s %3.0f", page.path, category, 100*score)
			if score < 1 {
				t.Errorf("%s: %s got %.0f, want 100", page.path, category, 100*score)
			}
		}
	}
}

// scores returns the score of each category, from 0 to 1.
func scores(c *webtest.Client, command, path, cookie string) map[string]float64 {
	c.T.Helper()
	folder := c.T.TempDir()
	headers, report := filepath.Join(folder, "headers.json"), filepath.Join(folder, "report.json")
	header, err := json.Marshal(map[string]string{"Cookie": cookie, "X-Forwarded-For": c.IP})
	if err == nil {
		err = os.WriteFile(headers, header, 0o600)
	}
	if err != nil {
		c.T.Fatal(err)
	}
	run := exec.CommandContext(c.T.Context(), command, c.Origin+path, "--quiet", "--extra-headers="+headers,
		"--chrome-flags=--headless=new --no-sandbox --disable-gpu",
		"--only-categories=performance,accessibility,best-practices", "--output=json", "--output-path="+report)
	run.Env = append(os.Environ(), "CHROME_PATH="+findChromium())
	if out, err := run.CombinedOutput(); err != nil {
		c.T.Fatalf("lighthouse %s: %v\n%s", path, err, out)
	}
	var result struct {
		FinalDisplayedURL string `json:"finalDisplayedUrl"`
		Categories        map[string]struct{ Score float64 }
	}
	text, err := os.ReadFile(report)
	if err == nil {
		err = json.Unmarshal(text, &result)
	}
	if err != nil {
		c.T.Fatal(err)
	}
	if result.FinalDisplayedURL != c.Origin+path || len(result.Categories) != 3 {
		c.T.Fatalf("lighthouse looked at %s in %d categories, want %s in 3", result.FinalDisplayedURL, len(result.Categories), path)
	}
	byCategory := map[string]float64{}
	for name, category := range result.Categories {
		byCategory[name] = category.Score
	}
	return byCategory
}

// readyToPay puts a plan into the basket and chooses how to pay for it.
func readyToPay(c *webtest.Client) {
	c.T.Helper()
	c.Post("/basket", "plan", "hall").Leads("/plans")
	c.Reauth(webtest.Password).Leads("/account/sessions")
	c.Post("/billing/payment-method", "instrument", "visa-4242", "name", "Ada Lovelace", "next", "/billing/checkout").Leads("/billing/checkout")
}
