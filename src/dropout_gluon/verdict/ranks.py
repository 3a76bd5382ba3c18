"""From points to p-values: of one log by its rank, of several by theirs, and of all as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from .measure import Answers, Tail, alike, damped, points

Array = Any  # an ndarray; NumPy's types ask for more than they give here

# Beyond all runs the rank only says how many they are. Points are logarithms of likelihood ratios, or of what
# is like them; of what a log has more than all runs half counts, and tenfold at most.
CAUTION, FARTHEST = 0.5, 10.0
# As many groups of runs are drawn to measure, and again to be ranked among: so many that which were drawn
# matters little at a fifth of 1%.
GROUPS = 9999
SEED = 0  # of these draws
BLOCK = 500  # groups that are drawn at a time, for the memory's sake


def p_of_rank(points: Array, others: Array) -> Array:
    """How often a run is so unusual: from its rank among others, all of them and it counted.

    Args:
        points: (logs, questions).
        others: of good runs, (runs, questions): none of the logs, nor of the runs the measure is made of.
    """
    ordered = np.sort(others, axis=0)
    # Digits that are few make many runs alike.
    columns = [np.searchsorted(known, mine, "left") for known, mine in zip(ordered.T, alike(points).T)]
    reached = len(ordered) - np.stack(columns, axis=1)
    p = (1 + reached) / (1 + len(ordered))
    beyond = np.exp(-CAUTION * np.maximum(points - ordered[-1], 0))
    return np.where(reached > 0, p, p * np.maximum(beyond, 1 / FARTHEST))


def least(others: int) -> float:
    """The smallest p that so many runs can give."""
    return 1 / (1 + others) / FARTHEST


def adjusted(p: Array) -> Array:
    """Benjamini and Hochberg's adjusted p-values: at most q where the log is among those named at q.

    Benjamini and Hochberg, JRSS B 57, 1995, 289. That it holds for ranks among the same runs: Bates, Candès,
    Lei, Romano and Sesia, Annals of Statistics 51, 2023, 149.
    """
    order = np.argsort(p)
    steps = np.asarray(p)[order] * len(p) / np.arange(1, len(p) + 1)
    result = np.empty(len(p))
    result[order] = np.minimum(1, np.minimum.accumulate(steps[::-1])[::-1])
    return result


def level_of(p: float, share: float, many: int = 1) -> float:
    """The least level at which a p counts, where so many have a share of it.

    Ranks are round numbers, and so are levels: what comes out a last digit higher would not count at its own.
    """
    return float(f"{p * many / share:.12g}")


def p_of_all(own: Sequence[Answers], others: Sequence[Answers]) -> Array:
    """How often good runs, as many, are together so unusual: in all, in training, in test, (3,).

    Each question's answers are added up, and so are those of as many good runs, drawn again and again. That
    asks for what the logs have in common, however little it is in each.

    Args:
        own: of each log, by the measure for its length and digits.
        others: of the good runs that each log is ranked among, by the same measure.
    """
    rng = np.random.default_rng(SEED)
    runs = {id(one): _signed(one) for one in others}  # many logs have the same
    count = Counter(map(id, others))
    drawn = sum(_sums(runs[one], logs, rng) for one, logs in count.items())
    mean = sum(logs * runs[one].mean(axis=0) for one, logs in count.items())
    logs = sum(_signed(one)[0] for one in own)
    # Drawn are some runs around their mean. Others vary around the mean of these by so much more.
    wider = np.sqrt(1 + len(own) / min(map(len, runs.values())))
    summed = np.concatenate([drawn, (mean + (logs - mean) / wider)[None]])
    side, mistakes = summed[:, :SIDES], summed[:, SIDES:].reshape(len(summed), -1, 2)
    surprise = Tail.of(side[:GROUPS]).surprise(side)
    surprise[:, :-2] = damped(surprise[:, :-2], GROUPS)
    found = points(np.empty((len(summed), 0)), surprise, mistakes)
    return p_of_rank(found[-1:], found[GROUPS:-1])[0]


def _sums(runs: Array, many: int, rng: np.random.Generator) -> Array:
    """The sums of so many runs, drawn again and again: (2 * GROUPS, answers)."""
    sums = []
    for first in range(0, 2 * GROUPS, BLOCK):
        groups = np.arange(min(BLOCK, 2 * GROUPS - first))[:, None]
        drawn = rng.integers(len(runs), size=(len(groups), many)) + len(runs) * groups
        times = np.bincount(drawn.ravel(), minlength=len(groups) * len(runs)).astype(float)
        sums.append(times.reshape(-1, len(runs)) @ runs)
    return np.concatenate(sums)


SIDES = 6  # of loss, training accuracy and test accuracy


def _signed(answers: Answers) -> Array:
    """The answers that can be added up, (runs, 6 + 2 * mistakes); 0 for a loss that was not judged."""
    side = answers.side
    lacking = np.zeros((len(side), SIDES - side.shape[1]))
    return np.concatenate([lacking, side, answers.mistakes.reshape(len(side), -1)], axis=1)
