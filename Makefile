# Everything a developer does here, one target each. `make help` prints them.
SHELL := /bin/bash
# The toolchain that go.mod names comes by itself where Go is older.
export GOTOOLCHAIN := auto
.DEFAULT_GOAL := help
GOLANGCI_VERSION := v2.15.0
GOVULNCHECK_VERSION := v1.9.0
FUZZTIME ?= 5s
SAMPLE ?= 240
SEED ?= 1
PACKAGE ?= hub,engine,store,database,connector
SOAK ?= 5m

.PHONY: help build run test fmt-check vet lint unit fuzz vuln coverage mutation bench soak postgres s3 fmt demo

help: ## print this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 14

build: ## build the program: one static file, ./sirocco
	CGO_ENABLED=0 go build -trimpath -o sirocco ./cmd/sirocco

demo: build ## show it all in half a minute, nothing to set up
	./sirocco demo

run: build ## run the server on 127.0.0.1:8080 with a SQLite file here
	./sirocco serve

test: postgres fmt-check vet lint unit fuzz vuln ## everything CI checks: format, vet, lint, tests on both databases, fuzzing, known vulnerabilities
	@echo "make test: all passed"

fmt: ## format the code
	gofmt -w $$(git ls-files '*.go')

fmt-check:
	@bad=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$bad" ]; then echo "not formatted (make fmt):"; echo "$$bad"; exit 1; fi

vet:
	go vet ./...

bin/golangci-lint-$(GOLANGCI_VERSION):
	GOBIN=$(CURDIR)/bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv bin/golangci-lint $@

lint: bin/golangci-lint-$(GOLANGCI_VERSION) ## lint, the rooms' import rule included
	$< run ./...

unit: postgres s3 ## the tests, with the race detector, on SQLite and PostgreSQL
	CGO_ENABLED=1 go test -race -timeout 20m ./...

fuzz: ## a short run of each fuzz target (FUZZTIME=5s)
	@set -e; for package in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
	    echo "fuzz $$package $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package; \
	  done; \
	done

vuln:
	@go run golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION) ./... > vuln.out 2>&1; status=$$?; \
	if [ $$status -eq 0 ]; then echo "govulncheck: nothing known"; \
	elif [ $$status -eq 3 ]; then cat vuln.out; rm -f vuln.out; exit 1; \
	else echo "govulncheck: its database could not be reached, so nothing was checked"; fi; rm -f vuln.out

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

postgres:
	@scripts/need-postgres

s3:
	@scripts/need-s3
