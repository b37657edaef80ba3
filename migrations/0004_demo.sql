-- Throw-away accounts of people who try the portal.

-- +goose Up
-- Neither a mistake nor a form can make such an account an administrator. Its id begins with "demo-", so that whoever
-- holds no more than an id, as an event does, knows what may be kept of its visitor.
ALTER TABLE users ADD COLUMN demo_until TIMESTAMP -- when it is over; NULL for everybody else
	CHECK ((demo_until IS NOT NULL) = (id LIKE 'demo-%') AND (demo_until IS NULL OR role = 'member'));
CREATE INDEX users_demo_until ON users (demo_until) WHERE demo_until IS NOT NULL;

-- +goose Down
DELETE FROM users WHERE demo_until IS NOT NULL;
DROP INDEX users_demo_until;
ALTER TABLE users DROP COLUMN demo_until;
