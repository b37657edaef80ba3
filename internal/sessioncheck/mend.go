package sessioncheck

// A Mend says how to mend what a check found, in general and with six frameworks.
type Mend struct {
	General                                     string
	Express, Django, Rails, Laravel, Spring, Go string
}

// With is how to mend it with each framework that has a way of its own.
func (m Mend) With() (ways [][2]string) {
	for _, way := range [][2]string{{"Express", m.Express}, {"Django", m.Django}, {"Rails", m.Rails}, {"Laravel", m.Laravel}, {"Spring", m.Spring}, {"Go", m.Go}} {
		if way[1] != "" {
			ways = append(ways, way)
		}
	}
	return ways
}

// Mends are by the id of the check.
var Mends = map[string]Mend{
	"cookie-httponly": {
		"Set the session cookie with HttpOnly.", "session({cookie: {httpOnly: true}})", "SESSION_COOKIE_HTTPONLY = True", "config.session_store :cookie_store, httponly: true",
		"'http_only' => true in config/session.php", "server.servlet.session.cookie.http-only=true", "http.Cookie{HttpOnly: true}; scs: Cookie.HttpOnly; gorilla: Options.HttpOnly",
	},
	"cookie-secure": {
		"Set the session cookie with Secure, and serve https.", "session({cookie: {secure: true}}), behind a proxy with app.set('trust proxy', 1)", "SESSION_COOKIE_SECURE = True", "config.force_ssl = true",
		"SESSION_SECURE_COOKIE=true", "server.servlet.session.cookie.secure=true", "http.Cookie{Secure: true}; scs: Cookie.Secure; gorilla: Options.Secure",
	},
	"cookie-samesite": {
		"Set the session cookie with SameSite=Lax or Strict.", "session({cookie: {sameSite: 'lax'}})", "SESSION_COOKIE_SAMESITE = 'Lax'", "config.action_dispatch.cookies_same_site_protection = :lax",
		"'same_site' => 'lax' in config/session.php", "server.servlet.session.cookie.same-site=lax", "http.Cookie{SameSite: http.SameSiteLaxMode}",
	},
	"cookie-scope": {
		"Leave Domain out, keep the cookie small, and let it end with the browser unless people ask to stay signed in.", "no cookie.domain, no cookie.maxAge", "no SESSION_COOKIE_DOMAIN; SESSION_EXPIRE_AT_BROWSER_CLOSE = True", "no domain: and no expire_after: in session_store",
		"'domain' => null, 'expire_on_close' => true", "no server.servlet.session.cookie.domain and .max-age", "no Domain; scs: Cookie.Persist = false; gorilla: Options.MaxAge = 0",
	},
	"cookie-shadowing": {
		"Give the cookie a name that begins with __Host-, with Secure, Path=/ and no Domain.", "session({name: '__Host-id', cookie: {secure: true, path: '/'}})", "SESSION_COOKIE_NAME = '__Host-id'", "session_store :cookie_store, key: '__Host-id', secure: true",
		"'cookie' => '__Host-id'", "server.servlet.session.cookie.name=__Host-id", "scs: Cookie.Name = \"__Host-id\"",
	},
	"token-strength": {
		"Take at least 128 bits from the random generator of the system, and put nothing else into the token.", "leave genid as it is", "keep the built-in session store", "keep the built-in session store",
		"keep the built-in session driver", "keep the generator of the servlet container", "crypto/rand.Text()",
	},
	"fixation": {
		"Make a new session at the sign-in, and take no token over that you did not give.", "req.session.regenerate() before the user is set", "django.contrib.auth.login(), not a key of your own in the session", "reset_session before the user is set",
		"$request->session()->regenerate()", "sessionManagement().sessionFixation().migrateSession()", "scs: RenewToken before Put; gorilla: a new session with another ID",
	},
	"rotation-signin": {
		"Give another token at every sign-in and every confirmation.", "req.session.regenerate()", "request.session.cycle_key()", "reset_session",
		"$request->session()->regenerate()", "sessionFixation().changeSessionId()", "scs: RenewToken",
	},
	"rotation-old-token": {
		"End the old token in the same step that gives the new one.", "regenerate() destroys the old record: check the store's destroy()", "use flush() or cycle_key(), which delete it", "keep sessions in a store, not in the cookie",
		"regenerate(true)", "changeSessionId()", "scs: RenewToken deletes it: check the store's Delete",
	},
	"second-factor-skip": {
		"Keep the state between password and second factor apart from the session, and open the session after both.", "a separate cookie or key that no private route accepts", "call login() after the second factor", "sign_in after the second factor",
		"Auth::login() after the second factor", "an Authentication with isAuthenticated() false until both", "another cookie, another table",
	},
	"signout-server": {
		"End the session where it is stored. A session that lives in the cookie alone needs a list of ended ones.", "req.session.destroy()", "django.contrib.auth.logout(); not the signed_cookies backend", "reset_session; not cookie_store",
		"Auth::logout() and $request->session()->invalidate()", "logout().invalidateHttpSession(true)", "scs: Destroy; gorilla: a server-side store and MaxAge -1",
	},
	"signout-by-get": {
		"Sign out by POST only.", "app.post('/logout', ...)", "LogoutView takes POST since Django 5", "delete '/logout'",
		"Route::post('/logout', ...)", "logout().logoutRequestMatcher() for POST", "mux.Handle(\"POST /logout\", ...)",
	},
	"signout-everywhere": {
		"Keep the sessions of an account findable, and end all of them in one step.", "an index of session ids by user", "delete the Session rows of the user", "a session table with user_id",
		"Auth::logoutOtherDevices($password)", "SessionRegistry.getAllSessions() and expireNow()", "one UPDATE of rows by account",
	},
	"password-change-others": {
		"End the other sessions in the transaction that changes the password.", "delete the other records of the user", "SessionAuthenticationMiddleware does: call update_session_auth_hash() only for this session", "compare a salt of the password in each request, or delete the rows",
		"the AuthenticateSession middleware", "SessionRegistry and expireNow()", "one UPDATE of rows by account",
	},
	"resurrection": {
		"Never write a session back whole: change it only where it still exists.", "a store whose set() does not create: resave: false is not enough", "use the db backend, which updates with force_update", "a session table with a row per session",
		"the database driver with a check in the middleware", "Spring Session with SaveMode.ON_SET_ATTRIBUTE", "a conditional UPDATE, or SET with XX in Redis",
	},
	"absolute-limit": {
		"Write down when the session began, and compare with that alone.", "keep the time of sign-in in the session and check it", "keep the time of login in the session and check it", "keep signed_in_at and check it",
		"keep the time of login and check it", "a filter that compares getCreationTime(), which changeSessionId() keeps", "scs: SetDeadline after RenewToken",
	},
	"idle-limit": {
		"Let the server end sessions that nobody uses.", "a ttl in the store", "SESSION_COOKIE_AGE with SESSION_SAVE_EVERY_REQUEST", "expire_after: with a server-side store",
		"'lifetime' in config/session.php", "server.servlet.session.timeout", "scs: IdleTimeout",
	},
	"polling-keeps-alive": {
		"Answer requests that pages repeat without counting them as use.", "a route before the session middleware that reads the store", "a view that does not touch the session", "request.session_options[:skip] = true",
		"a route without the session middleware", "a filter that does not call getSession()", "a route outside LoadAndSave",
	},
	"one-use": {
		"Decide in the database who was first: insert a unique row, or update where it is unused.", "INSERT with a unique key", "select_for_update() or a unique constraint", "with_lock or a unique index",
		"lockForUpdate() or a unique index", "a unique constraint", "INSERT with a unique key",
	},
	"id-in-url": {
		"Carry the token in the cookie alone.", "cookies only", "cookies only", "cookies only", "cookies only", "server.servlet.session.tracking-modes=cookie", "cookies only",
	},
	"csrf": {
		"Refuse unsafe requests of other origins by Sec-Fetch-Site and Origin, or by a token in each form.", "csrf-csrf, or a check of Sec-Fetch-Site", "CsrfViewMiddleware", "protect_from_forgery with: :exception",
		"the VerifyCsrfToken middleware", "csrf() left on", "http.CrossOriginProtection",
	},
	"login-csrf": {
		"Protect the sign-in form like every other.", "the same middleware before the session", "csrf_protect on the login view", "protect_from_forgery there too",
		"no exception for the login route", "csrf() left on for /login", "http.CrossOriginProtection around all routes",
	},
	"open-redirect": {
		"Lead to paths of this site alone: beginning with one /, without \\ and control characters.", "compare new URL(next, origin).origin", "url_has_allowed_host_and_scheme()", "redirect_to url, allow_other_host: false",
		"redirect()->intended()", "SavedRequestAwareAuthenticationSuccessHandler", "url.Parse, and no scheme and no host",
	},
	"cache-private": {
		"Send Cache-Control: no-store with every page that shows somebody's data.", "res.set('Cache-Control', 'no-store')", "@never_cache", "response.headers['Cache-Control'] = 'no-store'",
		"the cache.headers:no_store middleware", "headers().cacheControl() left on", "w.Header().Set(\"Cache-Control\", \"no-store\")",
	},
	"headers": {
		"Send Content-Security-Policy with frame-ancestors, X-Content-Type-Options: nosniff and Referrer-Policy.", "helmet()", "SecurityMiddleware and SECURE_CSP", "config.content_security_policy",
		"a middleware of your own", "headers()", "a middleware of your own",
	},
	"tls": {
		"Serve https with TLS 1.2 or newer, lead there from http, and send Strict-Transport-Security for a year.", "helmet.hsts()", "SECURE_HSTS_SECONDS, SECURE_SSL_REDIRECT", "config.force_ssl = true",
		"a middleware, and https in the web server", "headers().httpStrictTransportSecurity()", "tls.Config{MinVersion: tls.VersionTLS12}",
	},
	"enumeration": {
		"Give one answer after the same work, whether there is such an account or not.", "compare with a hash of nobody", "ModelBackend does both", "compare with a hash of nobody; config.paranoid with Devise",
		"the same message and a dummy Hash::check()", "DaoAuthenticationProvider does both", "compare with a hash of nobody",
	},
	"throttling": {
		"Limit attempts by network and by account, with waits that grow, and a way in for the owner.", "rate-limiter-flexible", "django-axes", "rate_limit in the controller, or rack-attack",
		"the throttle middleware or RateLimiter", "Bucket4j", "golang.org/x/time/rate, by network and account",
	},
}
