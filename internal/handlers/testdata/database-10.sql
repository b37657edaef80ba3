-- A SQLite file as an older program left it: a session that lives and one that timed out, an authenticator app, an email
-- that waits, and a form that was posted after the time-out. Its clock began at 2000-01-01 00:00 UTC and stopped at 00:31.
CREATE TABLE bags (
	key        TEXT PRIMARY KEY, -- SHA-256 of the cookie's token
	sealed     BYTEA NOT NULL,
	expires_at TIMESTAMP NOT NULL
);
CREATE TABLE development_keys (
	id  INTEGER PRIMARY KEY,
	key TEXT NOT NULL
);
CREATE TABLE email_changes (
	id            TEXT PRIMARY KEY,
	user_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	email         TEXT NOT NULL,        -- asked for
	email_key     TEXT NOT NULL,
	old_email     TEXT NOT NULL,        -- at that time
	old_email_key TEXT NOT NULL,
	confirm_hash  TEXT NOT NULL UNIQUE, -- of the key sent to the new address
	stop_hash     TEXT NOT NULL UNIQUE, -- of the key in the first letter to the old address
	undo_hash     TEXT UNIQUE,          -- of the key in the second, once the change has taken effect
	asked_at      TIMESTAMP NOT NULL,
	confirmed_at  TIMESTAMP,
	undo_until    TIMESTAMP NOT NULL
);
CREATE TABLE events (
	id         TEXT PRIMARY KEY,
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	session_id TEXT NOT NULL, -- a handle; '' when no session is concerned. Events outlive sessions, so no reference
	kind       TEXT NOT NULL,
	reason     TEXT NOT NULL,
	ip         TEXT NOT NULL,
	user_agent TEXT NOT NULL,
	at         TIMESTAMP NOT NULL
);
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
CREATE TABLE held_forms (
	id         TEXT PRIMARY KEY,
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	session_id TEXT NOT NULL,  -- handle of the session it was typed in, which may be forgotten first, so no reference
	route      TEXT NOT NULL,  -- name of the form, from a list in the program; never a URL
	sealed     BYTEA NOT NULL, -- the fields that may be shown again, bound to the four columns above
	created_at TIMESTAMP NOT NULL,
	expires_at TIMESTAMP NOT NULL
);
CREATE TABLE letter_keys (
	token_hash TEXT PRIMARY KEY,
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	purpose    TEXT NOT NULL,
	created_at TIMESTAMP NOT NULL,
	expires_at TIMESTAMP NOT NULL
);
CREATE TABLE letters (
	id         TEXT PRIMARY KEY, -- of the letter, the same over all attempts
	sealed     BYTEA NOT NULL,
	attempts   INTEGER NOT NULL, -- begun so far
	created_at TIMESTAMP NOT NULL,
	due_at     TIMESTAMP NOT NULL,
	expires_at TIMESTAMP NOT NULL -- when its link dies, or nobody wants to read it any more
);
CREATE TABLE passkeys (
	id              TEXT PRIMARY KEY,     -- names it in URLs
	user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	credential_id   TEXT NOT NULL UNIQUE, -- chosen by the authenticator, base64url
	public_key      BYTEA NOT NULL,       -- COSE
	transports      TEXT NOT NULL,        -- how its authenticator is reached, comma-separated: a hint for browsers
	sign_count      BIGINT NOT NULL,      -- only ever grows; 0 for authenticators that do not count
	backup_eligible BOOLEAN NOT NULL,     -- it may be copied to other devices of its owner; never changes
	backup_state    BOOLEAN NOT NULL,     -- it is, as its authenticator said last
	name            TEXT NOT NULL,
	created_at      TIMESTAMP NOT NULL,
	last_used_at    TIMESTAMP
);
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
CREATE TABLE pending_sign_ins (
	token_hash    TEXT PRIMARY KEY, -- SHA-256 of a token made for it, which its browser carries
	user_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	epoch         BIGINT NOT NULL,  -- of the account, as read before the password was checked
	remember      BOOLEAN NOT NULL,
	next          TEXT NOT NULL,    -- where the person wanted to go; '' for nowhere in particular
	attempts_left BIGINT NOT NULL,
	created_at    TIMESTAMP NOT NULL,
	expires_at    TIMESTAMP NOT NULL
);
CREATE TABLE recovery_codes (
	user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	code_hash TEXT NOT NULL,        -- SHA-256 of 120 random bits
	used_at   TIMESTAMP,            -- once set, never unset
	PRIMARY KEY (user_id, code_hash)
);
CREATE TABLE sessions (
	id              TEXT PRIMARY KEY,     -- the public handle
	user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	token_hash      TEXT NOT NULL UNIQUE, -- SHA-256 of the cookie's token, which is stored nowhere
	prev_token_hash TEXT,                 -- what the browser carried before the latest rotation, sign-in included
	rotated_at      TIMESTAMP NOT NULL,
	method          TEXT NOT NULL,
	remembered      BOOLEAN NOT NULL,
	user_agent      TEXT NOT NULL,
	ip              TEXT NOT NULL,        -- at sign-in
	last_ip         TEXT NOT NULL,
	created_at      TIMESTAMP NOT NULL,
	last_seen_at    TIMESTAMP NOT NULL,
	idle_expires_at TIMESTAMP NOT NULL,   -- never after expires_at: the one moment to compare with
	expires_at      TIMESTAMP NOT NULL,   -- the absolute limit; nothing moves it
	elevated_until  TIMESTAMP,
	flag            TEXT NOT NULL,        -- why it deserves a look; '' when it does not
	ended_at        TIMESTAMP,            -- once set, never unset
	end_reason      TEXT NOT NULL,
	ended_by        TEXT NOT NULL         -- handle of the session it was ended from; '' when none
, known_clients TEXT NOT NULL DEFAULT '', known_agent   TEXT NOT NULL DEFAULT '', flag_client   TEXT NOT NULL DEFAULT '');
CREATE TABLE signups (
	token_hash    TEXT PRIMARY KEY,
	email         TEXT NOT NULL,
	email_key     TEXT NOT NULL,
	name          TEXT NOT NULL,
	password_hash TEXT NOT NULL,
	created_at    TIMESTAMP NOT NULL,
	expires_at    TIMESTAMP NOT NULL
, user_agent TEXT NOT NULL DEFAULT '');
CREATE TABLE spent_challenges (
	hash       TEXT PRIMARY KEY, -- SHA-256
	expires_at TIMESTAMP NOT NULL
);
CREATE TABLE stray_events (
	id         TEXT PRIMARY KEY,
	kind       TEXT NOT NULL,
	reason     TEXT NOT NULL,
	ip         TEXT NOT NULL,
	user_agent TEXT NOT NULL,
	at         TIMESTAMP NOT NULL
);
CREATE TABLE totp_enrolments (
	session_id TEXT PRIMARY KEY,    -- handle
	user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	sealed     BYTEA NOT NULL,      -- bound to both columns above
	expires_at TIMESTAMP NOT NULL
);
CREATE TABLE totp_secrets (
	user_id     TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE, -- one authenticator app for each account
	sealed      BYTEA NOT NULL,     -- the secret, bound to the account
	last_step   BIGINT NOT NULL,    -- the latest time step a code was taken for; no code of it, or of an earlier one, is again
	enrolled_at TIMESTAMP NOT NULL
);
CREATE TABLE users (
	id                  TEXT PRIMARY KEY,
	email               TEXT NOT NULL,        -- as typed, for letters and pages
	email_key           TEXT NOT NULL UNIQUE, -- normalised, for look-ups
	name                TEXT NOT NULL,
	role                TEXT NOT NULL,
	password_hash       TEXT NOT NULL,
	password_changed_at TIMESTAMP NOT NULL,
	epoch               BIGINT NOT NULL,      -- raised by whatever signs out everywhere; a sign-in in flight carries the one it read
	created_at          TIMESTAMP NOT NULL,
	disabled_at         TIMESTAMP
, demo_until TIMESTAMP -- when it is over; NULL for everybody else
	CHECK ((demo_until IS NOT NULL) = (id LIKE 'demo-%') AND (demo_until IS NULL OR role = 'member')), delete_after TIMESTAMP);
CREATE INDEX signups_email_key ON signups (email_key);
CREATE INDEX signups_expires_at ON signups (expires_at);
CREATE INDEX sessions_prev_token_hash ON sessions (prev_token_hash) WHERE prev_token_hash IS NOT NULL;
CREATE INDEX sessions_user_id ON sessions (user_id, created_at);
CREATE INDEX sessions_idle_expires_at ON sessions (idle_expires_at) WHERE ended_at IS NULL;
CREATE INDEX sessions_ended_at ON sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX events_user_id ON events (user_id, at, id);
CREATE INDEX events_at ON events (at);
CREATE INDEX letter_keys_expires_at ON letter_keys (expires_at);
CREATE INDEX bags_expires_at ON bags (expires_at);
CREATE INDEX payments_user_id ON payments (user_id, created_at, id);
CREATE INDEX payments_pending ON payments (id) WHERE state = 'pending';
CREATE INDEX users_demo_until ON users (demo_until) WHERE demo_until IS NOT NULL;
CREATE INDEX held_forms_user_id ON held_forms (user_id, created_at);
CREATE INDEX held_forms_expires_at ON held_forms (expires_at);
CREATE INDEX totp_enrolments_user_id ON totp_enrolments (user_id);
CREATE INDEX totp_enrolments_expires_at ON totp_enrolments (expires_at);
CREATE INDEX pending_sign_ins_user_id ON pending_sign_ins (user_id);
CREATE INDEX pending_sign_ins_expires_at ON pending_sign_ins (expires_at);
CREATE INDEX passkeys_user_id ON passkeys (user_id, created_at);
CREATE INDEX spent_challenges_expires_at ON spent_challenges (expires_at);
CREATE INDEX users_delete_after ON users (delete_after) WHERE delete_after IS NOT NULL;
CREATE INDEX email_changes_user_id ON email_changes (user_id, asked_at);
CREATE INDEX email_changes_undo_until ON email_changes (undo_until);
CREATE INDEX letters_due_at ON letters (due_at, id);
CREATE INDEX stray_events_at ON stray_events (at);
INSERT INTO "users" VALUES('ZZPO2HBWL2F5ZBKPZYOKE77H5K','ada@portal.example','ada@portal.example','Ada Lovelace','member','$argon2id$v=19$m=19456,t=2,p=1$82SE1/ZUL4Evp8rL+NM2tg$bHtF5lZEKyfqoObDqvWdhNfuO/sKttBdLwfW80881vk','2000-01-01 00:00:00+00:00',1,'2000-01-01 00:00:00+00:00',NULL,NULL,NULL);
INSERT INTO "sessions" VALUES('ZNYQ5ADR53AWIYMZZ5RYPSQNQU','ZZPO2HBWL2F5ZBKPZYOKE77H5K','eeQ2O7bJmRVR1uJQg1hnGPLZrZ5Vt6bUdpHrOknOIhk',NULL,'2000-01-01 00:00:00+00:00','password',0,'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36','2001:db8:6:1::7','2001:db8:6:1::7','2000-01-01 00:00:00+00:00','2000-01-01 00:00:00+00:00','2000-01-01 00:30:00+00:00','2000-01-02 00:00:00+00:00',NULL,'','2000-01-01 00:30:00+00:00','idle','','browser Chrome on macOS
network 2001:db8:6::/48','','');
INSERT INTO "sessions" VALUES('DAQ53PDRJZLD7G6ZFW72LGU2QJ','ZZPO2HBWL2F5ZBKPZYOKE77H5K','psPsVZelw2Ok7i_Xk5dB2P9iT_Gw5DOzDLCo-3D9kgk','jl884-uk9081SsLmL391_9qC0n6BYGJAJyCRMPgrVHE','2000-01-01 00:31:00+00:00','password',0,'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36','2001:db8:6:1::7','2001:db8:6:1::7','2000-01-01 00:31:00+00:00','2000-01-01 00:31:00+00:00','2000-01-01 01:01:00+00:00','2000-01-02 00:31:00+00:00','2000-01-01 00:46:00+00:00','',NULL,'','','browser Chrome on macOS
network 2001:db8:6::/48','','');
INSERT INTO "events" VALUES('WRK6MKNYT26LYVIHM2VEEQTZ6X','ZZPO2HBWL2F5ZBKPZYOKE77H5K','','user_created','operator','','','2000-01-01 00:00:00+00:00');
INSERT INTO "events" VALUES('PMJVQ6O2C2L4VZJYRXZHM4PRXH','ZZPO2HBWL2F5ZBKPZYOKE77H5K','ZNYQ5ADR53AWIYMZZ5RYPSQNQU','authn_login_success','password','2001:db8:6:1::7','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36','2000-01-01 00:00:00+00:00');
INSERT INTO "events" VALUES('OBJO6UEDQN5ENUU3EQBSREI7GL','ZZPO2HBWL2F5ZBKPZYOKE77H5K','ZNYQ5ADR53AWIYMZZ5RYPSQNQU','session_created','','2001:db8:6:1::7','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36','2000-01-01 00:00:00+00:00');
INSERT INTO "events" VALUES('MAWLL4IK3KHCX2LSOTJJH7KIWW','ZZPO2HBWL2F5ZBKPZYOKE77H5K','ZNYQ5ADR53AWIYMZZ5RYPSQNQU','session_expired','idle','2001:db8:6:1::7','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36','2000-01-01 00:30:00+00:00');
INSERT INTO "events" VALUES('F35Z2R5KI77BQV2HBYDXYXKNVR','ZZPO2HBWL2F5ZBKPZYOKE77H5K','DAQ53PDRJZLD7G6ZFW72LGU2QJ','authn_login_success','password','2001:db8:6:1::7','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36','2000-01-01 00:31:00+00:00');
INSERT INTO "events" VALUES('76JNMC2B7TLYGBEZNS5TLBSYXR','ZZPO2HBWL2F5ZBKPZYOKE77H5K','DAQ53PDRJZLD7G6ZFW72LGU2QJ','session_created','','2001:db8:6:1::7','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36','2000-01-01 00:31:00+00:00');
INSERT INTO "events" VALUES('XCVOTJU2NUZ5URZTY44YTB4OON','ZZPO2HBWL2F5ZBKPZYOKE77H5K','DAQ53PDRJZLD7G6ZFW72LGU2QJ','reauth_success','','2001:db8:6:1::7','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36','2000-01-01 00:31:00+00:00');
INSERT INTO "events" VALUES('ETIHNETAIVSG7RCYGI7RDII524','ZZPO2HBWL2F5ZBKPZYOKE77H5K','DAQ53PDRJZLD7G6ZFW72LGU2QJ','session_renewed','reauthentication','2001:db8:6:1::7','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36','2000-01-01 00:31:00+00:00');
INSERT INTO "events" VALUES('EEQGB3RY6ZUB4K4FV3QOQKPKBH','ZZPO2HBWL2F5ZBKPZYOKE77H5K','DAQ53PDRJZLD7G6ZFW72LGU2QJ','mfa_enrolled','totp','2001:db8:6:1::7','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36','2000-01-01 00:31:00+00:00');
INSERT INTO "events" VALUES('WYOL2ZGCLSRRA3YJOCDYBQVZPY','ZZPO2HBWL2F5ZBKPZYOKE77H5K','DAQ53PDRJZLD7G6ZFW72LGU2QJ','session_renewed','factors_changed','2001:db8:6:1::7','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36','2000-01-01 00:31:00+00:00');
INSERT INTO "events" VALUES('RZW223P4W4AI4OFWPY4IRQNJZF','ZZPO2HBWL2F5ZBKPZYOKE77H5K','DAQ53PDRJZLD7G6ZFW72LGU2QJ','recovery_codes_made','','2001:db8:6:1::7','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36','2000-01-01 00:31:00+00:00');
INSERT INTO "goose_db_version" VALUES(1,0,1,'2000-01-01 00:00:00');
INSERT INTO "goose_db_version" VALUES(2,1,1,'2000-01-01 00:00:00');
INSERT INTO "goose_db_version" VALUES(3,2,1,'2000-01-01 00:00:00');
INSERT INTO "goose_db_version" VALUES(4,3,1,'2000-01-01 00:00:00');
INSERT INTO "goose_db_version" VALUES(5,4,1,'2000-01-01 00:00:00');
INSERT INTO "goose_db_version" VALUES(6,5,1,'2000-01-01 00:00:00');
INSERT INTO "goose_db_version" VALUES(7,6,1,'2000-01-01 00:00:00');
INSERT INTO "goose_db_version" VALUES(8,7,1,'2000-01-01 00:00:00');
INSERT INTO "goose_db_version" VALUES(9,8,1,'2000-01-01 00:00:00');
INSERT INTO "goose_db_version" VALUES(10,9,1,'2000-01-01 00:00:00');
INSERT INTO "goose_db_version" VALUES(11,10,1,'2000-01-01 00:00:00');
INSERT INTO "held_forms" VALUES('MTURTMCBNU7FZZLKEWRP4OCI7E','ZZPO2HBWL2F5ZBKPZYOKE77H5K','ZNYQ5ADR53AWIYMZZ5RYPSQNQU','profile',X'014BB06F8ED841F5CC0EB6D0311577575DBC12C1816412295849D74F51B47B6E35534E39D5E1B66ADD674064EC6F8C1564C98DCF7F7E126C0611022F10D35C05','2000-01-01 00:31:00+00:00','2000-01-02 00:31:00+00:00');
INSERT INTO "letters" VALUES('OLDLETTEROLDLETTEROLDLETTE',X'014BB06F8E6FC75E6C9226FB9908749CDB55EC588B0E793FEC14FFF9F92DD433CDB0A63AEB3A3447B418C3E89F0ED6C7D33B803CC53E315F0285251DC3EC2041AB19AD8B1D7A56E5CEA3FAD0D2874E5D01EB4BDDA83DC0B40345783F13F71123C7B86215BD34C0AB4FF68E7D7E4FB20F2796B7F7651504CCF4E5D99357A0AD04792B1EA827F67EC2EBF1E5E9E23AD61B892AC4F8DBB020AF4297E233745B7B471A64C3508C733327CD5984316E15AE0D0ADDD6DD895D0AB7AAA0A58501842B2ADCFDA5166E2DCDC6D2A656D6997B62DBF3E2E41D32737E7E34FEFFFB199E76C13B23572B5376ECC63EB80F1DD5784518A41C5C8C791B747C14C9AE4FA43FBA6C48D285',0,'2000-01-01 00:31:00+00:00','2000-01-01 00:31:00+00:00','2000-01-02 00:31:00+00:00');
INSERT INTO "recovery_codes" VALUES('ZZPO2HBWL2F5ZBKPZYOKE77H5K','MKWT40ryDtEYizc7gj9koyQ4TM92GuK_fLbL9DiOJQM',NULL);
INSERT INTO "recovery_codes" VALUES('ZZPO2HBWL2F5ZBKPZYOKE77H5K','ThkOk3k6UVfNq_FVGGtH2XLE-UmylaEfRn-Rg39U_yo',NULL);
INSERT INTO "recovery_codes" VALUES('ZZPO2HBWL2F5ZBKPZYOKE77H5K','wjYEP5w2VjSad_aB1kIuQy5uwHwJKwFIJ27_U9-tnVc',NULL);
INSERT INTO "recovery_codes" VALUES('ZZPO2HBWL2F5ZBKPZYOKE77H5K','GTjz-2j-umKS_iHeAwRme_L951i84wqNS5ZNXFkkDqw',NULL);
INSERT INTO "recovery_codes" VALUES('ZZPO2HBWL2F5ZBKPZYOKE77H5K','--CHO4buAE7yf9A9H4zJDsKMwJ5h_UDKgepsiv-MT5g',NULL);
INSERT INTO "recovery_codes" VALUES('ZZPO2HBWL2F5ZBKPZYOKE77H5K','5Ix2p60rR9fI4DO0XPFcflP-UfXbkWFfgbGt_s7YnUo',NULL);
INSERT INTO "recovery_codes" VALUES('ZZPO2HBWL2F5ZBKPZYOKE77H5K','edcUfvCrSfOROSHYguQEQ9Yt9vpMMos4F8i1oyhndPk',NULL);
INSERT INTO "recovery_codes" VALUES('ZZPO2HBWL2F5ZBKPZYOKE77H5K','bVHVjpLdaAo45lTAL-Fkf89asHr0LLPfpOVb7LdnM20',NULL);
INSERT INTO "recovery_codes" VALUES('ZZPO2HBWL2F5ZBKPZYOKE77H5K','Clg-Jdl29mNOtvS_kIZqgMyPn5IP-oTX_OnfHymxMUQ',NULL);
INSERT INTO "recovery_codes" VALUES('ZZPO2HBWL2F5ZBKPZYOKE77H5K','uDENj_R6hZVM3nFZ0ensBKlM1sBeRRsEGAS-Q56Sfac',NULL);
INSERT INTO "totp_secrets" VALUES('ZZPO2HBWL2F5ZBKPZYOKE77H5K',X'014BB06F8EBDEE12D2408FCB5E0D8A49E325CC3EAC661DDD513B618CA97D375B174445EF335A1C429541A8A4E2297EF1CEF1F3833F42AF59392212E45E14E8A1A3',31556222,'2000-01-01 00:31:00+00:00');
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('goose_db_version',11);
