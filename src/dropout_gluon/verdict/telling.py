"""What a log's own numbers say about how it was made, before it is held against other runs."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any  # an ndarray; NumPy's types ask for more than they give here

# Factors by which people's losses are off, and what makes them so.
FACTORS = {
    "1/256": (1 / 256, "divided by the batch size once more"),
    "1/60,000": (1 / 60_000, "divided by the number of training images"),
    "256": (256.0, "summed over a batch of 256"),
    "1/ln 2": (1 / np.log(2), "in bits, by logarithms to base 2"),
}
# How far, in its logarithm, a loss may be from the typical one times the factor; for one near 1 less, and
# then the accuracies must be typical, too: what trains badly has a higher loss as well.
NEAR, CLOSE, TYPICAL = 0.3, 0.06, 0.015
LIKELY = 0.1  # as far may the training accuracies be where all losses are printed as 0
SMALL = 1.0  # logarithm of a factor near 1
TRAINED = 2  # index of the epoch that no untrained network reaches in its first


def loss_factor(log: Array, typical: Array, unit: float) -> str:
    """The factor by which the losses are off while the accuracies are what they are; empty: none is.

    Args:
        log, typical: (epochs, 3), of the log and of good runs.
        unit: of the loss's last digit.
    """
    if _is_near(log[:, 0], typical[:, 0], NEAR, unit):  # as any is to a loss of 0
        return ""
    for name, (factor, _) in FACTORS.items():
        small = abs(np.log(factor)) < SMALL
        if (typical[:, 0] * factor < unit).all() and (np.abs(log - typical)[:, 1] > LIKELY).any():
            continue  # a loss of nothing: what trains far too well has that, too
        if small and (len(log) < 2 or (np.abs(log - typical)[1:, 1] > TYPICAL).any()):
            continue
        if _is_near(log[:, 0], typical[:, 0] * factor, CLOSE if small else NEAR, unit):
            return name
    return ""


def _is_near(loss: Array, expected: Array, share: float, unit: float) -> bool:
    return bool((np.abs(loss - expected) <= expected * np.expm1(share) + unit / 2).all())


def about_the_loss(name: str, whose: str) -> str:
    """The sentence on a factor of somebody's loss: ``the book's``."""
    link = "of" if FACTORS[name][0] < 1 else "times"
    return f"its loss is {name} {link} {whose}, {FACTORS[name][1]}: the accuracies alone were judged"


def starts_trained(log: Array, first: int, typical: Array) -> str:
    """That the first epoch is not of an untrained network; empty where it may be.

    Args:
        log: (epochs, 3).
        first: the log's first epoch, counted from 1.
        typical: of good runs, (10, 3); those of another experiment may be fewer.
    """
    if first != 1 or len(typical) <= TRAINED or not log[0, 1] > typical[TRAINED, 1]:
        return ""
    return f"starts already trained: train acc {log[0, 1]:.3f} after its first epoch"
