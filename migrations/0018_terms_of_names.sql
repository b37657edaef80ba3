-- Accounts are found by the beginning of a name, and by a whole address alone: no part of an address is kept to be searched in.
-- The sweeper writes the terms again.

-- +goose Up
DELETE FROM user_terms;
UPDATE users SET has_terms = FALSE WHERE has_terms;

-- +goose Down
DELETE FROM user_terms;
UPDATE users SET has_terms = FALSE WHERE has_terms;
