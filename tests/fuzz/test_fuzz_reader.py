"""Whatever a log is, it is read or refused in one line, soon; and what was written is read back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import JUDGING, attempt, share
from strategies import (
    FILES,
    FORGED,
    JSONS,
    NOTEBOOKS,
    PRINTED,
    RUN_TEXTS,
    STORES,
    TEXTS,
    as_json,
)  # fmt: skip

from dropout_gluon.logs import RunLog
from dropout_gluon.runs.store import from_line, to_line
from dropout_gluon.verdict.compare import compare
from dropout_gluon.verdict.reading import MOST_DECIMALS, read_logs, read_notebook, read_text
from dropout_gluon.verdict.record import DIFFERS
from dropout_gluon.verdict.views import VIEWS


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "log.txt"


def check(logs):
    """What every log is that the reader gives."""
    if logs is None:
        return
    assert logs
    assert len({(log.epochs, log.config) for log in logs}) == len(logs)
    for log in logs:
        assert [record.epoch for record in log.epochs] == list(range(1, len(log.epochs) + 1))
        for record in log.epochs:
            assert all(type(value) is float for value in (record.loss, record.train_acc, record.test_acc))
            assert 0 <= record.loss < math.inf
            assert 0 <= record.train_acc <= 1
            assert 0 <= record.test_acc <= 1
        for digits in log.digits:
            assert digits is None or 0 <= digits <= MOST_DECIMALS
        assert log.config is None or log.config.num_epochs == len(log.epochs)
        assert log.release is None or isinstance(log.release, str)
        assert len(log.source.splitlines()) == 1


@share(4)
@given(TEXTS)
def test_any_text(text):
    check(attempt(read_text, text))


@share(3)
@given(NOTEBOOKS)
def test_any_notebook(text):
    check(attempt(read_notebook, text))


@share(3)
@given(as_json(RUN_TEXTS) | JSONS)
def test_any_json(path, text):
    path.write_bytes(text.encode("utf-8", "replace"))
    check(attempt(read_logs, path))


@share(3)
@given(FILES)
def test_any_file(path, content):
    path.write_bytes(content)
    check(attempt(read_logs, path))


@share(3)
@given(STORES)
def test_any_store(path, content):
    path.write_bytes(content)
    check(attempt(read_logs, path))


@share(3)
@given(FORGED)
def test_a_line_whose_check_sum_is_right(line):
    """Of another program, or of a version to come."""
    log = attempt(from_line, line)
    assert log is None or from_line(to_line(log)) == log


@share(3)
@given(as_json(RUN_TEXTS))
def test_any_run(text):
    """What is loaded can be shown, and written again."""
    log = attempt(RunLog.from_json, text)
    if log:
        assert str(log).count("\n") >= len(log.epochs) - 1
        assert log._repr_html_()
        assert RunLog.from_json(log.to_json()).to_json() == log.to_json()


@share(0.1)
@given(st.lists(RUN_TEXTS | PRINTED, min_size=1, max_size=2))
def test_any_logs_are_judged(texts):
    """Whatever can be read gets a verdict, whose views are whole, and NumPy has nothing to say."""
    logs = [attempt(RunLog.from_json, text) if text.startswith("{") else text + "\n" for text in texts]
    verdict = attempt(compare, [log for log in logs if log], seconds=JUDGING)
    if verdict:
        assert 0 < verdict.p <= 1
        assert (verdict.outcome == DIFFERS) == (verdict.p <= verdict.level)
        for view in VIEWS.values():
            assert attempt(view, verdict)
