# `make help` lists the targets.  Everything made lands in build/.

SHELL := /bin/bash
.DEFAULT_GOAL := help

NGINX     ?= /usr/sbin/nginx
NGINX_SRC ?= /usr/share/nginx/src
SECONDS   ?= 60
PORT      ?= 8080

module := build/ngx_http_jupref_module.so

# a Node of our own, where the machine's is too old (t/tools/node.sh)
export PATH := $(CURDIR)/build/node/bin:$(PATH)


.PHONY: help deps build tool run swap test unit sim suite journal-suite e2e havoc lint asan fuzz \
	fuzz-replay bench compat image install clean asan-suite

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' \
		Makefile

deps: ## install what this machine lacks to build, run and test
	@t/tools/deps.sh run test

build: tool ## build the module against the installed nginx, and the tool
	@t/tools/build.sh $(NGINX_SRC) build/debian $(module)

tool: ## build jupref-journal alone, without nginx
	@t/tools/deps.sh build
	@t/tools/tool.sh tool

run: build ## start sandbox and edge on 127.0.0.1:8080 (PORT=) and trade once
	@t/tools/deps.sh run
	@t/tools/npm.sh conf-examples/sandbox
	@PORT=$(PORT) exec node conf-examples/sandbox/run.mjs

swap: ## one more swap through the edge that `make run` keeps up
	@t/tools/deps.sh run
	@t/tools/npm.sh conf-examples/sandbox
	@PORT=$(PORT) exec node conf-examples/sandbox/swap.mjs

test: ## lint, unit, sim, suite, e2e, fuzz replay; ends in "N passed, N failed"
	@t/tools/test.sh lint unit sim suite journal-suite e2e fuzz-replay

unit: ## unit tests of the pure rooms, under ASan and UBSan
	@t/tools/deps.sh test
	@flock build/pure.lock $(MAKE) --no-print-directory -f t/tools/pure.mk unit
	@t/tools/unit.sh

sim: ## simulate histories with faults; SEED= tells one, RUNS= runs so many
	@t/tools/deps.sh test
	@flock build/pure.lock $(MAKE) --no-print-directory -f t/tools/pure.mk sim
	@t/tools/sim.sh "$(SEED)" "$(RUNS)" "$(STEPS)"

suite: build ## Test::Nginx suites in the installed nginx (USE_VALGRIND=1)
	@t/tools/deps.sh test $(if $(filter-out 0,$(USE_VALGRIND)),asan)
	@t/tools/suite.sh suite $(NGINX) $(module) $(T)

journal-suite: build ## the suites that trade, with a journal
	@t/tools/deps.sh test
	@JOURNAL=1 t/tools/suite.sh journal-suite $(NGINX) $(module) \
		$(or $(T),$(filter-out t/130-%,$(wildcard t/1[0-5]*.t)))

e2e: build ## real clients through the edge into the sandbox
	@t/tools/deps.sh test
	@t/tools/tool.sh test
	@t/tools/e2e.sh

havoc: build ## send and read while nodes fail at random, for SECONDS (HAVOC_SEED=)
	@t/tools/deps.sh test
	@t/tools/npm.sh conf-examples/sandbox
	@t/tools/npm.sh t/e2e
	@HAVOC_SEC=$(SECONDS) node --test t/e2e/rpc-havoc.test.mjs

lint: build ## style, log formats, static analysis, scripts
	@t/tools/deps.sh test
	@t/tools/tap.pl lint 1 "bash" t/tools/lint.sh

asan: ## unit and suite under address and undefined-behaviour sanitizers
	@t/tools/deps.sh asan
	@t/tools/test.sh unit asan-suite

asan-suite:
	@t/tools/asan.sh build/asan
	@t/tools/suite.sh asan-suite build/asan/objs/nginx \
		build/asan/ngx_http_jupref_module.so $(T)

fuzz: ## fuzz every target for SECONDS (60), keep what is found in build/fuzz
	@t/tools/deps.sh test
	@flock build/pure.lock $(MAKE) --no-print-directory -f t/tools/pure.mk fuzz
	@t/tools/fuzz.sh run $(SECONDS)

fuzz-replay: ## replay the kept corpora, under ASan and UBSan
	@t/tools/deps.sh test
	@flock build/pure.lock $(MAKE) --no-print-directory -f t/tools/pure.mk fuzz
	@t/tools/tap.pl fuzz-replay 1 "bash" t/tools/fuzz.sh

bench: build ## ratios against plain proxy_pass, Node and OpenResty Lua
	@t/tools/deps.sh bench
	@t/tools/npm.sh t/bench
	@exec node t/bench/bench.mjs

compat: ## build for nginx 1.26 and 1.30 and run the suite in them
	@t/tools/deps.sh compat
	@t/tools/test.sh compat-trixie compat-sid

compat-%:
	@t/tools/compat.sh $* build/$@
	@t/tools/suite.sh $@ build/$@/nginx build/$@/ngx_http_jupref_module.so \
		$(T)

image: ## build the container image and see it answer, without an engine
	@t/tools/deps.sh image
	@t/tools/image.sh

install: build ## install module and tool for the installed nginx (DESTDIR=)
	@t/tools/install.sh $(NGINX) $(module) "$(DESTDIR)"

clean: ## remove build/ and what npm installed
	@rm -rf build conf-examples/sandbox/node_modules t/e2e/node_modules \
		t/bench/node_modules
