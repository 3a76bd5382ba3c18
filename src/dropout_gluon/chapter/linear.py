"""Linear regression, its loss and its batches, of the part's first chapter, as the helper has them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from .._mxnet import nd
from ..config import check_batch_size, check_kind
from ..errors import ConfigError

NDArray = Any  # MXNet has no types


def linreg(X: NDArray, w: NDArray, b: NDArray) -> NDArray:
    """X w + b for X (n, inputs), w (inputs, outputs) or (inputs,), b (outputs,)."""
    for name, value in (("X", X), ("w", w), ("b", b)):
        check_kind(name, value, nd.NDArray, "an NDArray")
    if not X.ndim or not w.ndim or X.shape[-1] != w.shape[0]:
        raise ConfigError(f"w must have a row for each of X's inputs: X is {X.shape}, w is {w.shape}")
    return nd.dot(X, w) + b


def squared_loss(y_hat: NDArray, y: NDArray) -> NDArray:
    """(y_hat - y)² / 2 of each example, with the shape of y_hat; y has as many values, in any shape."""
    for name, value in (("y_hat", y_hat), ("y", y)):
        check_kind(name, value, nd.NDArray, "an NDArray")
    if y_hat.size != y.size:
        raise ConfigError(f"y must have as many values as y_hat: y is {y.shape}, y_hat is {y_hat.shape}")
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2


def data_iter(batch_size: int, features: NDArray, labels: NDArray) -> Iterator[tuple[NDArray, NDArray]]:
    """Batches of all examples in an order that `random` draws; the last one has what is left.

    Args:
        batch_size: examples a batch, 1 to 60,000.
        features, labels: equally many.
    """
    check_batch_size(batch_size)
    for name, value in (("features", features), ("labels", labels)):
        check_kind(name, value, nd.NDArray, "an NDArray")
    if len(features) != len(labels):
        raise ConfigError(f"labels must be as many as features, {len(features)}, not {len(labels)}")
    order = list(range(len(features)))
    random.shuffle(order)
    places = (nd.array(order[start : start + batch_size]) for start in range(0, len(order), batch_size))
    return ((features.take(some), labels.take(some)) for some in places)
