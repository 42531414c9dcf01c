# Everything a developer does here, one target each. `make help` prints them.
SHELL := /bin/bash
# The toolchain that go.mod names comes by itself where Go is older.
export GOTOOLCHAIN := auto
.DEFAULT_GOAL := help
GOLANGCI_VERSION := v2.15.0
GOVULNCHECK_VERSION := v1.9.0
FUZZTIME ?= 1000x
SAMPLE ?= 240
SEED ?= 1
PACKAGE ?= hub,engine,store,database,connector
SOAK ?= 5m
MONTH ?= 30
RECORDS ?= 1000000

.PHONY: help build run test quick release fmt-check vet lint unit race fuzz fuzz-long vuln coverage mutation bench soak month upgrade postgres s3 fmt demo pictures weight conformance clients
export GOLANGCI_VERSION GOVULNCHECK_VERSION FUZZTIME

help: ## print this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 14

build: ## build the program: one static file, ./sirocco
	CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o sirocco ./cmd/sirocco # stack traces name functions and lines all the same

demo: build ## show it all, nothing to set up
	./sirocco demo

pictures: build ## take pictures of every page of the console, from the demo, into docs/pictures (needs Chromium)
	go run ./scripts/pictures -program ./sirocco -out docs/pictures

run: build ## run the server on 127.0.0.1:8080 with a SQLite file here
	./sirocco serve --allow-private

test: ## everything CI checks: format, vet, lint, tests on both databases, fuzzing, known vulnerabilities
	@scripts/test fmt postgres s3 vet unit linter lint fuzz vuln

quick: ## the tests on SQLite alone, without what takes longest, for the inner loop
	@scripts/test s3 quick

release: ## as test, with the race detector and each connector on both databases; fails where known vulnerabilities could not be checked
	@VULN_REQUIRED=1 SIROCCO_TEST_DATABASES=both scripts/test fmt postgres s3 vet unit race linter lint fuzz vuln

fmt: ## format the code
	gofmt -w $$(git ls-files '*.go')

fmt-check:
	@scripts/test fmt

vet:
	@scripts/test vet

lint: ## lint, the rooms' import rule included
	@scripts/test linter lint

unit: ## the tests, on SQLite and PostgreSQL
	@scripts/test postgres s3 unit

race: ## the tests that PostgreSQL has a part in, with the race detector
	@scripts/test postgres s3 race

# The pages are judged here and not by make test, which needs no npm and keeps its time: a page that is judged four times
# costs as much as all other tests of it.
conformance: ## judge the server from outside: by a validating proxy before it, and its pages by axe-core (needs npm)
	@conformance/run.sh
	@conformance/axe.sh

clients: ## let clients that others wrote use the stand-ins, in a module of its own
	@cd conformance/salesforce && go vet ./... && go test ./... -count=1

fuzz: ## a short run of each fuzz target (FUZZTIME=1000x)
	@scripts/test fuzz

fuzz-long: ## ten minutes of each fuzz target, guided by coverage, and 10,000 requests to both databases
	@DIFFERENTIAL=10000 FUZZTIME=10m FUZZFLAGS=-fuzz=. scripts/test postgres fuzz

vuln: ## known vulnerabilities
	@scripts/test vuln

coverage: postgres s3 ## which part of each room's statements the tests run, the programs they start included
	@CGO_ENABLED=0 go run ./scripts/coverage

mutation: ## which part of the mutants the tests notice (SAMPLE=240 SEED=1 PACKAGE=hub,...)
	@CGO_ENABLED=0 go run ./scripts/mutation -sample $(SAMPLE) -seed $(SEED) -package $(PACKAGE)

bench: ## measure, and write docs/benchmarks.md, docs/benchmarks-sync.md and docs/benchmarks-webhooks.md
	go run ./bench
	go run ./bench/sync
	go run ./bench/webhooks

soak: postgres ## five minutes of failing CRMs and subscribers, and killed nodes (SOAK=5m)
	SIROCCO_SOAK=$(SOAK) go test -run '^TestSoak$$' -v -count=1 -timeout 2h ./cmd/sirocco

month: ## a month of failing CRMs in virtual time, in a few minutes (MONTH=30 days)
	TZ=America/New_York SIROCCO_MONTH=$(MONTH) go test -run '^TestMonth$$' -v -count=1 -timeout 1h ./engine

upgrade: postgres ## how long the upgrade of a large database takes, and how much memory (RECORDS=1000000)
	SIROCCO_UPGRADE=$(RECORDS) go test -run '^TestLargeUpgrade$$' -v -count=1 -timeout 1h ./store

weight: ## what the program is made of: each module's CPU seconds in a cold build, and its bytes
	@go run ./scripts/weight

postgres:
	@scripts/need-postgres

s3:
	@scripts/need-s3
