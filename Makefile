# The two commands of the README, and what they stand on. Each does all of its own set-up, once, with the Python
# that it finds, or with PYTHON=python3.12, a name on the PATH or a path.

VENV := .venv
BIN := $(VENV)/bin

.PHONY: help installed setup reproduce exercises test check stress fuzz bench calibrate probe notebooks lab browser-test \
	book package clean

help:
	@echo "make reproduce  train both implementations of the chapter, print their logs beside the book's"
	@echo "make test       run every check"
	@echo "make setup      the set-up of these two alone: $(VENV), the package, the data; each takes PYTHON=python3.12"
	@echo "make exercises  run the chapter's exercises and claims, and record them (7 to 12 hours on two cores; goes on where it was)"
	@echo "make stress     the large form of the tests that kill sweeps"
	@echo "make fuzz       100,000 logs that nobody wrote yet, and as many accidents (an hour); FUZZ=500 for fewer"
	@echo "make bench      measure peers, start-up and growth anew, into docs/performance.md (15 minutes)"
	@echo "make calibrate  measure the verdict's error rates anew, into docs/verdict.md (15 minutes)"
	@echo "make probe      call MXNet's API on this Python and NumPy, and say what works"
	@echo "make lab        open the notebooks in JupyterLab; LAB=\"--no-browser\" for options of it"
	@echo "make notebooks  run the notebooks and save them with their outputs"
	@echo "make browser-test  run the notebooks in JupyterLab in Chromium, and look at them (10 minutes)"
	@echo "make book       README, docs and notebooks as pages that need no network, in out/book"
	@echo "make package    build the wheel and the source distribution into dist/, the same bytes every time"
	@echo "make clean      remove $(VENV) and what runs leave behind, out with it: runs, exercises and notebooks (the data stays)"

setup: installed
	@$(BIN)/dropout-gluon data

reproduce: installed
	$(BIN)/dropout-gluon reproduce

exercises: installed
	$(BIN)/python scripts/record-exercises out/exercises

# Two processes: most tests keep one processor busy. What one has left when the other is done is shared.
test: check
	$(BIN)/dropout-gluon data --quiet
	$(BIN)/python -m pytest -n 2 --dist worksteal

# setup.cfg has mypy hold the code to Python 3.9; the NumPy of 3.13 has stubs that only 3.12 can read.
check: installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $$($(BIN)/python -c 'import sys; print("--python-version=3.12" * (sys.version_info >= (3, 13)))')
	$(BIN)/lint-imports

stress: installed
	$(BIN)/python -m pytest tests/faults --stress

# Examples of a test; the reader's come to 22 times as many.
FUZZ := 5000
fuzz: installed
	$(BIN)/python -m pytest tests/fuzz --fuzz $(FUZZ) --timeout 0 --capture=no

bench: installed
	$(BIN)/python benchmarks/bench.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/growth.py

calibrate: installed
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/calibrate.py

probe: installed
	$(BIN)/python benchmarks/probe.py

notebooks: installed
	$(BIN)/python scripts/save-notebooks

# make lab LAB="--no-browser --port 9999" has options of Jupyter's.
LAB :=
lab: installed
	@scripts/lab $(VENV) $(LAB)

# Screenshots go into out/browser.
browser-test: installed
	@{ command -v chromium && command -v chromedriver; } >/dev/null || { echo "make browser-test needs Chromium and its driver: on" \
	    "Debian, apt-get install chromium chromium-driver" >&2; exit 1; }
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt -e '.[notebook,browser]'
	$(BIN)/dropout-gluon data --quiet
	$(BIN)/python -m pytest tests/browser --browser out/browser

# Sphinx and all that it needs have an environment of their own, so that $(VENV) stays light.
book:
	@scripts/set-up $(VENV)-book docs
	rm -rf out/book
	$(VENV)-book/bin/python book/make_book.py out/book

package: installed
	$(BIN)/python scripts/build-package dist
	$(BIN)/python -m twine check --strict dist/*

# Every command asks; the script knows whether there is something to do.
installed:
	@scripts/set-up $(VENV)

clean:
	rm -rf $(VENV) $(VENV).log $(VENV).lock $(VENV)-book $(VENV)-book.log $(VENV)-book.lock .bench out build dist *.egg-info src/*.egg-info .*_cache
