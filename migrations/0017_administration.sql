-- What the people who run the portal do to the accounts of others, and how they find them.

-- +goose Up
ALTER TABLE events ADD COLUMN other_id TEXT NOT NULL DEFAULT ''; -- of what an administrator did: the other account of the two, which may be gone
ALTER TABLE events ADD COLUMN by_role  TEXT NOT NULL DEFAULT ''; -- in the trail of the account that it was done to: the role of who did it
ALTER TABLE events ADD COLUMN note     TEXT NOT NULL DEFAULT ''; -- the reason that was typed

DROP INDEX events_at;
CREATE INDEX events_at_id ON events (at, id);
CREATE INDEX events_kind ON events (kind, at, id);

-- What an account is found by: its address, its name and each word of the name. Terms are the hexadecimal digits of the text in
-- small letters, so that they sort in one way on every database, whatever its language.
CREATE TABLE user_terms (
	term    TEXT NOT NULL,
	user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	PRIMARY KEY (term, user_id)
);
CREATE INDEX user_terms_user_id ON user_terms (user_id);
ALTER TABLE users ADD COLUMN has_terms BOOLEAN NOT NULL DEFAULT FALSE; -- of an account that an older program made: not yet

CREATE INDEX users_without_terms ON users (id) WHERE NOT has_terms;
CREATE INDEX users_created_at ON users (created_at, id);
CREATE INDEX users_role ON users (role, created_at, id);
CREATE INDEX users_disabled ON users (created_at, id) WHERE disabled_at IS NOT NULL;
CREATE INDEX users_deleting ON users (created_at, id) WHERE delete_after IS NOT NULL;
CREATE INDEX sessions_flagged ON sessions (user_id) WHERE flag <> '' AND ended_at IS NULL;

-- +goose Down
DROP INDEX sessions_flagged;
DROP INDEX users_deleting;
DROP INDEX users_disabled;
DROP INDEX users_role;
DROP INDEX users_created_at;
DROP INDEX users_without_terms;
ALTER TABLE users DROP COLUMN has_terms;
DROP TABLE user_terms;
DROP INDEX events_kind;
DROP INDEX events_at_id;
CREATE INDEX events_at ON events (at);
ALTER TABLE events DROP COLUMN note;
ALTER TABLE events DROP COLUMN by_role;
ALTER TABLE events DROP COLUMN other_id;
