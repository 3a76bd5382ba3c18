"""Which known mistake a log has: by distance from the recorded runs with each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .measure import Measure, cost, with_rounding
from .references import DEGREES

Array = Any  # an ndarray; NumPy's types ask for more than they give here

# Up to these mean costs of a value a log is said to be a run with the mistake, or to resemble one. Of logs
# with a mistake that nobody recorded at most 15% are said to be runs with another (docs/verdict.md).
IS, RESEMBLES = 0.6, 2.5
# Farther off, it resembles the likeliest whose cost is at most this part of the next one's.
CLEARLY = 0.8
AS_LIKELY = 2.0  # ln of how much likelier the nearest mistake is than another that is named with it, at most
FLOATS = np.finfo(np.float64)


class Name(NamedTuple):
    """What a log is called.

    Attributes:
        word: ``is``, ``resembles``, or empty.
        mistakes: indices, the likeliest first, two at most; none with an empty word.
    """

    word: str
    mistakes: tuple[int, ...]


def named(
    measure: Measure, values: Array, typical: Array, spread: Array, units: Array, loss: bool
) -> list[Name]:
    """What runs are to be called.

    Distances are of the values themselves, before normal scores, in which whatever lies far out is alike; of
    losses they are in the logarithm, as training that runs away has any.

    Args:
        measure: of good runs, whose correlations runs with a mistake are taken to have.
        values: (runs, epochs, columns).
        typical, spread: (mistakes, epochs, columns), the middle and the scale of runs with each mistake.
        units: (columns,), of the last digit.
        loss: whether the first column is one.
    """
    if not len(typical):
        return [Name("", ())] * len(values)
    # Few runs say little of their spread: it is not taken to be less than that of good runs.
    wide = np.maximum(with_rounding(spread, units), measure.spread)
    away = values[:, None] - typical
    if loss:
        usual, least = typical[..., 0], max(units[0] / 2, FLOATS.tiny)
        away[..., 0] = np.log(np.clip(values[:, None, :, 0], least, FLOATS.max)) - np.log(usual)
        wide[..., 0] /= usual
    away /= wide
    costs = np.stack([cost(measure.whitened(each), DEGREES) for each in away.swapaxes(0, 1)], axis=1)
    unlikely, costs = costs.sum(axis=2) + np.log(wide).sum(axis=(1, 2)), costs.mean(axis=2)
    return [_name(*row) for row in zip(costs, unlikely)]


def _name(costs: Array, unlikely: Array) -> Name:
    """What a run is called, by its mean cost as a run with each mistake and minus ln of its likelihood."""
    near = np.argsort(unlikely, kind="stable")[:2]
    nearest = costs[near[0]]
    if nearest <= IS:
        word = "is"
    elif nearest <= RESEMBLES or nearest <= CLEARLY * costs[near[-1]]:
        word = "resembles"
    else:
        return Name("", ())
    return Name(word, tuple(int(index) for index in near if unlikely[index] - unlikely[near[0]] <= AS_LIKELY))
