-- +goose Up
-- Letters that have yet to leave. Their text, with addresses and tokens in it, is sealed and bound to the id. Whoever takes
-- one to send it moves due_at forward first, so that nobody else takes it meanwhile, and somebody does if it crashes. A row
-- goes when its letter has left or is given up; that is said in the log, so nothing else deletes here.
CREATE TABLE letters (
	id         TEXT PRIMARY KEY, -- of the letter, the same over all attempts
	sealed     BYTEA NOT NULL,
	attempts   INTEGER NOT NULL, -- begun so far
	created_at TIMESTAMP NOT NULL,
	due_at     TIMESTAMP NOT NULL,
	expires_at TIMESTAMP NOT NULL -- when its link dies, or nobody wants to read it any more
);
CREATE INDEX letters_due_at ON letters (due_at, id);

-- +goose Down
DROP TABLE letters;
