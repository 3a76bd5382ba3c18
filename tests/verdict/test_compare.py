"""The verdict on logs whose answer is known, on everything that may be a log, and on what is none."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from logs_at_hand import GOOD, PUBLIC, curves, halves, itself, printed, public, reference_run, scaled
from planted import recorded

import dropout_gluon as gb
from dropout_gluon.config import IMPLEMENTATIONS, SPLITS
from dropout_gluon.errors import ConfigError
from dropout_gluon.logs import EpochRecord, documented_log
from dropout_gluon.reading.reader import ReadLog
from dropout_gluon.verdict import compare as module
from dropout_gluon.verdict import experiments
from dropout_gluon.verdict.compare import assert_matches, assert_matches_book, compare
from dropout_gluon.verdict.ground import Ground, View
from dropout_gluon.verdict.measure import TOTAL
from dropout_gluon.verdict.record import CUT_SHORT, DIFFERS, ENOUGH, MATCHES, UNDECIDED
from dropout_gluon.verdict.references import load, load_mistakes

pytestmark = pytest.mark.usefixtures("halves")
__all__ = ["halves"]


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_documented_logs_are_the_reshuffled_experiment(implementation):
    verdict = compare(printed(documented_log(implementation)))
    assert verdict.outcome == MATCHES
    assert verdict.p > 0.03
    assert (verdict.rows[0].split, verdict.rows[0].outcome) == ("reshuffled", MATCHES)
    assert "reshuffled" in verdict.rows[0].fits
    assert verdict.joint == ()


def test_a_test_curve_that_differs_is_said_to_fit_the_other_split():
    verdict = compare(printed(documented_log("scratch")), split="released", level=0.05)
    row = verdict.rows[0]
    assert verdict.outcome == DIFFERS
    assert row.fits == ("reshuffled",)
    assert "test accuracy is higher" in row.reason
    assert row.reason.endswith(
        "it fits the reshuffled split, which stands for the data that the book had: try --split reshuffled"
    )
    assert curves(row)["training"].p > 0.1


@pytest.mark.parametrize("name", GOOD)
def test_public_logs_of_the_experiment_match(name):
    verdict = compare(printed(public(name)))
    assert verdict.outcome == MATCHES
    assert verdict.rows[0].reason == verdict.rows[0].mistake == ""


@pytest.mark.parametrize(
    ("name", "says", "mistake"),
    [
        ("notes-none10", "trains faster", "no dropout"),
        ("commented-swapped5", "trains slower", "probabilities swapped"),
    ],
)
def test_public_logs_of_something_else_are_told_apart(name, says, mistake):
    assert name in PUBLIC
    row = compare(printed(public(name))).rows[0]
    assert row.outcome == DIFFERS
    assert says in row.reason
    assert (row.word, row.mistake) == ("is", mistake)
    assert f"; is a run with this: {mistake}" in row.said


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
        assert all(len(verdict.rows) == 1 for verdict in verdicts)
    assert compare(path).rows[0].source == f"{path}:1"
    both = compare([run, text.replace("0.5", "0.6")])
    assert [row.source for row in both.rows] == ["run 1 (gluon, seed 77)", "pasted text 2, line 1"]


@pytest.mark.parametrize("level", [0, -0.1, 0.6, float("nan"), "x", None])
def test_level_must_be_a_rate(level):
    with pytest.raises(ConfigError, match=r"level must be a number above 0 to 0\.5"):
        compare(documented_log("gluon"), level=level)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"split": "both"}, "split must be one of released, reshuffled, not 'both'"),
        ({"joint": 1}, "joint must be True or False"),
        ({"split": "released", "against": "runs.jsonl"}, "split says which of the book's runs"),
        ({"max_size": 0}, "max_size must be"),
        ({"cell": 0}, "cell must be a whole number from 1 up, not 0"),
        ({"cell": "3-"}, "cell must be a whole number from 1 up"),
        ({"log": -1}, "log must be a whole number from 1 up"),
        ({"log": 1.5}, "log must be a whole number from 1 up"),
    ],
)
def test_options_are_checked(options, says):
    with pytest.raises(ConfigError, match=says):
        compare(documented_log("gluon"), **options)


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
    assert [e.epoch for e in long.rows[0].epochs] == list(range(1, 11))
    assert long.rows[0].remarks == ("has 14 epochs, and was judged on the first 10",)


def test_every_fifth_epoch_is_judged():
    good, off = (
        reference_run().epochs[::5],
        [EpochRecord(*row) for row in ((1, 1.1, 0.6, 0.7), (6, 0.3, 0.9, 0.9))],
    )
    row = compare(printed(good)).rows[0]
    assert [e.epoch for e in row.epochs] == [1, 6]
    assert [band.epoch for band in row.bands[::3]] == [1, 6]
    assert row.outcome != DIFFERS
    median = np.median(load(row.split).values[:, 5, 0])
    assert row.bands[3].median == pytest.approx(median, abs=1e-3)
    assert compare(printed(off)).outcome == DIFFERS


def test_a_single_epoch_is_undecided_unless_it_differs():
    verdict = compare(reference_run(epochs=1))
    assert verdict.outcome == UNDECIDED
    assert verdict.rows[0].outcome == UNDECIDED
    assert verdict.power < ENOUGH
    assert "so little would hide many planted bugs" in verdict.headline
    assert compare([EpochRecord(1, 2.3, 0.1, 0.1)]).outcome == DIFFERS


@pytest.mark.parametrize("logs", [1, 3])
def test_a_level_that_cannot_be_reached_is_undecided(logs):
    nothing = [[EpochRecord(n, 2.3 + i / 100, 0.1, 0.1) for n in range(1, 11)] for i in range(logs)]
    for some in (nothing, [reference_run(index=i) for i in range(logs)]):
        verdict = compare(some, level=1e-7)
        assert verdict.outcome == UNDECIDED
        assert not verdict.reached
        assert {row.outcome for row in verdict.rows} == {UNDECIDED}
        assert "no log could at this level" in verdict.headline
    assert compare(nothing).reached


def wildest(reference):
    """The index of the run whose loss lies farthest out."""
    return int(
        np.abs(reference.values[..., 0] - np.median(reference.values[..., 0], axis=0)).max(axis=1).argmax()
    )


def judged(makers, others, log):
    values = np.array([[[e.loss, e.train_acc, e.test_acc] for e in log.epochs]])
    mistakes = replace(load_mistakes(), values=load_mistakes().on("reshuffled"))
    return Ground(makers, others, mistakes, View(tuple(range(1, 11)), (None,) * 3)).judge(values, [None])[0]


def test_a_run_that_ranks_are_of_is_not_ranked_among_itself():
    reference = experiments.load_ranks("reshuffled")
    makers, others = experiments.load_makers("reshuffled").values, reference.values
    for index in (wildest(reference), 5):
        log, another = itself(reference, index)
        row, other = compare(log).rows[0], compare(another).rows[0]
        assert (row.reference, other.reference) == (len(reference) - 1, len(reference))
        assert row.p == pytest.approx(judged(makers, np.delete(others, index, axis=0), log).p[TOTAL])
        assert other.p == pytest.approx(judged(makers, others, log).p[TOTAL])
        assert row.p < other.p


def test_a_run_that_the_measure_is_made_of_is_not_judged_by_itself():
    reference = experiments.load_makers("reshuffled")
    others = experiments.load_ranks("reshuffled").values
    index = wildest(reference)
    log, another = itself(reference, index)
    rest = np.delete(reference.values, index, axis=0)
    row = compare(log).rows[0]
    assert row.p == pytest.approx(judged(rest, others, log).p[TOTAL])
    assert row.reference == len(others)
    assert row.bands[0].below + row.bands[0].above <= len(rest) + len(others)
    values = [band.above + band.below for band in compare(another).rows[0].bands]
    assert values == [len(rest) + len(others)] * 30 or max(values) <= len(rest) + len(others) + 1


def test_the_release_of_the_book_was_split_by_shuffling():
    run = replace(reference_run("released"), data={"release": "2017-08-26"})
    assert compare(run).rows[0].split == "reshuffled"
    assert compare(replace(run, data={"release": "2017-08-31"})).rows[0].split == "released"


def test_departures_are_said():
    run = reference_run()
    row = compare(replace(run, config=replace(run.config, learning_rate=0.1))).rows[0]
    assert row.remarks == ("says that it departs from the chapter: learning_rate=0.1",)
    assert row.said == row.remarks[0]


def test_coarse_digits_are_taken_into_account():
    """With one decimal, a good run is no worse than with four, and a run that learns nothing still shows."""
    coarse = [EpochRecord(n, round(e.loss, 1), round(e.train_acc, 1), round(e.test_acc, 1))
              for n, e in enumerate(reference_run().epochs, 1)]  # fmt: skip
    assert compare(ReadLog(tuple(coarse), "log", (1, 1, 1))).outcome != DIFFERS
    nothing = [EpochRecord(n, 2.3, 0.1, 0.1) for n in range(1, 11)]
    assert compare(ReadLog(tuple(nothing), "log", (1, 1, 1))).outcome == DIFFERS


def test_a_change_that_is_like_no_known_mistake_is_not_named():
    odd = [replace(e, loss=e.loss + 0.05 * (-1) ** e.epoch) for e in reference_run().epochs]
    row = compare(printed(odd)).rows[0]
    assert row.outcome == DIFFERS
    assert row.word == row.mistake == ""
    assert row.reason


def test_known_mistakes_are_those_on_the_split_in_question():
    for split in SPLITS:
        ground, _ = experiments.Book(None).ground(View((1, 2, 3), (4, 3, 3)), split, printed(()))
        np.testing.assert_array_equal(ground.mistakes.values, load_mistakes().on(split))
        np.testing.assert_array_equal(ground.others, experiments.load_ranks(split).values)
    assert not np.allclose(
        load_mistakes().on("released")[..., 2], load_mistakes().on("reshuffled")[..., 2], atol=0.005
    )


@pytest.mark.parametrize(("name", "factor"), [("1/256", 1 / 256), ("256", 256), ("1/ln 2", 1 / np.log(2))])
def test_a_loss_that_is_off_by_a_factor_is_said_and_the_accuracies_are_judged(name, factor):
    good, wrong = reference_run(), recorded("no dropout").values[0]
    said = f"its loss is {name} {'of' if factor < 1 else 'times'} the book's, "
    row = compare(printed(scaled(good.epochs, factor))).rows[0]
    assert row.outcome == MATCHES
    assert row.remarks[0].startswith(said)
    if name != "1/ln 2":  # what trains otherwise has accuracies that do not let this be told
        row = compare(printed(scaled([EpochRecord(n, *v) for n, v in enumerate(wrong, 1)], factor))).rows[0]
        assert row.outcome == DIFFERS
        assert row.remarks[0].startswith(said)
        assert "training accuracy is higher" in row.reason
        assert "trains" not in row.reason


def test_a_loss_off_by_a_factor_does_not_change_what_the_accuracies_say():
    epochs = reference_run().epochs
    small = [compare(printed(scaled(epochs, factor))).p for factor in (1 / 256, 0.9 / 256)]
    assert small[0] == small[1]
    assert len(compare([printed(scaled(epochs, 1 / 256)), printed(epochs)]).joint) == 1


def test_training_that_went_on_is_told():
    run = reference_run()
    again = [replace(e, epoch=n) for n, e in enumerate(run.epochs[4:], 1)]
    row = compare(printed(again)).rows[0]
    assert row.outcome == DIFFERS
    assert row.reason.startswith("starts already trained: train acc 0.8")
    assert row.mistake == ""


def test_what_a_log_that_matches_looks_like_is_no_reason(monkeypatch):
    """A good run may start so well; only one that differs is said to have been trained before."""
    monkeypatch.setattr(module, "starts_trained", lambda *_: "starts already trained")
    assert compare(reference_run()).rows[0].said == ""
    assert compare(printed(public("notes-none10"))).rows[0].said.startswith("starts already trained")


def test_a_log_cut_short_by_an_error_is_no_match():
    good = compare(printed(reference_run().epochs, failure="KeyboardInterrupt"))
    assert good.rows[0].outcome == CUT_SHORT
    assert good.outcome == UNDECIDED
    assert "1 log ended in an error" in good.headline
    assert "ended in an error: KeyboardInterrupt" in good.rows[0].remarks
    both = compare([printed(reference_run().epochs, failure="it broke"), reference_run(index=1)])
    assert both.outcome == UNDECIDED
    assert [row.outcome for row in both.rows] == [CUT_SHORT, MATCHES]
    off = compare(printed(public("notes-none10"), failure="it broke"))
    assert (off.outcome, off.rows[0].outcome) == (DIFFERS, DIFFERS)


def test_what_code_sets_stands_in_the_row():
    row = compare(
        printed(reference_run().epochs, sets=(("drop_probs", "0.5, 0.2"),), heading="Dropout")
    ).rows[0]
    assert row.heading == "Dropout"
    assert row.said == "its code sets drop_probs 0.5, 0.2"


def test_assertion_for_other_peoples_tests(monkeypatch):
    monkeypatch.setattr(module.Verdict, "__str__", lambda verdict: verdict.headline)
    good, off = printed(documented_log("scratch")), printed(public("notes-none10"))
    for check in (assert_matches, assert_matches_book):
        assert check(good).outcome == MATCHES
        for logs, level, says in (
            (off, 0.01, "DIFFERS"),
            (reference_run(epochs=1), 0.01, "UNDECIDED"),
            (off, 1e-15, "UNDECIDED"),
        ):
            with pytest.raises(AssertionError, match=says):
                check(logs, level=level)
    assert assert_matches([off, good], log=2).outcome == MATCHES


def test_names_for_notebooks():
    assert gb.compare is module.compare
    assert gb.assert_matches_book is assert_matches_book


def test_losses_that_have_run_away():
    """Found by fuzzing: their sum is beyond all numbers."""
    wild = [[EpochRecord(1, loss, 0.5, 0.5)] for loss in (2.0**1023, 2.0**1023 * 1.5)]
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        verdict = compare(wild)
        assert compare(wild, joint=True).outcome == DIFFERS
    assert verdict.outcome == DIFFERS
    assert verdict.rows[0].bands[0].value == 2.0**1023


def test_a_test_curve_fits_where_its_p_is_above_a_quarter_of_the_level():
    """Of good runs no more than the level may have one that does not, of two curves on two splits."""
    p = np.array([0.001, 0.4, 0.0026])
    assert (module.TRAINING, module.TEST) == (1, 2)
    training, test = module._curves(p, {"reshuffled": 0.0026, "released": 0.0025, "": 1.0}, 0.01)
    assert (training.fits, test.fits) == ((), ("reshuffled",))
