"""Means and differences: their intervals hold what they should, pairs are pairs, many comparisons count."""

import numpy as np
import pytest
from exercises_at_hand import never_trained
from scipy import stats

from dropout_gluon.config import RunConfig
from dropout_gluon.exercises.effects import difference, estimate, holm, late, lates, p_text


def test_an_estimate_is_students():
    values = [0.1, 0.3, 0.2, 0.6]
    found, theirs = estimate(values), stats.ttest_1samp(values, 0)
    interval = theirs.confidence_interval(0.95)
    assert (found.mean, found.low, found.high) == pytest.approx((0.3, interval.low, interval.high))
    assert found.p == pytest.approx(theirs.pvalue)
    assert found.n == 4
    assert found.spread == pytest.approx(np.std(values, ddof=1))


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(3)
    inside = [one.low <= 2 <= one.high for one in (estimate(rng.normal(2, 1, 6)) for _ in range(2000))]
    assert abs(np.mean(inside) - 0.95) < 0.02  # four standard errors


def test_differences_are_of_pairs():
    one, other = {1: 0.9, 2: 0.5, 3: 0.7, 4: 0.1}, {1: 0.8, 2: 0.4, 3: 0.6, 9: 0.9}
    found = difference(one, other)
    assert (found.n, found.mean) == (3, pytest.approx(0.1))
    assert found.p < 1e-6
    assert difference(other, one).mean == -found.mean


@pytest.mark.parametrize("values", [[], [0.4]])
def test_what_is_too_few_shows_nothing(values):
    found = estimate(values)
    assert not found.shows
    assert found.n == len(values)


def test_many_comparisons_count():
    few = [estimate([x, x + 0.1, x + 0.2]) for x in (0.2, 0.5, -0.1)]
    p = sorted(one.p for one in few)
    adjusted = [one.p for one in holm(few)]
    assert adjusted[1] == pytest.approx(3 * p[0])
    assert adjusted[0] == pytest.approx(max(3 * p[0], 2 * p[1]))
    assert adjusted[2] == pytest.approx(max(2 * p[1], p[2]))
    assert [one.mean for one in holm(few)] == [one.mean for one in few]
    assert holm([]) == []


def test_late_is_of_the_last_epochs():
    log = never_trained(RunConfig(num_epochs=5, seed=4), [0.1, 0.2, 0.6, 0.7, 0.8], loss=[5, 4, 3, 2, 1])
    assert late(log) == pytest.approx(0.7)
    assert lates({4: log}, "loss") == {4: 2.0}


def test_how_numbers_are_written():
    found = estimate([0.86, 0.88])
    half = found.high - found.mean
    assert found.text(3) == f"0.870 ± {half:.3f}"
    assert found.text(2, sign=True) == f"+0.87 ± {half:.2f}"
    assert found.range(2) == f"{found.low:+.2f} to {found.high:+.2f}"
    assert (p_text(0.00001), p_text(0.0123)) == ("p < 0.0001", "p = 0.012")
