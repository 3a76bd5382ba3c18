"""Which known mistake a log has: by distance from the recorded runs with each."""

from __future__ import annotations

from typing import Any

import numpy as np

from .measure import Measure

Array = Any  # an ndarray; NumPy's types ask for more than they give here

DEGREES = 10.0  # of freedom of the t distribution around a mistake's typical curves
# Up to these mean costs of a value a log is said to be a run with the mistake, or to resemble one. Of logs with
# a mistake that nobody recorded at most 15% are said to be runs with another (docs/verdict.md).
IS, RESEMBLES = 0.7, 1.5


def named(
    measure: Measure, values: Array, typical: Array, spread: Array, units: Array
) -> list[tuple[str, int]]:
    """How each run is to be called: ``is`` or ``resembles`` with the index of a mistake, or an empty word.

    Distances are of the values themselves, before normal scores, in which whatever lies far out is alike.

    Args:
        measure: of good runs, whose correlations runs with a mistake are taken to have.
        values: (runs, epochs, columns).
        typical, spread: (mistakes, epochs, columns), median and robust standard deviation with each mistake.
        units: (columns,), of the last digit.
    """
    if not len(typical):
        return [("", -1)] * len(values)
    # Twenty runs say little of their spread: it is not taken to be less than that of good runs.
    wide = np.maximum(np.sqrt(spread**2 + units**2 / 12), measure.spread)
    costs = []
    for middle, width in zip(typical, wide):
        with np.errstate(over="ignore"):  # infinitely far, where a loss has run away
            away = np.clip((values - middle) / width, -1e9, 1e9)
        costs.append((DEGREES + 1) / 2 * np.log1p(measure.whitened(away) ** 2 / DEGREES))
    each = np.stack([cost.mean(axis=1) for cost in costs], axis=1)
    wider = np.log(wide / measure.spread).mean(axis=(1, 2))
    nearest = (each + wider).argmin(axis=1)
    best = each[np.arange(len(values)), nearest]
    words = np.where(best <= IS, "is", np.where(best <= RESEMBLES, "resembles", ""))
    return [(str(word), int(index) if word else -1) for word, index in zip(words, nearest)]
