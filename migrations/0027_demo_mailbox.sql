-- +goose Up
-- The mailboxes of demo accounts: what the portal would have sent to their addresses, sealed like the emails that wait to be sent.
CREATE TABLE demo_emails (
	id         TEXT PRIMARY KEY,
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	sealed     BYTEA NOT NULL,
	created_at TIMESTAMP NOT NULL
);
CREATE INDEX demo_emails_user_id ON demo_emails (user_id, created_at);

-- +goose Down
DROP TABLE demo_emails;
