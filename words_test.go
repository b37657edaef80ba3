package gatehouse_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A retiredWord is an identifier or a phrase that the project has replaced.
type retiredWord struct {
	word  string // regular expression
	write string // what stands in its place
	under string // folders in which it is retired, separated by spaces; "" for all
}

var retiredWords = []retiredWord{
	{`\b(Letter|Email)Key(s|Owner)?\b`, "OneTimeToken, or NormalizeEmail for an address", ""},
	{`\b(PasswordChanging|NameChanging|PasskeyRenaming|PasswordResetting|MassEnding)\b`, "ChangePasswordParams and the like", ""},
	{`\bEmail(Asking|Confirming|Undoing)\b`, "RequestEmailChangeParams and the like", ""},
	{`\bErr(Overtaken|Waits|Refused|Foreign|NoLetter)\b`, "ErrConflict, ErrReauthRequired, ErrInvalid, ErrNotOwned, ErrNoneDue", ""},
	{`\b(HoldSignIn|DropSignIn)\b`, "SavePendingSignIn, DeletePendingSignIn", ""},
	{`\b(Ask(EmailChange|Deletion)|Waiting(EmailChange|SignUp|TOTP))\b`, "Request..., Pending...", ""},
	{`\b(Add|Claim|Postpone|Drop|Count)Letters?\(`, "AddEmail and the like", ""},
	{`\bmail\.(Letters?|Post|NewPost|Leave)\b`, "mail.Email, Composer, Outbox, Enqueue", ""},
	{`\b([Ww]itness(es)?|[Dd]eeds?|[Mm]eddl(er|ers|e|es|ing)|[Rr]ounder)\b`, "simulated client, action, fault injector, race runner", "proof"},
	{`\b[Tt]all(y|ied)\b`, "counters", "proof"},
	{`\bgrounds?\b`, "environment", "docs proof"},
	{`(?i)\bletters?\b`, "email, one-time token, or outbox", "internal/account internal/audit internal/billing internal/demo internal/draft internal/guard internal/handlers internal/mail internal/probe internal/seal ui/templates internal/store internal/config internal/ratelimit internal/redispool internal/device bench tools docs proof"},
	{`(?i)\bunwanted mail\b`, "spam", ""},
	{`(?i)\bworth a look\b`, "suspicious on a page, flagged in code", ""},
	{`(?i)\ban end to it all\b`, "deletion of the account: this is an idiom for suicide", ""},
	{`\bforeign\b`, "not owned, or of another account", "internal/account internal/audit internal/auth internal/billing internal/config internal/guard internal/handlers internal/ratelimit internal/store bench cmd docs proof"},
	{`\b(leave|tell|beside|turnAway|askAgain|foreign|strays)\(`, "a name that says what it does: enqueue, notify, redirectOr403", "internal/account internal/auth internal/config internal/demo internal/guard internal/handlers internal/mail internal/ratelimit internal/store bench cmd proof tools webtest"},
	{`\bthrow-away\b`, "temporary", "internal cmd bench docs"},
	{`\b(ErrAway|(database|redis|Bag)Away)\b`, "ErrUnavailable, ...Unavailable", ""},
	{`\b(visitor(Of|View)|require(Visitor|Confirmed|Staying)|turnAway|askAgainAfter)\b`, "currentOf, requireSignedIn, requireNotFlagged, requireNotDeleting, redirectOr403", ""},
	{`\b(keepsNothing|settingUp\w*|lookOf|adviceFor)\b`, "noDraft, enrolling, preferencesOf, recommend", ""},
	{`\b(Recognise|Unflag|Standing|Carrier|Asker|Peek|Keeper)\b`, "DismissFlag, State, SignInRequest, Actor, ReadOnly, requireNotFlagged", ""},
	{`(?i)\b(arrivals?|genuine|advice|doubts?)\b`, "new-device check, recently valid tokens, recommendations, flagged or suspicious", "internal cmd bench docs"},
	{`\b([Tt]icket|[Ff]use)(s|View)?\b`, "session card, progress bar", ""},
	{`\b(onTheWordOf|deleteMarked|dropWaiting)\b`, "requireLiveSession, deleteDue, dropPending", ""},
	{`(?i)\bgraver\b`, "more serious", "internal cmd bench docs proof"},
	{`\b(un)?marked\b`, "flagged, or flagged as suspicious", "internal/store internal/config internal/ratelimit bench docs"},
	{`\bstrays?\b`, "anonymous events", "internal/store cmd docs"},
	{`(?i)\b(is|are|was) away\b`, "is unavailable", "internal/store internal/config internal/ratelimit cmd bench docs proof"},
}

// rightWords are the places where a retired word stands for a reason, by file and a part of the line.
var rightWords = []struct{ file, line, reason string }{
	{"internal/mail/store.go", `"letter\x00"`, "part of what is stored: emails that were sealed before would not open"},
	{"internal/mail/outbox_test.go", "letters", "the name of the table"},
	{"internal/mail/plain.go", "letters, spaces", "letters of the alphabet"},
	{"internal/handlers/render.go", "first letters of", "letters of the alphabet"},
	{"internal/handlers/asvs_passwords_test.go", "fifteen letters", "letters of the alphabet"},
	{"internal/handlers/samples_test.go", "overview-advice", "the name of a picture"},
	{"internal/guard/limits.go", `"letters`, "the names of limits in Redis"},
	{"internal/guard/limits.go", `"unlock letter"`, "the name of a limit in Redis"},
	{"internal/guard/emails.go", `"codes letter:"`, "the name of a limit in Redis"},
	{"internal/store/mail.go", "letters", "the name of the table"},
	{"internal/store/mail_order_test.go", "letters", "the name of the table"},
	{"docs/security/attempts.md", "`letters`", "the name of the table"},
	{"proof/presses_linux_test.go", "FROM letters", "the name of the table"},
	{"internal/store/storetest/storetest.go", "letters", "the name of the table"},
	{"internal/handlers/outbox_test.go", "letters", "the name of the table"},
	{"internal/handlers/budgets_test.go", "letters", "the name of the table"},
	{"internal/handlers/floods_test.go", "letters", "the name of the table"},
	{"internal/handlers/limits_owner_test.go", "letters", "the name of the table"},
	{"internal/handlers/notices_test.go", "letters", "the name of the table"},
	{"proof/load_visitors_test.go", `["letters"]`, "the name of the table"},
	{"proof/soak_test.go", `"letters"`, "the name of the table"},
	{"internal/auth/passkey_provider.go", `"Keeper"`, "the name of a password manager"},
}

// notOurWords are not searched: what others wrote, what was stored or measured once, and this list.
var notOurWords = []string{"words_test.go", "migrations", "docs/evidence", "cmd/web/testdata", "internal/handlers/testdata", "internal/auth/common-passwords.txt", ".git"}

// TestRetiredWords keeps words from coming back that were replaced because they had several meanings or had to be guessed.
func TestRetiredWords(t *testing.T) {
	patterns := make([]*regexp.Regexp, len(retiredWords))
	for i, r := range retiredWords {
		patterns[i] = regexp.MustCompile(r.word)
	}
	used := make([]bool, len(rightWords))
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		path = filepath.ToSlash(path)
		switch {
		case err != nil:
			return err
		case slices.Contains(notOurWords, path) && d.IsDir():
			return filepath.SkipDir
		case d.IsDir() || slices.Contains(notOurWords, path) || !slices.Contains([]string{".go", ".html", ".md", ".sql", ".js", ".css"}, filepath.Ext(path)):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, r := range retiredWords {
			if !r.isRetiredIn(path) {
				continue
			}
			for _, at := range patterns[i].FindAllIndex(text, -1) {
				before, line := lineAt(text, at[0])
				if !isRight(path, line, used) {
					t.Errorf("%s:%d: %q is retired, write: %s", path, before+1, text[at[0]:at[1]], r.write)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, right := range rightWords {
		if !used[i] {
			t.Errorf("%s has no line with %q any more: take it out of rightWords", right.file, right.line)
		}
	}
}

// lineAt returns the line that holds the byte, and how many lines are before it.
func lineAt(text []byte, byteAt int) (before int, line string) {
	start := bytes.LastIndexByte(text[:byteAt], '\n') + 1
	line, _, _ = strings.Cut(string(text[start:]), "\n")
	return bytes.Count(text[:start], []byte("\n")), line
}

func (r retiredWord) isRetiredIn(path string) bool {
	return r.under == "" || slices.ContainsFunc(strings.Fields(r.under), func(folder string) bool {
		return strings.HasPrefix(path, folder+"/")
	})
}

func isRight(path, line string, used []bool) bool {
	for i, right := range rightWords {
		if right.file == path && strings.Contains(line, right.line) {
			used[i] = true
			return true
		}
	}
	return false
}
