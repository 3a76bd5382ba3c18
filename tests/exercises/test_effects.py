"""Means and differences: their intervals hold what they should, pairs are pairs, many comparisons count."""

from dataclasses import replace

import numpy as np
import pytest
from exercises_at_hand import failed, never_trained
from scipy import stats

from dropout_gluon.config import RunConfig
from dropout_gluon.exercises.effects import (
    Estimate,
    difference,
    estimate,
    far_out,
    holm,
    late,
    lates,
    lie_far_out,
    line,
    p_cell,
    p_text,
    signed_ranks,
    told,
)


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
    assert [one.p for one in holm([replace(few[0], p=p) for p in (0.01, 0.9, 0.02, 0.02)])] == pytest.approx(
        [0.04, 0.9, 0.06, 0.06]
    )
    assert [one.p for one in holm([replace(few[0], p=p) for p in (0.6, 0.7)])] == [1.0, 1.0]


def test_ranks_count_for_many_by_themselves():
    values = [[0.1 * k - 0.25 * n for k in range(1, 13)] for n in range(3)]
    found = holm([estimate(each) for each in values])
    own = sorted(signed_ranks(np.array(each)) for each in values)
    assert sorted(one.ranks for one in found)[0] == pytest.approx(3 * own[0])
    assert sorted(one.ranks for one in found)[1] == pytest.approx(max(3 * own[0], 2 * own[1]))
    assert estimate([0.0] * 12).ranks == 1.0


def test_signed_ranks_are_wilcoxons():
    """Against all ways to give so many ranks their signs; and a tie counts half."""
    rng = np.random.default_rng(4)
    values = rng.normal(0.5, 1, 14)
    ranks = stats.rankdata(np.abs(values))
    signs = np.array(np.meshgrid(*[[-1, 1]] * 14)).reshape(14, -1)
    exact = np.mean(np.abs(ranks @ signs) >= abs(ranks @ np.sign(values)))
    assert signed_ranks(values) == pytest.approx(exact, abs=0.01)
    assert signed_ranks(np.array([1.0, -1.0, 2.0, -2.0, 0.0])) == 1.0
    assert signed_ranks(np.array([0.0, 0.0, *values])) == signed_ranks(values)
    assert signed_ranks(np.array([1.0, 1.0, 1.0, 1.0])) == pytest.approx(2 * stats.norm.sf(2))


def test_a_line_is_that_of_least_squares_with_its_intervals():
    rng = np.random.default_rng(1)
    places = rng.uniform(0.08, 0.12, 40)
    inside, slopes = [], []
    for _ in range(400):
        height, slope = line(places, 0.02 + 0.7 * (places - 0.1) + rng.normal(0, 0.01, 40), 0.1)
        inside.append(height.low <= 0.02 <= height.high)
        slopes.append(slope.low <= 0.7 <= slope.high)
    assert abs(np.mean(inside) - 0.95) < 0.045  # four standard errors
    assert abs(np.mean(slopes) - 0.95) < 0.045
    exact = line([0.0, 1.0, 2.0, 3.0], [1.0, 3.0, 5.0, 7.0], 1.0)
    assert [one.mean for one in exact] == pytest.approx([3.0, 2.0])
    places, values = [1.0, 2.0, 4.0, 5.0, 9.0], [0.3, 0.1, 0.9, 0.4, 0.8]
    height, slope = line(places, values, 0.0)
    fit = stats.linregress(places, values)
    assert slope.p == pytest.approx(fit.pvalue)
    assert slope.high - slope.low == pytest.approx(2 * stats.t.ppf(0.975, 3) * fit.stderr)
    assert height.p == pytest.approx(2 * stats.t.sf(fit.intercept / fit.intercept_stderr, 3))
    for few in ([0.1, 0.2, 0.3], [0.1] * 5):
        with pytest.raises(ValueError, match="four runs"):
            line(few, few, 0.1)


def test_late_is_of_the_last_epochs():
    log = never_trained(RunConfig(num_epochs=5, seed=4), [0.1, 0.2, 0.6, 0.7, 0.8], loss=[5, 4, 3, 2, 1])
    assert late(log) == pytest.approx(0.7)
    assert lates({4: log}, "loss") == {4: 2.0}


@pytest.mark.parametrize(("deviations", "far"), [(9.9, 0), (10.1, 1), (-9.9, 0), (-10.1, 1)])
def test_far_out_is_ten_deviations(deviations, far):
    """Robust ones, of a normal distribution of standard deviation 2 around 5."""
    usual = 5 + 2 * stats.norm.ppf(np.linspace(0.001, 0.999, 999))
    found = lie_far_out(np.append(usual, 5 + 2 * deviations))
    assert (found.sum(), found[-1]) == (far, bool(far))


def test_a_run_that_ends_far_from_others_of_its_kind_is_far_out():
    """By the mean of its last three epochs, in robust deviations, where there are ten of its kind."""
    one, other = RunConfig(num_epochs=3), RunConfig(num_epochs=4, noise="gaussian")
    others = [never_trained(replace(one, seed=seed), 0.7 + seed / 1000) for seed in range(12)]
    kind = [never_trained(replace(other, seed=seed), 0.87 + seed / 1000) for seed in range(9)]
    late_jump, earlier = (
        never_trained(replace(other, seed=seed), accuracies)
        for seed, accuracies in ((10, [0.5, 0.87, 0.87, 0.1]), (11, [0.1, 0.87, 0.87, 0.87]))
    )
    assert far_out([*kind, *others]) == []
    assert far_out([*kind, earlier]) == []
    assert far_out([*kind[:8], late_jump]) == []  # nine
    ((found, end, middle),) = far_out([*kind, earlier, late_jump, *others])
    assert (found, end) == (late_jump, pytest.approx((0.87 * 2 + 0.1) / 3))
    assert middle == pytest.approx(0.873)
    assert far_out([*kind, earlier, failed(late_jump)]) == []


def test_how_numbers_are_written():
    found = estimate([0.86, 0.88])
    half = found.high - found.mean
    assert found.text(3) == f"0.870 ± {half:.3f}"
    assert found.text(2, sign=True) == f"+0.87 ± {half:.2f}"
    assert found.range(2) == f"{found.low:+.2f} to {found.high:+.2f}"
    assert (p_text(0.00001), p_text(0.0123)) == ("p < 0.0001", "p = 0.012")


def test_a_difference_that_shows_is_told_with_its_sign():
    up = Estimate(0.0051, 0.0041, 0.0061, 20, 0.002, 1e-5)
    said = "by 0.0051 than without (95% interval +0.0041 to +0.0061; p < 0.0001, 20 seeds)"
    assert told(up, "without") == f"is higher {said}"
    down = Estimate(-0.0051, -0.0061, -0.0041, 20, 0.002, 0.012)
    assert told(down, "without").startswith("is lower by 0.0051 than without (95% interval -0.0061 to")
    assert "p = 0.012" in told(down, "without")


@pytest.mark.parametrize(("sign", "word"), [(1, "higher"), (-1, "lower")])
def test_what_a_run_far_out_hides_from_the_mean_is_told_of_most(sign, word):
    """Nineteen of twenty are on one side; the one on the other decides the mean, and is said to."""
    values = [sign * (0.02 + 0.001 * (k % 5)) for k in range(19)] + [-sign * 2.0]
    one = estimate(values)
    assert (one.shows, one.wild) == (False, 1)
    assert one.ranks < 0.05
    said = told(one, "without")
    assert said.startswith(
        f"is {word} in most seeds, by a median of 0.0220, but in the mean, which runs far out decide, cannot "
        "be told from that without (95% interval "
    )
    assert "by signed ranks p = " in said
    # By ranks nothing shows either: then nothing is told of most.
    assert told(replace(one, ranks=0.2), "without").startswith("cannot be told from that without")
    assert told(replace(one, wild=0), "without").startswith("cannot be told from that without")


def test_one_that_does_not_show_is_bounded():
    said = told(Estimate(-0.001, -0.0032, 0.0012, 20, 0.002, 0.3), "without")
    assert said.startswith("cannot be told from that without (95% interval -0.0032 to +0.0012; p = 0.3, 20")
    assert said.endswith("the runs leave room for a difference of up to 0.0032")
    among_others = told(Estimate(-0.002, -0.0032, -0.0008, 20, 0.002, 0.07), "without")
    assert among_others.startswith("cannot be told from that without, all comparisons counted (95%")


@pytest.mark.parametrize("values", [[], [0.5]])
def test_too_few_seeds_are_no_comparison(values):
    assert "cannot be compared" in told(estimate(values), "without")
    assert "±" not in estimate(values).text()


def test_p_in_a_cell():
    assert [p_cell(p) for p in (1e-9, 0.012, 1.0)] == ["< 0.0001", "0.012", "1"]
