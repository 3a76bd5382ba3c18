"""What a run can measure of its network besides the book's line, by name.

A measurement is a function of a `Trained` network that gives what JSON can hold. It runs after training, or
after each epoch, and changes no number of the run's log: what it draws comes from a stream of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from .._mxnet import autograd, mx, nd
from ..chapter import deep
from ..chapter.training import evaluate_accuracy
from ..config import BINS, RunConfig
from ..errors import ConfigError, MeasurementError
from ..fashion_mnist.batches import Batches
from ..messages import brief
from .seeds import MEASURING, TRAINING, mxnet_seed

NDArray = Any  # MXNet has no types
Array = Any  # an ndarray; NumPy's types ask for more than they give here

SAMPLES = (1, 2, 5, 10, 20, 50, 100)  # predictions with the noise left on, of which the mean is taken
SHARES = 10  # of the test images, by the entropy of what is predicted of them
DRAWS = 20  # of the noise, for the moments of what it makes of activations


@dataclass(frozen=True)
class Trained:
    """A network after training, or after some of its epochs, and what it was trained on.

    Attributes:
        config: of the run.
        net: gives the logits of X; in training mode with the noise.
        params: W1, b1, W2, b2, ..., weights with shape (outputs, inputs).
        train_iter: the training images; `in_order()` gives them without drawing from what orders them.
        test_iter: the test images, in one order at each pass.
    """

    config: RunConfig
    net: Callable[[NDArray], NDArray]
    params: Sequence[NDArray]
    train_iter: Batches
    test_iter: Batches


Measurement = Callable[[Trained], Any]


def accuracy(trained: Trained) -> float:
    """The accuracy on the training images with nothing dropped, where the book's line has it with dropout."""
    return evaluate_accuracy(trained.train_iter.in_order(), trained.net)


def norms(trained: Trained) -> dict[str, Any]:
    """The Euclidean norm of each layer's weights, first to last, and of all parameters together."""
    of_each = [float(param.norm().asscalar()) for param in trained.params]
    return {"weights": of_each[::2], "all": float(np.linalg.norm(of_each))}


def activations(trained: Trained) -> dict[str, Any]:
    """Moments of each hidden layer's activations before and after the noise, over units and test images.

    For the trained network, and for the one that it was at the start: `mean` and `var` before the noise, and
    `after_mean` and `after_var`, lists over several draws of the noise in this layer alone.
    """
    config = trained.config
    mx.random.seed(mxnet_seed(config.seed, TRAINING))
    fresh = deep.init_params(config.hidden_sizes, config.sigma)
    mx.random.seed(mxnet_seed(config.seed, MEASURING))
    return {
        "start": _moments(fresh, config, trained.test_iter),
        "trained": _moments(trained.params, config, trained.test_iter),
    }


def _moments(params: Sequence[NDArray], config: RunConfig, test_iter: Batches) -> list[dict[str, Any]]:
    net = deep.mlp(params, config)
    layers: list[list[NDArray]] = [[] for _ in config.hidden_sizes]
    for X, _ in test_iter:
        seen: list[tuple[NDArray, NDArray]] = []
        net(X, seen)
        for batches, (H, _) in zip(layers, seen):
            batches.append(H)
    found = []
    for batches, noise in zip(layers, deep.noises(config)):
        H = nd.concat(*batches, dim=0)
        mean, var = _mean_and_variance(H)
        after = np.array([_mean_and_variance(noise(H)) for _ in range(DRAWS)]).T.tolist()
        found.append({"mean": mean, "var": var, "after_mean": after[0], "after_var": after[1]})
    return found


def _mean_and_variance(H: NDArray) -> tuple[float, float]:
    values = H.asnumpy()
    return float(values.mean(dtype=np.float64)), float(values.var(dtype=np.float64))


def calibration(trained: Trained) -> dict[str, Any]:
    """Of the predictions with nothing dropped: see `quality`."""
    return quality(_softmax(_logits(trained)), _labels(trained))


def samples(trained: Trained) -> dict[str, Any]:
    """Predictions with the noise left on: one, the means of several, and beside them with nothing dropped.

    Returns:
        `none` and, by how many, `mean_of`: see `quality`. `accuracies`: of each sample by itself.
        `errors`: the share of errors in tenths of the test images, from the least entropy of the mean of all
        samples to the most; `errors_none`: likewise with nothing dropped.
    """
    labels = _labels(trained)
    summed: Array = 0.0
    accuracies, mean_of = [], {}
    for count in range(1, SAMPLES[-1] + 1):
        with autograd.train_mode():
            one = _softmax(_logits(trained))
        accuracies.append(float((one.argmax(axis=1) == labels).mean()))
        summed = summed + one
        if count in SAMPLES:
            mean_of[str(count)] = quality(summed / count, labels)
    none = _softmax(_logits(trained))
    return {
        "none": quality(none, labels),
        "mean_of": mean_of,
        "accuracies": accuracies,
        "errors": _errors_by_entropy(summed / SAMPLES[-1], labels),
        "errors_none": _errors_by_entropy(none, labels),
    }


def _logits(trained: Trained) -> Array:
    return np.concatenate([trained.net(X).asnumpy() for X, _ in trained.test_iter])


def _labels(trained: Trained) -> Array:
    return np.concatenate([y.asnumpy() for _, y in trained.test_iter])


def _softmax(logits: Array) -> Array:
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def quality(probs: Array, labels: Array) -> dict[str, Any]:
    """How good predicted probabilities are.

    Args:
        probs: (n, classes), of rows that add up to 1.
        labels: (n,).

    Returns:
        `acc`; `nll`, the mean of minus ln of the label's probability, in nats; `ece`, the expected
        calibration error: the mean distance of confidence and accuracy over bins of equal width, weighted by
        their images; `bins`: of each that has images, their number, mean confidence and accuracy.
    """
    confidence, right = probs.max(axis=1), probs.argmax(axis=1) == labels
    which = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = [
        (int(mine.sum()), float(confidence[mine].mean()), float(right[mine].mean()))
        for mine in (which == place for place in range(BINS))
        if mine.any()
    ]
    own = probs[np.arange(len(labels)), labels]
    return {
        "acc": float(right.mean()),
        "nll": float(-np.log(np.maximum(own, 1e-300)).mean()),
        "ece": sum(count * abs(sure - hit) for count, sure, hit in bins) / len(labels),
        "bins": bins,
    }


def _errors_by_entropy(probs: Array, labels: Array) -> list[float]:
    entropy = -(probs * np.log(np.maximum(probs, 1e-300))).sum(axis=1)
    wrong = (probs.argmax(axis=1) != labels)[np.argsort(entropy, kind="stable")]
    return [float(part.mean()) for part in np.array_split(wrong, SHARES)]


AT_THE_END: dict[str, Measurement] = {
    "activations": activations,
    "calibration": calibration,
    "norms": norms,
    "samples": samples,
}
AFTER_EACH_EPOCH: dict[str, Measurement] = {"accuracy": accuracy}


@dataclass
class Measuring:
    """The measurements of a run.

    Args:
        trained: the network, which changes as it is trained.

    Attributes:
        found: name -> what came out; of those after each epoch a list, a value an epoch.

    Raises:
        ConfigError: a function of one's own cannot be found.
    """

    trained: Trained
    found: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._functions = {name: find(name) for name in self.trained.config.measure}

    def after_epoch(self) -> None:
        """MeasurementError where one fails."""
        for name in self._functions:
            if name in AFTER_EACH_EPOCH:
                self.found.setdefault(name, []).append(self._measure(name))

    def at_the_end(self) -> None:
        """MeasurementError where one fails; what the others found stays."""
        failures = []
        for name in self._functions:
            if name in AFTER_EACH_EPOCH:
                continue
            # So that what is measured besides changes nothing in it.
            mx.random.seed(mxnet_seed(self.trained.config.seed, MEASURING))
            try:
                self.found[name] = self._measure(name)
            except MeasurementError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    def _measure(self, name: str) -> Any:
        try:
            return json.loads(json.dumps(self._functions[name](self.trained), allow_nan=False))
        except Exception as error:
            why = brief(f"{type(error).__name__}: {error}")
            raise MeasurementError(f"the measurement {name} failed, the epochs are kept: {why}") from error


def find(name: str) -> Measurement:
    """The function of this name; ConfigError where there is none."""
    if known := {**AT_THE_END, **AFTER_EACH_EPOCH}.get(name):
        return known
    module, _, function = name.partition(":")
    try:
        own = getattr(import_module(module), function)
    except Exception as error:  # whatever somebody's module does
        raise ConfigError(f"the measurement {name} cannot be found: {brief(error)}") from error
    if not callable(own):
        raise ConfigError(f"the measurement {name} is no function")
    return own  # type: ignore[no-any-return]
