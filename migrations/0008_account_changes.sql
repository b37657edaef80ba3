-- A change of address, the end of an account, and who asked for one.

-- +goose Up
ALTER TABLE signups ADD COLUMN user_agent TEXT NOT NULL DEFAULT ''; -- of the browser that asked, so that the reader of the letter can tell whether it was theirs

ALTER TABLE users ADD COLUMN delete_after TIMESTAMP; -- when the account is deleted unless its owner stops it; NULL for everybody else
CREATE INDEX users_delete_after ON users (delete_after) WHERE delete_after IS NOT NULL;

-- A change of address that somebody asked for. It can be confirmed while letter_keys has the key of its letter, which
-- dies with every change of credentials. The old address can take it back until undo_until, whatever else has changed:
-- whoever took an account over changes its password first.
CREATE TABLE email_changes (
	id            TEXT PRIMARY KEY,
	user_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	email         TEXT NOT NULL,        -- asked for
	email_key     TEXT NOT NULL,
	old_email     TEXT NOT NULL,        -- at that time
	old_email_key TEXT NOT NULL,
	confirm_hash  TEXT NOT NULL UNIQUE, -- of the key sent to the new address
	stop_hash     TEXT NOT NULL UNIQUE, -- of the key in the first letter to the old address
	undo_hash     TEXT UNIQUE,          -- of the key in the second, once the change has taken effect
	asked_at      TIMESTAMP NOT NULL,
	confirmed_at  TIMESTAMP,
	undo_until    TIMESTAMP NOT NULL
);
CREATE INDEX email_changes_user_id ON email_changes (user_id, asked_at);
CREATE INDEX email_changes_undo_until ON email_changes (undo_until);

-- +goose Down
DROP TABLE email_changes;
DROP INDEX users_delete_after;
ALTER TABLE users DROP COLUMN delete_after;
ALTER TABLE signups DROP COLUMN user_agent;
