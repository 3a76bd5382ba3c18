"""Which mistake a log has is named by distance: it is one, resembles one, or nothing is said."""

import numpy as np
import pytest
from planted import BUGS, recorded
from synthetic import EXACT, NONE, change, runs

from dropout_gluon.verdict.ground import Ground, View
from dropout_gluon.verdict.measure import Measure
from dropout_gluon.verdict.naming import named
from dropout_gluon.verdict.references import load_makers, load_mistakes

SPREAD = np.full((4, 3), 0.86)  # the scale of a standard normal value


def measure():
    return Measure(runs(400, seed=1), EXACT, NONE)


def names(values, typical, spread=None, units=EXACT, loss=False):
    typical = np.array(typical)
    spread = np.broadcast_to(SPREAD if spread is None else spread, typical.shape)
    return named(measure(), np.array(values), typical, spread, units, loss)


def test_words_go_by_distance():
    """On the spot it is a run with the mistake; some way off it is like one; far off it is nothing known."""
    mistake = change(8.0, -8.0)
    words = [names([mistake + change(off)], [mistake])[0].word for off in (0.0, 2.5, 30.0)]
    assert words == ["is", "resembles", ""]
    assert names([mistake + change(30.0)], [mistake])[0].mistakes == ()


def test_what_is_far_from_all_resembles_one_where_it_is_clearly_nearer():
    """At most four fifths of the cost of the next, and so never where one alone is known."""
    near, far = change(40.0), change(-40.0)
    for other, word in ((far, "resembles"), (near + change(0.0, 1.0), "")):
        assert names([near + change(30.0)], [near, other])[0].word == word
    assert names([near + change(30.0)], [near])[0].word == ""


def test_runs_with_a_mistake_are_called_so():
    mistakes = [change(5.0, 5.0), change(np.array([4.0, -4.0, 4.0, -4.0])), change(0.0, -6.0)]
    for index, mistake in enumerate(mistakes):
        found = names(runs(50, seed=2) + mistake, mistakes)
        assert sum(name.mistakes[:1] == (index,) for name in found) >= 48
        assert sum(name.word == "is" for name in found) >= 30


def test_mistakes_that_are_as_likely_are_named_together_and_two_at_most():
    mistake, other = change(5.0, 5.0), change(np.array([9.0, -9.0, 9.0, -9.0]))
    alike = [mistake, mistake + 0.05, mistake - 0.05, other]
    found = names([mistake], alike)[0]
    assert found.mistakes[0] == 0
    assert len(found.mistakes) == 2
    assert found.mistakes[1] in (1, 2)
    assert names([mistake], [other, mistake])[0].mistakes == (1,)


def test_of_two_mistakes_at_one_place_the_narrower_is_likelier():
    """On the spot, by its density; far from it, the wide one is."""
    mistake = change(20.0, 20.0)
    typical, spread = [mistake, mistake], np.stack([SPREAD, 4 * SPREAD])
    assert names([mistake], typical, spread)[0].mistakes[0] == 0
    assert names([mistake], typical, spread[::-1])[0].mistakes[0] == 1
    zigzag = change(np.array([3.0, -3.0, 3.0, -3.0]))
    assert names([mistake + zigzag], typical, spread)[0].mistakes[0] == 1


def test_few_runs_with_a_mistake_that_hardly_differ_are_not_taken_at_their_word():
    """The spread is at least that of good runs: a run one standard deviation off is one with the mistake."""
    mistake = change(8.0, -8.0)
    found = names([mistake + change(0.7, 0.7)], [mistake], np.zeros((4, 3)))[0]
    assert (found.word, found.mistakes) == ("is", (0,))


def test_digits_count():
    """Half a unit off is no distance."""
    mistake = change(8.0, -8.0)
    apart = [mistake + np.array([[2.5, 0, 0], [-2.5, 0, 0]] * 2)]
    assert names(apart, [mistake])[0].word != "is"
    assert names(apart, [mistake], units=np.array([10.0, 0, 0]))[0].word == "is"


def test_nothing_is_known_and_nothing_is_named():
    found = names(np.zeros((3, 4, 3)), np.empty((0, 4, 3)))
    assert found == [("", ())] * 3


def with_loss(*losses):
    """Four epochs of these losses, the accuracies as good runs have them."""
    return np.stack([np.broadcast_to(losses, 4), np.zeros(4), np.zeros(4)], axis=-1)


def test_losses_count_by_their_ratio():
    """Half a loss is as far as twice."""
    spread = np.array([60.0, 0.86, 0.86])
    halved, doubled = (names([with_loss(x)], [with_loss(200.0)], spread, loss=True) for x in (100.0, 400.0))
    assert halved == doubled
    assert halved[0].word
    typical, wide = [with_loss(200.0), with_loss(1000.0)], spread * [[[1, 1, 1]], [[5, 1, 1]]]
    for loss, nearest in ((440.0, 0), (460.0, 1)):  # their geometric mean is 447
        assert names([with_loss(loss)], typical, wide, loss=True)[0].mistakes[0] == nearest


def test_losses_that_have_run_away():
    """They are nearest to where they often do, however far they went."""
    typical = [with_loss(100.0), with_loss(300.0)]
    spread = np.stack([with_loss(1.0) + SPREAD, with_loss(200.0) + SPREAD])
    for loss in (1e12, 1e300, np.inf):
        jumped = with_loss(loss, 300.0, 300.0, 300.0)
        assert names([jumped], typical, spread, loss=True) == [("resembles", (1,))]


def test_a_loss_of_nothing():
    """It may be up to half a unit; with all its digits it is far from any. None is below."""
    typical, spread = [with_loss(1e-3)], np.array([10.0, 0.86, 0.86])
    for loss in (0.0, -1.0):
        assert names([with_loss(loss)], typical, spread, np.array([1e-3, 0, 0]), loss=True)[0].word == "is"
        assert names([with_loss(loss)], [with_loss(200.0)], spread, loss=True) == [("", ())]


@pytest.mark.parametrize(("epochs", "share"), [(5, 0.75), (10, 0.8)])
def test_recorded_runs_with_planted_bugs_are_called_by_their_name(epochs, share):
    """Of all of them, found or not; a fair share cannot be told from good runs by anybody."""
    view = View(tuple(range(1, epochs + 1)), (4, 3, 3))
    reference, known = load_makers("reshuffled").values, load_mistakes()
    held = Ground(reference[::2], reference[1::2], known, view)
    right = []
    for name in BUGS:
        values = view.of(recorded(name).values[:20])
        right += [
            judged.mistake.split(" or ")[0] == name for judged in held.judge(values, [None] * len(values))
        ]
    assert np.mean(right) >= share
