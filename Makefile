# Two commands on a fresh machine, and nothing before them: make run, make test. Each installs what it lacks.
.PHONY: build run test bench lint fmt screenshots site
ARGS ?=

build:       ## target/release/countersign, with the console inside it
	@scripts/build.sh build
run:         ## builds and starts: http://127.0.0.1:3000 (ARGS="--listen 127.0.0.1:3001" and the like)
	@scripts/build.sh run $(ARGS)
test:        ## everything: Rust tests on both databases, journeys in a browser
	@scripts/test.sh
bench:       ## measures, and writes docs/benchmarks.md
	@scripts/bench.sh
lint:        ## formatting, clippy, rules of the source
	@scripts/lint.sh
fmt:         ## formats
	@scripts/lint.sh fix
screenshots: ## pictures of every page, light and dark, wide and narrow, in end2end/results
	@scripts/screenshots.sh
site:        ## the browser half alone, into target-site (serve it from a debug build with COUNTERSIGN_SITE=target-site)
	@scripts/build.sh site
