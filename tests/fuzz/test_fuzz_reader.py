"""Whatever a log is, it is read or refused in one line, soon; and what was written is read back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import JUDGING, LONGEST, attempt, share
from strategies import (
    FILES,
    FORGED,
    JSONS,
    NOTEBOOKS,
    PAGES,
    PRINTED,
    RUN_TEXTS,
    STORES,
    TEXTS,
    as_json,
)  # fmt: skip

from dropout_gluon.logs import RunLog
from dropout_gluon.reading.assembly import STEPS
from dropout_gluon.reading.reader import (
    MOST_DECIMALS,
    read_file,
    read_logs,
    read_notebook,
    read_text,
    reading_of,
)
from dropout_gluon.runs.store import from_line, to_line
from dropout_gluon.verdict.compare import compare
from dropout_gluon.verdict.record import DIFFERS, UNDECIDED
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
        assert log.step in STEPS
        assert [record.epoch for record in log.epochs] == [1 + log.step * i for i in range(len(log.epochs))]
        for record in log.epochs:
            assert all(type(value) is float for value in (record.loss, record.train_acc, record.test_acc))
            assert 0 <= record.loss < math.inf
            assert 0 <= record.train_acc <= 1
            assert 0 <= record.test_acc <= 1
        for digits in log.digits:
            assert digits is None or 0 <= digits <= MOST_DECIMALS
        assert log.config is None or log.config.num_epochs == len(log.epochs)
        assert log.release is None or isinstance(log.release, str)
        for said in (log.source, log.file, *log.remarks, *(value for pair in log.sets for value in pair)):
            assert len(said.splitlines()) == 1
        for said in (log.heading, log.failure):
            assert len(said) <= LONGEST
            assert not said or said.isprintable()


def check_reading(reading, strict=None):
    """What is read of all that a file holds, beside what is read where nothing may be wrong."""
    if reading is None:
        assert strict is None
        return
    assert reading.logs or reading.unread
    if reading.logs:
        check(reading.logs)
    for unread in reading.unread:
        assert unread.reason
        assert len(f"{unread.source}{unread.reason}".splitlines()) == 1
        assert len(unread.reason) <= LONGEST
    for said in reading.repeated:
        assert len(said.splitlines()) == 1
    if strict is not None:
        assert strict == list(reading.logs)
        assert all(unread.stray for unread in reading.unread)


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
    check_reading(attempt(read_file, path), attempt(read_logs, path))


@given(PAGES)
def test_any_page(text):
    check_reading(attempt(reading_of, text))


@share(3)
@given(STORES)
def test_any_store(path, content):
    path.write_bytes(content)
    check_reading(attempt(read_file, path), attempt(read_logs, path))


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
        assert all(0 < row.p <= 1 for row in verdict.rows)
        for curve in (curve for one in (*verdict.rows, *verdict.joint) for curve in one.curves):
            assert 0 < curve.p <= 1
        off = [one.differs for one in (*verdict.rows, *verdict.joint)]
        assert any(off) == (verdict.outcome == DIFFERS)
        assert any(off) or (verdict.outcome == UNDECIDED) == bool(verdict.open)
        for view in VIEWS.values():
            assert attempt(view, verdict)
