"""Dropout and the multilayer perceptron by hand, on NDArray: the first half of the chapter.

Written to be read beside it. The products go through `nd.FullyConnected`, whose weights are stored with
one row an output, so that they run in oneDNN rather than in OpenBLAS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._mxnet import autograd, mx, nd
from ..config import NUM_INPUTS, NUM_OUTPUTS, check_drop_prob, check_sigma, check_units
from ..errors import ConfigError
from ..messages import shown

NDArray = Any  # MXNet has no types


def dropout(X: NDArray, drop_prob: float) -> NDArray:
    """Set each element to 0 with probability `drop_prob` and divide the others by 1 - `drop_prob`.

    So E[h'] = h and Var[h'] = h² p / (1 - p) (the chapter, "Robustness through Perturbations";
    Srivastava et al., 2014).

    Args:
        X: floating point, any shape; an NDArray, a NumPy array, or numbers in lists, which become float32.
        drop_prob: from 0 to 1. The mask is drawn whatever it is, 0 and 1 too: the numbers that the
            chapter prints depend on how many were drawn before.

    Returns:
        A new array with the shape, dtype and context of X.

    Raises:
        ConfigError: `drop_prob` is no number from 0 to 1, or X holds integers or is no array.
    """
    drop_prob = check_drop_prob(drop_prob)
    X = as_floats(X)
    # The generator gives [0, 1): with >= nothing is dropped at probability 0, not even where it gave 0.
    mask = nd.random.uniform(0, 1, X.shape, ctx=X.context) >= drop_prob
    keep_prob = 1 - drop_prob
    # The scale goes into the mask, which needs no gradient, rather than into X, which does. At probability 1
    # the mask is all 0, and X times it, for MXNet crashes in a backward pass through zeros_like.
    return X * (mask / keep_prob if keep_prob else mask).astype(X.dtype, copy=False)


def as_ndarray(X: Any) -> NDArray:
    """X itself, or an NDArray of what NumPy can make an array of; ConfigError for all else."""
    if isinstance(X, mx.np.ndarray):
        return X.as_nd_ndarray()
    if isinstance(X, nd.NDArray):
        return X
    try:
        values = np.asarray(X, None if isinstance(X, np.ndarray) else "float32")
    except (TypeError, ValueError, KeyError, OverflowError, RecursionError):
        values = np.empty(())
    if values.ndim == 0 or not values.size or values.dtype.kind not in "biuf" or values.itemsize > 8:
        raise ConfigError(f"X must be an array of numbers, not {shown(X)}")
    return nd.array(values, dtype=values.dtype)


def as_floats(X: Any) -> NDArray:
    """`as_ndarray` of floating point numbers; ConfigError where there are others."""
    X = as_ndarray(X)
    if X.dtype.__name__ not in ("float16", "float32", "float64"):
        raise ConfigError(f"dropout needs floating point numbers, not {X.dtype.__name__}")
    return X


def init_params(
    num_inputs: int = NUM_INPUTS,
    num_outputs: int = NUM_OUTPUTS,
    num_hiddens1: int = 256,
    num_hiddens2: int = 256,
    sigma: float = 0.01,
) -> list[NDArray]:
    """W1, b1, W2, b2, W3, b3: weights from N(0, sigma²) with shape (outputs, inputs), biases 0.

    Every array is float32 and has its gradient attached. The draws come from MXNet's generator.
    """
    num_inputs, num_outputs = check_units(num_inputs=num_inputs, num_outputs=num_outputs)
    num_hiddens1, num_hiddens2 = check_units(num_hiddens1=num_hiddens1, num_hiddens2=num_hiddens2)
    sigma = check_sigma(sigma)
    W1 = nd.random.normal(scale=sigma, shape=(num_hiddens1, num_inputs))
    b1 = nd.zeros(num_hiddens1)
    W2 = nd.random.normal(scale=sigma, shape=(num_hiddens2, num_hiddens1))
    b2 = nd.zeros(num_hiddens2)
    W3 = nd.random.normal(scale=sigma, shape=(num_outputs, num_hiddens2))
    b3 = nd.zeros(num_outputs)
    params = [W1, b1, W2, b2, W3, b3]
    for param in params:
        param.attach_grad()
    return params


def linear(X: NDArray, W: NDArray, b: NDArray) -> NDArray:
    """X Wᵀ + b for X (n, inputs), W (outputs, inputs), b (outputs,)."""
    return nd.FullyConnected(X, W, b, num_hidden=W.shape[0])


def mlp(
    params: list[NDArray], drop_prob1: float = 0.2, drop_prob2: float = 0.5
) -> Callable[[NDArray], NDArray]:
    """The network with two hidden layers, as a function of X that gives the logits.

    Args:
        params: what `init_params` gives.
        drop_prob1: drop probability after the first hidden layer; nearer to the input, so smaller.
        drop_prob2: drop probability after the second.

    Returns:
        net(X): X of shape (n, ...) gives logits (n, outputs). It drops only in training mode, that is
        inside `autograd.record()`.
    """
    drop_prob1, drop_prob2 = check_drop_prob(drop_prob1), check_drop_prob(drop_prob2)
    if not isinstance(params, (list, tuple)) or len(params) != 6:
        raise ConfigError(f"params must be the six arrays of init_params, not {shown(params)}")
    W1, b1, W2, b2, W3, b3 = params

    def net(X: NDArray) -> NDArray:
        H1 = nd.relu(linear(X.reshape((X.shape[0], -1)), W1, b1))
        if autograd.is_training():
            H1 = dropout(H1, drop_prob1)
        H2 = nd.relu(linear(H1, W2, b2))
        if autograd.is_training():
            H2 = dropout(H2, drop_prob2)
        return linear(H2, W3, b3)

    return net
