-- An order of emails in which none is passed by others without end, and pending sign-ins that push out none of another network.

-- +goose Up
ALTER TABLE letters ADD COLUMN place BIGINT NOT NULL DEFAULT 0; -- microseconds since 1970: when it is due, and how long it lets others pass
DROP INDEX letters_order;
ALTER TABLE letters DROP COLUMN turn;
CREATE INDEX letters_order ON letters (place, id);
CREATE INDEX letters_due_at ON letters (due_at);

ALTER TABLE pending_sign_ins ADD COLUMN network TEXT NOT NULL DEFAULT ''; -- digest of where the password was given

-- +goose Down
ALTER TABLE pending_sign_ins DROP COLUMN network;

DROP INDEX letters_due_at;
DROP INDEX letters_order;
ALTER TABLE letters ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
CREATE INDEX letters_order ON letters (class, turn, due_at, id);
ALTER TABLE letters DROP COLUMN place;
