"""A log is ranked among runs as it shows them, never among those that shape what it is measured by."""

import numpy as np
import pytest
from synthetic import EXACT, KINDS, change
from synthetic import runs as runs_around_zero

from dropout_gluon.verdict.ground import Ground, OwnGround, View, rounded
from dropout_gluon.verdict.measure import TEST, TOTAL, TRAINING, Measure
from dropout_gluon.verdict.references import NO_MISTAKES, Mistakes

VIEW = View((1, 2, 3, 4), (None,) * 3)
USUAL = np.array([1000.0, 0, 0])  # no loss is negative


def moved(*by):
    return USUAL + change(*by)


def runs(*args, **kwargs):
    return USUAL + runs_around_zero(*args, **kwargs)


MISTAKES = Mistakes(
    ("higher", "test lower"), np.stack([moved(2.5, 2.5), moved(0.0, -2.5)]), np.full((2, 4, 3), 0.6)
)


def ground(makers, others, view=VIEW, mistakes=MISTAKES):
    return Ground(makers, others, mistakes, view)


def alone(pool):
    """Runs of one's own."""
    half = (len(pool) + 1) // 2
    return OwnGround(pool[:half], pool[half:], NO_MISTAKES, VIEW)


@pytest.mark.parametrize("kind", KINDS)
def test_level_among_runs_of_ones_own_is_exact(kind):
    """Of 40 runs, each held against the 39 others, no more have p up to any level than it allows."""
    pool = runs(40, seed=1, kind=kind)
    p = np.array([alone(np.delete(pool, i, axis=0)).judge(pool[i : i + 1], [None])[0].p for i in range(40)])
    for count in range(1, 41):
        assert ((p <= count / 40 + 1e-9).sum(axis=0) <= count).all()
    assert ((p <= 0.5).sum(axis=0) >= 12).all()  # and it is no idle bound


@pytest.mark.parametrize("kind", KINDS)
def test_level_among_recorded_runs(kind):
    """Of 80 grounds, a new log each: at 10%, 0.01% bounds of the binomial."""
    alarms = np.zeros(3)
    for seed in range(80):
        pool = runs(121, seed=2000 + seed, kind=kind)
        alarms += ground(pool[:60], pool[60:120]).judge(pool[120:], [None])[0].p <= 0.1
    assert (alarms >= 1).all()
    assert (alarms <= 20).all()


def test_a_log_is_not_ranked_among_itself():
    """The same numbers, said to be one of the runs or not; for the run farthest out that decides."""
    pool = runs(200, seed=3)
    held = ground(pool[:100], pool[100:])
    points = held.measure.points(held.answers)[:, TOTAL]
    order = np.argsort(points)
    for place in (order[-1], order[50], 0):
        itself, another = held.judge(pool[100 + np.array([place, place])], [int(place), None])
        above = (points > points[place]).sum()
        assert another.p[TOTAL] == pytest.approx((2 + above) / 101)
        assert itself.p[TOTAL] <= (1 + above) / 100
    middle = held.judge(pool[100 + order[50:51]], [int(order[50])])[0]
    assert middle.p[TOTAL] == pytest.approx(50 / 100)


def test_a_log_is_ranked_among_all_runs_of_ones_own():
    pool = runs(40, seed=4)
    own = alone(pool)
    assert (len(own), own.runs) == (40, 40)
    wild, usual = own.judge(np.stack([moved(9.0), moved()]), [None] * 2)
    assert wild.p[TOTAL] <= 1 / 41
    assert usual.p[TOTAL] * 41 == pytest.approx(round(usual.p[TOTAL] * 41))
    assert usual.p[TOTAL] > 0.1


def test_logs_are_judged_each_by_itself():
    pool = runs(230, seed=5)
    held = ground(pool[:100], pool[100:200])
    together = held.judge(pool[200:], [None] * 30)
    for index in (0, 11, 29):
        alone = held.judge(pool[200 + index : 201 + index], [None])[0]
        np.testing.assert_allclose(alone.p, together[index].p)
        np.testing.assert_allclose(alone.answers.side, together[index].answers.side, atol=1e-9)
        assert alone.answers.mistakes.shape == (1, 2, 2)


def test_what_is_known_is_named_and_the_curve_is_said():
    pool = runs(400, seed=6)
    held = ground(pool[:200], pool[200:])
    higher, lower, usual = held.judge(
        np.stack([moved(2.5, 2.5), moved(0.0, -2.5), moved()]), [None] * 3
    )  # fmt: skip
    assert (higher.mistake, lower.mistake) == ("higher", "test lower")
    assert higher.p[TRAINING] < 0.02 < 0.1 < lower.p[TRAINING]
    assert lower.p[TEST] < 0.02
    assert (usual.p > 0.1).all()


def test_losses_are_compared_by_their_ratio():
    """40 is four times 10, and nearer to it than to 1,000, around which more spread lies."""
    known = [moved() - [990, 0, 0], moved()]
    spread = [[loss, 0.6, 0.6] * np.ones((4, 1)) for loss in (4.0, 400.0)]
    pool, log = runs(100, seed=12), moved() - [960, 0, 0]
    held = ground(pool[:50], pool[50:], mistakes=Mistakes(("10", "1,000"), np.stack(known), np.stack(spread)))
    assert held.judge(log[None], [None])[0].mistake == "10"


def test_without_known_mistakes_nothing_is_named():
    pool = runs(100, seed=7)
    found = ground(pool[:50], pool[50:], mistakes=NO_MISTAKES).judge(moved(4.0)[None], [None])[0]
    assert (found.word, found.mistake) == ("", "")
    assert found.p[TOTAL] <= 0.03


def test_a_view_shows_its_epochs_with_its_digits():
    values = np.arange(24.0).reshape(1, 8, 3) / 7
    view = View((1, 6), (2, 1, None))
    seen = view.of(values)
    np.testing.assert_array_equal(seen[0, :, 0], np.round(values[0, [0, 5], 0], 2))
    np.testing.assert_array_equal(seen[0, :, 1], np.round(values[0, [0, 5], 1], 1))
    np.testing.assert_array_equal(seen[0, :, 2], values[0, [0, 5], 2])
    np.testing.assert_array_equal(view.chosen(values), values[:, [0, 5]])
    np.testing.assert_allclose(view.units, [0.01, 0.1, 0])
    assert view._replace(loss=False).units.tolist() == pytest.approx([0.1, 0])


def test_runs_are_seen_as_the_log_shows_them():
    pool = runs(120, seed=8, epochs=8)
    view = View((1, 6), (1, 1, 1))
    held = Ground(pool[:60], pool[60:], NO_MISTAKES, view)
    by_hand = Measure(view.of(pool[:60]), np.full(3, 0.1), np.empty((0, 2, 3)))
    np.testing.assert_allclose(held.answers.side, by_hand.ask(view.of(pool[60:])).side)
    np.testing.assert_allclose(held.typical, np.median(view.of(pool), axis=0))


@pytest.mark.parametrize("kind", [Ground, OwnGround])
def test_a_log_with_more_digits_than_the_runs_is_judged_with_theirs(kind):
    """Else its digits would tell it from all of them."""
    pool = runs(140, seed=9)
    held = kind(pool[:60], pool[60:120], NO_MISTAKES, VIEW._replace(digits=(0, 0, 0)))
    exact, coarse = (held.judge(values, [None] * 5) for values in (pool[120:125], pool[120:125].round()))
    for one, other in zip(exact, coarse):
        np.testing.assert_allclose(one.p, other.p)


def test_a_loss_that_is_not_judged_is_not_seen():
    pool = runs(202, seed=10)
    held = ground(pool[:100], pool[100:200], VIEW._replace(loss=False))
    wild = pool[200:].copy()
    wild[..., 0] = [[1e9], [-3.0]]
    for one, other in zip(held.judge(pool[200:], [None] * 2), held.judge(wild, [None] * 2)):
        np.testing.assert_array_equal(one.p, other.p)
    assert {band.column for band in held.bands(wild[0])} == {"loss", "train_acc", "test_acc"}


def test_bands_say_where_each_value_lies_among_all_runs():
    pool = runs(300, seed=11)
    held = ground(pool[:100], pool[100:])
    log = pool[0] + change(0.1, -0.2)
    bands = held.bands(log)
    assert [(b.epoch, b.column) for b in bands[:4]] == [
        (1, "loss"), (1, "train_acc"), (1, "test_acc"), (2, "loss"),
    ]  # fmt: skip
    assert len(bands) == 12
    band = bands[5]
    assert (band.epoch, band.column, band.value) == (2, "test_acc", log[1, 2])
    seen = pool[:, 1, 2]
    assert (band.low, band.median, band.high) == pytest.approx(tuple(np.quantile(seen, [0.025, 0.5, 0.975])))
    assert (band.below, band.above) == ((seen < log[1, 2]).sum(), (seen > log[1, 2]).sum())
    ties = held.bands(pool[0])[5]
    assert ties.below + ties.above == 299
    assert held.runs == 300
    assert len(held) == 200


def test_rounding_is_as_it_is_printed_and_leaves_what_has_run_away():
    values = np.array([[0.12345, 2.0**1023, 0.5], [1e16, 0.9999, np.inf]])
    result = rounded(values, (3, 2, None))
    assert result.tolist() == [[0.123, 2.0**1023, 0.5], [1e16, 1.0, np.inf]]
    assert EXACT.tolist() == rounded(EXACT, (2, 2, 2)).tolist()
