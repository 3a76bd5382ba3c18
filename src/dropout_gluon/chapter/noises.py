"""What may multiply activations in place of dropout's mask: noise with a mean of 1, for the exercises.

Each is a function `noise(X, ...)` that gives X times noise, drawn anew for each element, with the shape,
dtype and context of X; `dropout` itself is in `scratch`. E[h'] = h for all of them, and Var[h'] is h² times
the variance of the noise.
"""

from __future__ import annotations

from typing import Any

from .._mxnet import nd
from ..config import check_drop_prob
from ..errors import ConfigError
from .moments import three_point_probs as three_point_probs
from .moments import three_point_variance as three_point_variance
from .scratch import as_floats, dropout

NDArray = Any  # MXNet has no types


def gaussian(X: NDArray, drop_prob: float) -> NDArray:
    """X times noise from N(1, p / (1 - p)), of the variance that dropout has (Srivastava et al., 2014, 10).

    Args:
        X: floating point, any shape; what `dropout` takes.
        drop_prob: p, from 0 to below 1.

    Raises:
        ConfigError: `drop_prob` is no number from 0 to below 1, or X holds integers or is no array.
    """
    drop_prob = check_drop_prob(drop_prob)
    if drop_prob == 1:
        raise ConfigError(
            "drop probability must be below 1 for gaussian noise, whose variance is p / (1 - p)"
        )
    X = as_floats(X)
    spread = (drop_prob / (1 - drop_prob)) ** 0.5
    drawn = nd.random.normal(0, 1, X.shape, ctx=X.context)  # MXNet has none with a spread of 0
    return X * (1 + spread * drawn).astype(X.dtype, copy=False)


def three_point(X: NDArray, drop_prob: float, gamma: float) -> NDArray:
    """X times noise on {0, γ/2, γ} that is 0 with probability `drop_prob` and has a mean of 1.

    Args:
        X: floating point, any shape; what `dropout` takes.
        drop_prob: from 0 to below 1.
        gamma: γ, from 1 to 2 times 1 / (1 - `drop_prob`): at either end the noise is that of dropout.

    Raises:
        ConfigError: no probabilities of γ/2 and γ make the mean 1, or X holds integers or is no array.
    """
    half, whole = three_point_probs(drop_prob, gamma)
    X = as_floats(X)
    drawn = nd.random.uniform(0, 1, X.shape, ctx=X.context)
    # The halves of γ: 0 below the drop probability, 2 in the last part, 1 between.
    halves = (drawn >= 1 - half - whole) + (drawn >= 1 - whole)
    return X * (halves * (gamma / 2)).astype(X.dtype, copy=False)


def dropconnect(X: NDArray, W: NDArray, b: NDArray, drop_prob: float, *, each: bool = False) -> NDArray:
    """X W'ᵀ + b where W' is W after `dropout`: weights are dropped in place of activations.

    E[W'] = W, so what comes out is X Wᵀ + b on average.

    Args:
        X: (n, inputs).
        W: (outputs, inputs).
        b: (outputs,).
        drop_prob: of a weight, from 0 to 1.
        each: draw a mask for each example, as Wan et al. (2013) do; else one for the batch, which takes
            1 / n of the numbers.
    """
    if not each:
        return nd.FullyConnected(X, dropout(W, drop_prob), b, num_hidden=W.shape[0])
    masked = dropout(nd.broadcast_to(W.expand_dims(0), (X.shape[0], *W.shape)), drop_prob)
    return nd.batch_dot(masked, X.expand_dims(2)).reshape((X.shape[0], -1)) + b
