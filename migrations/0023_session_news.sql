-- +goose Up
-- What became of sessions a moment ago, for the pages that are open. A row is written with the change, dated when it is
-- written: an ending may be dated earlier. It says nothing of the person, outlives a session that is deleted, and is swept
-- after minutes.
CREATE TABLE session_news (
	id         TEXT PRIMARY KEY,
	session_id TEXT NOT NULL,
	kind       TEXT NOT NULL, -- ended, flagged, extended, rotated
	reason     TEXT NOT NULL, -- of an ending, or the flag
	at         TIMESTAMP NOT NULL
);
CREATE INDEX session_news_at ON session_news (at);

-- +goose Down
DROP TABLE session_news;
