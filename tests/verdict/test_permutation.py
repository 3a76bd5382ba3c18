"""The permutation test keeps its level exactly, on any distribution, and finds what differs."""

from dataclasses import replace

import numpy as np
import pytest

from dropout_gluon.verdict.permutation import (
    ReferenceCurve,
    _normal_scores,
    _surprise,
    combine,
    judge_runs,
    permutation_test,
    resemblance,
)

EXACT = (np.zeros(2), np.zeros(1))  # units of runs with all their digits


def runs(count, seed, kind="normal"):
    """Some runs of 4 epochs: 8 values and 4 that move together, with normal, heavy or skewed tails."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((count, 1))
    values = 0.8 * common + 0.4 * rng.standard_normal((count, 12))
    if kind == "heavy":
        values = values / np.sqrt(rng.chisquare(2, (count, 1)) / 2)
    elif kind == "skewed":
        values = np.exp(values)
    return values


def curves(values):
    return values[:, :8].reshape(-1, 4, 2), values[:, 8:].reshape(-1, 4, 1)


NONE = np.empty((0, 12))


def look(reference, units=EXACT, known=NONE, suspect=None):
    """The reference runs as the test takes them, with what known mistakes and the suspect look like."""
    training, test = [ReferenceCurve(*curve) for curve in zip(curves(reference), units, curves(known))]
    return training, test if suspect is None else replace(test, suspect=suspect)


def p_values(reference, some, units=EXACT, function=permutation_test, known=NONE, suspect=None):
    return function(look(reference, units, known, suspect), curves(some))


@pytest.mark.parametrize("kind", ["normal", "heavy", "skewed"])
def test_level_is_exact_whatever_the_distribution(kind):
    """Of 60 runs, each held against the 59 others, no more than a tenth have p up to 0.1, and so on."""
    pool = runs(60, seed=1, kind=kind)
    p = np.array([p_values(np.delete(pool, i, axis=0), pool[i : i + 1]) for i in range(60)])
    for level in (1 / 60, 0.05, 0.1, 0.5):
        assert (p.min(axis=1) <= level).sum() <= level * 60 + 1e-9
    assert (p.min(axis=1) <= 0.5).sum() >= 20  # and it is no idle bound; ties of ranks count as far out


@pytest.mark.parametrize("count", [2, 7])
def test_level_of_several_runs(count):
    """300 sets of good runs at 10%: the number of false alarms is binomial, between its 0.01% bounds."""
    alarms = 0
    for seed in range(300):
        pool = runs(40 + count, seed=100 + seed, kind="heavy")
        alarms += min(p_values(pool[count:], pool[:count])) <= 0.1
    assert 12 <= alarms <= 54


@pytest.mark.parametrize(
    ("change", "curve"),
    [
        (np.r_[np.full(8, 6.0), np.zeros(4)], 0),  # the whole training curve is higher
        (np.r_[np.full(8, -6.0), np.zeros(4)], 0),  # lower
        (np.r_[np.zeros(8), np.full(4, -6.0)], 1),  # the test curve is lower
        (np.r_[4.0, -4.0, np.zeros(10)], 0),  # two values do not go together as they do in good runs
        (np.r_[1e9, np.zeros(11)], 0),  # one value is wild
        (np.r_[-1e9, np.zeros(11)], 0),
    ],
)
def test_what_differs_is_named(change, curve):
    reference, one = runs(200, seed=2), np.zeros((1, 12))
    assert min(p_values(reference, one)) > 0.2
    p = p_values(reference, one + change)
    assert p[curve] <= 1 / 201
    assert p[1 - curve] > 0.2


def test_several_runs_show_what_one_does_not():
    reference = runs(200, seed=3)
    off = runs(10, seed=4) + 1.2  # little more than one standard deviation
    assert np.median([min(p_values(reference, off[i : i + 1])) for i in range(10)]) > 0.05
    assert min(p_values(reference, off)) <= 0.005


def test_one_wild_run_among_several_is_found():
    reference, some = runs(200, seed=5), runs(9, seed=6)
    assert min(p_values(reference, some, function=judge_runs)) > 0.05
    some[4, :8] += np.tile([6.0, -6.0], 4)
    assert p_values(reference, some, function=judge_runs)[0] <= 0.01


def test_together_and_alone_share_the_level():
    """Nine tenths for all as one; one tenth for the two alone, which have a half of that each."""
    assert combine((0.009, 0.9), [(0.3, 0.001), (0.2, 0.5)]) == pytest.approx((0.01, 0.02))
    assert combine((0.95, 0.95), [(0.3, 1.0), (0.2, 1.0)]) == (1.0, 1.0)


def test_a_lone_value_far_out_is_not_its_own_measure():
    """Where all values count, the largest of them shapes no tail; two of them do."""
    values = np.random.default_rng(0).standard_normal(200)
    one, two = np.append(values, 8.0), np.append(values, [7.9, 8.0])
    assert _surprise(one, 201)[-1] > 12 > 8 > _surprise(two, 202)[-1]


def test_scores_are_normal_on_both_sides_of_any_distribution():
    x = np.random.default_rng(1).standard_cauchy(2000)
    scores = _normal_scores(x, 2000)
    assert np.all(np.diff(scores[np.argsort(x)]) >= 0)
    np.testing.assert_allclose(_normal_scores(-x, 2000), -scores, atol=1e-9)
    normal = np.random.default_rng(2).standard_normal(2000)
    np.testing.assert_allclose(np.sort(scores)[20:-20], np.sort(normal)[20:-20], atol=0.25)
    assert 3 < scores.max() < 5


def test_beyond_all_runs_p_is_below_their_number():
    reference, one = runs(200, seed=7), np.zeros((1, 12))
    far, farther = p_values(reference, one + 5)[0], p_values(reference, one + 8)[0]
    assert farther < far < 1 / 201


def test_rounded_values_that_never_vary():
    """A column that is the same in every run, rounded so, is no reason to divide by zero."""
    reference = runs(100, seed=8)
    reference[:, 0] = 0.5
    units = (np.array([0.1, 0.0]), np.zeros(1))
    reference[:, 2] = 0.5
    same, other = np.zeros((1, 12)), np.zeros((1, 12))
    same[0, [0, 2]], other[0, [0, 2]] = 0.5, 0.9
    assert min(p_values(reference, same, units)) > 0.2
    assert p_values(reference, other, units)[0] <= 0.05
    everywhere = np.full((100, 12), 0.5)
    assert min(p_values(everywhere, everywhere[:1], units)) == 1.0


def test_the_same_question_has_the_same_answer():
    reference, some = runs(100, seed=9), runs(5, seed=10)
    assert p_values(reference, some) == p_values(reference, some)


def test_more_runs_in_question_than_in_the_reference():
    reference = runs(30, seed=11)
    assert min(p_values(reference, runs(300, seed=12))) > 0.02
    assert min(p_values(reference, runs(300, seed=12) + 1.5)) <= 0.001


def test_a_known_mistake_is_found_where_an_unknown_one_is_not():
    """The mistake goes up and down from epoch to epoch, which no other statistic looks for."""
    up_and_down = np.array([0.55, 0.55, -0.55, -0.55])
    mistake = np.r_[up_and_down, up_and_down, np.zeros(4)][None]
    reference, off = runs(200, seed=13), runs(20, seed=14) + mistake
    unknown, known, other = (
        [np.log10(p_values(reference, one[None], known=look_for)[0]) for one in off]
        for look_for in (NONE, mistake, -mistake)
    )
    assert np.median(known) < -2
    assert np.median(unknown) > np.median(known) + 0.5
    assert np.median(other) > np.median(known) + 0.5


def test_known_mistakes_do_not_change_the_level():
    pool, known = runs(60, seed=15, kind="heavy"), 2 * runs(10, seed=16)
    p = [min(p_values(np.delete(pool, i, axis=0), pool[i : i + 1], known=known)) for i in range(60)]
    for level in (1 / 60, 0.05, 0.1):
        assert sum(value <= level for value in p) <= level * 60 + 1e-9


def test_a_suspect_is_found_among_wild_runs():
    """Four reference runs lie farther out than the runs in question, but not towards the suspect."""
    reference, off = runs(200, seed=20), runs(20, seed=21)
    reference[:4, 8:] += 20
    change = np.array([1.5, -1.5, 1.5, -1.5])
    off[:, 8:] += change
    none, right, wrong = (
        np.median([p_values(reference, one[None], suspect=suspect) for one in off], axis=0)
        for suspect in (None, change[:, None], -change[:, None])
    )
    assert right[1] < 1 / 201 < none[1]
    assert wrong[1] >= none[1]
    assert right[0] > 0.1  # the other curve is not accused


@pytest.mark.parametrize("kind", ["normal", "heavy"])
def test_a_suspect_does_not_change_the_level(kind):
    """At no level: its question takes its share from the others, it adds nothing."""
    suspect = np.array([3.0, -3.0, 3.0, -3.0])[:, None]
    for seed in range(22, 26):
        pool = runs(60, seed=seed, kind=kind)
        p = [min(p_values(np.delete(pool, i, axis=0), pool[i : i + 1], suspect=suspect)) for i in range(60)]
        for count in range(1, 61):
            assert sum(value <= count / 60 + 1e-9 for value in p) <= count
        assert sum(value <= 0.5 for value in p) >= 20


def test_a_suspect_costs_the_other_questions_a_tenth():
    reference, off = runs(200, seed=26), runs(40, seed=27)
    off[:, :8] += 2.0
    suspect = np.array([3.0, -3.0, 3.0, -3.0])[:, None]
    without, given = (
        np.array([p_values(reference, one[None], suspect=look_for)[0] for one in off])
        for look_for in (None, suspect)
    )
    assert 0.02 < np.median(without) < 0.2
    assert 1 <= np.median(given / without) < 1.3


def test_a_suspect_that_looks_like_a_good_run_is_no_question():
    reference, some = runs(100, seed=23), runs(3, seed=24)
    faint = np.median(curves(reference)[1], axis=0)
    assert p_values(reference, some, suspect=faint) == p_values(reference, some)


def test_resemblance_names_the_mistake():
    reference = runs(200, seed=17)
    known = np.array([np.full(12, 4.0), np.tile([3.0, -3.0], 6), np.zeros(12)])
    training = look(reference, known=known)[0]
    for index in (0, 1):
        likeness = resemblance(training, curves(runs(1, seed=18) + known[index])[0])
        assert np.argmax(likeness) == index
        assert likeness[index] > 0.8
        assert likeness[2] == 0  # a mistake that changes nothing is like nothing


def test_a_smooth_change_is_found_more_easily_than_a_rough_one():
    """Ten epochs of two columns, all independent; both changes are equally large, 4.4 standard deviations."""
    rng = np.random.default_rng(19)
    reference, good = rng.standard_normal((300, 10, 2)), rng.standard_normal((20, 10, 2))
    rough = np.zeros((10, 2))
    rough[:, 0] = 1.4 * np.array([1, -1, -1, 1, 1, -1, -1, 1, -1, 1])
    smooth = np.abs(rough)
    curve = ReferenceCurve(reference, np.zeros(2), np.empty((0, 10, 2)))
    found = {
        name: np.median([np.log10(permutation_test([curve], [run[None] + change])[0]) for run in good])
        for name, change in (("smooth", smooth), ("rough", rough))
    }
    assert found["smooth"] < found["rough"] - 0.3
