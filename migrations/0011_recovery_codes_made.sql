-- +goose Up
-- When a recovery code was made: those made after a change of address was asked for go when that is undone. NULL for codes of
-- an older program.
ALTER TABLE recovery_codes ADD COLUMN made_at TIMESTAMP;

-- +goose Down
ALTER TABLE recovery_codes DROP COLUMN made_at;
