.PHONY: run test lint ci db

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

# PostgreSQL and Redis on 127.0.0.1, where the tests look for them. `docker compose down` stops them.
db:
	docker compose up --detach --wait postgres redis
