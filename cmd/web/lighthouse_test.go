package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestLighthouse asks the Lighthouse in LIGHTHOUSE, a path to its command, about the pages that people see first and the
// one they pay on. Its scores depend on the machine, so it runs when somebody asks for it: make lighthouse.
func TestLighthouse(t *testing.T) {
	lighthouse := os.Getenv("LIGHTHOUSE")
	if lighthouse == "" {
		t.Skip("skipped: LIGHTHOUSE names no command")
	}
	p := start(t, onSQLite(t))
	email := p.account(t, "Ada Lovelace")
	p.spread(t, email)
	c := p.client(t)
	c.signIn(email, password)
	c.readyToPay()
	for _, page := range []struct {
		path     string
		signedIn bool
	}{{"/", false}, {"/login", false}, {"/account/sessions", true}, {"/billing/checkout", true}} {
		var cookies []string
		if page.signedIn {
			for name, value := range c.cookies {
				cookies = append(cookies, name+"="+value)
			}
		}
		for category, score := range c.lighthouse(lighthouse, page.path, strings.Join(cookies, "; ")) {
			t.Logf("%-20s %-16s %3.0f", page.path, category, 100*score)
			if score < 1 {
				t.Errorf("%s: %s got %.0f, want 100", page.path, category, 100*score)
			}
		}
	}
}

// lighthouse returns the score of each category, from 0 to 1.
func (c *client) lighthouse(command, path, cookie string) map[string]float64 {
	c.t.Helper()
	folder := c.t.TempDir()
	headers, report := filepath.Join(folder, "headers.json"), filepath.Join(folder, "report.json")
	header, err := json.Marshal(map[string]string{"Cookie": cookie, "X-Forwarded-For": c.ip})
	if err == nil {
		err = os.WriteFile(headers, header, 0o600)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	run := exec.CommandContext(c.t.Context(), command, c.origin+path, "--quiet", "--extra-headers="+headers,
		"--chrome-flags=--headless=new --no-sandbox --disable-gpu",
		"--only-categories=performance,accessibility,best-practices", "--output=json", "--output-path="+report)
	run.Env = append(os.Environ(), "CHROME_PATH="+findChromium())
	if out, err := run.CombinedOutput(); err != nil {
		c.t.Fatalf("lighthouse %s: %v\n%s", path, err, out)
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
		c.t.Fatal(err)
	}
	if result.FinalDisplayedURL != c.origin+path || len(result.Categories) != 3 {
		c.t.Fatalf("lighthouse looked at %s in %d categories, want %s in 3", result.FinalDisplayedURL, len(result.Categories), path)
	}
	scores := map[string]float64{}
	for name, category := range result.Categories {
		scores[name] = category.Score
	}
	return scores
}

// readyToPay puts a plan into the basket and chooses how to pay for it.
func (c *client) readyToPay() {
	c.t.Helper()
	c.post("/basket", "plan", "hall").location("/plans")
	c.reauth()
	c.post("/billing/payment-method", "instrument", "visa-4242", "name", "Ada Lovelace", "next", "/billing/checkout").location("/billing/checkout")
}
