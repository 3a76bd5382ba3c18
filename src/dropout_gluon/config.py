"""RunConfig: one frozen record that says everything a run depends on, and the range of every value."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from numbers import Integral, Real
from typing import Any

from .errors import ConfigError
from .messages import shown

NUM_INPUTS, NUM_OUTPUTS = 784, 10
NUM_TRAIN, NUM_TEST = 60_000, 10_000
MOST_WORKERS = 1000  # of half a gigabyte each
MOST_THREADS = 1000
MOST_SEED = 2**31 - 1  # what MXNet's generator takes
MOST_LAYERS = 100
MOST_UNITS, MOST_PARAMETERS = 100_000, 500_000_000  # which take 6 GB, with their gradients and a copy
LARGEST = 3.4e38  # that MXNet's parameters of 32 bits can be
SLACK = 1e-9  # of a product that is rounded
LARGEST_WHOLE = 2**63 - 1  # that other programs read back from JSON, where nothing else is said

IMPLEMENTATIONS = ("scratch", "gluon")
GLUON_BELOW_1 = ", whose nn.Dropout divides by the share that it keeps and at 1 gives NaN"
SPLITS = ("released", "reshuffled")
# Where no seed is asked for. Not 0, whose split has test images that are harder than most: on an AMD EPYC its
# two good runs came out at p = 0.016 and 0.0022.
FIRST_SEED = 1
NOISES = ("dropout", "dropconnect", "three-point", "gaussian", "none")
LABELS = ("true", "random")
MEASUREMENTS = ("accuracy", "activations", "calibration", "norms", "samples")  # runs.measurements
BINS = 15  # of confidence, in the calibration (Guo et al., 2017)
BOOKS_RELEASE = "2017-08-26"  # of Fashion-MNIST


def check_number(
    name: str, value: object, low: float, high: float = math.inf, *, above: bool = False
) -> float:
    """The value as a float, or ConfigError naming the field and its range.

    Args:
        name: what the message calls the value.
        value: must be a real, finite number from `low` to `high`.
        above: `low` itself is outside the range.
    """
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            number = float(value) + 0.0  # -0.0 is 0.0
        except OverflowError:  # of a whole number beyond all floats
            number = math.inf
        if math.isfinite(number) and (low < number if above else low <= number) and number <= high:
            return number
    start = f"above {low:g}" if above else f"from {low:g}"
    end = "" if high == math.inf else f" to {high:g}"
    raise ConfigError(f"{name} must be a number {start}{end}, not {shown(value)}")


def check_whole(name: str, value: object, low: int, high: int | None = None) -> int:
    """The value as an int, or ConfigError naming the field and its range."""
    most = LARGEST_WHOLE if high is None else high
    if isinstance(value, Integral) and not isinstance(value, bool):
        number = int(value)
        if low <= number <= most:
            return number
        if number > most:
            high = most
    end = f"from {low} up" if high is None else f"from {low} to {high}"
    raise ConfigError(f"{name} must be a whole number {end}, not {shown(value)}")


def check_kind(name: str, value: object, kind: type | tuple[type, ...], what: str) -> Any:
    """The value, or ConfigError saying what it must be and what it is."""
    if not isinstance(value, kind):
        raise ConfigError(f"{name} must be {what}, not {shown(value)}")
    return value


def check_path(name: str, value: object) -> Any:
    """The value, a path as text or as an object, or ConfigError."""
    text = os.fspath(value) if isinstance(value, (str, os.PathLike)) else None
    if isinstance(text, str) and text and "\0" not in text:
        with suppress(UnicodeEncodeError):  # of a character that no file's name can have
            os.fsencode(text)
            return value
    raise ConfigError(f"{name} must be a path, not {shown(value)}")


def check_choice(name: str, value: object, choices: tuple[str, ...]) -> str:
    """The value, or ConfigError naming the field and what it may be."""
    if not isinstance(value, str) or value not in choices:  # an array is neither in them nor not
        raise ConfigError(f"{name} must be one of {', '.join(choices)}, not {shown(value)}")
    return str(value)


def check_drop_prob(value: object, name: str = "drop probability") -> float:
    """A drop probability: a number from 0 to 1."""
    return check_number(name, value, 0, 1)


def check_gluon_drop_prob(value: object, name: str = "drop probability") -> float:
    """A drop probability that nn.Dropout can take: below 1."""
    if (drop_prob := check_drop_prob(value, name)) == 1:
        raise ConfigError(f"{name} must be below 1 in Gluon{GLUON_BELOW_1}")
    return drop_prob


def check_workers(value: object) -> int:
    """How many worker processes: a whole number from 1 to 1,000."""
    return check_whole("workers", value, 1, MOST_WORKERS)


def check_threads(value: object) -> int:
    """How many threads a run has: a whole number from 1 to 1,000."""
    return check_whole("threads", value, 1, MOST_THREADS)


def check_batch_size(value: object) -> int:
    """A batch size: a whole number from 1 to the 60,000 training images."""
    return check_whole("batch_size", value, 1, NUM_TRAIN)


def check_seed(value: object) -> int:
    """A seed: a whole number from 0 to 2**31 - 1."""
    return check_whole("seed", value, 0, MOST_SEED)


def _check_layers(name: str, value: object, check: Callable[[object, str], Any]) -> tuple[Any, ...]:
    """The values, one a hidden layer, each checked."""
    if not isinstance(value, (tuple, list)) or len(value) > MOST_LAYERS:
        raise ConfigError(
            f"{name} must be a list of at most {MOST_LAYERS} values, one a hidden layer, not {shown(value)}"
        )
    return tuple(check(one, f"{name}[{place}]") for place, one in enumerate(value))


def check_units(**units: object) -> tuple[int, ...]:
    """The units of layers, each under its name: whole numbers from 1 to 100,000."""
    return tuple(_check_units(value, name) for name, value in units.items())


def _check_units(value: object, name: str) -> int:
    return check_whole(name, value, 1, MOST_UNITS)


def check_sigma(value: object) -> float:
    """The standard deviation of initial weights: a number from 0 to 3.4e38."""
    return check_number("sigma", value, 0, LARGEST)


def count_weights(hidden_sizes: tuple[int, ...]) -> int:
    """How many weights a network with hidden layers of these sizes has."""
    ends = (NUM_INPUTS, *hidden_sizes, NUM_OUTPUTS)
    return sum(inputs * outputs for inputs, outputs in zip(ends, ends[1:]))


def _check_sizes(value: object) -> tuple[int, ...]:
    sizes = _check_layers("hidden_sizes", value, _check_units)
    if (count := count_weights(sizes)) > MOST_PARAMETERS:
        raise ConfigError(f"hidden_sizes must give {MOST_PARAMETERS:,} weights at most, not {count:,}")
    return sizes


def check_gamma(value: object, drop_prob: float, name: str = "gamma") -> float:
    """The largest value of the noise on {0, γ/2, γ} that is 0 with this probability and has a mean of 1.

    The mean is γ (a / 2 + b), where a and b, the probabilities of γ/2 and γ, are what is left: a + b = 1 -
    `drop_prob`. Where it is 1, both are 0 or above if γ is from 1 to 2 times 1 / (1 - `drop_prob`).
    """
    if drop_prob == 1:
        raise ConfigError(
            "three-point noise that is always 0 has no mean of 1: its drop probability is below 1"
        )
    least = 1 / (1 - drop_prob)
    gamma = check_number(name, value, 0)
    if not least * (1 - SLACK) <= gamma <= 2 * least * (1 + SLACK):
        raise ConfigError(
            f"{name} must be from {least:g} to {2 * least:g} at a drop probability of {drop_prob:g}, not "
            f"{gamma:g}: no probabilities of γ/2 and γ make the mean 1"
        )
    return gamma


def _check_measurements(value: object) -> tuple[str, ...]:
    """Names, each once, in the order of the alphabet."""
    if not isinstance(value, (tuple, list)):
        raise ConfigError(f"measure must be a list of names, not {shown(value)}")
    return tuple(sorted({_check_measurement(one) for one in value}))


def _check_measurement(name: object) -> str:
    own = isinstance(name, str) and [part.isidentifier() for part in name.replace(":", ".").split(".")]
    if isinstance(name, str) and (name in MEASUREMENTS or (name.count(":") == 1 and own and all(own))):
        return name
    known = ", ".join(MEASUREMENTS)
    raise ConfigError(f"measure must be of {known}, or a function as module:function, not {shown(name)}")


CHECKS: dict[str, Callable[[object], Any]] = {
    "implementation": lambda value: check_choice("implementation", value, IMPLEMENTATIONS),
    "hidden_sizes": _check_sizes,
    "drop_probs": lambda value: _check_layers("drop_probs", value, check_drop_prob),
    "learning_rate": lambda value: check_number("learning_rate", value, 0, LARGEST, above=True),
    "batch_size": check_batch_size,
    "num_epochs": lambda value: check_whole("num_epochs", value, 1),
    "sigma": check_sigma,
    "split": lambda value: check_choice("split", value, SPLITS),
    "seed": check_seed,
    "noise": lambda value: check_choice("noise", value, NOISES),
    "gammas": lambda value: _check_layers("gammas", value, lambda one, name: check_number(name, one, 0)),
    "weight_decay": lambda value: check_number("weight_decay", value, 0, LARGEST),
    "labels": lambda value: check_choice("labels", value, LABELS),
    "num_train": lambda value: check_whole("num_train", value, NUM_OUTPUTS, NUM_TRAIN),
    "measure": _check_measurements,
}


def check_field(name: str, value: object) -> Any:
    """A field's value as RunConfig has it, by itself; ConfigError where it is outside its range."""
    return CHECKS[name](value)


@dataclass(frozen=True)
class RunConfig:
    """Everything that a run depends on; the defaults are the chapter's.

    Attributes:
        implementation: ``scratch`` (by hand on NDArray) or ``gluon`` (nn.Sequential and nn.Dropout).
        hidden_sizes: units of the hidden layers, first to last, at most 100, each from 1 to 100,000, with
            500 million weights at most.
        drop_probs: drop probabilities of the hidden layers, one each, from 0 to 1.
        learning_rate: step size of plain stochastic gradient descent, above 0 to 3.4e38.
        batch_size: examples a step, from 1 to 60,000.
        num_epochs: passes over the training set, at least 1.
        sigma: standard deviation of the initial weights, 0 to 3.4e38.
        split: ``released`` (training and test images as the files have them) or ``reshuffled`` (all
            70,000 images split anew from the seed, 6,000 training and 1,000 test images a class).
        seed: fixes the split, the weights, the order of the examples and the masks.
        noise: what multiplies the hidden layers while training (`chapter.noises`): ``dropout``;
            ``dropconnect``, on the weights that read a layer; ``three-point``, on {0, γ/2, γ};
            ``gaussian``, of the variance p / (1 - p) that dropout has; or ``none``, which makes all
            drop probabilities 0. Gluon's implementation has ``dropout`` and ``none``.
        gammas: γ of ``three-point``, one a hidden layer, from 1 to 2 times 1 / (1 - p); empty: 1.5 times.
        weight_decay: what a step adds to the gradient, as a multiple of every parameter, 0 to 3.4e38: the
            gradient of weight_decay / 2 times the sum of all parameters' squares.
        labels: of the training images: ``true``, or ``random``: permuted by the seed.
        num_train: of the training images, drawn by the seed, as many of each class as can be: 10 to
            60,000, and at least `batch_size`.
        measure: what is measured of the trained network besides (`runs.measurements`), by name:
            ``accuracy``, ``activations``, ``calibration``, ``norms``, ``samples``, or a function of one's
            own as ``module:function``. It changes no number of the log.

    Raises:
        ConfigError: a value is outside its range, or does not go with another; the message names both.
    """

    implementation: str = "scratch"
    hidden_sizes: tuple[int, ...] = (256, 256)
    drop_probs: tuple[float, ...] = (0.2, 0.5)
    learning_rate: float = 0.5
    batch_size: int = 256
    num_epochs: int = 10
    sigma: float = 0.01
    split: str = "reshuffled"
    seed: int = 0
    noise: str = "dropout"
    gammas: tuple[float, ...] = ()
    weight_decay: float = 0.0
    labels: str = "true"
    num_train: int = NUM_TRAIN
    measure: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in CHECKS:
            object.__setattr__(self, name, check_field(name, getattr(self, name)))
        layers = len(self.hidden_sizes)
        if self.noise == "none":
            object.__setattr__(self, "drop_probs", (0.0,) * layers)
        if len(self.drop_probs) != layers:
            raise ConfigError(
                f"drop_probs must have a value for each of hidden_sizes {self.hidden_sizes}, not "
                f"{self.drop_probs}"
            )
        if self.implementation == "gluon" and self.noise not in ("dropout", "none"):
            raise ConfigError(
                "noise must be dropout or none where implementation is gluon, which has nn.Dropout alone, "
                f"not {self.noise!r}"
            )
        if self.implementation == "gluon" and 1 in self.drop_probs:
            raise ConfigError(f"drop_probs must be below 1 where implementation is gluon{GLUON_BELOW_1}")
        if self.noise == "gaussian" and 1 in self.drop_probs:
            raise ConfigError("drop_probs must be below 1 for gaussian noise, whose variance is p / (1 - p)")
        object.__setattr__(self, "gammas", self._checked_gammas())
        if self.batch_size > self.num_train:
            raise ConfigError(
                f"batch_size must be at most num_train, {self.num_train}, not {self.batch_size}"
            )

    def _checked_gammas(self) -> tuple[float, ...]:
        if self.noise != "three-point":
            if self.gammas:
                raise ConfigError(f"gammas are of three-point noise alone, not of {self.noise}")
            return ()
        gammas = self.gammas or tuple(1.5 / (1 - p) if p < 1 else 1.5 for p in self.drop_probs)
        if len(gammas) != len(self.drop_probs):
            raise ConfigError(
                f"gammas must have a value for each of drop_probs {self.drop_probs}, not {gammas}"
            )
        return tuple(
            check_gamma(gamma, p, f"gammas[{place}]")
            for place, (gamma, p) in enumerate(zip(gammas, self.drop_probs))
        )

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON has them: tuples become lists."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that name this configuration in a store.

        Over the fields that differ from the defaults, so that a field that the package gains later leaves
        the digests of what was run before as they are.
        """
        defaults = RunConfig().to_dict()
        different = {k: v for k, v in self.to_dict().items() if v != defaults[k]}
        return hashlib.sha256(json.dumps(different, sort_keys=True).encode()).hexdigest()[:16]

    def departures(self) -> str:
        """What differs from the chapter's experiment, as ``field=value, …``; empty where nothing does.

        Implementation, split and seed do not count: the chapter has both implementations, and its split
        and seed are unknown. Nor does what is measured besides.
        """
        chapter, other = RunConfig(), {"implementation", "split", "seed", "measure"}
        fields = asdict(self)
        return ", ".join(f"{k}={v}" for k, v in fields.items() if k not in other and v != getattr(chapter, k))
