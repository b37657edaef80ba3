package brand

import (
	"regexp"
	"strings"
	"testing"
)

// What is derived has to be accepted where it is used, whatever a fork calls itself.
func TestDerivedNamesAreValid(t *testing.T) {
	for _, tt := range []struct{ name, form string }{
		{Env("ADDR"), `^[A-Z][A-Z0-9_]*_ADDR$`},
		{Metric("request_seconds"), `^[a-z][a-z0-9_]*_request_seconds$`},
		{RedisPrefix("bag"), `^[a-z][a-z0-9-]*:bag:$`},
		{Database, `^[a-z][a-z0-9-]*\.db$`},
		{Download("account.json"), `^[a-z][a-z0-9-]*-account\.json$`},
	} {
		if !regexp.MustCompile(tt.form).MatchString(tt.name) {
			t.Errorf("got %q, want a name of the form %s: the product's name needs letters, digits and spaces alone", tt.name, tt.form)
		}
		letters := func(s string) string {
			return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(s))
		}
		if !strings.Contains(letters(tt.name), letters(Name)) {
			t.Errorf("got %q, which another product may have as well: want %q in it", tt.name, Name)
		}
	}
}
