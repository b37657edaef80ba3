-- +goose Up
CREATE TABLE passkeys (
	id              TEXT PRIMARY KEY,     -- names it in URLs
	user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	credential_id   TEXT NOT NULL UNIQUE, -- chosen by the authenticator, base64url
	public_key      BYTEA NOT NULL,       -- COSE
	transports      TEXT NOT NULL,        -- how its authenticator is reached, comma-separated: a hint for browsers
	sign_count      BIGINT NOT NULL,      -- only ever grows; 0 for authenticators that do not count
	backup_eligible BOOLEAN NOT NULL,     -- it may be copied to other devices of its owner; never changes
	backup_state    BOOLEAN NOT NULL,     -- it is, as its authenticator said last
	name            TEXT NOT NULL,
	created_at      TIMESTAMP NOT NULL,
	last_used_at    TIMESTAMP
);
CREATE INDEX passkeys_user_id ON passkeys (user_id, created_at);

-- A challenge is signed by us and stored nowhere while it waits for its answer. One that was answered well stands here
-- until its time would have been up, so that nobody answers it twice.
CREATE TABLE spent_challenges (
	hash       TEXT PRIMARY KEY, -- SHA-256
	expires_at TIMESTAMP NOT NULL
);
CREATE INDEX spent_challenges_expires_at ON spent_challenges (expires_at);

-- +goose Down
DROP TABLE spent_challenges;
DROP TABLE passkeys;
