"""Planted bugs: what goes wrong in people's versions of the chapter, each a RunConfig or a small mutation.

`run` trains with one of them in a worker process, so an ensemble can have any number of such runs. The
mutations are of the scratch implementation, from which Gluon's does not differ in distribution.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
from places import PLANTED

from dropout_gluon.config import RunConfig
from dropout_gluon.errors import Diverged
from dropout_gluon.logs import RunLog
from dropout_gluon.runs.workers import train
from dropout_gluon.verdict.references import Recorded, parse

Change = Callable[[], AbstractContextManager]


def scratch_dropout(function):
    """A change of `scratch.dropout`; the function gets X, the probability, and MXNet's nd."""

    def change():
        from dropout_gluon._mxnet import nd
        from dropout_gluon.chapter import scratch

        return patch.object(scratch, "dropout", lambda X, drop_prob: function(X, drop_prob, nd))

    return change


def not_rescaled(X, drop_prob, nd):
    return (nd.random.uniform(0, 1, X.shape) >= drop_prob) * X


def one_mask_a_batch(X, drop_prob, nd):
    mask = nd.random.uniform(0, 1, (1, X.shape[1])) >= drop_prob
    return nd.broadcast_mul(X, mask) / (1 - drop_prob)


def on_at_test_time():
    from dropout_gluon.chapter import scratch

    return patch.object(scratch.autograd, "is_training", lambda: True)


def sigmoid():
    from dropout_gluon.chapter import scratch

    return patch.object(scratch.nd, "relu", scratch.nd.sigmoid)


def xavier():
    from dropout_gluon.chapter import scratch

    def init_params(**sizes):
        params = original(**sizes)
        for weights in params[::2]:
            bound = (6 / sum(weights.shape)) ** 0.5
            weights[:] = scratch.nd.random.uniform(-bound, bound, weights.shape)
        return params

    original = scratch.init_params
    return patch.object(scratch, "init_params", init_params)


def weight_decay():
    from dropout_gluon.chapter import training

    def sgd(params, lr, batch_size):
        for param in params:
            training.nd.sgd_update(param, param.grad, out=param, lr=lr, rescale_grad=1 / batch_size, wd=0.001)

    return patch.object(training, "sgd", sgd)


def before_the_relu():
    from dropout_gluon._mxnet import nd
    from dropout_gluon.chapter import scratch

    def mlp(params, drop_prob1=0.2, drop_prob2=0.5):
        W1, b1, W2, b2, W3, b3 = params

        def maybe(X, drop_prob):
            return scratch.dropout(X, drop_prob) if scratch.autograd.is_training() else X

        def net(X):
            H1 = nd.relu(maybe(scratch.linear(X.reshape((X.shape[0], -1)), W1, b1), drop_prob1))
            H2 = nd.relu(maybe(scratch.linear(H1, W2, b2), drop_prob2))
            return scratch.linear(H2, W3, b3)

        return net

    return patch.object(scratch, "mlp", mlp)


def iterators(function):
    """A change of the two iterators; the function gets both and the module `batches`."""

    def change():
        from dropout_gluon.fashion_mnist import batches as data
        from dropout_gluon.runs import run as runs

        def make(*args, **kwargs):
            return function(*original(*args, **kwargs), data)

        original = runs.make_iterators
        return patch.object(runs, "make_iterators", make)

    return change


def not_shuffled(train_iter, test_iter, data):
    train_iter._rng = None
    return train_iter, test_iter


def pixels_not_scaled(train_iter, test_iter, data):
    test_iter._images = test_iter._images * 255
    return train_iter, test_iter


def wrong_labels(train_iter, test_iter, data):
    labels = train_iter._labels.asnumpy()
    rng = np.random.default_rng(0)
    wrong = rng.choice(len(labels), len(labels) // 100, replace=False)
    labels[wrong] = (labels[wrong] + rng.integers(1, 10, len(wrong))) % 10
    train_iter._labels = data.nd.array(labels, dtype="int32")
    return train_iter, test_iter


def config(**fields):
    return fields, nullcontext


def mutation(change: Change):
    return {}, change


BUGS: dict[str, tuple[dict, Change]] = {
    "mask not rescaled": mutation(scratch_dropout(not_rescaled)),
    "dropout left on at test time": mutation(on_at_test_time),
    "keep and drop probability confused": config(drop_probs=(0.8, 0.5)),
    "probabilities swapped": config(drop_probs=(0.5, 0.2)),
    "no dropout": config(drop_probs=(0.0, 0.0)),
    "only the first layer drops": config(drop_probs=(0.2, 0.0)),
    "only the second layer drops": config(drop_probs=(0.0, 0.5)),
    "one mask for the whole batch": mutation(scratch_dropout(one_mask_a_batch)),
    "learning rate 0.1": config(learning_rate=0.1),
    "mean of the loss divided by the batch size again": config(learning_rate=0.5 / 256),
    "no shuffling": mutation(iterators(not_shuffled)),
    "sigma 0.1": config(sigma=0.1),
    "Xavier initialisation": mutation(xavier),
    "128 hidden units": config(hidden_sizes=(128, 128)),
    "512 hidden units": config(hidden_sizes=(512, 512)),
    "batch size 128": config(batch_size=128),
    "weight decay 0.001": mutation(weight_decay),
    "sigmoid": mutation(sigmoid),
    "test pixels not scaled": mutation(iterators(pixels_not_scaled)),
    "labels of 1% of the training images wrong": mutation(iterators(wrong_labels)),
}
HARMLESS = {"dropout before the ReLU": mutation(before_the_relu)}
ALL = {**BUGS, **HARMLESS}

# How many runs of each are recorded: more of those that few logs show, so that sets of five have no run in
# common, and more of the change that must not be found.
RUNS = dict.fromkeys(ALL, 20)
RUNS |= dict.fromkeys(
    [
        "128 hidden units",
        "512 hidden units",
        "mask not rescaled",
        "no shuffling",
        "only the first layer drops",
        "only the second layer drops",
        "probabilities swapped",
    ],
    40,
)
RUNS |= {"dropout left on at test time": 100, "dropout before the ReLU": 100}


def run(name: str, base: RunConfig, report) -> RunLog:
    """A run with the bug of this name; its log has the configuration without, which names it in a store."""
    fields, change = ALL[name]
    with change():
        try:
            log = train(replace(base, **fields), report)
        except Diverged as error:
            error.log = replace(error.log, config=base)
            raise
    return replace(log, config=base)


def path(name: str) -> Path:
    """The file of the runs with this bug."""
    return PLANTED / (name.replace(" ", "-").replace("%", "-percent") + ".csv")


def recorded(name: str) -> Recorded:
    """The recorded runs with this bug."""
    return parse(path(name).read_text(), path(name).name)
