"""Logs against runs of one's own: of any experiment, at least 40, and what they must not be."""

from dataclasses import replace

import numpy as np
import pytest
from logs_at_hand import printed

import dropout_gluon as gb
from dropout_gluon.config import RunConfig
from dropout_gluon.errors import LogError
from dropout_gluon.logs import EpochRecord, RunLog
from dropout_gluon.reading.reader import ReadLog
from dropout_gluon.runs.store import to_line
from dropout_gluon.verdict import experiments as module
from dropout_gluon.verdict.compare import assert_matches, compare
from dropout_gluon.verdict.ground import View
from dropout_gluon.verdict.record import DIFFERS, MATCHES, UNDECIDED


def one(seed, epochs=4, shift=0.0, **config):
    """A run of an experiment that nobody recorded: a loss that falls from 3, a test accuracy up to 0.4."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal()
    records = []
    for n in range(1, epochs + 1):
        a, b, c = 0.8 * common + 0.6 * rng.standard_normal(3)
        records.append(
            EpochRecord(
                n, 3 / n + 0.05 * (a + shift), 0.2 + n / 20 - 0.01 * (b + shift), 0.2 + n / 30 + 0.01 * c
            )
        )
    return RunLog(RunConfig(seed=seed, num_epochs=epochs, learning_rate=0.02, **config), tuple(records))


def store(count=40, start=0, **options):
    return [one(seed, **options) for seed in range(start, start + count)]


def rounded_to(digits, run):
    return [
        EpochRecord(e.epoch, round(e.loss, digits), round(e.train_acc, digits), round(e.test_acc, digits))
        for e in run.epochs
    ]


BASELINE = store()


def test_good_runs_match_and_others_differ():
    verdict = compare(one(100), against=BASELINE)
    row = verdict.rows[0]
    assert (verdict.outcome, verdict.experiment) == (MATCHES, "the runs it was held against")
    assert (row.split, row.reference, row.fits, row.mistake) == ("", 40, (), "")
    assert row.remarks == ()  # on what it departs from: these are not the book's
    assert verdict.power is None
    off = compare(one(100, shift=8.0), against=BASELINE)
    assert off.outcome == DIFFERS
    assert off.rows[0].reason.startswith("trains slower than any of the 40 recorded runs")
    assert compare(one(100, shift=8.0)).rows[0].p < 0.01  # by the book


def test_all_forms_of_logs_may_be_held_against(tmp_path):
    path = tmp_path / "baseline.jsonl"
    path.write_bytes(b"".join(map(to_line, BASELINE)))
    for against in (path, str(path), [path], (run for run in BASELINE)):
        assert compare(one(100), against=against).p == compare(one(100), against=BASELINE).p
    assert gb.compare is compare
    assert assert_matches(one(100), against=path).outcome == MATCHES


def test_level_against_40_runs():
    """Sets of one to three good logs at 20%: of 45 the 0.01% bounds of the binomial."""
    alarms = 0
    for seed in range(45):
        runs = store(40 + 1 + seed % 3, start=1000 * (1 + seed))
        alarms += compare(runs[40:], against=runs[:40], level=0.2).outcome == DIFFERS
    assert 1 <= alarms <= 20


def test_a_run_is_not_held_against_itself():
    """Alone and among others; all of it and its beginning; as it states itself and number for number."""
    rest = compare(one(3), against=[run for run in store(41) if run.config.seed != 3]).rows[0]
    for baseline in (store(41), store(41)[::-1]):
        row = compare(one(3), against=baseline).rows[0]
        assert row.reference == 40
        assert row.p == pytest.approx(rest.p)
    for index in range(0, 41, 8):
        pair = [one(index), one(200)]
        without = [run for run in store(41) if run.config.seed != index]
        assert compare(pair, against=store(41)).rows[0].p == pytest.approx(
            compare(pair, against=without).rows[0].p
        )
        assert compare(pair, against=store(41)).joint[0].logs == 2
    beginning = replace(one(3), epochs=one(3).epochs[:2], config=replace(one(3).config, num_epochs=2))
    assert compare(beginning, against=store(41)).rows[0].reference == 40
    assert compare([list(one(3).epochs)], against=store(41)).rows[0].reference == 40
    printed = ReadLog(tuple(rounded_to(3, one(3))), "printed", (3, 3, 3))
    assert compare(printed, against=store(41)).rows[0].reference == 40
    assert compare([list(one(300).epochs)], against=store(41)).rows[0].reference == 41


def test_a_log_in_more_digits_than_the_runs_have_and_in_fewer():
    """The fewer digits count for both: else they would tell a log from all runs."""
    coarse = [ReadLog(tuple(rounded_to(2, run)), f"{i}", (2, 2, 2)) for i, run in enumerate(BASELINE)]
    for seed in (100, 101, 102):
        exact, few = one(seed), ReadLog(tuple(rounded_to(2, one(seed))), "few", (2, 2, 2))
        p = {compare(log, against=runs).p for log in (exact, few) for runs in (coarse, BASELINE)}
        p -= {compare(exact, against=BASELINE).p}
        assert len(p) == 1
        assert p.pop() > 0.05


def test_the_fewest_decimals_of_each_column_count():
    runs = [ReadLog(run.epochs, str(i), (4, None, 3 + i % 2)) for i, run in enumerate(BASELINE)]
    baseline = module.Baseline(runs)
    seen, _ = baseline.ground(View((1, 2, 3, 4), (5, 2, None)), "", ReadLog(one(100).epochs, "", (None,) * 3))
    assert seen.view.digits == (4, 2, 3)
    exact, _ = module.Baseline([replace(run, digits=(None,) * 3) for run in runs]).ground(
        View((1, 2), (None, None, 1)), "", runs[0]
    )
    assert exact.view.digits == (None, None, 1)


def test_lengths_and_steps_of_logs():
    assert len(compare(one(100, epochs=2), against=BASELINE).rows[0].epochs) == 2
    longer = compare(one(100, epochs=6), against=BASELINE).rows[0]
    assert len(longer.epochs) == 4
    assert "has 6 epochs, and was judged on the first 4" in longer.remarks
    long = store(epochs=12)
    every_fifth = compare(printed(one(100, epochs=12).epochs[::5]), against=long).rows[0]
    assert [e.epoch for e in every_fifth.epochs] == [1, 6, 11]
    assert len(compare(one(100, epochs=12), against=long).rows[0].bands) == 36
    assert compare(one(100, epochs=1), against=store(epochs=1)).outcome == MATCHES


def test_what_a_log_says_of_itself_beside_the_runs():
    run = one(100)
    other = replace(run, config=replace(run.config, learning_rate=0.5))
    assert compare(other, against=BASELINE).rows[0].remarks == (
        "says of itself: the configuration of the book",
    )
    split = replace(run, config=replace(run.config, split="released"))
    assert run.config.split == "reshuffled"
    assert compare(split, against=BASELINE).rows[0].remarks == ("says that it is of the released split",)
    small = [replace(e, loss=e.loss / 256) for e in run.epochs]
    assert (
        compare(printed(small), against=BASELINE)
        .rows[0]
        .remarks[0]
        .startswith("its loss is 1/256 of these runs', ")
    )


def test_several_logs_against_ones_own():
    verdict = compare([one(100), one(101), one(102, shift=9.0)], against=store(80))
    assert [row.outcome for row in verdict.rows] == [MATCHES, MATCHES, DIFFERS]
    assert verdict.joint[0].logs == 2
    shifted = compare(store(12, start=100, shift=0.9), against=store(80), joint=True)
    assert shifted.outcome == DIFFERS
    assert shifted.joint[0].reason.startswith("together, their training")


def test_so_many_logs_against_so_few_runs_are_undecided():
    verdict = compare(store(10, start=100), against=BASELINE)
    assert (verdict.outcome, verdict.reached) == (UNDECIDED, False)
    assert "so many logs and so few recorded runs" in verdict.headline
    assert "Undecided: it does not differ, and at this level none could." in str(verdict)
    alone = compare(one(100), against=BASELINE, level=1e-9)
    assert "at this level, among so few recorded runs" in alone.headline


@pytest.mark.parametrize(
    ("against", "says"),
    [
        ([], "there is no log to compare"),
        (BASELINE[:5], "to be held against takes 40 runs, and there are 5 runs"),
        (BASELINE[:1], "takes 40 runs, and there is 1 run"),
        ([*BASELINE[:39], BASELINE[0]], "takes 40 runs, and there are 39 runs"),  # one twice
        (
            [*BASELINE[:39], replace(one(77), config=RunConfig(seed=77, num_epochs=4))],
            "of several experiments: the book's configuration; learning_rate=0.02",
        ),
        (
            [*BASELINE, *store(start=50, hidden_sizes=(128, 128))],
            r"of several experiments: hidden_sizes=\(128, 128\), learning_rate=0\.02; learning_rate=0\.02",
        ),
        ([*BASELINE, *store(start=50, split="released")], "of the splits released and reshuffled"),
        ([*BASELINE, *store(start=50, epochs=5)], "have 4 and 5 epochs: all need as many"),
        (
            [printed([replace(e, epoch=5 * e.epoch - 4) for e in run.epochs]) for run in BASELINE],
            "must have every epoch",
        ),
        (7, "against: a log is a RunLog"),
    ],
)
def test_what_logs_cannot_be_held_against(against, says):
    with pytest.raises(LogError, match=says) as error:
        compare(one(100), against=against)
    assert len(str(error.value).splitlines()) == 1


def test_failed_runs_are_left_out_and_said():
    failed = [replace(one(60 + i), failure="diverged") for i in range(3)]
    verdict = compare(one(100), against=[*BASELINE, *failed])
    assert verdict.notes == ("Of those to be held against, 3 runs could not be read.",)
    assert verdict.outcome == MATCHES
    assert verdict.rows[0].reference == 40
    with pytest.raises(LogError, match="there are 39 runs"):
        compare(one(100), against=[*BASELINE[:39], *failed])
