-- Plans that were paid for and what with. There is no column for a card number, on purpose.

-- +goose Up
CREATE TABLE payment_methods (
	user_id    TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE, -- one for each account
	instrument TEXT NOT NULL, -- key in the program's list
	name       TEXT NOT NULL, -- on the invoice
	address    TEXT NOT NULL, -- several lines; '' for none
	changed_at TIMESTAMP NOT NULL
);

CREATE TABLE payments (
	id         TEXT PRIMARY KEY, -- the order: who inserts it first pays it, nobody pays it twice
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	session_id TEXT NOT NULL,    -- handle of the session it was confirmed in. Payments outlive sessions, so no reference
	plan       TEXT NOT NULL,
	amount     BIGINT NOT NULL,  -- in the currency's smallest unit
	currency   TEXT NOT NULL,
	payee      TEXT NOT NULL,
	instrument TEXT NOT NULL,    -- '' where there was nothing to pay, as in the next three
	last_four  TEXT NOT NULL,
	name       TEXT NOT NULL,
	address    TEXT NOT NULL,
	state      TEXT NOT NULL,    -- 'pending' until the first answer of the gateway, then 'paid' or 'declined' for good
	created_at TIMESTAMP NOT NULL,
	settled_at TIMESTAMP
);
CREATE INDEX payments_user_id ON payments (user_id, created_at, id);
CREATE INDEX payments_pending ON payments (id) WHERE state = 'pending';

-- +goose Down
DROP TABLE payments;
DROP TABLE payment_methods;
