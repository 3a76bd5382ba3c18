"""Probabilities and variance of the noise on {0, γ/2, γ}, apart from MXNet."""

from __future__ import annotations

from ..config import check_drop_prob, check_gamma


def three_point_probs(drop_prob: float, gamma: float) -> tuple[float, float]:
    """The probabilities of γ/2 and of γ at which the mean is 1; ConfigError where there are none."""
    drop_prob = check_drop_prob(drop_prob)
    gamma = check_gamma(gamma, drop_prob)
    whole = min(max(2 / gamma - (1 - drop_prob), 0.0), 1 - drop_prob)
    return 1 - drop_prob - whole, whole


def three_point_variance(drop_prob: float, gamma: float) -> float:
    """The variance of `three_point`'s noise: 3 γ / 2 - γ² (1 - p) / 2 - 1."""
    half, whole = three_point_probs(drop_prob, gamma)
    return gamma**2 * (half / 4 + whole) - 1
