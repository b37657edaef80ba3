-- Events that say the same thing within a minute are one line with a count, so that nobody buries the others under them.

-- +goose Up
ALTER TABLE events ADD COLUMN times  BIGINT NOT NULL DEFAULT 1; -- how often within the minute that began with "at"
ALTER TABLE events ADD COLUMN latest TIMESTAMP;                 -- of those; NULL for one alone
ALTER TABLE events ADD COLUMN same   TEXT;                      -- digest of what the line says; NULL where nothing more is counted in it
ALTER TABLE events ADD COLUMN minute BIGINT NOT NULL DEFAULT 0; -- of "at", since 1970
CREATE UNIQUE INDEX events_same ON events (same, minute);

-- As beside events, so that a sign-in to no account writes as much. The digest is under a key that is stored nowhere.
ALTER TABLE stray_events ADD COLUMN times  BIGINT NOT NULL DEFAULT 1;
ALTER TABLE stray_events ADD COLUMN latest TIMESTAMP;
ALTER TABLE stray_events ADD COLUMN same   TEXT;
ALTER TABLE stray_events ADD COLUMN minute BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX stray_events_same ON stray_events (same, minute);

-- +goose Down
DROP INDEX stray_events_same;
ALTER TABLE stray_events DROP COLUMN minute;
ALTER TABLE stray_events DROP COLUMN same;
ALTER TABLE stray_events DROP COLUMN latest;
ALTER TABLE stray_events DROP COLUMN times;
DROP INDEX events_same;
ALTER TABLE events DROP COLUMN minute;
ALTER TABLE events DROP COLUMN same;
ALTER TABLE events DROP COLUMN latest;
ALTER TABLE events DROP COLUMN times;
