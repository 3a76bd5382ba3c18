"""Hypothesis as the fuzz tests use it: the same few examples in every test run, new ones with `--fuzz N`."""

from __future__ import annotations

import functools
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, configuration, settings
from limits import tally
from tqdm import tqdm

SHORT = 100  # examples of a test, where a test asks for no other share
seconds: dict[str, float] = {}  # test -> how long it took


def pytest_configure(config):
    """One profile; what is slow on a busy machine is no fault, and `limits` says what is."""
    number = config.getoption("--fuzz")
    settings.register_profile(
        "fuzz",
        max_examples=number or SHORT,
        derandomize=not number,
        database=None,  # what is found becomes a case with a name
        deadline=None,
        print_blob=True,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],  # to explain, it would trace, and be too slow
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("fuzz")
    # Tables of characters, which Hypothesis would else write beside the code.
    cache = getattr(config, "cache", None)  # pytest's own, which -p no:cacheprovider takes away
    tables = cache.mkdir("hypothesis") if cache else Path(tempfile.gettempdir()) / "hypothesis"
    configuration.set_hypothesis_home_dir(tables)


def pytest_itemcollected(item):
    """Count a test's examples: each is a call of what Hypothesis calls the inner test."""
    if handle := getattr(item.obj, "hypothesis", None):
        inner = handle.inner_test

        @functools.wraps(inner)
        def counted(*arguments, **drawn):
            tally.add()
            return inner(*arguments, **drawn)

        handle.inner_test = counted


@pytest.fixture(autouse=True)
def _timed(request):
    """How long a test took, and a bar of its examples in a long run."""
    test, start, long = request.node.nodeid, time.perf_counter(), request.config.getoption("--fuzz")
    wait = 0.5 if sys.stderr.isatty() else 60
    with tqdm(desc=request.node.name, unit=" examples", disable=not long, mininterval=wait) as bar:
        tally.tell = bar.update
        yield
    seconds[test] = time.perf_counter() - start


def pytest_terminal_summary(terminalreporter, config):
    """How many examples a long run had."""
    if not config.getoption("--fuzz"):
        return
    terminalreporter.section("examples")
    for test, took in seconds.items():
        terminalreporter.line(f"{tally.counts[test]:>9,} in {took:6.0f} s  {test}")
    total = sum(tally.counts[test] for test in seconds)
    terminalreporter.line(f"{total:>9,} in {sum(seconds.values()):6.0f} s")
