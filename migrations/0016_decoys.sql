-- +goose Up
-- What is written for an address that has no account, so that it takes as long as the token of an account. Nothing reads it.
CREATE TABLE decoys (
	token_hash TEXT NOT NULL,
	stands_for TEXT NOT NULL, -- the table that the row would be in
	purpose    TEXT NOT NULL,
	created_at TIMESTAMP NOT NULL,
	expires_at TIMESTAMP NOT NULL,
	PRIMARY KEY (token_hash, stands_for)
);
CREATE INDEX decoys_expires_at ON decoys (expires_at);

-- As events_user_id beside events: an event without an account is written to as many indexes.
CREATE INDEX stray_events_ip ON stray_events (ip, at, id);

-- +goose Down
DROP INDEX stray_events_ip;
DROP TABLE decoys;
