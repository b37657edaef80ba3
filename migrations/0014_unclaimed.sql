-- +goose Up
-- Since when a session waits for the first request with its latest token; NULL once there was one. Sessions that were opened
-- before this column existed count as claimed. answer_lost says that its event was written.
ALTER TABLE sessions ADD COLUMN unclaimed_since TIMESTAMP;
ALTER TABLE sessions ADD COLUMN answer_lost BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
ALTER TABLE sessions DROP COLUMN answer_lost;
ALTER TABLE sessions DROP COLUMN unclaimed_since;
