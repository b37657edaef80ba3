-- +goose Up
-- What was typed into a form that came too late. Losing this table loses text, never a sign-in.
CREATE TABLE held_forms (
	id         TEXT PRIMARY KEY,
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	session_id TEXT NOT NULL,  -- handle of the session it was typed in, which may be forgotten first, so no reference
	route      TEXT NOT NULL,  -- name of the form, from a list in the program; never a URL
	sealed     BYTEA NOT NULL, -- the fields that may be shown again, bound to the four columns above
	created_at TIMESTAMP NOT NULL,
	expires_at TIMESTAMP NOT NULL
);
CREATE INDEX held_forms_user_id ON held_forms (user_id, created_at);
CREATE INDEX held_forms_expires_at ON held_forms (expires_at);

-- +goose Down
DROP TABLE held_forms;
