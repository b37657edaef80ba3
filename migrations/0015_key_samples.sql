-- +goose Up
-- A text that each key of the portal has sealed. A start whose keys open none of them would find nothing that was sealed before.
CREATE TABLE key_samples (
	key_id TEXT PRIMARY KEY, -- says which key, and nothing of it
	sealed BYTEA NOT NULL
);

-- +goose Down
DROP TABLE key_samples;
