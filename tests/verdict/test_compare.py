"""The verdict on logs whose answer is known, on everything that may be a log, and on what is none."""

import json
from dataclasses import replace

import numpy as np
import pytest
from places import LOGS

import dropout_gluon as gb
from dropout_gluon.config import IMPLEMENTATIONS, SPLITS, RunConfig
from dropout_gluon.errors import ConfigError, LogError
from dropout_gluon.logs import EpochRecord, RunLog, documented_log
from dropout_gluon.verdict.compare import Printed, assert_matches_book, compare
from dropout_gluon.verdict.reading import ReadLog
from dropout_gluon.verdict.record import DIFFERS, MATCHES, UNDECIDED
from dropout_gluon.verdict.references import load, load_mistakes
from dropout_gluon.verdict.views import VIEWS

PUBLIC = {log["id"]: log for log in json.loads((LOGS / "public.json").read_text())}
GOOD = [name for name, log in PUBLIC.items() if log["documented_configuration"]]
OTHERS = [name for name in PUBLIC if name not in GOOD]


def public(name):
    return [EpochRecord(n, *row) for n, row in enumerate(PUBLIC[name]["epochs"], 1)]


def printed(records, **changes):
    """A log as somebody printed it."""
    return ReadLog(tuple(records), "log.txt:1", (4, 3, 3), **changes)


def reference_run(split="reshuffled", implementation="gluon", index=0, epochs=10):
    """A recorded good run, as a RunLog of another seed."""
    reference = load(split)
    first = reference.implementations.index(implementation)
    rows = reference.values[first + index, :epochs]
    config = RunConfig(implementation, split=split, seed=77 + index, num_epochs=epochs)
    return RunLog(config, tuple(EpochRecord(n, *map(float, row)) for n, row in enumerate(rows, 1)))


def curves(verdict, group=0):
    return {curve.name: curve for curve in verdict.groups[group].curves}


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_documented_logs_are_the_reshuffled_experiment(implementation):
    verdict = compare(printed(documented_log(implementation)))
    assert verdict.outcome == MATCHES
    assert verdict.p > 0.05
    assert verdict.groups[0].split == "reshuffled"


@pytest.mark.parametrize("names", [("scratch",), ("gluon",), IMPLEMENTATIONS])
def test_on_the_released_split_the_test_accuracy_of_documented_logs_differs(names):
    verdict = compare([printed(documented_log(name)) for name in names], split="released")
    training, test = verdict.groups[0].curves
    assert verdict.outcome == DIFFERS
    assert not training.differs
    assert test.differs
    assert test.fits == ("reshuffled",)
    assert "test accuracy is higher" in test.reason
    assert "it fits the reshuffled split" in test.reason


def test_both_documented_logs_together_match():
    verdict = compare([printed(documented_log(name)) for name in IMPLEMENTATIONS])
    assert verdict.outcome == MATCHES
    assert [len(group.logs) for group in verdict.groups] == [2]


@pytest.mark.parametrize("name", GOOD)
def test_public_logs_of_the_experiment_match_in_training(name):
    verdict = compare(printed(public(name)))
    assert not curves(verdict)["training"].differs
    assert verdict.outcome == MATCHES


@pytest.mark.parametrize(
    ("name", "says", "alike"),
    zip(OTHERS, ("trains faster", "trains slower"), ("no dropout", "probabilities swapped")),
)
def test_public_logs_of_something_else_are_told_apart(name, says, alike):
    verdict = compare(printed(public(name)))
    assert verdict.outcome == DIFFERS
    reason = curves(verdict)["training"].reason
    assert says in reason
    assert reason.endswith(f"most like runs with this: {alike}")


def test_everything_that_may_be_a_log_gives_the_same_verdict(tmp_path):
    run = reference_run()
    text = "".join(f"{epoch}\n" for epoch in run.epochs)
    path = tmp_path / "run.json"
    run.save(path)
    (tmp_path / "log.txt").write_text(text)
    exact = [run, list(run.epochs), run.epochs, path, str(path), [run], (run for _ in range(1))]
    rounded = [text, tmp_path / "log.txt", gb.read_logs(tmp_path / "log.txt"), [text]]
    for kinds in (exact, rounded):
        verdicts = [compare(kind) for kind in kinds]
        assert len({verdict.p for verdict in verdicts}) == 1
        assert all(len(verdict.groups) == 1 for verdict in verdicts)
    assert compare(path).groups[0].sources == (f"{path}:1",)
    assert compare([run, text.replace("0.5", "0.6")]).groups[0].sources == (
        "run 1 (gluon, seed 77)",
        "run 2:1",
    )


@pytest.mark.parametrize(
    ("logs", "says"),
    [
        ([], "there is no log to compare"),
        ("no such file", "no such file: No such file or directory"),
        (7, "run: a log is a RunLog, EpochRecords, a path or a text, not int"),
        ([documented_log("gluon"), None], "run 2: a log is .* not NoneType"),
        (RunLog(RunConfig(), ()), r"run \(scratch, seed 0\): no epochs"),
        (replace(reference_run(), failure="it broke"), r"run \(gluon, seed 77\): the run failed: it broke"),
        (replace(reference_run(), failure="it\n" * 9999), "the run failed: it it( it)* i…$"),
        ([EpochRecord(1, 0.5, 0.8, 1.8)], "run: test acc of epoch 1 must be .* not 1.8"),
        ([EpochRecord(2, 0.5, 0.8, 0.8)], "run: epoch 2 where epoch 1 is due"),
        ([EpochRecord(1, float("nan"), 0.8, 0.8)], "run: the loss of epoch 1 is nan: training has diverged"),
        ("epoch 1, loss x\n", "run:1: .* cannot be read"),
        (
            "{}\n{}\n".format(*documented_log("gluon")[::5]),
            "run:1: every fifth epoch only, and all of them are needed",
        ),
    ],
)
def test_what_is_no_log_is_named(logs, says):
    with pytest.raises(LogError, match=says):
        compare(logs)


@pytest.mark.parametrize("level", [0, -0.1, 0.6, float("nan"), "x", None])
def test_level_must_be_a_rate(level):
    with pytest.raises(ConfigError, match=r"level must be a number above 0 to 0\.5"):
        compare(documented_log("gluon"), level=level)


def test_split_must_be_one():
    with pytest.raises(ConfigError, match="split must be one of released, reshuffled, not 'both'"):
        compare(documented_log("gluon"), split="both")


def test_level_decides_and_p_does_not_depend_on_it():
    log = printed(public("commented-swapped5"))
    p = compare(log).p
    assert compare(log, level=p).outcome == DIFFERS
    assert compare(log, level=p * 0.99).outcome != DIFFERS
    assert compare(log, level=0.3).p == p


def test_only_the_first_ten_epochs_count():
    run = reference_run()
    tail = [EpochRecord(n, 0.3, 0.9, 0.88) for n in range(11, 15)]
    long = compare(printed([*run.epochs, *tail]))
    assert long.p == compare(printed(run.epochs)).p
    assert long.groups[0].epochs == 10
    assert long.notes == ("log.txt:1 has 14 epochs, and was judged on the first 10.",)


def test_a_single_epoch_is_undecided_unless_it_differs():
    run = reference_run(epochs=1)
    verdict = compare(run)
    assert verdict.outcome == UNDECIDED
    assert verdict.power < 0.5
    assert compare([EpochRecord(1, 2.3, 0.1, 0.1)]).outcome == DIFFERS


def test_a_run_of_the_reference_is_not_held_against_itself():
    reference = load("reshuffled")
    first = reference.seeds[reference.implementations.index("gluon")]
    known = replace(reference_run(), config=RunConfig("gluon", seed=first))
    for log, others in ((known, len(reference) - 1), (reference_run(), len(reference))):
        verdict = compare(log)
        assert verdict.groups[0].reference == others
        ranks = verdict.p * (others + 1)  # p is a share of all runs, this one included
        assert ranks == pytest.approx(round(ranks))


def test_logs_that_share_a_seed_are_not_evidence_together():
    gluon, scratch = reference_run(), reference_run(implementation="scratch")
    verdict = compare([gluon, scratch])
    assert [len(group.logs) for group in verdict.groups] == [1, 1]
    alone = [compare(log).p for log in (gluon, scratch)]
    assert verdict.p == pytest.approx(min(1, 2 * min(alone)))
    assert "judged in 2 groups, which share the level" in verdict.notes[0]
    other = replace(scratch, config=replace(scratch.config, seed=5))
    assert [len(group.logs) for group in compare([gluon, other]).groups] == [2]


def test_logs_of_other_lengths_and_splits_are_groups_of_their_own():
    verdict = compare([reference_run(), reference_run(index=1, epochs=4), reference_run("released", index=2)])
    assert [(group.split, group.epochs) for group in verdict.groups] == [
        ("reshuffled", 10), ("reshuffled", 4), ("released", 10),
    ]  # fmt: skip
    joint = compare([reference_run(), reference_run("released", index=2)], split="released")
    assert [(group.split, len(group.logs)) for group in joint.groups] == [("released", 2)]


def test_the_release_of_the_book_was_split_by_shuffling():
    run = replace(reference_run("released"), data={"release": "2017-08-26"})
    assert compare(run).groups[0].split == "reshuffled"
    assert compare(replace(run, data={"release": "2017-08-31"})).groups[0].split == "released"


def test_the_same_log_again_is_no_further_evidence():
    log = documented_log("gluon")
    verdict = compare([printed(log), replace(printed(log), source="other.txt:1")])
    assert [len(group.logs) for group in verdict.groups] == [1]
    assert verdict.notes == ("other.txt:1 is log.txt:1 number for number, and counts once.",)


def test_departures_are_said():
    run = reference_run()
    verdict = compare(replace(run, config=replace(run.config, learning_rate=0.1)))
    assert verdict.notes == (
        "run (gluon, seed 77) says that it departs from the chapter: learning_rate=0.1.",
    )


def test_coarse_digits_are_taken_into_account():
    """With one decimal, a good run is no worse than with four, and a run that learns nothing still shows."""
    coarse = [EpochRecord(n, round(e.loss, 1), round(e.train_acc, 1), round(e.test_acc, 1))
              for n, e in enumerate(reference_run().epochs, 1)]  # fmt: skip
    assert compare(ReadLog(tuple(coarse), "log", (1, 1, 1))).outcome != DIFFERS
    nothing = [EpochRecord(n, 2.3, 0.1, 0.1) for n in range(1, 11)]
    assert compare(ReadLog(tuple(nothing), "log", (1, 1, 1))).outcome == DIFFERS


def test_the_coarsest_digits_count_for_all():
    run = reference_run()
    logs = [ReadLog(run.epochs, "a", (4, 3, 3)), ReadLog(run.epochs, "b", (None, 2, 4))]
    both = Printed.of(logs)
    assert both.digits == (4, 2, 3)
    expected = [[round(e.loss, 4), round(e.train_acc, 2), round(e.test_acc, 3)] for e in run.epochs]
    np.testing.assert_allclose(both.values, [expected] * 2)
    rounded = both.like(load("reshuffled"))[..., 1]
    np.testing.assert_array_equal(rounded, rounded.round(2))
    assert Printed.of([replace(logs[0], digits=(None, None, None))]).digits == (None, None, None)


def test_a_change_that_is_like_no_known_mistake_is_not_named():
    run = reference_run()
    odd = [replace(e, loss=e.loss + 0.03 * (-1) ** e.epoch) for e in run.epochs]
    verdict = compare(printed(odd))
    assert verdict.outcome == DIFFERS
    assert "most like" not in curves(verdict)["training"].reason


def test_mistakes_that_look_alike_are_all_named():
    """In the first epochs, a loss too small by the batch size trains as little as a sigmoid does."""
    run = reference_run()
    odd = [replace(e, loss=2.3, train_acc=0.1) for e in run.epochs[:3]]
    reason = curves(compare(printed(odd)))["training"].reason
    named = reason.split("most like runs with this: ")[1].split(" or ")
    assert {"sigmoid", "mean of the loss divided by the batch size again"} <= set(named)


def test_known_mistakes_are_those_on_the_split_in_question():
    mistakes = load_mistakes()
    for split in SPLITS:
        training, test = Printed.of([printed(documented_log("gluon"))]).curves(load(split), mistakes)
        known = mistakes.on(split)
        np.testing.assert_array_equal(training.known, known[..., :2])
        np.testing.assert_array_equal(test.known, known[..., 2:])
    assert not np.allclose(mistakes.on("released")[..., 2], mistakes.on("reshuffled")[..., 2], atol=0.005)


def test_bands_say_where_the_log_lies():
    reference = load("reshuffled").values.round(3)[..., 2]
    group = compare(printed(documented_log("gluon"))).groups[0]
    assert len(group.bands) == 30
    band = next(b for b in group.bands if (b.epoch, b.column) == (7, "test_acc"))
    assert band.value == 0.855
    low, median, high = np.quantile(reference[:, 6], (0.025, 0.5, 0.975))
    assert (band.low, band.median, band.high) == pytest.approx((low, median, high), abs=1e-6)
    assert band.below == (reference[:, 6] < 0.855 - 1e-9).sum()
    assert band.above == (reference[:, 6] > 0.855 + 1e-9).sum()


def test_several_logs_show_what_one_does_not():
    rng = np.random.default_rng(0)
    runs = []
    for index in range(10):
        run = reference_run(index=index)
        lower = [replace(e, test_acc=e.test_acc - 0.005 + 1e-4 * rng.random()) for e in run.epochs]
        runs.append(replace(run, epochs=tuple(lower)))
    assert sum(compare(run).outcome == DIFFERS for run in runs) <= 5
    together = compare(runs)
    assert together.outcome == DIFFERS
    assert "on average" in curves(together)["test"].reason


def test_assertion_for_other_peoples_tests():
    assert assert_matches_book(printed(documented_log("scratch"))).outcome == MATCHES
    with pytest.raises(AssertionError, match="DIFFERS"):
        assert_matches_book(printed(public("notes-none10")))
    with pytest.raises(AssertionError, match="UNDECIDED"):
        assert_matches_book(reference_run(epochs=1))
    assert_matches_book(printed(public("notes-none10")), level=1e-15)


def test_names_for_notebooks():
    import dropout_gluon.verdict.compare

    assert gb.compare is dropout_gluon.verdict.compare.compare
    assert gb.assert_matches_book is assert_matches_book


def test_losses_that_have_run_away_have_a_mean_too():
    """Found by fuzzing: their sum is beyond all numbers."""
    verdict = compare([[EpochRecord(1, loss, 0.5, 0.5)] for loss in (2.0**1023, 2.0**1023 * 1.5)])
    assert verdict.outcome == DIFFERS
    assert verdict.groups[0].bands[0].value == 2.0**1023 * 1.25
    assert json.loads(VIEWS["json"](verdict))["groups"][0]["bands"][0]["value"] == 2.0**1023 * 1.25
