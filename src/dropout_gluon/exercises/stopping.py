"""Learning curves of two arms, seed by seed: where they cross, and when to stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import LogError
from ..logs import RunLog
from .effects import LAST
from .exercise import chosen

Array = Any  # an ndarray; NumPy's types ask for more than they give here

RESAMPLES = 4000


@dataclass(frozen=True)
class Arm:
    """The runs of the seeds that both arms have.

    Attributes:
        test, train: accuracy after each epoch, nothing dropped: (seeds, epochs).
    """

    test: Array
    train: Array

    @property
    def gap(self) -> Array:
        return self.train - self.test

    @property
    def length(self) -> int:
        return int(self.test.shape[1])


@dataclass(frozen=True)
class Crossing:
    """From which epoch on the mean of one arm's smoothed test curves stays above the other's.

    Attributes:
        leads: 1: the first arm is above at the end; -1: the second.
        epoch: infinite where neither is.
        below: in how many of the epochs before it is not above.
        of_median: the same of the median of the differences, which a run far out hardly moves.
        low, high: 95% interval, by a bootstrap over the seeds; infinite: not in these epochs.
    """

    leads: int
    epoch: float
    below: int
    of_median: float
    low: float
    high: float


@dataclass(frozen=True)
class Stop:
    """Of each seed, after which epoch training stops, and the test accuracy then."""

    epochs: Array
    accuracies: Array

    def when(self) -> str:
        low, high = int(self.epochs.min()), int(self.epochs.max())
        return f"{np.median(self.epochs):g} ({low} to {high})"


def paired(logs: Sequence[RunLog], *pairs: tuple[float, ...]) -> list[Arm]:
    """An arm for each pair of drop probabilities; LogError where fewer than two seeds have all."""
    found = [chosen(logs, drop_probs=pair) for pair in pairs]
    seeds = sorted(set.intersection(*({*of} for of in found)))
    if len(seeds) < 2:
        raise LogError(f"runs are compared seed by seed, and {len(seeds)} of the seeds have all arms")
    return [
        Arm(
            np.array([[epoch.test_acc for epoch in of[seed].epochs] for seed in seeds]),
            np.array([of[seed].measured["accuracy"] for seed in seeds]),
        )
        for of in found
    ]


def ending(curves: Array, epoch: int) -> Array:
    """The mean of the last epochs up to this one, a value a seed."""
    return curves[:, max(0, epoch - LAST) : epoch].mean(axis=1)


def smooth(curves: Array) -> Array:
    """Each epoch's mean with the one before and the one after: one epoch may be out of line."""
    last = curves.shape[1]
    windows = [curves[:, max(0, place - 1) : place + 2].mean(axis=1) for place in range(last)]
    return np.stack(windows, axis=1)


def cross(differences: Array) -> Crossing:
    """Where the mean difference changes its sign for the last time.

    Args:
        differences: of the test curves, the first arm's less the second's: (seeds, epochs).
    """
    smoothed = smooth(differences)
    mean, median = (middle(smoothed, axis=0, keepdims=True) for middle in (np.mean, np.median))
    leads = -1 if mean[0, -1] < 0 else 1
    count = len(smoothed)
    picks = np.random.default_rng(0).integers(count, size=(RESAMPLES, count))
    again = _stays_from(leads * smoothed[picks].mean(axis=1))
    low = float(np.quantile(again, 0.025, method="lower"))
    high = float(np.quantile(again, 0.975, method="higher"))
    epoch, of_median = (float(_stays_from(leads * curve)[0]) for curve in (mean, median))
    before = leads * mean[0, : int(min(epoch, mean.shape[1] + 1)) - 1]
    return Crossing(leads, epoch, int((before <= 0).sum()), of_median, low, high)


def _stays_from(means: Array) -> Array:
    """Of each row, the first epoch from which it stays above 0; infinite where it does not end above."""
    stays = np.logical_and.accumulate(means[:, ::-1] > 0, axis=1).sum(axis=1)
    return np.where(stays > 0, means.shape[1] - stays + 1.0, np.inf)


def at_the_end(arm: Arm) -> Stop:
    """After all epochs; the mean of the last ones."""
    return Stop(np.full(len(arm.test), arm.length), ending(arm.test, arm.length))


def by_the_others(arm: Arm) -> Stop:
    """Where the mean curve of the other half of the seeds is highest: a run has no part in its own choice.

    The halves are every other seed. Were each run's epoch chosen by all other seeds, a t test would show a
    gain on level curves in one case of four: a run that is high in an epoch takes part in all their choices.
    """
    smoothed = smooth(arm.test)
    best = np.zeros(len(smoothed), dtype=int)
    for half in (0, 1):
        best[half::2] = smoothed[1 - half :: 2].mean(axis=0).argmax()
    return Stop(best + 1, smoothed[np.arange(len(best)), best])


def by_its_own(arm: Arm) -> Stop:
    """Where a run's own test curve is highest: what the test images chose themselves, and too good."""
    return Stop(arm.test.argmax(axis=1) + 1, arm.test.max(axis=1))
