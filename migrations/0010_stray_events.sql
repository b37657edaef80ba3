-- Events that no account owns: sign-ins with addresses that have none. The write takes as long as that of a failed sign-in
-- to an account, so that the answer's duration tells nothing, and operators can see what is tried. Kept for a day.

-- +goose Up
CREATE TABLE stray_events (
	id         TEXT PRIMARY KEY,
	kind       TEXT NOT NULL,
	reason     TEXT NOT NULL,
	ip         TEXT NOT NULL,
	user_agent TEXT NOT NULL,
	at         TIMESTAMP NOT NULL
);
CREATE INDEX stray_events_at ON stray_events (at);

-- +goose Down
DROP TABLE stray_events;
