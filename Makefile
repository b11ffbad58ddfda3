# Works in a fresh clone with Python 3.11+ (and its venv module) and make. On Windows or without make: see README.md.
PYTHON ?= python3
BIN := .venv/bin
STATE := $(shell $(PYTHON) -c "import hashlib, pathlib; print(hashlib.sha256(b''.join(pathlib.Path(f).read_bytes() for f in ('requirements.lock', 'boot.lock', 'pyproject.toml'))).hexdigest()[:16])")
STAMP := .venv/stamp-$(STATE)

.PHONY: demo look test lint proof docs demo-data lab lock benchmark clean

demo: $(STAMP)
	$(BIN)/kamlab run -e demo --lang both
	$(BIN)/kamlab dossier -e demo --lang both --top 3 --quiet

# Pictures for human eyes, in build/look: wide, phone, dark and printed, with what each page has too much of.
PAGES ?= reports/demo/*.html reports/demo/dossiers/*.html
look: demo
	$(BIN)/python tests/measuring.py build/look $(PAGES)

test: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/nbstripout --verify --keep-id notebooks/*.ipynb

# The long campaigns: properties with a thousand examples each, a hundred kills at random moments, a million rows in a
# workbook, a ledger of 30 million lines. Takes an hour or two.
proof: $(STAMP)
	KAMLAB_PROOF=1 $(BIN)/python -m pytest -k "properties or property or any_moment or two_sheets" --hypothesis-show-statistics
	$(BIN)/python benchmarks/calibration_warning.py
	$(BIN)/python benchmarks/calibration_value.py
	$(BIN)/python benchmarks/calibration_stability.py
	$(BIN)/python benchmarks/large_ledger.py

lab: $(STAMP)
	$(BIN)/jupyter lab --notebook-dir=notebooks

docs: $(STAMP)
	$(BIN)/python -m kamlab.templates.dictionary docs

demo-data: $(STAMP)
	$(BIN)/python data/demo/generate.py

benchmark: $(STAMP)
	$(BIN)/python benchmarks/ingest.py
	$(BIN)/python benchmarks/execution.py
	$(BIN)/python benchmarks/weightings.py

# The lock: every package with its hashes, no addresses. Needs network.
lock: $(STAMP)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra lab --extra postgres --extra dev pyproject.toml -o requirements.lock
	echo uv | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 - -o boot.lock

# The environment is built once per state of the lock files and pyproject.toml: the stamp carries their hash.
$(STAMP):
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r boot.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis data/*/reports data/*/.kamlab
	find reports -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
