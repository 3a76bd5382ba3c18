"""Ranks are exact probabilities, adjusted ones are Benjamini and Hochberg's, and logs as one show more."""

import numpy as np
import pytest
from synthetic import EXACT, KINDS, change, runs

from dropout_gluon.verdict import ranks
from dropout_gluon.verdict.measure import TEST, TOTAL, TRAINING, Answers, Measure
from dropout_gluon.verdict.ranks import CAUTION, FARTHEST, adjusted, least, level_of, p_of_all, p_of_rank

SLIGHT = change(0.0, -0.75)
MISTAKES = np.stack([change(1.5), change(np.array([1.0, -1.0, 1.0, -1.0]))])


def column(*values):
    return np.array(values, dtype=float)[:, None]


@pytest.mark.parametrize(
    ("mine", "p"),
    [(0, 1), (0.5, 1), (1, 1), (1.5, 4 / 5), (2, 4 / 5), (3, 3 / 5), (3.5, 2 / 5), (4, 2 / 5)],
)
def test_p_is_the_share_of_runs_that_lie_as_far_out(mine, p):
    """Among 1, 2, 3 and 4, the log counted with them; a tie counts as farther out."""
    assert p_of_rank(column(mine), column(3, 1, 4, 2)) == pytest.approx(np.array([[p]]))


def test_what_rounding_sets_apart_is_a_tie():
    others = column(7.1, 7.1, 2.0, 1.0)
    assert p_of_rank(column(7.1 + 4e-15), others) == p_of_rank(column(7.1 - 4e-15), others) == 3 / 5


def test_beyond_all_runs_half_of_what_a_log_has_more_counts_and_tenfold_at_most():
    others = column(3, 1, 4, 2)
    p = p_of_rank(column(4.0001, 5, 6, 400, np.inf), others)[:, 0]
    assert p == pytest.approx(
        [0.2, 0.2 * np.exp(-CAUTION), 0.2 * np.exp(-2 * CAUTION), 0.2 / FARTHEST, 0.2 / FARTHEST], rel=1e-3
    )
    assert p[-1] == pytest.approx(least(4))


def test_each_question_has_its_own_ranks():
    others = np.array([[1.0, 40], [2, 30], [3, 20], [4, 10]])
    np.testing.assert_allclose(p_of_rank(np.array([[3.5, 15.0]]), others), [[2 / 5, 4 / 5]])


@pytest.mark.parametrize("kind", KINDS)
def test_no_more_runs_than_the_level_allows_have_so_small_a_p(kind):
    """Of 60 runs, each ranked among the 59 others, at every level that ranks can give."""
    points = runs(60, seed=1, kind=kind)[:, 0]
    p = np.array([p_of_rank(points[i : i + 1], np.delete(points, i, axis=0))[0] for i in range(60)])
    for count in range(1, 61):
        assert ((p <= count / 60 + 1e-9).sum(axis=0) == count).all()


def test_adjusted_p_of_benjamini_and_hochbergs_own_example():
    """Section 3.3 of their paper: at 0.05 the four smallest of 15 are named; Bonferroni has three."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459]
    p = np.array([*p, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0])
    by_hand = [0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.0638571, 0.0638571, 0.0645, 0.0765]
    by_hand += [0.486, 0.5811818, 0.714875, 0.7532308, 0.8132143, 1.0]
    np.testing.assert_allclose(adjusted(p), by_hand, rtol=1e-5)
    order = np.random.default_rng(0).permutation(15)
    np.testing.assert_allclose(adjusted(p[order]), np.array(by_hand)[order], rtol=1e-5)
    assert (adjusted(p) <= 0.05).sum() == 4


def test_adjusted_p_of_few():
    np.testing.assert_allclose(adjusted(np.array([0.03])), [0.03])
    np.testing.assert_allclose(adjusted(np.array([0.04, 0.03])), [0.04, 0.04])
    np.testing.assert_allclose(adjusted(np.array([0.9, 0.8, 0.001])), [0.9, 0.9, 0.003])
    assert (adjusted(np.full(4, 1.0)) == 1).all()


def test_good_logs_are_seldom_named():
    """Benjamini and Hochberg at 10%: 300 sets of 6 good logs, ranked among the same 99; binomial, 0.01%."""
    rng = np.random.default_rng(2)
    alarms = 0
    for _ in range(300):
        points = rng.standard_normal((105, 1))
        alarms += bool((adjusted(p_of_rank(points[:6], points[6:])[:, 0]) <= 0.1).any())
    assert 12 <= alarms <= 54


def asked(measure, some):
    return [measure.ask(one[None]) for one in some]


def p_of_group(measure, some, others):
    answers = measure.ask(others)
    return p_of_all(asked(measure, some), [answers] * len(some))


@pytest.mark.parametrize(("size", "others"), [(5, 160), (20, 40)])
@pytest.mark.parametrize("kind", KINDS)
def test_level_of_good_logs_as_one(kind, size, others, monkeypatch):
    """Sets of good logs at 10%, 20 logs among 40 runs too: of 60, the 0.01% bounds of the binomial."""
    monkeypatch.setattr(ranks, "GROUPS", 99)
    alarms = np.zeros(3)
    for seed in range(60):
        pool = runs(120 + others + size, seed=100 + seed, kind=kind)
        measure = Measure(pool[:120], EXACT, MISTAKES)
        alarms += p_of_group(measure, pool[-size:], pool[120:-size]) <= 0.1
    assert alarms.sum() >= 1  # and it is no idle bound
    assert (alarms <= 16).all()


@pytest.mark.parametrize(("shift", "curve"), [(change(0.7), TRAINING), (change(0.0, -0.6), TEST)])
def test_logs_as_one_show_what_one_does_not(shift, curve):
    measure, others = Measure(runs(200, seed=3), EXACT, MISTAKES), runs(200, seed=4)
    off = runs(10, seed=5) + shift
    points = measure.points(measure.ask(others))
    alone = p_of_rank(measure.points(measure.ask(off)), points)
    assert np.median(alone[:, TOTAL]) > 0.02
    together = p_of_group(measure, off, others)
    assert together[TOTAL] <= 0.002
    assert together[curve] <= 0.1
    assert min(p_of_group(measure, off - shift, others)) > 0.02


def test_a_group_is_so_many_runs_each_as_likely_as_any_other(monkeypatch):
    monkeypatch.setattr(ranks, "GROUPS", 700)  # no multiple of what is drawn at a time
    sums = ranks._sums(np.eye(8), 6, np.random.default_rng(0))
    assert sums.shape == (1400, 8)
    assert (sums.sum(axis=1) == 6).all()  # by how often each is drawn
    assert set(np.unique(sums)) >= {0, 1, 2, 3}
    # Means and variances of binomials, within five standard errors.
    assert np.abs(sums.mean(axis=0) - 6 / 8).max() < 5 * np.sqrt(6 / 8 * 7 / 8 / 1400)
    assert np.abs(sums.var(axis=0) - 6 / 8 * 7 / 8).max() < 5 * 6 / 8 * np.sqrt(2 / 1400)


def test_which_groups_are_drawn_matters_little(monkeypatch):
    """Where a fifth of 1% decides, by less than a half; with 1,999 groups it was more."""
    measure, others = Measure(runs(200, seed=3), EXACT, MISTAKES), runs(200, seed=4)
    off, found = runs(3, seed=9) + SLIGHT, []
    for seed in range(8):
        monkeypatch.setattr(ranks, "SEED", seed)
        found.append(p_of_group(measure, off, others)[TOTAL])
    assert 0.001 < np.mean(found) < 0.004
    assert max(found) < 1.45 * np.mean(found)
    assert min(found) > 0.55 * np.mean(found)


def test_a_shift_of_the_test_curve_is_none_of_the_training_curve():
    measure, others = Measure(runs(200, seed=3), EXACT, MISTAKES), runs(200, seed=4)
    good = runs(10, seed=5)
    p, shifted = (p_of_group(measure, some, others) for some in (good, good + change(0.0, -1.0)))
    assert shifted[TRAINING] == p[TRAINING]


def test_the_order_of_logs_hardly_matters_and_the_same_question_has_the_same_answer():
    measure, others = Measure(runs(200, seed=6), EXACT, MISTAKES), runs(100, seed=7)
    some = runs(7, seed=8) + change(0.3)
    p = p_of_group(measure, some, others)
    np.testing.assert_array_equal(p_of_group(measure, some, others), p)
    np.testing.assert_allclose(p_of_group(measure, some[::-1], others), p, rtol=1e-6)


def test_logs_that_are_seen_otherwise_are_judged_as_one_too():
    """Of other lengths, and without a loss, whose place is taken by nothing."""
    long, short = runs(200, seed=9, epochs=6), runs(200, seed=9)
    measures = [
        Measure(long[:100], EXACT, MISTAKES[:, [0, 1, 2, 3, 3, 3]]),
        Measure(short[:100, :, 1:], EXACT[1:], MISTAKES[..., 1:]),
    ]
    others = [measures[0].ask(long[100:150]), measures[1].ask(short[100:150, :, 1:])]
    own = [measures[0].ask(long[199:]), measures[1].ask(short[198:199, :, 1:])]
    assert own[1].side.shape == (1, 4)
    assert 0.01 < p_of_all(own, others)[TOTAL] <= 1
    off = [measures[0].ask(long[199:] + 4.0), measures[1].ask(short[198:199, :, 1:] + 4.0)]
    assert p_of_all(off, others)[TRAINING] <= 0.002


def test_the_loss_that_one_log_lacks_is_not_made_of_its_accuracy():
    """One log with a higher loss, one without a loss: the loss question hears the first alone."""
    rng = np.random.default_rng(10)
    full = Answers(np.empty((500, 3)), rng.standard_normal((500, 6)), np.empty((500, 0, 2)))
    bare = full._replace(side=rng.standard_normal((500, 4)))

    def p(loss, accuracy):
        side = np.zeros((1, 6))
        side[0, 0], side[0, 2] = loss, accuracy
        one = Answers(np.empty((1, 3)), side, np.empty((1, 0, 2)))
        none = one._replace(side=np.zeros((1, 4)))
        return p_of_all([one, none], [full, bare])[TRAINING]

    # The accuracies of two logs add up to a wider sum than the loss of one.
    assert p(3.0, 0) < 0.4 * p(0, 3.0)


def test_a_log_without_a_loss_has_its_other_answers_in_their_places():
    """Its test curve is off, which is none of the training curve."""
    rng = np.random.default_rng(11)
    full = Answers(np.empty((200, 3)), rng.standard_normal((200, 6)), np.empty((200, 0, 2)))
    bare = full._replace(side=rng.standard_normal((200, 4)))
    one = Answers(np.empty((1, 3)), np.zeros((1, 6)), np.empty((1, 0, 2)))
    p = p_of_all([one, one._replace(side=np.array([[0.0, 0, 9, -9]]))], [full, bare])
    assert p[TEST] <= 0.002
    assert p[TRAINING] > 0.2


def test_few_runs_say_little_of_their_mean():
    """Twenty runs, and the same ten times over: as one, twenty logs are less unusual among the former."""
    few = Measure(runs(200, seed=12), EXACT, MISTAKES).ask(runs(20, seed=13))
    many = Answers(*(np.concatenate([part] * 10) for part in few))
    away = Answers(*(part.mean(axis=0, keepdims=True) for part in few))
    away = away._replace(side=away.side + np.array([0.5, -0.5, 0, 0, 0, 0]))
    little, much = (p_of_all([away] * 20, [others] * 20)[TRAINING] for others in (few, many))
    assert little > 2.3 * much


def test_logs_in_the_mean_of_their_runs_are_usual_wherever_that_is():
    """Of few runs, each log's own: of two kinds that lie far from each other."""
    rng = np.random.default_rng(14)
    kinds = [
        Answers(np.empty((20, 3)), mean + rng.standard_normal((20, 6)), np.empty((20, 0, 2)))
        for mean in (10.0, -30.0)
    ]
    own = [Answers(*(part.mean(axis=0, keepdims=True) for part in kind)) for kind in kinds]
    assert (p_of_all(own * 10, kinds * 10) > 0.2).all()


def test_least_is_what_the_farthest_log_gets():
    assert least(1000) == pytest.approx(1 / 10_010)


@pytest.mark.parametrize(("p", "share", "many"), [(4 / 2000, 0.2, 1), (8 / 1000, 0.8, 1), (2 / 3000, 0.2, 3)])
def test_a_p_that_is_its_share_of_the_level_reaches_it(p, share, many):
    assert level_of(p, share, many) <= 0.01 < level_of(p * 1.0001, share, many)
