"""Reliability diagrams: the bins of confidence of several networks as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..config import BINS
from .effects import Estimate, student

Array = Any  # an ndarray; NumPy's types ask for more than they give here

FEWEST = 50  # images of a bin, all networks together, that say something


def pooled(networks: Sequence[Sequence[Sequence[float]]]) -> list[tuple[float, Estimate]]:
    """The bins that have images enough, from the least confidence to the most.

    Args:
        networks: of each the bins that `measurements.quality` gives: images, mean confidence, accuracy.

    Returns:
        Of each bin its mean confidence, and by how much the accuracy of all its images is above that:
        below 0 the networks are too sure.
    """
    sums = np.zeros((len(networks), BINS, 3))  # images, and their summed confidences and hits
    for own, bins in zip(sums, networks):
        for count, sure, hit in bins:
            own[min(int(sure * BINS), BINS - 1)] += (count, count * sure, count * hit)
    found = []
    for place in range(BINS):
        counts, sure, hits = sums[:, place].T
        if counts.sum() >= FEWEST:
            found.append((float(sure.sum() / counts.sum()), ratio(hits - sure, counts)))
    return found


def ratio(tops: Array, bottoms: Array) -> Estimate:
    """Sum over networks by sum, with a 95% interval (Cochran, Sampling Techniques, 1977, section 6.3).

    Args:
        tops, bottoms: a value a network.
    """
    n, total = len(bottoms), float(bottoms.sum())
    mean = float(tops.sum()) / total
    if n < 2:
        return Estimate(mean, mean, mean, n, 0.0, 1.0)
    error = float(((tops - mean * bottoms) ** 2).sum() * n / (n - 1)) ** 0.5 / total
    return student(mean, error, n, n - 1)
