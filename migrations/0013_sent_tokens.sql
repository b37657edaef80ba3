-- +goose Up
-- What became of the tokens in the links of emails, for whoever opens such a link again. It opens nothing: what a token
-- may do is in signups, letter_keys and email_changes, and goes from there when the token is used or revoked.
CREATE TABLE sent_tokens (
	token_hash TEXT PRIMARY KEY,
	purpose    TEXT NOT NULL,
	expires_at TIMESTAMP NOT NULL,
	used_at    TIMESTAMP,                                    -- NULL for one that was not used
	user_id    TEXT REFERENCES users (id) ON DELETE CASCADE, -- of the account that it was used for
	email      TEXT NOT NULL                                 -- that it was used for; '' until then
);
CREATE INDEX sent_tokens_expires_at ON sent_tokens (expires_at);
CREATE INDEX sent_tokens_user_id ON sent_tokens (user_id) WHERE user_id IS NOT NULL;

-- +goose Down
DROP TABLE sent_tokens;
