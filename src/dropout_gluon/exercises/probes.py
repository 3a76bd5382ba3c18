"""What the chapter's claims are held against: measurements of a trained network, and of noise itself.

Functions for `RunConfig.measure`, each of a `Trained` network, each seeded by the run.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._mxnet import autograd, nd
from ..chapter import deep, noises, scratch
from ..fashion_mnist.batches import make_iterators
from ..fashion_mnist.sources import locate
from ..runs.measurements import Trained

Array = Any  # an ndarray; NumPy's types ask for more than they give here

DRAWS = 1_000_000  # numbers of each noise
UNITS = 5  # hidden ones of the chapter's picture
STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0)  # standard deviations of noise on pixels, which are from 0 to 1
IMAGES, NOISY = 500, 20  # test images, and how often each has noise, added and taken away
COPIES = (10, 100, 1000)  # noisy copies of each example of the linear model
EXAMPLES, INPUTS, LINEAR = 60, 20, 0.5  # of the linear model, and the standard deviation of its noise


def expectations(trained: Trained) -> dict[str, Any]:
    """The mean of each noise of 1 at its layer's probability, and its standard error: [mean, error]."""
    ones, found = nd.ones(DRAWS), {}
    for p in trained.config.drop_probs:
        gamma = 1.5 / (1 - p)
        drawn = {
            "dropout": scratch.dropout(ones, p),
            "gaussian": noises.gaussian(ones, p),
            "three-point": noises.three_point(ones, p, gamma),
            # Each weight of 1, read by an input of 1.
            "dropconnect": noises.dropconnect(nd.ones((1, 1)), ones.reshape((-1, 1)), nd.zeros(DRAWS), p),
        }
        for name, noise in drawn.items():
            values = noise.asnumpy().astype(np.float64)
            found[f"{name} {p:g}"] = [values.mean(), values.std() / DRAWS**0.5]
    return found


def gradients(trained: Trained) -> dict[str, Any]:
    """Of one test image at a time: gradients of what goes into and out of hidden units, by their fate.

    Returns:
        For `dropped` units and for `kept` ones that were above 0: how many there were in both layers, and how
        many of them had any gradient other than 0 in a weight that they read or that reads them.
    """
    config, params = trained.config, trained.params
    net = deep.mlp(params, config)
    ((X, y),) = [batch for batch, _ in zip(trained.test_iter, range(1))]
    counted = {"dropped": [0, 0], "kept": [0, 0]}
    for image in range(20):
        seen: list[Any] = []
        with autograd.record():
            logits = net(X[image : image + 1], seen)
            loss = -nd.pick(nd.log_softmax(logits), y[image : image + 1])
        loss.backward()
        for layer, (before, after) in enumerate(seen):
            reads, read_by = params[2 * layer].grad.asnumpy(), params[2 * layer + 2].grad.asnumpy()
            moved = (reads != 0).any(axis=1) | (read_by != 0).any(axis=0)
            active, alive = before.asnumpy()[0] > 0, after.asnumpy()[0] > 0
            for fate, units in (("dropped", active & ~alive), ("kept", alive)):
                counted[fate][0] += int(units.sum())
                counted[fate][1] += int(moved[units].sum())
    return counted


def picture(trained: Trained) -> dict[str, Any]:
    """A mask that `dropout` drew for the five hidden units of the chapter's picture, at probability 0.5."""
    return {"kept": [value > 0 for value in scratch.dropout(nd.ones(UNITS), 0.5).asnumpy().tolist()]}


def right_labels(trained: Trained) -> float:
    """The share of training labels that are those of their images; of permuted ones, what chance left."""
    config = trained.config
    true, _ = make_iterators(
        locate(), config.batch_size, split=config.split, seed=config.seed, num_train=config.num_train
    )
    pairs = [*zip(true.in_order(), trained.train_iter.in_order())]
    return sum(float((own == y).sum().asscalar()) for (_, own), (_, y) in pairs) / config.num_train


def tikhonov(trained: Trained) -> dict[str, Any]:
    """Noise on the inputs against a penalty on derivatives (Bishop, Neural Computation 7, 1995, 108).

    Returns:
        `linear`: for so many noisy copies of each example [copies, distance]: how far the weights of least
        squares on them are from ridge regression's closed form, as a share of how far that is from least
        squares without noise. `network`: for each strength [strength, increase of the mean loss over test
        images with noise, its standard error, what the penalty says: half the variance times the trace of
        the second derivatives]. The noise is added and taken away: what is of first order cancels, as it
        does on average, and would hide the rest where there is little noise.
    """
    return {"linear": _linear(trained.config.seed), "network": _network(trained)}


def _linear(seed: int) -> list[list[float]]:
    """Squared error averaged over noise of variance s² is that without, and s² |w|² besides."""
    rng = np.random.default_rng([seed, 7])
    X = rng.normal(size=(EXAMPLES, INPUTS))
    y = X @ rng.normal(size=INPUTS) + rng.normal(size=EXAMPLES)
    plain = np.linalg.solve(X.T @ X, X.T @ y)
    ridge = np.linalg.solve(X.T @ X + EXAMPLES * LINEAR**2 * np.eye(INPUTS), X.T @ y)
    found = []
    for copies in COPIES:
        noisy = np.tile(X, (copies, 1)) + LINEAR * rng.normal(size=(copies * EXAMPLES, INPUTS))
        fitted = np.linalg.lstsq(noisy, np.tile(y, copies), rcond=None)[0]
        found.append([copies, float(np.linalg.norm(fitted - ridge) / np.linalg.norm(plain - ridge))])
    return found


def _network(trained: Trained) -> list[list[float]]:
    X, y = _first_images(trained, IMAGES)
    plain = _losses(trained, X, y)
    trace = _trace(trained, X)
    found = []
    for strength in STRENGTHS:
        drawn = (strength * nd.random.normal(shape=X.shape) for _ in range(NOISY))
        grown = [_losses(trained, X + noise, y) + _losses(trained, X - noise, y) for noise in drawn]
        each = np.stack(grown).mean(axis=1) / 2 - plain.mean()
        error = each.std(ddof=1) / NOISY**0.5
        found.append([strength, float(each.mean()), float(error), strength**2 / 2 * float(trace.mean())])
    return found


def _first_images(trained: Trained, count: int) -> tuple[Any, Any]:
    batches = []
    for X, y in trained.test_iter:
        batches.append((X, y))
        if sum(len(one) for one, _ in batches) >= count:
            break
    return tuple(nd.concat(*part, dim=0)[:count] for part in zip(*batches))


def _losses(trained: Trained, X: Any, y: Any) -> Array:
    return (-nd.pick(nd.log_softmax(trained.net(X)), y)).asnumpy().astype(np.float64)


def _trace(trained: Trained, X: Any) -> Array:
    """Of the second derivatives of each image's loss by its pixels, (n,).

    The logits are linear in the pixels but for kinks, so that what is left is J' (diag q - q q') J with the
    logits' derivatives J and the softmax q.
    """
    X = X.copy()
    X.attach_grad()
    jacobian = []
    for output in range(trained.params[-1].size):
        with autograd.record(train_mode=False):
            logits = trained.net(X)
            one = logits[:, output]
        one.backward()
        jacobian.append(X.grad.reshape((len(X), -1)).asnumpy().astype(np.float64))
    J = np.stack(jacobian, axis=1)
    q = nd.softmax(logits).asnumpy().astype(np.float64)
    mean = (q[..., None] * J).sum(axis=1)
    traces: Array = (q * (J**2).sum(axis=-1)).sum(axis=1) - (mean**2).sum(axis=-1)
    return traces
