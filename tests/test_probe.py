"""MXNet's API on this Python and NumPy: what docs/compatibility.md says."""

import json

import numpy as np
import probe
import pytest

# What NumPy 2 broke, and is not mended: a label too large for its type, and two calls off the chapter's path.
BROKEN = (
    "nd.array([300], dtype='uint8')",
    "pack = mx.recordio.pack(mx.recordio.IRHeader(0, [1.0, 2.0], 1, 0)",
    "mnp.pad(x",
)


@pytest.fixture(scope="module")
def outcomes():
    return probe.probe()


def test_every_call_holds_but_for_those_that_are_known(outcomes):
    known = BROKEN if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else ()
    failed = {line: said for line, said in probe.failures(outcomes).items() if not line.startswith(known)}
    assert failed == {}


def test_it_calls_many_things(outcomes):
    assert sum(map(len, outcomes.values())) > 200
    assert list(outcomes) == list(probe.CALLS)


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("a = 2; a == 2", ""),
        ("1 == 2", "gives False"),
        ("nd.ones(2) > 0", ""),
        ("nd.array([0, 1]) > 0", "gives False"),
        ("nonsense()", "NameError: name 'nonsense' is not defined"),
    ],
)
def test_a_line_that_does_not_hold_is_told(tmp_path, line, outcome):
    assert probe.call(line, probe.names(str(tmp_path))) == outcome


def test_the_page_is_what_was_recorded():
    recorded = json.loads(probe.RECORD.read_text())
    assert probe.page(recorded) in probe.PAGE.read_text()
    pairs = [name.split(", ") for name in recorded]
    for version in ("3.9", "3.11", "3.12", "3.13"):
        assert any(python.startswith(f"{version}.") for python, _ in pairs)
    for version in ("1.23", "1.26", "2."):
        assert any(numpy.startswith(version) for _, numpy in pairs)
