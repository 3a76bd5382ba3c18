"""Words on differences and slopes, whatever they are."""

import numpy as np
import pytest
from exercises_at_hand import never_trained

from dropout_gluon.config import RunConfig
from dropout_gluon.exercises.contrasts import cells, change, contrast
from dropout_gluon.exercises.effects import certainty, estimate, slopes, tails

UP, DOWN, NONE = (estimate([mean - 0.001, mean, mean + 0.001]) for mean in (0.02, -0.02, 0.0))
ONE = estimate([0.02])


def said(found):
    return contrast("the test accuracy", "with dropout", "without", found)


def test_a_difference_that_shows():
    assert said(UP) == (
        "With dropout, the test accuracy is higher by 0.0200 than without (95% interval +0.0175 to +0.0225; "
        "p = 0.00083, 3 seeds)."
    )
    assert "is lower by 0.0200 than without (95% interval -0.0225 to -0.0175;" in said(DOWN)


def test_one_that_does_not():
    assert said(NONE) == (
        "With dropout, the test accuracy cannot be told from that without (95% interval -0.0025 to +0.0025; "
        "p = 1, 3 seeds): the runs leave room for a difference of up to 0.0025."
    )


def test_one_that_shows_by_itself_alone():
    """Its interval does not hold 0, and yet it does not show: the reader is told why."""
    found = estimate([0.001, 0.004, 0.004])
    found = type(found)(0.003, 0.0005, 0.0055, 3, found.spread, 0.09)
    assert "from that without, all comparisons counted (95% interval +0.0005 to +0.0055" in said(found)
    assert "the runs leave room for a difference of up to 0.0055" in said(found)
    assert "visibly with more once all comparisons are counted" in change("the gain", "with more", found)


def test_one_seed_tells_nothing():
    assert said(ONE).startswith("With dropout, the test accuracy cannot be compared with that without")
    assert change("the gain", "with more", ONE).startswith("the gain cannot be followed with more")
    assert certainty(ONE) == "of one seed, so without an interval"
    assert cells(ONE) == ("+0.0200", "")
    assert cells(estimate([])) == ("no run", "")


def test_slopes_in_words():
    assert change("the gain", "with more", UP).startswith("the gain rises by 0.0200 with more (95%")
    assert change("the gain", "with more", DOWN).startswith("the gain falls by 0.0200 with more (95%")
    assert change("the gain", "with more", NONE).endswith("room for a difference of up to 0.0025")


def test_a_small_p_in_a_cell():
    assert cells(estimate([1.0, 1.00001, 0.99999]))[1] == "< 0.0001"
    assert cells(UP) == ("+0.0200 ± 0.0025", "0.00083")


def test_slopes_are_least_squares_by_seed():
    arms = {0.0: {1: 1.0, 2: 5.0}, 1.0: {1: 2.0, 2: 5.0}, 4.0: {1: 5.0, 2: 5.0, 3: 9.0}, 9.0: {}}
    assert slopes(arms) == {1: pytest.approx(1.0), 2: pytest.approx(0.0)}
    assert slopes({0.0: {1: 1.0}}) == slopes({}) == {}
    assert slopes({0.0: {1: 0.0}, 1.0: {1: 1.0}, 2.0: {1: 0.5}}) == {1: pytest.approx(0.25)}


def test_one_value_far_out_has_its_ranks_beside():
    """The mean of 29 gains and one loss by an accident is not told from 0; by ranks it is a gain."""
    rng = np.random.default_rng(0)
    gains = [*rng.normal(0.002, 0.0005, 29), -0.24]
    plain, odd = estimate(gains[:-1]), estimate(gains)
    assert (plain.wild, odd.wild, odd.median) == (0, 1, pytest.approx(np.median(gains)))
    assert "ranks" not in certainty(plain) + cells(plain)[1]
    assert "cannot be told" in said(odd)
    assert certainty(odd).endswith(
        f"30 seeds, of which 1 far out: by signed ranks p < 0.0001, median {odd.median:+.4f}"
    )
    assert cells(odd)[1].endswith("(ranks < 0.0001)")
    assert estimate([0.0] * 9 + [0.001, 0.002]).wild == estimate(gains[-9:]).wild == 0


@pytest.mark.parametrize(("epochs", "counted"), [(10, 3), (60, 6), (150, 15), (2, 2)])
def test_a_tail_is_a_tenth_of_the_epochs(epochs, counted):
    log = never_trained(RunConfig(num_epochs=epochs), np.arange(epochs) / 1000)
    assert tails({4: log}) == {4: pytest.approx(np.mean(range(epochs - counted, epochs)) / 1000)}
