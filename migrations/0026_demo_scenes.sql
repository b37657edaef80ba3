-- +goose Up
-- The latest run of each scene of a demo account, for the page about it: the session's row before and after, and what was asked
-- and answered. Neither a token nor a whole hash is in it.
CREATE TABLE demo_scenes (
	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	scene   TEXT NOT NULL,
	at      TIMESTAMP NOT NULL,
	told    TEXT NOT NULL, -- JSON
	PRIMARY KEY (user_id, scene)
);

-- What opens a demo account once: on a second screen while the session that made it lives, or again in the browser of a session
-- that ended. It stays after its use, to say that it was used.
CREATE TABLE demo_links (
	token_hash TEXT PRIMARY KEY, -- SHA-256
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	purpose    TEXT NOT NULL, -- phone, back
	session_id TEXT NOT NULL, -- that made it
	epoch      BIGINT NOT NULL, -- of the account then
	password   BYTEA NOT NULL, -- that was made with the account, sealed for the link; empty where the session did not know it
	created_at TIMESTAMP NOT NULL,
	expires_at TIMESTAMP NOT NULL,
	used_at    TIMESTAMP,
	opened     TEXT NOT NULL DEFAULT '' -- handle of the session that it has opened
);
CREATE INDEX demo_links_user_id ON demo_links (user_id, purpose);

-- +goose Down
DROP TABLE demo_links;
DROP TABLE demo_scenes;
