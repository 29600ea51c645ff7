# All set-up happens here: a machine with Node 20 or later, npm and make is enough. The Node that runs the project (24)
# comes with the packages and stands in node_modules/.bin, which goes first on the PATH.
SHELL := /bin/bash
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
export SCARF_ANALYTICS := false

INSTALLED := node_modules/.installed

.PHONY: help install build demo dev test verify nightly bench bench-watch chaos pictures cluster manifests image scorecard corpus clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(INSTALLED): package-lock.json package.json
	@echo "installing packages: once, about half a minute and 650 MB ..."
	@npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

install: $(INSTALLED) ## install the packages, the right Node among them

build: $(INSTALLED) ## bin/watcher, runnable on a machine whose own Node is too old as well
	@node tools/build.ts

demo: $(INSTALLED) ## real Restate, the reference plane, a cluster (CLUSTER=simulated|real|current), the agent; KEEP=1 leaves it running
	@node cmd/demo/main.ts

dev: $(INSTALLED) ## the agent from its sources, restarted on each change, on the simulated cluster
	@node cmd/demo/dev.ts

test: $(INSTALLED) ## everything: format, lint, types, imports, unit, contract, integration, end to end
	@node tools/test.ts

verify: $(INSTALLED) ## the fast checks, in about a minute
	@node tools/test.ts --fast

nightly: $(INSTALLED) ## a million damaged frames, a million pods that come and go, each byte of the outbox: about half an hour
	@node tools/nightly.ts

bench: build ## the figures, as ratios of one run
	@node test/bench/main.ts $(ARGS)

bench-watch: build ## what watching costs, beside client-go and client-node: ARGS="--quick", ARGS=--record for docs/PERFORMANCE.md
	@node test/bench/watch/main.ts $(ARGS)

chaos: $(INSTALLED) ## the long proof that nothing is lost or told twice, about an hour: ARGS="--record" or ids
	@node tools/chaos.ts $(ARGS)

pictures: build ## docs/pictures, as README.md shows them, from a real run of the demo: ARGS=--all takes each anew
	@node tools/pictures.ts $(ARGS)

soak: $(INSTALLED) ## hours of pods that come, go and fail, and of everything going wrong: MINUTES=60, ARGS="--seed 7 --record"
	@node tools/soak.ts --minutes $(or $(MINUTES),60) $(ARGS)

cluster: $(INSTALLED) ## a real Kubernetes on this machine: make cluster ARGS="up --node"
	@node test/cluster/main.ts $(ARGS)

manifests: $(INSTALLED) ## deploy/manifests from deploy/chart, by a Helm that is built once a machine
	@node tools/docs.ts
	@node tools/manifests.ts $(ARGS)

image: $(INSTALLED) ## the container image without a container engine, dist/image/*.tar: ARGS="--arch all"
	@node tools/image.ts $(ARGS)

scorecard: $(INSTALLED) ## what a real kubelet wrote, told again: expected, found, missed, false; ARGS="job-*" for some
	@node tools/scorecard.ts $(ARGS)

corpus: $(INSTALLED) ## records what the scorecard tells anew, on a real node: ARGS="crash-loop drain*" for some
	@node tools/corpus.ts $(ARGS)

clean: ## remove what was built
	@rm -rf bin dist bench-results coverage node_modules/.cache
