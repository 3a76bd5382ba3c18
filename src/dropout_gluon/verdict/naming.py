"""Which known mistake a log has: by distance from the recorded runs with each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .measure import FARTHEST, Measure, cost, with_rounding
from .references import DEGREES

Array = Any  # an ndarray; NumPy's types ask for more than they give here

# Up to these mean costs of a value a log is said to be a run with the mistake, or to resemble one. Of logs
# with a mistake that nobody recorded at most 15% are said to be runs with another (docs/verdict.md).
IS, RESEMBLES = 0.65, 2.5
AS_LIKELY = 2.0  # ln of how much likelier the nearest mistake is than another that is named with it, at most


class Name(NamedTuple):
    """What a log is called.

    Attributes:
        word: ``is``, ``resembles``, or empty.
        mistakes: indices, the likeliest first, two at most; none with an empty word.
    """

    word: str
    mistakes: tuple[int, ...]


def named(measure: Measure, values: Array, typical: Array, spread: Array, units: Array) -> list[Name]:
    """What runs are to be called.

    Distances are of the values themselves, before normal scores, in which whatever lies far out is alike.

    Args:
        measure: of good runs, whose correlations runs with a mistake are taken to have.
        values: (runs, epochs, columns).
        typical, spread: (mistakes, epochs, columns), the middle and the scale of runs with each mistake.
        units: (columns,), of the last digit.
    """
    if not len(typical):
        return [Name("", ())] * len(values)
    # Few runs say little of their spread: it is not taken to be less than that of good runs.
    wide = np.maximum(with_rounding(spread, units), measure.spread)
    with np.errstate(over="ignore"):
        away = np.clip((values[:, None] - typical) / wide, -FARTHEST, FARTHEST)
    costs = np.stack([cost(measure.whitened(each), DEGREES) for each in away.swapaxes(0, 1)], axis=1)
    unlikely = costs.sum(axis=2) + np.log(wide).sum(axis=(1, 2))
    names = []
    for each, row in zip(costs.mean(axis=2), unlikely):
        near = np.argsort(row, kind="stable")[:2]
        word = "is" if each[near[0]] <= IS else "resembles" if each[near[0]] <= RESEMBLES else ""
        likely = tuple(int(index) for index in near if row[index] - row[near[0]] <= AS_LIKELY)
        names.append(Name(word, likely if word else ()))
    return names
