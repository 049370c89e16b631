# enid: `make help` lists what there is.
GO      ?= go
FUZZTIME ?= 1m
BIN     := bin/enid

.DEFAULT_GOAL := help

.PHONY: help
help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/enid
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=auto -o $(BIN) ./cmd/enid

.PHONY: package
package: ## make .deb, .rpm and bare binaries of the commit, with SBOMs, in dist; SIGN_KEY=FILE signs them
	@cmd/enid/package/build.sh dist

.PHONY: demo
demo: build ## the main job in a minute: a commit sets up two ENIs in a network namespace
	@examples/multi-eni/demo.sh $(BIN)

.PHONY: test
test: ## run every test; host tests want root or user namespaces, and say so where they skip
	$(GO) test -timeout 20m ./...

.PHONY: test-vm
test-vm: ## boot Debian's kernel in QEMU with multi-queue NICs, and test there; RUN=Hotplug takes some tests
	ENID_VM="$(CURDIR)/.vm" $(GO) test -count=1 -v -run '$(RUN)' ./reconcile/host/vm

.PHONY: test-package
test-package: ## make the packages twice, compare them, and install them on a bare Debian; wants root
	ENID_PACKAGE="$(CURDIR)/.debian" $(GO) test -count=1 -v -timeout 15m ./cmd/enid/package

.PHONY: soak
soak: ## 5,000 random sequences of kernel disturbances instead of 500, kills at every write instead of a share; some minutes
	$(GO) test ./reconcile/host -run Disturbances -soak 5000 -timeout 60m -v
	$(GO) test ./cmd/enid -run Crash -every-write -timeout 30m -v

# Go 1.26 now and then calls the end of FUZZTIME itself a failure (go.dev/issue/75804,
# mended in 1.27): then nothing was found, no input is written, and it is run once more.
.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME (a minute); their seeds and findings are in make test
	@log=$$(mktemp); trap 'rm -f "$$log"' EXIT; git grep -h -l '^func Fuzz' -- '*_test.go' | while read -r file; do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z]*\).*/\1/p' "$$file"); do \
			echo "$$target ($$(dirname "$$file"))"; \
			once() { $(GO) test "./$$(dirname "$$file")" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1s >"$$log" 2>&1; }; \
			once || { grep -qx ' *context deadline exceeded' "$$log" && ! grep -q 'Failing input' "$$log" && echo 'once more' && once; } || { cat "$$log"; exit 1; }; \
			grep elapsed "$$log" | tail -n 1; \
		done; \
	done

.PHONY: bench
bench: ## run the benchmarks once; docs/benchmarks.md says how to read them
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 30m ./...

.PHONY: lint
lint: ## gofmt, go vet, staticcheck
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'gofmt: the files above are not formatted'; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

.PHONY: vuln
vuln: ## govulncheck, where its database can be reached
	@out=$$($(GO) tool govulncheck ./... 2>&1); code=$$?; \
	case "$$out" in \
	*'fetching vulnerabilities'*|*'no such host'*|*'dial tcp'*|*'connection refused'*|*'403'*) echo 'govulncheck: the vulnerability database cannot be reached from here; skipped' ;; \
	*) printf '%s\n' "$$out"; exit $$code ;; esac

.PHONY: docs
docs: ## write the generated pages below docs/ anew
	$(GO) test ./cmd/enid -run 'Docs|Examples' -update

.PHONY: verify
verify: lint vuln ## what CI checks besides the tests: lint, imports, generated docs, a clean tree
	$(GO) mod verify
	$(GO) test ./cmd/enid -run 'Docs|Imports|Shape'
	@$(GO) mod tidy -diff
	@test -z "$$(git status --porcelain)" || { git status --short; echo 'the tree is not clean'; exit 1; }
