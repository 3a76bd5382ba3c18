"""Records of runs grow: what is there stays, is not run again, and is whole whatever stops the script."""

import numpy as np
import pytest
import runners

from dropout_gluon.config import RunConfig
from dropout_gluon.errors import EnsembleError
from dropout_gluon.runs.store import read_store
from dropout_gluon.verdict.references import parse
from scripts import load_script

script = load_script("record-reference")


@pytest.fixture
def record(tmp_path, monkeypatch):
    monkeypatch.setattr(script, "AT_A_TIME", 2)

    def make(count, first=6, store="runs.jsonl", runner=runners.quick):
        return script.Record(
            tmp_path / "runs.csv", tmp_path / store, first, count, said=("bug: none",), runner=runner
        )

    return make


def read(record):
    return parse(record.path.read_text(), "runs.csv")


def grown(record):
    while record.grow():
        pass
    return read(record)


def test_it_grows_a_few_runs_at_a_time(record):
    wanted = record(3)
    assert wanted.grow()
    assert read(wanted).seeds == (6, 7)
    assert "(seeds 6 to 7)" in read(wanted).notes[1]
    assert wanted.grow()
    assert not wanted.grow()
    assert read(wanted).seeds == (6, 7, 8)
    assert "(seeds 6 to 8)" in read(wanted).notes[1]
    assert read(wanted).notes[2] == "bug: none"
    assert any(note.endswith("(3 runs)") for note in read(wanted).notes)
    expected = [[e.loss, e.train_acc, e.test_acc] for e in runners.epochs(RunConfig(seed=7))]
    np.testing.assert_allclose(read(wanted).values[1], expected, atol=5.1e-5)


def test_what_is_recorded_is_not_run_again(record):
    before = grown(record(2))
    more = record(3, store="another.jsonl")
    after = grown(more)
    assert after.seeds == (6, 7, 8)
    assert (after.values[:2] == before.values).all()
    assert [log.config.seed for log in read_store(more.store)] == [8]


def test_runs_that_were_not_yet_recorded_are_taken_from_the_store(record):
    grown(record(2))
    whole = record(2).path.read_text()
    record(2).path.unlink()
    stamp = record(2).store.stat()
    grown(record(2))
    assert record(2).path.read_text() == whole
    assert record(2).store.stat().st_size == stamp.st_size


def test_another_seed_takes_the_place_of_one_that_diverged(record):
    wanted = record(1, first=1, runner=runners.diverges_at_one)
    assert grown(wanted).seeds == (2,)
    assert "1 more runs diverged" in read(wanted).notes
    assert "(seeds 1 to 2)" in read(wanted).notes[1]
    more = record(2, first=1, runner=runners.diverges_at_one)
    assert grown(more).seeds == (2, 3)
    assert "1 more runs diverged" in read(more).notes


def test_a_run_that_breaks_is_no_divergence(record):
    with pytest.raises(EnsembleError, match=r"seed 2: .*a bug"):
        grown(record(2, first=2, runner=runners.mixed))
    assert not record(2).path.exists()
