"""Runs that are drawn, of whatever distribution, for tests of what must hold on any."""

import numpy as np

EXACT = np.zeros(3)  # units of runs with all their digits
NONE = np.empty((0, 4, 3))
KINDS = ("normal", "heavy", "skewed")


def runs(count, seed, kind="normal", epochs=4):
    """Runs whose values move together, with normal, heavy or skewed tails: (count, epochs, 3)."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((count, 1, 1))
    values = 0.8 * common + 0.6 * rng.standard_normal((count, epochs, 3))
    if kind == "heavy":
        values = values / np.sqrt(rng.chisquare(2, (count, 1, 1)) / 2)
    elif kind == "skewed":
        values = np.exp(values)
    return values


def change(training=0.0, test=0.0, epochs=4):
    """What is added to the training curve, epoch by epoch, and to the test curve."""
    added = np.zeros((epochs, 3))
    added[:, :2] = np.reshape(training, (-1, 1)) if np.ndim(training) < 2 else training
    added[:, 2] = test
    return added
