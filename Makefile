.PHONY: run test lint ci nightly bench mutants db screenshots lighthouse fuzz races presses kills soak

# The portal at http://localhost:8080. Needs nothing but Go.
run:
	go run ./cmd/web

# Tests that want a server or a browser which is not there skip, and say so.
test:
	go test ./...

# The rules are in .golangci.yml, the version in tools/go.mod.
lint:
	go tool -modfile=tools/go.mod golangci-lint run

# Everything a change has to pass. Starts the servers it misses and stops them again.
ci:
	bash .ci/run

# What is too long for every change: the whole of what `go test ./...` samples, and every mutant. Hours.
nightly:
	CI=true go test ./cmd/web -count=1 -timeout 60m -presses -views
	CI=true go test ./internal/handlers -count=1 -timeout 60m
	CI=true go test ./proof -count=1 -timeout 120m -full -rounds 200 -presses 10000 -kills 50 -soak 2m
	CI=true go -C tools test ./learn -count=1 -timeout 60m -exercises
	CI=true go -C tools run ./mutants
	bash .ci/fuzz 5m

# Breaks one defence after the other, in a copy, and wants a red test for each: docs/evidence/mutants.md, where the result of a
# round of them all goes.
mutants:
	go -C tools run ./mutants -write docs/evidence/mutants.md $(MUTANTS)

# What a signed-in session costs, beside the stock way and others: docs/evidence/performance.md. Takes some minutes, wants a quiet
# machine, PostgreSQL and redis-server.
bench:
	go -C bench run . -write ../docs/evidence/performance.md $(BENCH)
	go -C bench run . -live -write ../docs/evidence/live.md

# PostgreSQL and Redis on 127.0.0.1, where the tests look for them. `docker compose down` stops them.
db:
	docker compose up --detach --wait postgres redis

# The pictures of the README, from the pages as the tests see them. Needs Chromium. A picture of every page stays in a
# folder of its own.
screenshots:
	@all=$$(mktemp -d) && echo "All pages: $$all" && \
	SCREENSHOTS=$$all go test -count=1 -timeout 20m -run '^TestPages$$' ./cmd/web -full -views && \
	mkdir -p docs/screens && \
	for page in sessions reauth activity idle-dialog checkout demo-overview payment-method-held security-passkeys totp-secret verify; do cp $$all/$$page-light-1280.png docs/screens/$$page-light.png; done && \
	cp $$all/signed-out-revoked-light-1280.png docs/screens/signed-out-light.png && \
	cp $$all/sessions-dark-1280.png docs/screens/sessions-dark.png && \
	cp $$all/sessions-light-320.png docs/screens/sessions-320.png

# Scores of Lighthouse on the first pages and the checkout. Needs Node, npm and Chromium.
lighthouse:
	@tool=$$(mktemp -d) && npm install --silent --no-audit --no-fund --prefix $$tool lighthouse@13.5.0 && \
	LIGHTHOUSE=$$tool/node_modules/.bin/lighthouse go test -count=1 -v -tags lighthouse -run '^TestLighthouse$$' ./cmd/web; \
	status=$$?; rm -rf $$tool; exit $$status

# Each fuzz target for FUZZTIME, an hour in all, half of them at once: docs/evidence/fuzz.md. What they find is kept beside the
# package, in testdata/fuzz.
FUZZTIME ?= 30m
fuzz:
	@bash .ci/fuzz $(FUZZTIME) docs/evidence/fuzz.md

# Requests in flight against whatever ends or rotates their session, ROUNDS times each, and every value that works once redeemed
# by 64 presses at the same moment, ONCE times: docs/evidence/hazards.md, where the results go.
ROUNDS ?= 1000
ONCE ?= 200
races:
	go test ./proof -count=1 -v -timeout 90m -run '^TestRaces$$' -rounds $(ROUNDS) -write ../docs/evidence/hazards.md
	go test ./proof -count=1 -v -timeout 90m -run '^TestOnce$$' -rounds $(ONCE) -write ../docs/evidence/hazards.md

# Forms of acts pressed twice, PRESSES times in all, on SQLite and on two instances with PostgreSQL and Redis, with answers that
# are late or lost: docs/evidence/presses.md, where the result goes.
PRESSES ?= 10000
presses:
	go test ./proof -count=1 -v -timeout 60m -run '^TestPresses$$' -presses $(PRESSES) -write ../docs/evidence/presses.md

# Ends the program in the middle of its work, KILLS times on SQLite and as often on PostgreSQL with Redis:
# docs/evidence/faults.md, where the result goes.
KILLS ?= 100
kills:
	go test ./proof -count=1 -v -timeout 60m -run '^TestKills$$' -kills $(KILLS) -write ../docs/evidence/faults.md

# People use the portal in every way for SOAK, on SQLite and on PostgreSQL with Redis at the same time, and it has to be
# as it was before: docs/evidence/soak.md. Wants PostgreSQL and redis-server.
SOAK ?= 10m
soak:
	go test ./proof -count=1 -v -timeout 60m -run '^(TestSoak|TestSlowClients)$$' -soak $(SOAK) -write ../docs/evidence/soak.md
