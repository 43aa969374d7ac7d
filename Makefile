# The habits of working on this project as verbs. `make help` lists them; the build itself is CMake's
# (CMakePresets.json), and these targets are what README.md, CONTRIBUTING.md and .ci/run call.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help deps demo build release test unit e2e asan tsan check format lint bench conformance docs install clean

JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
DESTDIR ?=
SHARED ?= ../shared
BUILD := build/dev
RELEASE := build/release

# ccache: a precompiled header counts by its content, and a moved checkout still hits.
export CCACHE_SLOPPINESS := pch_defines,time_macros,include_file_mtime,include_file_ctime
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
export CTEST_OUTPUT_ON_FAILURE := 1

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: ## Install the missing Debian packages (all of them: SET=all)
	@scripts/install-dependencies $(SET)

demo: build ## Build, then run examples/quickstart.alloy and show data flowing
	@scripts/demo $(BUILD)/bin/alloy

build: deps ## Build the program for development (build/dev/bin/alloy)
	@cmake --preset dev
	@cmake --build $(BUILD) --target alloy -j $(JOBS)

release: deps ## Build the optimised program (build/release/bin/alloy)
	@cmake --preset release
	@cmake --build $(RELEASE) --target alloy -j $(JOBS)

test: deps ## Build everything and run every test: unit, tidy, fuzz corpus, docs, end to end
	@cmake --preset dev
	@cmake --build $(BUILD) -j $(JOBS)
	@ctest --test-dir $(BUILD) -j $(JOBS) -LE interop

unit: deps ## Build and run only the quick tests (no peers)
	@cmake --preset dev
	@cmake --build $(BUILD) -j $(JOBS)
	@ctest --test-dir $(BUILD) -j $(JOBS) -LE "e2e|interop"

e2e: build ## Run only the end-to-end tests, against real peers
	@ctest --test-dir $(BUILD) -L e2e

asan: deps ## Run the unit tests under the address and undefined-behaviour sanitizers
	@cmake --preset asan
	@cmake --build build/asan --target unit_tests -j $(JOBS)
	@ctest --test-dir build/asan -j $(JOBS) -L 'unit|fuzz'

tsan: deps ## Run the unit tests under the thread sanitizer
	@cmake --preset tsan
	@cmake --build build/tsan --target unit_tests -j $(JOBS)
	@ctest --test-dir build/tsan -j $(JOBS) -L unit

check: format lint ## Check the formatting and lint the code

format:
	@scripts/install-dependencies check
	@scripts/format --check

lint:
	@cmake --preset dev
	@cmake --build $(BUILD) --target alloy tidy_test -j $(JOBS)
	@$(BUILD)/bin/tidy_test
	@scripts/lint $(BUILD)

bench: ## Build and run the micro benchmarks (docs/benchmarks.md has the whole-program ones)
	@scripts/install-dependencies bench
	@cmake --preset bench
	@cmake --build build/bench --target benchmarks -j $(JOBS)
	@for program in build/bench/bin/*_bench; do $$program --benchmark_min_time=0.2 || exit 1; done

conformance: build ## Run the recorded behaviour of the real program (needs SHARED=../shared)
	@$(SHARED)/conformance/conform run --alloy $(BUILD)/bin/alloy --baseline tests/conformance-baseline.txt

docs: deps ## Write docs/components/ anew from the schemas and the components' own pages
	@cmake --preset dev
	@cmake --build $(BUILD) --target component_reference -j $(JOBS)
	@$(BUILD)/bin/component_reference . docs/components

install: release ## Install the release build below PREFIX (/usr/local), honouring DESTDIR
	@scripts/install $(RELEASE)/bin/alloy "$(DESTDIR)$(PREFIX)"

clean: ## Remove all build folders
	@rm -rf build
