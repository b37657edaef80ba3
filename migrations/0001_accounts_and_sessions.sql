-- One set of statements for SQLite and PostgreSQL. Times are UTC, chosen by the program, never by now().

-- +goose Up
CREATE TABLE users (
	id                  TEXT PRIMARY KEY,
	email               TEXT NOT NULL,        -- as typed, for letters and pages
	email_key           TEXT NOT NULL UNIQUE, -- normalised, for look-ups
	name                TEXT NOT NULL,
	role                TEXT NOT NULL,
	password_hash       TEXT NOT NULL,
	password_changed_at TIMESTAMP NOT NULL,
	epoch               BIGINT NOT NULL,      -- raised by whatever signs out everywhere; a sign-in in flight carries the one it read
	created_at          TIMESTAMP NOT NULL,
	disabled_at         TIMESTAMP
);

-- A sign-up waits here until its letter is answered. It is not an account: a letter confirms the name and the password
-- of the very sign-up it was sent for, not those of whoever signed up first.
CREATE TABLE signups (
	token_hash    TEXT PRIMARY KEY,
	email         TEXT NOT NULL,
	email_key     TEXT NOT NULL,
	name          TEXT NOT NULL,
	password_hash TEXT NOT NULL,
	created_at    TIMESTAMP NOT NULL,
	expires_at    TIMESTAMP NOT NULL
);
CREATE INDEX signups_email_key ON signups (email_key);
CREATE INDEX signups_expires_at ON signups (expires_at);

-- A session is a row. This table is the only authority on who is signed in.
CREATE TABLE sessions (
	id              TEXT PRIMARY KEY,     -- the public handle
	user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	token_hash      TEXT NOT NULL UNIQUE, -- SHA-256 of the cookie's token, which is stored nowhere
	prev_token_hash TEXT,                 -- what the browser carried before the latest rotation, sign-in included
	rotated_at      TIMESTAMP NOT NULL,
	method          TEXT NOT NULL,
	remembered      BOOLEAN NOT NULL,
	user_agent      TEXT NOT NULL,
	ip              TEXT NOT NULL,        -- at sign-in
	last_ip         TEXT NOT NULL,
	created_at      TIMESTAMP NOT NULL,
	last_seen_at    TIMESTAMP NOT NULL,
	idle_expires_at TIMESTAMP NOT NULL,   -- never after expires_at: the one moment to compare with
	expires_at      TIMESTAMP NOT NULL,   -- the absolute limit; nothing moves it
	elevated_until  TIMESTAMP,
	flag            TEXT NOT NULL,        -- why it deserves a look; '' when it does not
	ended_at        TIMESTAMP,            -- once set, never unset
	end_reason      TEXT NOT NULL,
	ended_by        TEXT NOT NULL         -- handle of the session it was ended from; '' when none
);
CREATE INDEX sessions_prev_token_hash ON sessions (prev_token_hash) WHERE prev_token_hash IS NOT NULL;
CREATE INDEX sessions_user_id ON sessions (user_id, created_at);
CREATE INDEX sessions_idle_expires_at ON sessions (idle_expires_at) WHERE ended_at IS NULL;
CREATE INDEX sessions_ended_at ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE events (
	id         TEXT PRIMARY KEY,
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	session_id TEXT NOT NULL, -- a handle; '' when no session is concerned. Events outlive sessions, so no reference
	kind       TEXT NOT NULL,
	reason     TEXT NOT NULL,
	ip         TEXT NOT NULL,
	user_agent TEXT NOT NULL,
	at         TIMESTAMP NOT NULL
);
CREATE INDEX events_user_id ON events (user_id, at, id);
CREATE INDEX events_at ON events (at);

-- Keys sent by letter that let one person do one thing.
CREATE TABLE letter_keys (
	token_hash TEXT PRIMARY KEY,
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	purpose    TEXT NOT NULL,
	created_at TIMESTAMP NOT NULL,
	expires_at TIMESTAMP NOT NULL
);
CREATE INDEX letter_keys_expires_at ON letter_keys (expires_at);

-- The bag of a visitor, sealed. Losing this table loses baskets, never a sign-in.
CREATE TABLE bags (
	key        TEXT PRIMARY KEY, -- SHA-256 of the cookie's token
	sealed     BYTEA NOT NULL,
	expires_at TIMESTAMP NOT NULL
);
CREATE INDEX bags_expires_at ON bags (expires_at);

-- The bag key of a development machine, made on the first start. Production brings its own and leaves this empty.
CREATE TABLE development_keys (
	id  INTEGER PRIMARY KEY,
	key TEXT NOT NULL
);

-- +goose Down
DROP TABLE development_keys;
DROP TABLE bags;
DROP TABLE letter_keys;
DROP TABLE events;
DROP TABLE sessions;
DROP TABLE signups;
DROP TABLE users;
