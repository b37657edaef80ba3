-- +goose Up
-- The order in which letters leave: first what somebody waits for, then whose sender has the fewest waiting, then the oldest.
-- Rows of an older program have no sender, so no bound of one applies to them.
ALTER TABLE letters ADD COLUMN class INTEGER NOT NULL DEFAULT 1; -- 0 what somebody waits for, 1 notices, 2 notices to everybody
ALTER TABLE letters ADD COLUMN sender TEXT NOT NULL DEFAULT ''; -- digest of the account, or of the network, that caused it
ALTER TABLE letters ADD COLUMN turn INTEGER NOT NULL DEFAULT 0; -- how many of its sender waited when it came
CREATE INDEX letters_order ON letters (class, turn, due_at, id);
CREATE INDEX letters_sender ON letters (sender);
DROP INDEX letters_due_at; -- or PostgreSQL would sort all that is due for each one that leaves

-- +goose Down
CREATE INDEX letters_due_at ON letters (due_at, id);
DROP INDEX letters_sender;
DROP INDEX letters_order;
ALTER TABLE letters DROP COLUMN turn;
ALTER TABLE letters DROP COLUMN sender;
ALTER TABLE letters DROP COLUMN class;
