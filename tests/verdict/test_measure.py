"""What the questions find, which curve it is, and that no distribution and no value breaks them."""

import warnings

import numpy as np
import pytest
from scipy.stats import betabinom, norm
from synthetic import EXACT, KINDS, NONE, change, runs

from dropout_gluon.verdict.measure import (
    TEST,
    TOTAL,
    TRAINING,
    Answers,
    Measure,
    Scores,
    Tail,
    in_order,
    points,
)
from dropout_gluon.verdict.ranks import p_of_rank

MIDDLE = np.zeros((1, 4, 3))
ZIGZAG = np.array([1.0, -1.0, 1.0, -1.0])


def p_values(measure, others, some):
    """Of all, of the training curve, of the test curve."""
    return p_of_rank(measure.points(measure.ask(some)), measure.points(measure.ask(others)))


def made(seed=2, known=NONE, kind="normal"):
    """A measure, and the runs to be ranked among."""
    both = runs(600, seed, kind)
    return Measure(both[:300], EXACT, known), both[300:]


@pytest.mark.parametrize("known", [NONE, np.stack([change(1.5, 1.0), change(ZIGZAG)])])
@pytest.mark.parametrize("kind", KINDS)
def test_level_holds_whatever_the_measure_and_the_distribution(kind, known):
    """Of 2,000 further runs among 300, at 1%, 5% and 20%: the 0.01% bounds of what ranks vary by."""
    measure, others = made(3, known, kind)
    p = p_values(measure, others, runs(2000, seed=4, kind=kind))
    for rank in (3, 15, 60):
        found = (p <= rank / 301).sum(axis=0)
        assert (found >= betabinom.ppf(0.0001, 2000, rank, 301 - rank)).all()
        assert (found <= betabinom.ppf(0.9999, 2000, rank, 301 - rank)).all()


@pytest.mark.parametrize(
    ("off", "curve"),
    [
        (change(6.0, 6.0), TRAINING),  # all of it is higher
        (change(-6.0, -6.0), TRAINING),
        (change([3.0, 3.0, 0.0, 0.0], 1.0), TRAINING),  # half of the epochs are
        (change(ZIGZAG * 3), TRAINING),  # values do not go together as they do in good runs
        (change(np.outer([1.0, 1, 1, 1], [2.5, -2.5])), TRAINING),  # loss and accuracy both higher than goes
        (change([1e9, 0.0, 0.0, 0.0]), TRAINING),  # one value is wild
        (change([-1e9, 0.0, 0.0, 0.0]), TRAINING),
        (change(0.0, 3.0), TEST),
        (change(0.0, -3.0), TEST),
        (change(0.0, ZIGZAG * 3), TEST),
    ],
)
def test_what_differs_is_found_and_which_curve_it_is(off, curve):
    measure, others = made()
    p = p_values(measure, others, MIDDLE + off)[0]
    assert p[TOTAL] <= 0.02
    assert p[curve] <= 0.02
    if curve == TEST:
        assert p[TRAINING] > 0.2


def test_another_list_of_mistakes_makes_the_measure_that_it_would_have_made():
    some, other = (np.stack([change(first, second)]) for first, second in ((1.5, 1.0), (ZIGZAG, -1.0)))
    measure, others = made(known=some)
    learned = measure.knowing(other)
    for mine, same in ((learned, made(known=other)[0]), (measure, made(known=some)[0])):
        assert mine.points(mine.ask(others)).tolist() == same.points(same.ask(others)).tolist()


def test_a_typical_run_does_not_differ():
    measure, others = made()
    assert (p_values(measure, others, MIDDLE) > 0.2).all()


def test_the_test_curve_is_judged_given_the_training_curve():
    """Good runs that train high test high: one that does is usual, one that does not is off."""
    measure, others = made()
    along, against = (MIDDLE + change(1.6, test) for test in (1.6, -1.6))
    assert p_values(measure, others, along)[0, TEST] > 0.1
    assert p_values(measure, others, against)[0, TEST] <= 0.01
    alone = MIDDLE + change(0.0, 1.6)
    assert p_values(measure, others, alone)[0, TEST] < p_values(measure, others, along)[0, TEST]


def test_the_training_curve_does_not_hear_of_the_test_curve():
    measure, others = made(known=np.stack([change(2.0, 3.0)]))
    some = others[:20]
    changed = some + change(0.0, 5.0)
    before, after = (measure.points(measure.ask(values)) for values in (some, changed))
    np.testing.assert_allclose(after[:, TRAINING], before[:, TRAINING], rtol=1e-12)
    assert (after[:, TEST] > before[:, TEST]).all()
    assert (after[:, TOTAL] > before[:, TOTAL]).all()


def test_an_early_jump_is_not_counted_again_at_every_later_epoch():
    """A loss that jumps and stays is one unusual step: the values that follow from it are usual."""
    rng = np.random.default_rng(5)
    walks = np.cumsum(rng.standard_normal((400, 8, 3)), axis=1)
    measure = Measure(walks, EXACT, np.empty((0, 8, 3)))
    middle = np.zeros((1, 8, 3))
    once, stays = middle.copy(), middle.copy()
    once[0, 3, 0], stays[0, 3:, 0] = 3.0, 3.0
    far = [measure.ask(values).far[0, 0] - measure.ask(middle).far[0, 0] for values in (once, stays)]
    assert far[1] < 0.75 * far[0]


def test_a_known_mistake_is_found_where_an_unknown_one_is_not():
    """It goes up and down from epoch to epoch, which no other question looks for."""
    mistake = change(np.array([0.9, -0.9, -0.9, 0.9]))
    off = runs(60, seed=14) + mistake
    unknown, known, other = (
        np.log10(p_values(*made(13, look_for), off)[:, TOTAL])
        for look_for in (NONE, mistake[None], 4 * change(np.array([0.0, 0.0, 1.0, -1.0]))[None])
    )
    assert np.median(known) < -1.5
    assert np.median(unknown) > np.median(known) + 0.3
    assert np.median(other) > np.median(known) + 0.3


def test_answers_about_a_mistake_are_likelihood_ratios():
    """Half way a run is as likely with the mistake as without; with it likelier, the other way less."""
    mistake = change(0.8, 0.4)
    measure, _ = made(known=mistake[None])
    centre = np.median(runs(600, 2)[:300], axis=0)[None]
    with_it, half, without, opposite = (
        measure.ask(centre + share * (mistake - centre)).mistakes[0, 0].sum() for share in (1, 0.5, 0, -1)
    )
    assert with_it > 0.5 > abs(half)
    assert -0.5 > without > opposite


def test_answers_about_mistakes_are_of_each_curve():
    both = np.stack([change(2.0), change(0.0, 2.0)])
    measure, _ = made(known=both)
    in_training, in_test = measure.ask(both).mistakes
    assert in_training[0, 0] > 1  # the first mistake, in the training curve
    assert in_test[1, 1] > 1
    assert in_test[0, 0] < 0  # the first mistake, where only the test curve is off
    assert abs(in_test[1, 0]) < 0.5  # the second has an ordinary training curve


def test_what_is_like_known_mistakes_is_farther_out_than_what_is_not():
    """Equally far off, in a direction between those of four mistakes and in one that none has."""
    rng = np.random.default_rng(6)
    good = rng.standard_normal((1000, 4, 3))
    known = np.zeros((4, 4, 3))
    known[:, :, 0] = 3 * np.array([[1, 1, -1, -1], [1, 1, -1, -0.6], [1, 0.6, -1, -1], [0.6, 1, -1, -1]])
    measure = Measure(good, EXACT, known)
    like, unlike = np.zeros((1, 4, 3)), np.zeros((1, 4, 3))
    like[0, :, 0], unlike[0, :, 0] = [1.6, 1.6, -1.6, -1.6], [1.6, -1.6, 1.6, -1.6]
    near, far = measure.ask(like), measure.ask(unlike)
    assert near.far[0, 0] == pytest.approx(far.far[0, 0], rel=0.2)
    assert near.far[0, 2] > 5 * max(far.far[0, 2], 0.1)
    without = near.far[0, 2] < np.sort(measure.ask(good).far[:, 2])
    assert without.sum() <= 10


@pytest.mark.parametrize(
    ("values", "index"),
    [
        (change(np.outer([0, 2.0, 2, 0], [1, 0])), 0),  # the loss higher at half of the epochs
        (change(np.outer([0, -2.0, -2, 0], [1, 0])), 1),
        (change(np.outer([2.0, 0, 0, 2], [0, 1])), 2),
        (change(np.outer([-2.0, 0, 0, -2], [0, 1])), 3),
        (change(0.0, 1.5), 4),
        (change(0.0, -1.5), 5),
    ],
)
def test_high_and_low_are_columns_of_their_own(values, index):
    """As adding logs up relies on: loss, training accuracy, test accuracy, each up and down."""
    measure, _ = made()
    shift = (measure.ask(MIDDLE + values).side - measure.ask(MIDDLE).side)[0]
    assert shift.argmax() == index
    assert shift[index] > 1
    if index >= 4:
        np.testing.assert_allclose(np.delete(shift, [4, 5]), 0, atol=1e-9)
        assert shift[9 - index] == pytest.approx(-shift[index])


def asked(**found):
    """Minus the logarithms of probabilities, all 0 but those given, as `points` takes them."""
    far, side, mistakes = np.zeros((1, 3)), np.zeros((1, 6)), np.zeros((1, 2, 2))
    for name, (place, value) in found.items():
        {"far": far, "side": side, "mistakes": mistakes}[name][(0, *np.atleast_1d(place))] = value
    return points(far, side, mistakes)[0]


@pytest.mark.parametrize(
    ("found", "curves"),
    [
        ({"far": (0, 30.0)}, [TOTAL, TRAINING]),
        ({"far": (1, 30.0)}, [TOTAL, TEST]),
        ({"far": (2, 30.0)}, [TOTAL]),
        *(({"side": (index, 30.0)}, [TOTAL, TRAINING]) for index in range(4)),
        *(({"side": (index, 30.0)}, [TOTAL, TEST]) for index in (4, 5)),
        ({"mistakes": ((1, 0), 30.0)}, [TOTAL, TRAINING]),
        ({"mistakes": ((1, 1), 30.0)}, [TOTAL, TEST]),
    ],
)
def test_every_question_counts_in_its_curve_and_in_the_whole(found, curves):
    usual, off = asked(), asked(**found)
    for curve in (TOTAL, TRAINING, TEST):
        if curve in curves:
            assert 29 < off[curve] < 34
        else:
            assert off[curve] == usual[curve]


def test_points_are_the_logarithm_of_a_weighted_sum():
    """A question answered by chance alone adds its weight; two mistakes are two questions."""
    usual = asked()
    weights = {
        name: np.exp(asked(**{name: (place, np.log(3.0))})[TOTAL]) - np.exp(usual[TOTAL])
        for name, place in (("far", 0), ("side", 0))
    }  # fmt: skip
    assert min(weights.values()) > 0
    both = asked(far=(0, np.log(3.0)), side=(0, np.log(3.0)))[TOTAL]
    assert np.exp(both) == pytest.approx(np.exp(usual[TOTAL]) + sum(weights.values()))


def test_without_far_the_other_questions_are_the_same():
    side, mistakes = np.full((1, 6), 2.0), np.ones((1, 3, 2))
    without = points(np.empty((1, 0)), side, mistakes)
    nothing = points(np.full((1, 3), -np.inf), side, mistakes)
    np.testing.assert_allclose(without, nothing)


def test_a_direction_that_nobody_looks_for_hardly_counts_beyond_all_runs():
    """About 1% of good runs are wild, and they would bury what is off in a known way."""
    measure, _ = made()
    one = measure.ask(MIDDLE)

    def total(far, side, which=0):
        """Where one answer of each kind lies so many times its tail's scale beyond."""
        tails, one_of = measure._tails, np.eye(6)
        far = tails[0].start + far * tails[0].scale * one_of[0, :3]
        side = tails[1].start + side * tails[1].scale * one_of[which]
        return measure.points(Answers(far[None], side[None], one.mistakes))[0, TOTAL]

    assert 0.1 < total(45, 0) - total(30, 0) < 1.5  # of 15 e-folds in probability
    assert 0.6 < total(0, 45) - total(0, 30) < 0.8  # so is a loss that has jumped
    assert 14.9 < total(0, 45, 4) - total(0, 30, 4) < 15.1  # but not a test accuracy


def test_surprise_is_minus_the_logarithm_of_a_share_and_its_tail_exponential():
    known = np.arange(100.0)[:, None]
    tail = Tail.of(known)
    ask = np.array([-5.0, 0.0, 49.5, 50.0, 89.0])[:, None]
    np.testing.assert_allclose(tail.surprise(ask)[:, 0], -np.log([1, 1, 0.5, 0.5, 0.11]))
    start, scale = 89.0, 5.5  # the ten largest exceed it by 5.5 on average
    beyond = np.array([start + 1e-9, start + scale, start + 20 * scale])[:, None]
    np.testing.assert_allclose(tail.surprise(beyond)[:, 0], np.log(10) + np.array([0, 1, 20]), atol=1e-6)


def test_surprise_never_falls():
    tail = Tail.of(runs(300, seed=7, kind="heavy")[:, 0])
    grid = np.linspace(-50, 50, 2001)[:, None] * np.ones(3)
    surprise = tail.surprise(grid)
    assert (np.diff(surprise, axis=0) >= -1e-12).all()
    assert (surprise >= 0).all()


def test_scores_are_normal_on_both_sides_of_any_distribution():
    x = np.random.default_rng(1).standard_cauchy((2000, 1))
    scores = Scores.of(x)(x)
    assert np.all(np.diff(scores[np.argsort(x[:, 0]), 0]) >= 0)
    np.testing.assert_allclose(Scores.of(-x)(-x), -scores, atol=1e-9)
    normal = norm.ppf((np.arange(2000) + 0.5) / 2000)
    np.testing.assert_allclose(np.sort(scores[:, 0])[20:-20], normal[20:-20], atol=0.25)
    assert 3 < scores.max() < 5


def test_scores_go_on_beyond_all_runs():
    x = np.random.default_rng(2).standard_normal((400, 1))
    scores = Scores.of(x)(np.array([[4.0], [6.0], [9.0], [-4.0], [-9.0], [1e9], [-1e9]]))[:, 0]
    assert 3 < scores[0] < scores[1] < scores[2] < scores[5] < 100
    assert -3 > scores[3] > scores[4] > scores[6] > -100


def test_rounded_values_that_never_vary():
    """A column that is the same in every run, rounded so, is no reason to divide by zero."""
    good = runs(200, seed=8)
    good[:, 0, 0] = 0.5
    units = np.array([0.1, 0.0, 0.0])
    measure = Measure(good[:100], units, NONE)
    same, other = good[100:101].copy(), good[100:101].copy()
    other[0, 0, 0] = 0.9
    assert p_values(measure, good[100:], other)[0, TRAINING] <= 0.02
    assert p_values(measure, good[101:], same)[0, TOTAL] > 0.1
    everywhere = np.full((100, 4, 3), 0.5)
    alike = Measure(everywhere, np.full(3, 0.1), NONE)
    assert (p_values(alike, everywhere, everywhere[:1]) == 1).all()


def test_most_runs_alike_and_the_next_digit_is_nearer_than_a_far_one():
    """Where most print the same the median deviation is 0: the digit is the unit of what is far."""
    good = (0.6 * runs(400, seed=8)).round()
    measure = Measure(good, np.ones(3), NONE)
    assert (np.median(np.abs(good), axis=0) == 0).all()
    next_digit, far_off = (measure.ask(MIDDLE + off) for off in (1.0, 5.0))
    assert (far_off.side[0, [0, 2]] > next_digit.side[0, [0, 2]] + 1).all()
    assert far_off.far[0, 0] > 2 * next_digit.far[0, 0]


def test_coarse_digits_are_no_reason_to_differ():
    """A unit as large as the spread: of good runs, rounded so, as few differ as should."""
    good = runs(700, seed=9).round(0)
    measure = Measure(good[:200], np.ones(3), NONE)
    p = p_values(measure, good[200:400], good[400:])
    assert (p <= 0.05).mean() < 0.11
    assert p_values(measure, good[200:400], good[400:410] + 5)[:, TOTAL].max() <= 0.05


@pytest.mark.parametrize("value", [1e300, -1e300, 1.7e308, np.inf])
def test_values_that_have_run_away(value):
    """They are far out, by a finite number, and NumPy has nothing to say."""
    measure, others = made(known=change(1.5)[None])
    wild = np.zeros((2, 4, 3))
    wild[0, 2:, 0], wild[1] = value, value
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = measure.points(measure.ask(wild))
    assert np.isfinite(found).all()
    assert (p_values(measure, others, wild)[:, TOTAL] <= 0.01).all()


def test_a_log_is_judged_alike_alone_and_among_others():
    measure, others = made(known=change(1.5)[None])
    together = measure.points(measure.ask(others[:7]))
    alone = np.concatenate([measure.points(measure.ask(others[i : i + 1])) for i in range(7)])
    np.testing.assert_allclose(alone, together, rtol=1e-9)


@pytest.mark.parametrize("epochs", [1, 2, 3])
def test_few_epochs(epochs):
    good = runs(200, seed=10, epochs=epochs)
    measure = Measure(good[:100], EXACT, np.full((1, epochs, 3), 2.0))
    p = p_values(measure, good[100:], np.zeros((1, epochs, 3)))
    assert (p > 0.1).all()
    assert p_values(measure, good[100:], np.full((1, epochs, 3), 9.0))[0, TOTAL] <= 0.02


def test_without_a_loss():
    """Accuracies alone: the same questions, two fewer answers."""
    good = runs(300, seed=11)[..., 1:]
    measure = Measure(good[:150], EXACT[1:], change(1.5, 1.5)[None, :, 1:])
    assert measure.ask(good).side.shape == (300, 4)
    assert p_values(measure, good[150:], good[:1] * 0 + 5)[0, TOTAL] <= 0.03
    assert p_values(measure, good[150:], good[:1] * 0)[0, TOTAL] > 0.1


def test_values_stand_in_order_of_training_and_then_of_the_test_curve():
    values = np.arange(12).reshape(1, 4, 3)
    assert in_order(values)[0].tolist() == [0, 1, 3, 4, 6, 7, 9, 10, 2, 5, 8, 11]


def test_whitened_deviations_of_good_runs_are_uncorrelated_and_of_size_one():
    """A few wild ones besides do not change that for the rest."""
    good = runs(2000, seed=12)
    good[:10] += 50
    measure = Measure(good, EXACT, NONE)
    white = measure.whitened((good[10:] - measure.middle) / measure.spread)
    np.testing.assert_allclose(np.cov(white.T), np.eye(12), atol=0.3)


def test_a_log_that_is_rounded_has_the_same_answers_alone_and_among_others():
    """Rounded values are often those of other runs; the last bit of a sum must not part them."""
    good = runs(400, seed=13).round(1)
    measure = Measure(good[:300], np.full(3, 0.1), NONE)
    together = measure.points(measure.ask(good[300:]))
    alone = np.concatenate([measure.points(measure.ask(good[i : i + 1])) for i in range(300, 400)])
    np.testing.assert_allclose(alone, together, rtol=1e-9)
