-- What an account asks for beside its password, and the sign-ins that wait for it.

-- +goose Up
CREATE TABLE totp_secrets (
	user_id     TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE, -- one authenticator app for each account
	sealed      BYTEA NOT NULL,     -- the secret, bound to the account
	last_step   BIGINT NOT NULL,    -- the latest time step a code was taken for; no code of it, or of an earlier one, is again
	enrolled_at TIMESTAMP NOT NULL
);

-- A secret that was shown waits here until the app has shown that it knows it. It belongs to the session that asked:
-- nobody confirms a secret that somebody else has seen.
CREATE TABLE totp_enrolments (
	session_id TEXT PRIMARY KEY,    -- handle
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	sealed     BYTEA NOT NULL,      -- bound to both columns above
	expires_at TIMESTAMP NOT NULL
);
CREATE INDEX totp_enrolments_user_id ON totp_enrolments (user_id);
CREATE INDEX totp_enrolments_expires_at ON totp_enrolments (expires_at);

CREATE TABLE recovery_codes (
	user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	code_hash TEXT NOT NULL,        -- SHA-256 of 120 random bits
	used_at   TIMESTAMP,            -- once set, never unset
	PRIMARY KEY (user_id, code_hash)
);

-- A sign-in between the password and the second factor. It is no session and opens nothing.
CREATE TABLE pending_sign_ins (
	token_hash    TEXT PRIMARY KEY, -- SHA-256 of a token made for it, which its browser carries
	user_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	epoch         BIGINT NOT NULL,  -- of the account, as read before the password was checked
	remember      BOOLEAN NOT NULL,
	next          TEXT NOT NULL,    -- where the person wanted to go; '' for nowhere in particular
	attempts_left BIGINT NOT NULL,
	created_at    TIMESTAMP NOT NULL,
	expires_at    TIMESTAMP NOT NULL
);
CREATE INDEX pending_sign_ins_user_id ON pending_sign_ins (user_id);
CREATE INDEX pending_sign_ins_expires_at ON pending_sign_ins (expires_at);

-- +goose Down
DROP TABLE pending_sign_ins;
DROP TABLE recovery_codes;
DROP TABLE totp_enrolments;
DROP TABLE totp_secrets;
