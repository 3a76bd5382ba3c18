"""A log that is written and read back is itself."""

import json

from hypothesis import given
from hypothesis import strategies as st
from limits import attempt
from strategies import CURVES, DIGITS, LOGS, printed, records

from dropout_gluon.logs import RunLog
from dropout_gluon.reading.reader import MOST_DECIMALS, read_notebook, read_text
from dropout_gluon.runs.store import from_line, to_line

SOURCES = st.sampled_from(
    ["\n", "\r\n", "", "\\n", ", time 3.2 sec\n", "\x1b[0m\n", "\n\n50%|##  |\r", "'\n>>> "]
)


@given(LOGS, st.sampled_from([None, 0, 1, 4]))
def test_a_run_as_json(log, indent):
    back = attempt(RunLog.from_json, log.to_json(indent))
    assert back == log
    assert back.to_json() == log.to_json()
    assert back.config.digest == log.config.digest


@given(LOGS)
def test_a_run_as_a_line_of_a_store(log):
    line = to_line(log)
    assert line.count(b"\n") == 1
    assert attempt(from_line, line) == log


def read_back(curve, digits):
    """What a curve is after it is printed."""
    return records(
        [tuple(float(f"{x:.{d}f}") for x, d in zip((e.loss, e.train_acc, e.test_acc), digits)) for e in curve]
    )


@given(CURVES.filter(len), DIGITS, SOURCES)
def test_what_is_printed(curve, digits, between):
    """With any digits, and anything between the lines."""
    text = between.join(printed(curve, digits)) + "\n"
    (log,) = attempt(read_text, text)
    assert log.epochs == read_back(curve, digits)
    assert log.digits == tuple(min(d, MOST_DECIMALS) for d in digits)


@given(CURVES.filter(len), st.sampled_from(["stdout", "stderr"]), st.booleans())
def test_what_a_notebook_shows(curve, name, lines):
    text = "".join(f"{record}\n" for record in curve)
    output = {
        "output_type": "stream",
        "name": name,
        "text": text.splitlines(keepends=True) if lines else text,
    }
    content = {"cells": [{"cell_type": "code", "outputs": [output]}], "nbformat": 4}
    (log,) = attempt(read_notebook, json.dumps(content))
    assert log.epochs == read_back(curve, (4, 3, 3))
    assert str(log.epochs[-1]) == str(curve[-1])
