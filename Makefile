# The commands of the project. A newcomer needs two: `make run` and `make test`.
#
# One profile and one package selection (--workspace) serve them all: choosing single packages changes the unified
# features of the dependencies and compiles them again.

SHELL := /bin/bash
CARGO ?= cargo
BUILD := --profile quick --workspace
# Arguments for the demo, such as: make run ARGS="--bind 127.0.0.1:9000"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run build test lint soak bench bench-peers setup tools

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

run: build ## build everything, value the sample assets and serve the result until stopped
	@exec "$(call binary)" demo --serve $(ARGS)

build: tools ## build the binary hengshu
	@$(CARGO) build $(BUILD) --bins

test: build ## set up what the tests need, then run all tests
	@python="$$(tests/setup.sh)" && tally="$$(mktemp)" && trap 'rm -f "$$tally"' EXIT && status=0 && \
	{ HENGSHU_PYTHON="$$python" HENGSHU_REFERENCE_TALLY="$$tally" $(CARGO) test $(BUILD) --no-fail-fast || status=$$?; } && \
	tests/reference_tally.sh "$$tally" && exit $$status

lint: tools ## format, clippy and the ground rules of the house
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --quiet $(BUILD) --all-targets -- -D warnings
	@$(CARGO) test --quiet $(BUILD) --test it tidy::

soak: build ## the repeated tests, a hundred times as long: kill -9 of a writing register, seeds of the simulations
	@python="$$(tests/setup.sh)" && HENGSHU_PYTHON="$$python" HENGSHU_SOAK="$${HENGSHU_SOAK:-100}" \
	$(CARGO) test $(BUILD) --test it soak

bench: tools ## the project's own benchmarks (Criterion)
	@$(CARGO) bench $(BUILD)

bench-peers: build ## the figures of BENCHMARKS.md: against NumPy and Numba, import rate, portfolio rate, demo time
	@python="$$(tests/setup.sh bench)" && "$$python" tests/bench/peers.py

setup: ## install what the tests need (Debian packages, a Python environment)
	@tests/setup.sh > /dev/null

tools:
	@command -v $(CARGO) > /dev/null || { echo "cargo is missing: install Rust 1.95 or newer (rustup, or your system's packages), then run this again." >&2; exit 1; }
	@command -v cc > /dev/null || { echo "A C compiler is missing: on Debian or Ubuntu 'apt-get install build-essential', then run this again." >&2; exit 1; }

# Where cargo puts the binary, whatever CARGO_TARGET_DIR or its configuration say.
binary = $$($(CARGO) metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')/quick/hengshu
