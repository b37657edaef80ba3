package twin

// A Fault is a mistake that can be planted.
type Fault string

// The faults. Faults says what each does, and which check of the scanner is meant for it.
const (
	ScriptsReadCookie     Fault = "scripts-read-cookie"
	CookieOverHTTP        Fault = "cookie-over-http"
	NoSameSite            Fault = "no-samesite"
	CookieForDomain       Fault = "cookie-for-domain"
	FirstCookieWins       Fault = "first-cookie-wins"
	CountedTokens         Fault = "counted-tokens"
	AdoptsTokens          Fault = "adopts-tokens"
	SignInKeepsToken      Fault = "signin-keeps-token"
	SignInAgainKeepsToken Fault = "signin-again-keeps-token"
	OldTokenLives         Fault = "old-token-lives"
	SignOutCookieOnly     Fault = "signout-cookie-only"
	SignOutByGet          Fault = "signout-by-get"
	OthersStay            Fault = "others-stay"
	PasswordLeavesOthers  Fault = "password-leaves-others"
	LateRequestRevives    Fault = "late-request-revives"
	RenewalMovesLimit     Fault = "renewal-moves-limit"
	NeverIdle             Fault = "never-idle"
	PollingCounts         Fault = "polling-counts"
	OrderPaidTwice        Fault = "order-paid-twice"
	TokenInURL            Fault = "token-in-url"
	FormsFromElsewhere    Fault = "forms-from-elsewhere"
	SignInFromElsewhere   Fault = "signin-from-elsewhere"
	PagesCached           Fault = "pages-cached"
	LeadsAnywhere         Fault = "leads-anywhere"
	SaysWhoExists         Fault = "says-who-exists"
	SlowerForAccounts     Fault = "slower-for-accounts"
	GuessesUnlimited      Fault = "guesses-unlimited"
	FactorSkipped         Fault = "factor-skipped"
	NoHeaders             Fault = "no-headers"
	NoHSTS                Fault = "no-hsts"
)

// A Planted is a fault as lessons and tables show it.
type Planted struct {
	Fault
	Wrong string // what is wrong then
	Check string // of the scanner, by its id
}

// Faults are all there are.
var Faults = []Planted{
	{ScriptsReadCookie, "the cookie is set without HttpOnly", "cookie-httponly"},
	{CookieOverHTTP, "the cookie is set without Secure", "cookie-secure"},
	{NoSameSite, "the cookie is set without SameSite", "cookie-samesite"},
	{CookieForDomain, "the cookie has a Domain", "cookie-scope"},
	{FirstCookieWins, "of two cookies with one name the first is believed", "cookie-shadowing"},
	{CountedTokens, "tokens are counted up", "token-strength"},
	{AdoptsTokens, "a token that the server never gave is taken over at the sign-in", "fixation"},
	{SignInKeepsToken, "signing in does not renew the token", "fixation"},
	{SignInAgainKeepsToken, "signing in renews the token of visitors only", "rotation-signin"},
	{OldTokenLives, "renewing leaves the record under the old token", "rotation-old-token"},
	{SignOutCookieOnly, "signing out only deletes the cookie", "signout-server"},
	{SignOutByGet, "a GET signs out", "signout-by-get"},
	{OthersStay, "ending the other sessions ends none", "signout-everywhere"},
	{PasswordLeavesOthers, "a changed password leaves the other sessions", "password-change-others"},
	{LateRequestRevives, "a request in flight writes its record back", "resurrection"},
	{RenewalMovesLimit, "renewing the token moves the absolute limit", "absolute-limit"},
	{NeverIdle, "there is no idle limit", "idle-limit"},
	{PollingCounts, "asking for the state is activity", "polling-keeps-alive"},
	{OrderPaidTwice, "the value of an order is taken out of the session, which two requests do at once", "one-use"},
	{TokenInURL, "the sign-in leads to an address with the token in it", "id-in-url"},
	{FormsFromElsewhere, "forms of other sites are accepted", "csrf"},
	{SignInFromElsewhere, "the sign-in form is accepted from other sites", "login-csrf"},
	{PagesCached, "pages may be cached", "cache-private"},
	{LeadsAnywhere, "the sign-in leads wherever its address says", "open-redirect"},
	{SaysWhoExists, "a failed sign-in says that there is no such account", "enumeration"},
	{SlowerForAccounts, "only passwords of accounts are hashed, which takes a while", "enumeration"},
	{GuessesUnlimited, "passwords may be tried without end", "throttling"},
	{FactorSkipped, "the password opens the session before the second factor", "second-factor-skip"},
	{NoHeaders, "the headers for browsers are missing", "headers"},
	{NoHSTS, "Strict-Transport-Security is missing", "tls"},
}

// Documented are the faults of a portal that is put together as the documentation of chi, scs and redisstore shows it.
var Documented = []Fault{
	CookieOverHTTP, FirstCookieWins, LateRequestRevives, RenewalMovesLimit, PollingCounts, OrderPaidTwice, FormsFromElsewhere,
	SignInFromElsewhere, PagesCached, GuessesUnlimited, NoHeaders, NoHSTS,
}

// A Level is a version of the portal, for reading one handler in several side by side.
type Level struct {
	Name   string
	Faults []Fault
}

// Levels go from what tutorials copy to what is sound. Each has fewer faults than the one before.
var Levels = []Level{
	{"tutorial", append([]Fault{ScriptsReadCookie, NoSameSite, SignInKeepsToken, SignOutCookieOnly}, Documented...)},
	{"flags", append([]Fault{SignInKeepsToken, SignOutCookieOnly}, Documented[1:]...)},
	{"rotation", Documented[1:]},
	{"sound", nil},
}
