-- +goose Up
-- The answers of acts, for the browser that did not get them. An answer may hold a token, so it is sealed for the value and
-- the fields of its form, which are not stored, and then by the portal. Rows live for half a minute.
CREATE TABLE acts (
	key        TEXT PRIMARY KEY, -- hash of the value of the form, with its route
	came_hash  TEXT NOT NULL,    -- of the cookie that it came with, '' for none
	token_hash TEXT NOT NULL,    -- of the token in the answer, '' for none
	answer     BYTEA NOT NULL,
	expires_at TIMESTAMP NOT NULL
);
CREATE INDEX acts_expires_at ON acts (expires_at);

-- +goose Down
DROP TABLE acts;
