-- Which browsers and networks a session is used from. Lists have one entry a line, each "browser NAME" or "network NAME".

-- +goose Up
ALTER TABLE sessions ADD COLUMN known_clients TEXT NOT NULL DEFAULT ''; -- its owner stands for these; '' until they are learnt
ALTER TABLE sessions ADD COLUMN known_agent   TEXT NOT NULL DEFAULT ''; -- a User-Agent of a known browser other than the one at sign-in
ALTER TABLE sessions ADD COLUMN flag_client   TEXT NOT NULL DEFAULT ''; -- what of another client raised the mark; '' when nothing did

-- +goose Down
ALTER TABLE sessions DROP COLUMN flag_client;
ALTER TABLE sessions DROP COLUMN known_agent;
ALTER TABLE sessions DROP COLUMN known_clients;
