# The two commands of the README, and what they stand on. Each does all of its own set-up, once.
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup reproduce test check stress bench calibrate notebooks clean

help:
	@echo "make reproduce  train both implementations of the chapter, print their logs beside the book's"
	@echo "make test       run every check"
	@echo "make setup      the set-up of these two alone: $(VENV), the package, the data"
	@echo "make stress     the large form of the tests that kill sweeps"
	@echo "make bench      measure speed, start-up and growth anew, into docs/performance.md (15 minutes)"
	@echo "make calibrate  measure the verdict's error rates anew, into docs/verdict.md (15 minutes)"
	@echo "make notebooks  run the notebooks and save them with their outputs"
	@echo "make clean      remove $(VENV) and what runs leave behind (the data stays)"

setup: $(VENV)/installed
	@$(BIN)/dropout-gluon data

reproduce: $(VENV)/installed
	$(BIN)/dropout-gluon reproduce

test: check
	$(BIN)/dropout-gluon data --quiet
	$(BIN)/python -m pytest

check: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

stress: $(VENV)/installed
	$(BIN)/python -m pytest tests/faults --stress

bench: $(VENV)/installed
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/growth.py

calibrate: $(VENV)/installed
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/calibrate.py

notebooks: $(VENV)/installed
	$(BIN)/python scripts/save-notebooks

# d2l names the whole of Jupyter as a requirement and needs next to none of it: it comes without.
$(VENV)/installed: setup.cfg pyproject.toml constraints.txt scripts/find-python
	@python=$$(scripts/find-python) && echo "Setting up $(VENV) with $$python" && "$$python" -m venv $(VENV)
	$(BIN)/python -m pip install -c constraints.txt -e '.[test]'
	$(BIN)/python -m pip install --no-deps -c constraints.txt d2l
	@touch $@

clean:
	rm -rf $(VENV) .bench out build *.egg-info src/*.egg-info .*_cache
