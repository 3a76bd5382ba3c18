"""Several logs: each by itself, named where it differs, and those that are left as one."""

from dataclasses import replace

import numpy as np
import pytest
from logs_at_hand import curves, halves, itself, printed, public, reference_run
from planted import recorded

from dropout_gluon.config import IMPLEMENTATIONS
from dropout_gluon.errors import LogError
from dropout_gluon.logs import EpochRecord, documented_log
from dropout_gluon.verdict import experiments as module
from dropout_gluon.verdict.compare import compare
from dropout_gluon.verdict.record import DIFFERS, MATCHES, UNDECIDED

pytestmark = pytest.mark.usefixtures("halves")
__all__ = ["halves"]


def test_both_documented_logs_match_and_on_the_released_split_their_test_curve_differs():
    logs = [printed(documented_log(name)) for name in IMPLEMENTATIONS]
    verdict = compare(logs)
    assert verdict.outcome == MATCHES
    assert [joint.logs for joint in verdict.joint] == [2]
    assert "reshuffled" in verdict.joint[0].curves[1].fits
    joint = compare(logs, split="released", joint=True)
    assert joint.outcome == DIFFERS
    training, test = joint.joint[0].curves
    assert test.p <= 0.01 < training.p
    assert test.fits == ("reshuffled",)
    assert joint.joint[0].reason.endswith(": try --split reshuffled")


def test_a_log_that_shows_too_little_is_not_covered_by_others():
    long, short = (reference_run(index=index, epochs=epochs) for index, epochs in ((0, 10), (1, 1)))
    assert compare(long).outcome == MATCHES
    verdict = compare([long, short])
    assert [row.outcome for row in verdict.rows] == [MATCHES, UNDECIDED]
    assert verdict.outcome == UNDECIDED
    assert "so little would hide many planted bugs" in verdict.headline


def test_outcome_and_p_agree_to_the_last_digit():
    """At the level that p names the verdict is that they differ, and below it not."""
    for index in range(12):
        logs = [reference_run(index=3 * index + i, implementation="gluon") for i in range(1 + index % 3)]
        p = min(compare(logs).p, 0.5)
        verdict = compare(logs, level=p)
        assert (verdict.p <= p) == (verdict.outcome == DIFFERS)


def test_logs_of_one_epoch_behind_a_longer_one_show_no_more_as_one():
    """The order of logs is no matter, and the shortest say what they show together."""
    short = [reference_run(index=i, epochs=1) for i in range(1, 4)]
    long = reference_run(epochs=3)
    first, last = (compare(logs, joint=True) for logs in ([long, *short], [*short, long]))
    assert first.power == last.power == compare([*short, reference_run(epochs=1)], joint=True).power


def test_a_joint_level_that_cannot_be_reached_is_undecided():
    verdict = compare([reference_run(index=i) for i in range(3)], joint=True, level=1e-6)
    assert (verdict.outcome, verdict.reached) == (UNDECIDED, False)


def test_one_wrong_log_among_good_ones_is_named_and_the_rest_are_judged_as_one():
    good = [reference_run(index=i) for i in range(4)]
    swapped = printed(
        [EpochRecord(n, *row) for n, row in enumerate(recorded("probabilities swapped").values[0], 1)]
    )
    verdict = compare([*good[:2], replace(swapped, source="swapped.txt:1"), *good[2:]])
    assert [row.outcome for row in verdict.rows] == [MATCHES, MATCHES, DIFFERS, MATCHES, MATCHES]
    assert verdict.rows[2].mistake == "probabilities swapped"
    assert [joint.logs for joint in verdict.joint] == [4]
    assert not verdict.joint[0].differs
    assert verdict.headline.startswith("1 of 5 logs DIFFERS from the book's experiment")
    assert verdict.status == 1


def test_logs_that_share_a_small_shift_differ_as_one_alone():
    rng = np.random.default_rng(0)
    logs = []
    for index in range(10):
        run = reference_run(index=index)
        lower = [replace(e, test_acc=e.test_acc - 0.005 + 1e-4 * rng.random()) for e in run.epochs]
        logs.append(replace(run, epochs=tuple(lower)))
    verdict = compare(logs)
    assert not any(row.differs for row in verdict.rows)
    assert verdict.outcome == DIFFERS
    joint = verdict.joint[0]
    assert joint.differs
    assert curves(joint)["test"].p <= 0.002
    assert joint.reason.startswith("together, their test curve is off")
    assert verdict.p == pytest.approx(joint.p / 0.2)
    assert compare(logs, joint=True).p == pytest.approx(joint.p)


def test_the_level_is_shared_by_each_and_all():
    """Four fifths for the logs by themselves, of which two have half each; one fifth for them as one."""
    logs = [reference_run(index=1), reference_run(index=2)]
    verdict = compare(logs)
    p, joint = sorted(row.p for row in verdict.rows), verdict.joint[0].p
    assert verdict.p == pytest.approx(min(1, 2 * p[0] / 0.8, p[1] / 0.8, joint / 0.2))


def test_runs_that_state_different_configurations_are_never_one():
    other = [reference_run(index=i) for i in range(2, 5)]
    other = [replace(run, config=replace(run.config, learning_rate=0.4)) for run in other]
    book = [reference_run(index=i) for i in range(2)]
    assert [joint.logs for joint in compare([*book, *other]).joint] == [2, 3]
    assert [joint.logs for joint in compare([*book, *other[:1]]).joint] == [2]
    assert [joint.logs for joint in compare([*book, reference_run(index=5, epochs=4)]).joint] == [3]
    with pytest.raises(LogError, match="logs of one configuration, each of a seed of its own"):
        compare([book[0], other[0]], joint=True)
    with pytest.raises(LogError, match="to be judged as one takes several logs, and there is one"):
        compare(book[0], joint=True)


def test_several_configurations_share_the_level_of_all():
    logs = [reference_run(index=i) for i in range(4)]
    logs[2:] = [replace(run, config=replace(run.config, learning_rate=0.4)) for run in logs[2:]]
    verdict = compare(logs, joint=True)
    least_p = min(joint.p for joint in verdict.joint)
    assert verdict.p == pytest.approx(min(1, 2 * least_p))
    assert 2 * least_p < 0.5
    assert compare(logs, joint=True, level=1.5 * least_p).outcome != DIFFERS
    assert compare(logs, joint=True, level=2.5 * least_p).outcome == DIFFERS


def test_logs_of_one_seed_count_once_in_what_they_show_together():
    gluon, scratch = reference_run(), reference_run(implementation="scratch")
    assert gluon.config.seed == scratch.config.seed
    assert compare([gluon, scratch]).joint == ()
    third = reference_run(index=1)
    with_it = compare([gluon, scratch, third]).joint[0]
    without = compare([gluon, third]).joint[0]
    assert with_it == replace(without, members=(1, 3))
    assert without.members == (1, 2)
    with pytest.raises(LogError, match="each of a seed of its own"):
        compare([gluon, scratch], joint=True)


def test_logs_of_other_lengths_and_splits_are_judged_as_what_they_are():
    logs = [reference_run(), reference_run(index=1, epochs=4), reference_run("released", index=2)]
    verdict = compare(logs)
    assert [(row.split, len(row.epochs)) for row in verdict.rows] == [
        ("reshuffled", 10), ("reshuffled", 4), ("released", 10),
    ]  # fmt: skip
    for log, row in zip(logs, verdict.rows):
        assert compare(log).rows[0].p == row.p
    assert verdict.joint[0].curves[1].fits == ()
    assert {row.split for row in compare(logs, split="released").rows} == {"released"}


def test_the_same_log_again_is_no_further_evidence():
    log = documented_log("gluon")
    verdict = compare([printed(log), replace(printed(log), source="other.txt:1")])
    assert len(verdict.rows) == 1
    assert verdict.notes == ("other.txt:1 is log.txt:1 number for number, and counts once.",)
    assert verdict.p == compare(printed(log)).p


def test_good_logs_are_seldom_said_to_differ():
    """Sets of five, at 10%: of 40 at most 12 (0.01% of the binomial); and of 200 logs few are named."""
    reference, rng = module.load_ranks("reshuffled"), np.random.default_rng(1)
    alarms = named = 0
    for _ in range(40):
        logs = [itself(reference, index)[0] for index in rng.choice(len(reference), 5, replace=False)]
        verdict = compare(logs, level=0.1)
        alarms += verdict.outcome == DIFFERS
        named += sum(row.differs for row in verdict.rows)
    assert alarms <= 12
    assert named <= 12


@pytest.mark.parametrize(
    "name", ["no dropout", "sigmoid", "learning rate 0.1", "keep and drop probability confused"]
)
def test_planted_bugs_are_found_and_named(name):
    runs = [
        printed([EpochRecord(n, *row) for n, row in enumerate(values, 1)], seed=seed)
        for seed, values in enumerate(recorded(name).values[:5].tolist())
    ]
    verdict = compare(runs)
    assert sum(row.differs for row in verdict.rows) >= 4
    assert all(name in row.mistake for row in verdict.rows if row.word == "is")
    assert sum(row.mistake.split(" or ")[0] == name for row in verdict.rows) >= 4


def test_logs_that_match_are_not_named():
    assert {row.mistake for row in compare([reference_run(index=i) for i in range(5)]).rows} == {""}


def test_a_log_that_cannot_be_read_stops_no_other():
    failed = replace(reference_run(index=3), failure="out of memory")
    verdict = compare([reference_run(), failed, [EpochRecord(1, 0.5, 0.8, 1.8)], reference_run(index=1)])
    assert [row.outcome for row in verdict.rows] == [MATCHES, MATCHES]
    assert [(one.source, one.reason) for one in verdict.refused] == [
        ("run 2 (gluon, seed 80)", "the run failed: out of memory"),
        ("run 3", "test acc of epoch 1 must be a number from 0 to 1, not 1.8"),
    ]
    assert verdict.outcome == UNDECIDED
    assert "2 logs could not be read" in verdict.headline
    assert compare([printed(public("notes-none10")), failed]).outcome == DIFFERS
