"""Measurements of exercises 7 and 8: what noise makes of pre-activations on average, and a step's time.

A run takes them by name; the analyses themselves need no MXNet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from .._mxnet import autograd, nd
from ..chapter import deep
from ..chapter.noises import dropconnect
from ..chapter.scratch import dropout, linear
from ..chapter.training import sgd
from ..runs.measurements import Trained
from ..runs.run import Network, make_network, training_arguments
from .weights import DRAWS, IMAGES

NDArray = Any  # MXNet has no types
Array = Any  # an ndarray; NumPy's types ask for more than they give here

TURNS, STEPS = 9, 5  # steps are timed in turns


def bias(trained: Trained) -> dict[str, Any]:
    """What dropped weights and dropped activations make of each layer that reads a hidden one, on average.

    Returns:
        ``dropconnect`` and ``dropout``, each a list over layers, first to last: see `moments`.
    """
    config = trained.config
    net = deep.mlp(trained.params, config)
    images = nd.concat(*(X for X, _ in trained.test_iter), dim=0)[:IMAGES]
    seen: list[tuple[NDArray, NDArray]] = []
    net(images, seen)
    found: dict[str, Any] = {"dropconnect": [], "dropout": []}
    for layer, p in enumerate(config.drop_probs, 1):
        H = seen[layer - 1][0]
        W, b = trained.params[2 * layer : 2 * layer + 2]
        without = linear(H, W, b)
        found["dropconnect"].append(moments(partial(dropconnect, H, W, b, p), without))
        found["dropout"].append(moments(partial(_dropped, H, W, b, p), without))
    return found


def _dropped(H: NDArray, W: NDArray, b: NDArray, p: float) -> NDArray:
    return linear(dropout(H, p), W, b)


def moments(draw: Callable[[], NDArray], plain: NDArray) -> dict[str, float]:
    """What a noise makes of pre-activations, in units of the spread of the plain ones over units and images.

    Args:
        draw: gives pre-activations with noise, drawn anew.
        plain: those without.

    Returns:
        `mean`: the mean of all draws less the plain one, mean over units and images; `square`: an estimate
        of that difference's square of each unit and image, free of the draws' own scatter, so that it is 0
        on average, and as often below, where there is no bias; `noise`: the variance of the draws;
        `relu`: as `mean`, after a ReLU.
    """
    without = plain.asnumpy().astype(np.float64)
    summed, squares, relu = (np.zeros_like(without) for _ in range(3))
    for _ in range(DRAWS):
        drawn = draw().asnumpy().astype(np.float64)
        away = drawn - without
        summed += away
        squares += away**2
        relu += np.maximum(drawn, 0)
    mean: Array = summed / DRAWS
    variance: Array = (squares - DRAWS * mean**2) / (DRAWS - 1)
    spread = float(without.std())
    return {
        "mean": float(mean.mean()) / spread,
        "square": float((mean**2 - variance / DRAWS).mean()) / spread**2,
        "noise": float(variance.mean()) / spread**2,
        "relu": float((relu / DRAWS - np.maximum(without, 0)).mean()) / spread,
    }


def weights_times(trained: Trained) -> dict[str, float]:
    """How long a step with dropped weights takes: with a mask a batch, ``batch``, and one an ``each``."""
    config = replace(trained.config, noise="dropconnect")
    of_each = make_network(config)
    return step_times(
        trained,
        {
            "none": make_network(replace(config, noise="none")),
            "batch": make_network(config),
            "each": of_each._replace(net=deep.mlp(of_each.params, config, each=True)),
        },
    )


def noises_times(trained: Trained) -> dict[str, float]:
    """How long a step with other noise on the activations takes, by the noise."""
    kinds = ("none", "three-point", "gaussian")
    return step_times(
        trained, {kind: make_network(replace(trained.config, noise=kind, gammas=())) for kind in kinds}
    )


def step_times(trained: Trained, networks: Mapping[str, Network]) -> dict[str, float]:
    """The time of a training step of each network, in times of one with dropout.

    All take turns, so that what else the machine does falls on all; of the turns' ratios the median counts.
    """
    dropout_config = replace(trained.config, noise="dropout", gammas=())
    all_of_them = {"dropout": make_network(dropout_config), **networks}
    X, y = next(iter(trained.train_iter.in_order()))
    steps = {name: _stepping(trained, network, X, y) for name, network in all_of_them.items()}
    ratios: dict[str, list[float]] = {name: [] for name in networks}
    for step in steps.values():
        step(1)  # the first step of a network takes longer
    for turn in range(TURNS):
        order = list(steps) if turn % 2 else list(reversed(steps))
        # A mask an example takes as long as very many other steps.
        times = {name: steps[name](1 if name == "each" else STEPS) for name in order}
        for name, found in ratios.items():
            found.append(times[name] / times["dropout"])
    return {name: median(found) for name, found in ratios.items()}


def _stepping(trained: Trained, network: Network, X: NDArray, y: NDArray) -> Callable[[int], float]:
    """A function that trains so many steps, and gives the seconds of one."""
    loss = training_arguments(trained.config, network)["loss"]

    def seconds(count: int) -> float:
        nd.waitall()
        start = perf_counter()
        for _ in range(count):
            with autograd.record():
                losses = loss(network.net(X), y)
            losses.backward()
            sgd([network.joined], trained.config.learning_rate, len(X))
            nd.waitall()
        return (perf_counter() - start) / count

    return seconds
