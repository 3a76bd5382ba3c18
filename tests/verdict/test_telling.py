"""A loss off by a factor and a network that was trained before are told, and never of what they are not."""

import numpy as np
import pytest
from planted import EVERY, path, recorded

from dropout_gluon.config import SPLITS
from dropout_gluon.verdict.references import load, typical
from dropout_gluon.verdict.telling import FACTORS, about_the_loss, loss_factor, starts_trained

USUAL = typical("reshuffled")
RECORDED = [name for name in EVERY if path(name).exists()]
# Of a run with ten epochs, those that logs show: all, the first ones, every fifth.
SHOWN = {"all": range(10), "five": range(5), "three": range(3), "two": range(2), "every fifth": (0, 5)}


def factor(log, shown=range(10), digits=4, usual=USUAL):
    log, unit = log[list(shown)].copy(), 0.0
    if digits is not None:
        unit = 10.0**-digits
        log[:, 0] = log[:, 0].round(digits)
    return loss_factor(log, usual[list(shown)], unit)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", FACTORS)
def test_factors_are_found_on_good_runs(name, split):
    """Of every recorded one, that has not gone wild, with the digits that are left."""
    digits = {"1/256": 4, "1/60,000": 6, "256": 2, "1/ln 2": 4}[name]
    found = {shown: [] for shown in SHOWN}
    for run in load(split).values:
        log = run * [FACTORS[name][0], 1, 1]
        for shown in SHOWN:
            found[shown].append(factor(log, SHOWN[shown], digits, typical(split)))
    for each in found.values():
        assert set(each) <= {name, ""}
        assert each.count(name) >= (0.98 if "ln" not in name else 0.8) * len(each)


@pytest.mark.parametrize("digits", [4, 3, 1, None])
def test_a_good_runs_loss_is_never_off(digits):
    for split in SPLITS:
        for run in load(split).values:
            assert not any(factor(run, shown, digits, typical(split)) for shown in SHOWN.values())
            assert not factor(run, range(1), digits, typical(split))


@pytest.mark.parametrize("name", RECORDED)
def test_a_mistake_is_not_taken_for_a_factor(name):
    for run in recorded(name).values:
        assert not any(factor(run, shown) for shown in (*SHOWN.values(), range(1)))


def test_a_loss_that_prints_as_nothing_is_small():
    log = USUAL * [1 / 60_000, 1, 1]
    assert factor(log, digits=4) in ("1/256", "1/60,000")
    assert factor(log, digits=None) == "1/60,000"


def test_the_loss_must_be_off_by_the_factor_at_every_epoch():
    log = USUAL * [1 / 256, 1, 1]
    log[6, 0] *= 2
    assert factor(log) == ""


def test_a_factor_near_one_asks_for_accuracies_that_fit():
    log = USUAL * [FACTORS["1/ln 2"][0], 1, 1]
    assert factor(log) == "1/ln 2"
    log[5, 1] -= 0.03
    assert factor(log) == ""
    assert factor(USUAL * [FACTORS["1/ln 2"][0], 1, 1], range(1)) == ""  # one epoch says too little


@pytest.mark.parametrize("loss", [0.0, 1e300, np.inf])
def test_losses_that_are_out_of_reach(loss):
    log = USUAL.copy()
    log[:, 0] = loss
    assert factor(log, digits=None) == ""


def test_a_loss_of_nothing_is_off_by_no_factor():
    """As that of another experiment may be, in the digits that its runs are printed with."""
    none = USUAL * [0, 1, 1]
    assert loss_factor(none, none, 0.0) == loss_factor(none, none, 1e-4) == ""


def test_a_loss_that_is_printed_as_0_is_off_by_a_factor_where_the_accuracies_are_likely():
    none = USUAL * [0, 1, 1]
    assert loss_factor(none, USUAL, 1e-4) == "1/60,000"
    perfect = none * [1, 0, 0] + [0, 1, 1]
    assert loss_factor(perfect, USUAL, 1e-4) == ""


def test_the_sentence_names_the_factor():
    for name in FACTORS:
        said = about_the_loss(name, "the book's")
        link = "of" if name in ("1/256", "1/60,000") else "times"
        assert said.startswith(f"its loss is {name} {link} the book's, ")
        assert said.endswith(": the accuracies alone were judged")


def test_training_that_went_on_is_told():
    log = USUAL.copy()
    log[:, 1] = 0.8881
    assert starts_trained(log, 1, USUAL) == "starts already trained: train acc 0.888 after its first epoch"
    assert starts_trained(log, 6, USUAL) == ""  # its first epochs are not shown
    assert starts_trained(log, 1, USUAL[:2]) == ""  # an experiment of two epochs


def test_untrained_networks_never_start_so():
    for split in SPLITS:
        assert not any(starts_trained(run, 1, typical(split)) for run in load(split).values)


def test_every_continued_good_run_would():
    """The epochs from the fourth on, as of a cell that was run again."""
    assert all(starts_trained(run[4:], 1, USUAL) for run in load("reshuffled").values if run[4, 1] > 0.84)
