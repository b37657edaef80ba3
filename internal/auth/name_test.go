package auth

import (
	"strings"
	"testing"
)

func TestCleanName(t *testing.T) {
	for name, want := range map[string]string{
		"Ada": "Ada", "  Ada \t Lovelace ": "Ada Lovelace", "José María": "José María", "علي": "علي", "می\u200cخواهم": "می\u200cخواهم",
		"👩\u200d🔬": "👩\u200d🔬", strings.Repeat("é", MaxName): strings.Repeat("é", MaxName), "<b>": "<b>",
		"": "", " \n ": "", strings.Repeat("é", MaxName+1): "", "a\u202eb": "", "a\u2066b": "", "a\x00b": "", "a\u200bb": "", "a\xffb": "", "\u2028": "",
	} {
		got, err := CleanName(name)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("CleanName(%q): got %q, %v, want %q", name, got, err, want)
		}
	}
}
