"""Planted bugs: what goes wrong in people's versions of the chapter, each a RunConfig or a small mutation.

`run` trains with one of them in a worker process, so an ensemble can have any number of such runs. The
mutations are of the scratch implementation, from which Gluon's does not differ in distribution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
from dropout_gluon.verdict.references import Mistakes, Recorded, load_mistakes, located, parse

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


def updates(make):
    """A change of the update; `make` gets MXNet's nd, and gives what a step calls for each parameter."""

    def change():
        from dropout_gluon.chapter import training

        update, states = make(training.nd), {}

        def sgd(params, lr, batch_size, weight_decay):
            for param in params:
                update(param, states.setdefault(id(param), {}), lr=lr, rescale_grad=1 / batch_size)

        return patch.object(training, "sgd", sgd)

    return change


def adam(nd):
    """As Kingma and Ba have it, at a learning rate of 0.001, whatever the configuration's is."""

    def update(param, state, lr, rescale_grad):
        t = state["t"] = state.get("t", 0) + 1
        mean = state.setdefault("mean", nd.zeros_like(param))
        var = state.setdefault("var", nd.zeros_like(param))
        rate = 0.001 * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t)
        nd.adam_update(param, param.grad, mean, var, out=param, lr=rate, rescale_grad=rescale_grad)

    return update


def momentum(nd):
    """0.9, with the learning rate as it is."""

    def update(param, state, **options):
        mom = state.setdefault("mom", nd.zeros_like(param))
        nd.sgd_mom_update(param, param.grad, mom, out=param, momentum=0.9, **options)

    return update


def halving(nd):
    """The learning rate halved after every second epoch of 235 steps."""

    def update(param, state, lr, rescale_grad):
        step = state["step"] = state.get("step", -1) + 1
        nd.sgd_update(param, param.grad, out=param, lr=lr / 2 ** (step // 470), rescale_grad=rescale_grad)

    return update


def activation(function):
    """A change of `scratch.nd.relu`; the function gets X and MXNet's nd."""

    def change():
        from dropout_gluon.chapter import scratch

        nd = scratch.nd
        return patch.object(nd, "relu", lambda X: function(X, nd))

    return change


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


def tested_on_training_images(train_iter, test_iter, data):
    test_iter._images, test_iter._labels = train_iter._images, train_iter._labels
    return train_iter, test_iter


def trained_on_test_images_too(train_iter, test_iter, data):
    for name in ("_images", "_labels"):
        both = data.nd.concat(getattr(train_iter, name), getattr(test_iter, name), dim=0)
        setattr(train_iter, name, both)
    return train_iter, test_iter


def shifted(train_iter, test_iter, data):
    """The training images two pixels to the right, the test images as they are."""
    images = train_iter._images.asnumpy()
    train_iter._images = data.nd.array(np.roll(images, 2, axis=-1))
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
    "weight decay 0.001": config(weight_decay=0.001),
    "sigmoid": mutation(sigmoid),
    "test pixels not scaled": mutation(iterators(pixels_not_scaled)),
    "labels of 1% of the training images wrong": mutation(iterators(wrong_labels)),
}
# Recorded, to be among those that a verdict knows by name.
MORE: dict[str, tuple[dict, Change]] = {
    "training continued": config(num_epochs=20),  # of which the second half is the log
    "0.2 for both probabilities": config(drop_probs=(0.2, 0.2)),
    "0.5 for both probabilities": config(drop_probs=(0.5, 0.5)),
    "weight decay 0.005": config(weight_decay=0.005),
    "weight decay 0.01": config(weight_decay=0.01),
    "four hidden layers": config(hidden_sizes=(256,) * 4, drop_probs=(0.2, 0.5, 0.5, 0.5)),
    "one hidden layer, no dropout": config(hidden_sizes=(256,), noise="none"),
    "softmax regression": config(hidden_sizes=(), drop_probs=(), learning_rate=0.1),
    "evaluated on the training images": mutation(iterators(tested_on_training_images)),
    "trained on the test images too": mutation(iterators(trained_on_test_images_too)),
    "leaky ReLU": mutation(activation(lambda X, nd: nd.LeakyReLU(X, act_type="leaky", slope=0.25))),
    "Adam at 0.001": mutation(updates(adam)),
}
# Recorded, and never to be among them: how a verdict does with what nobody thought of.
UNKNOWN: dict[str, tuple[dict, Change]] = {
    "momentum 0.9": mutation(updates(momentum)),
    "learning rate halved": mutation(updates(halving)),
    "tanh": mutation(activation(lambda X, nd: nd.tanh(X))),
    "training images shifted": mutation(iterators(shifted)),
}
HARMLESS = {"dropout before the ReLU": mutation(before_the_relu)}
ALL = {**BUGS, **HARMLESS}
EVERY = {**ALL, **MORE, **UNKNOWN}

# How many runs of each are recorded: more of those that few logs show, so that sets of five have no run in
# common, and more of the change that must not be found.
RUNS = dict.fromkeys(EVERY, 20)
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
# Those that are near one of the bugs, or of each other, are told apart by where many runs lie.
RUNS |= dict.fromkeys(
    [
        "0.2 for both probabilities",
        "0.5 for both probabilities",
        "leaky ReLU",
        "trained on the test images too",
    ],
    60,
)
# Of each bug forty more, the second twenty of which were seen by the choice of how logs are named alone, and
# twenty that were recorded after the last choice.
FRESH = 20
RUNS |= {name: RUNS[name] + 40 + FRESH for name in BUGS}
# All runs with one of these make what a verdict knows of it.
KNOWN = {**BUGS, **MORE}


def run(name: str, base: RunConfig, report) -> RunLog:
    """A run with the bug of this name; its log has the configuration without, which names it in a store."""
    fields, change = EVERY[name]
    with change():
        try:
            log = train(replace(base, **fields), report)
        except Diverged as error:
            error.log = replace(error.log, config=base)
            raise
    epochs = log.epochs[-base.num_epochs :]  # of a training that went on before
    epochs = tuple(replace(epoch, epoch=number) for number, epoch in enumerate(epochs, 1))
    return replace(log, config=base, epochs=epochs)


def path(name: str) -> Path:
    """The file of the runs with this bug."""
    return PLANTED / (name.replace(" ", "-").replace(",", "").replace("%", "-percent") + ".csv")


def recorded(name: str) -> Recorded:
    """The recorded runs with this bug."""
    return parse(path(name).read_text(), path(name).name)


def known(name: str, judged: Sequence[int] | None, among: Iterable[str] = KNOWN) -> Mistakes:
    """What a verdict knows of bugs that has not seen some runs with one, which it is to judge; None: any."""
    mistakes = load_mistakes().keep(among)
    if name not in mistakes.names:
        return mistakes
    if judged is None:
        return mistakes.keep(other for other in mistakes.names if other != name)
    at = [other == name for other in mistakes.names]
    values, spread = mistakes.values.copy(), mistakes.spread.copy()
    values[at], spread[at] = located(np.delete(recorded(name).values, judged, axis=0))
    return replace(mistakes, values=values, spread=spread)
