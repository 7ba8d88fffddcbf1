# make help lists what there is.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS  = -s -w $(if $(VERSION),-X main.version=$(VERSION))
# STRICT=1: what cannot be tested for want of a tool is a failure.
STRICT  ?=
FUZZTIME ?= 60s
SOAK    ?= 10m
# Where end-to-end tests leave screenshots and logs.
ARTEFACTS ?= $(or $(TMPDIR),/tmp)/wschat-artefacts

E2E = cmd/wschat/e2e

# make bench: other servers to measure beside wschat, as NAME=URL,PID of one that
# runs, or NAME=URL,COMMAND that starts one, separated by ;
#   make bench PEERS='gws=ws://127.0.0.1:9201,path/to/gws -addr 127.0.0.1:9201'
PEERS   ?=
ROUNDS  ?= 5
SECS    ?= 4
# Some rows of the table only, as a regular expression; bin/wsbench set -help lists them.
ROWS    ?=
# Where make bench-plot leaves its chart, wsbench.svg.
CHARTS  ?= $(or $(TMPDIR),/tmp)/wschat-charts

# What the programs build for, beside the machine at hand.
SYSTEMS ?= linux/amd64 linux/arm64 linux/arm linux/386 linux/riscv64 darwin/arm64 freebsd/amd64 windows/amd64

.PHONY: build run test race test386 e2e soak crash siege tools quickfuzz fuzz bench bench-go bench-plot floor lint vet-all clean help

build: ## bin/wschat
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/ ./cmd/...

run: build ## start the server; FLAGS='-addr :9000' for others than the defaults
	bin/wschat $(FLAGS)

test: lint race quickfuzz e2e ## everything; installs the tools it needs

# What go test vets, lint has vetted. Without paths in what is built, another clone of the
# same sources finds it in the cache.
GOTEST = $(GO) test -vet=off -trimpath

# Packages that wait leave the processors to others: more run at once than there are, the
# longest first.
UNITS = ./hub ./hub/loop ./hub/redis ./hub/journal ./...
race: tools ## unit tests and fuzz seeds, with the race detector
	@tags=redis; if grep -qs '^Redis:' $(E2E)/.missing; then tags=; echo '*** SKIPPED: the tests with Redis'; fi; \
		echo "$(GOTEST) -count=1 -p 4 -race -tags '$$tags' $(UNITS)"; $(GOTEST) -count=1 -p 4 -race -tags "$$tags" $(UNITS)
	node --test static/

# These wait, and bound no time below a second: they run beside each other, with all of
# $(E2E) itself, which takes longest, but what measures the page. That and the others measure
# time and memory, so each runs alone.
TOGETHER = wschat/$(E2E) $(addprefix wschat/$(E2E)/,conformance nodes crash living)
ALONE    = $(filter-out $(TOGETHER),$(shell $(GO) list -tags e2e ./$(E2E)/...))
MEASURED = ^TestPage(WeightAndFirstPaint|ManyPeople|ManyMessages|StaysWhileReading)$$

# Chaos is for make crash alone.
CRASH_ONLY = ^TestNodesChaos

e2e: build tools ## the built binary with real wscat, browsers, proxies, Redis and a failing disk
	@mkdir -p '$(ARTEFACTS)'
	@skip='^$$'; if [ -e $(E2E)/.missing ]; then skip='^Test(Wscat|Page|Firefox|Proxies|Nodes|Strace)|^TestFair/./redis'; fi; \
	export WSCHAT_BINARY=$(CURDIR)/bin/wschat WSCHAT_ARTEFACTS='$(ARTEFACTS)'; \
	set -- -count=1 -timeout 10m -tags e2e; status=0; \
	$(GOTEST) -p 3 -parallel 3 "$$@" -skip "$$skip|$(MEASURED)|$(CRASH_ONLY)" $(TOGETHER) || status=1; \
	$(GOTEST) -p 1 "$$@" -skip "$$skip" -run '$(MEASURED)' ./$(E2E) || status=1; \
	$(GOTEST) -p 1 "$$@" -skip "$$skip" $(ALONE) || status=1; exit $$status
	@if [ -e $(E2E)/.missing ]; then \
		echo; echo '*** SKIPPED: the tests with wscat, browsers, proxies, Redis and strace, for want of:'; cat $(E2E)/.missing; echo '***'; echo; \
		test -z '$(STRICT)'; \
	else \
		echo 'screenshots: $(ARTEFACTS)'; \
	fi

soak: build ## people who come, talk and crash, for SOAK, and restarts; then with 50 attackers beside them
	WSCHAT_BINARY=$(CURDIR)/bin/wschat SOAK=$(SOAK) $(GO) test -count=1 -timeout 0 -tags soak -v ./$(E2E)/soak/

crash: build tools ## kill -9 and SIGTERM under load, a hundred times, each call to the disk that fails, and long outages of Redis
	WSCHAT_BINARY=$(CURDIR)/bin/wschat CRASH_ROUNDS=100 $(GO) test -count=1 -timeout 0 -tags e2e -v ./$(E2E)/crash/
	WSCHAT_BINARY=$(CURDIR)/bin/wschat CRASH_ROUNDS=50 $(GO) test -count=1 -timeout 0 -tags e2e -v -run Model ./$(E2E)/living/
	WSCHAT_CRASH_ROUNDS=100 $(GO) test -count=1 -timeout 0 -v -run Kill ./hub/journal/
	WSCHAT_CRASH_ROUNDS=100 $(GO) test -count=1 -timeout 0 -v -tags redis -run NodesOnACluster ./hub/
	WSCHAT_BINARY=$(CURDIR)/bin/wschat CRASH_ROUNDS=100 $(GO) test -count=1 -timeout 0 -tags e2e -v ./$(E2E)/nodes/

siege: build tools ## thousands of silent connections, one greedy user with time, and who gets in beside them
	WSCHAT_BINARY=$(CURDIR)/bin/wschat SIEGE=full $(GO) test -count=1 -tags e2e -v -run 'Siege|ManyLogins|SlowReader|HalfHandshakes|ShortConnections' ./$(E2E)/abuse/
	WSCHAT_BINARY=$(CURDIR)/bin/wschat SIEGE=full $(GO) test -count=1 -timeout 0 -tags e2e -v ./$(E2E)/fair/

tools: ## install wscat, browsers, proxies, Redis and strace where that is allowed
	$(E2E)/install.sh

# By number, not by time: go test -fuzz now and then takes the end of a short time
# for a failure ("context deadline exceeded").
quickfuzz: ## every fuzz target with 3,000 inputs
	@log=$$(mktemp); $(MAKE) --no-print-directory fuzz FUZZTIME=3000x > $$log 2>&1 || { cat $$log; rm $$log; exit 1; }; \
		echo "fuzzed $$(grep -c '^==' $$log) targets with 3,000 inputs each"; rm $$log

# go test -fuzz instruments the standard library as well, to be guided by coverage there.
# That takes a minute to build, and each input takes several times as long: with our
# packages alone (-d=libfuzzer is what go test -fuzz gives the compiler) more is found
# in the same time. All packages are built at once, each for all its targets.
fuzz: ## every fuzz target for FUZZTIME each
	@set -e; built=$$(mktemp -d); trap 'rm -rf "$$built"' EXIT; found=$$($(GO) env GOCACHE)/fuzz; \
	dirs=$$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u); \
	$(GOTEST) -c -ldflags=-w -gcflags='wschat/...=-d=libfuzzer' -o "$$built/" $$dirs; \
	for d in $$dirs; do \
		program="$$built/$${d##*/}.test"; \
		for f in $$("$$program" -test.list '^Fuzz'); do \
			echo "== $$d $$f"; \
			(cd $$d && "$$program" -test.run '^$$' -test.fuzz "^$$f\$$" -test.fuzztime $(FUZZTIME) -test.fuzzcachedir "$$found/$$($(GO) list)"); \
		done; \
	done

bench: build floor ## wschat beside PEERS, as a table: medians of ROUNDS
	@bin/wsbench set --floor '$(FLOOR)' --peers '$(PEERS)' --rounds $(ROUNDS) --secs $(SECS) --rows '$(ROWS)'

bench-plot: build floor ## the same as a chart, in CHARTS
	@bin/wsbench plot --floor '$(FLOOR)' --peers '$(PEERS)' --rounds $(ROUNDS) --secs $(SECS) --rows '$(ROWS)' --out '$(CHARTS)'

bench-go: build ## Go benchmarks of every package, with allocations
	$(GO) test -run '^$$' -bench . -benchmem ./...
	WSCHAT_BINARY=$(CURDIR)/bin/wschat $(GO) test -tags e2e -run '^$$' -bench . -benchtime 5x ./$(E2E)/crash
	WSCHAT_BINARY=$(CURDIR)/bin/wschat $(GO) test -tags e2e -run '^$$' -bench . ./$(E2E)/nodes

# The least that an echo server can do, to compare with; it needs Linux.
FLOOR = $(if $(filter linux,$(shell $(GO) env GOOS)),bin/floor)
floor:
	@$(if $(FLOOR),$(GO) build -trimpath -o $(FLOOR) ./cmd/wsbench/testdata/floor)

test386: ## unit tests of the server where an int has 32 bits
	CGO_ENABLED=0 GOARCH=386 $(GO) test ./frame/... ./handshake ./hub/... ./cmd/wschat

# The first run compiles the standard library for each, which takes minutes. make lint
# has the two that differ most from the machine at hand, which also show that all builds
# without the tags.
vet-all: ## vet for each of SYSTEMS
	@set -e; for system in $(SYSTEMS); do echo "$(GO) vet -trimpath ./... # $$system"; \
		CGO_ENABLED=0 GOOS=$${system%/*} GOARCH=$${system#*/} $(GO) vet -trimpath ./...; done

lint: ## gofmt and vet
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
		test -z "$$unformatted" || { echo "not gofmt'ed: $$unformatted"; exit 1; }
	$(GO) vet -trimpath -tags e2e,soak,redis ./...
	@$(MAKE) --no-print-directory vet-all SYSTEMS='linux/386 windows/amd64'

clean: ## remove what was built and installed here
	rm -rf bin $(E2E)/node_modules $(E2E)/.missing

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
