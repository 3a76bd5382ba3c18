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
NUM_TRAIN = 60_000
MOST_WORKERS = 1000  # of half a gigabyte each
MOST_UNITS, MOST_PARAMETERS = 100_000, 500_000_000  # which take 6 GB, with their gradients and a copy
LARGEST = 3.4e38  # that MXNet's parameters of 32 bits can be
LARGEST_WHOLE = 2**63 - 1  # that other programs read back from JSON, where nothing else is said

IMPLEMENTATIONS = ("scratch", "gluon")
SPLITS = ("released", "reshuffled")
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


def check_batch_size(value: object) -> int:
    """A batch size: a whole number from 1 to the 60,000 training images."""
    return check_whole("batch_size", value, 1, NUM_TRAIN)


def check_seed(value: object) -> int:
    """A seed: a whole number from 0 to 2**31 - 1, what MXNet's generator takes."""
    return check_whole("seed", value, 0, 2**31 - 1)


def _check_pair(name: str, value: object, check: Callable[[object, str], Any]) -> tuple[Any, Any]:
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ConfigError(f"{name} must be two values, one a hidden layer, not {shown(value)}")
    return check(value[0], f"{name}[0]"), check(value[1], f"{name}[1]")


def check_units(name: str, value: object) -> int:
    """The units of a layer: a whole number from 1 to 100,000."""
    return check_whole(name, value, 1, MOST_UNITS)


def check_sigma(value: object) -> float:
    """The standard deviation of initial weights: a number from 0 to 3.4e38."""
    return check_number("sigma", value, 0, LARGEST)


def _check_sizes(value: object) -> tuple[int, int]:
    first, second = _check_pair("hidden_sizes", value, lambda one, name: check_units(name, one))
    if (count := NUM_INPUTS * first + first * second + second * NUM_OUTPUTS) > MOST_PARAMETERS:
        raise ConfigError(f"hidden_sizes must give {MOST_PARAMETERS:,} weights at most, not {count:,}")
    return first, second


@dataclass(frozen=True)
class RunConfig:
    """Everything that a run depends on; the defaults are the chapter's.

    Attributes:
        implementation: ``scratch`` (by hand on NDArray) or ``gluon`` (nn.Sequential and nn.Dropout).
        hidden_sizes: units of the first and second hidden layer, each from 1 to 100,000, with 500 million
            weights at most.
        drop_probs: drop probabilities of the first and second hidden layer, from 0 to 1.
        learning_rate: step size of plain stochastic gradient descent, above 0 to 3.4e38.
        batch_size: examples a step, from 1 to 60,000.
        num_epochs: passes over the training set, at least 1.
        sigma: standard deviation of the initial weights, 0 to 3.4e38.
        split: ``released`` (training and test images as the files have them) or ``reshuffled`` (all
            70,000 images split anew from the seed, 6,000 training and 1,000 test images a class).
        seed: fixes the split, the weights, the order of the examples and the masks.

    Raises:
        ConfigError: a value is outside its range; the message names the field and the range.
    """

    implementation: str = "scratch"
    hidden_sizes: tuple[int, int] = (256, 256)
    drop_probs: tuple[float, float] = (0.2, 0.5)
    learning_rate: float = 0.5
    batch_size: int = 256
    num_epochs: int = 10
    sigma: float = 0.01
    split: str = "reshuffled"
    seed: int = 0

    def __post_init__(self) -> None:
        checked = {
            "implementation": check_choice("implementation", self.implementation, IMPLEMENTATIONS),
            "hidden_sizes": _check_sizes(self.hidden_sizes),
            "drop_probs": _check_pair("drop_probs", self.drop_probs, check_drop_prob),
            "learning_rate": check_number("learning_rate", self.learning_rate, 0, LARGEST, above=True),
            "batch_size": check_batch_size(self.batch_size),
            "num_epochs": check_whole("num_epochs", self.num_epochs, 1),
            "sigma": check_sigma(self.sigma),
            "split": check_choice("split", self.split, SPLITS),
            "seed": check_seed(self.seed),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)

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
        and seed are unknown.
        """
        chapter = RunConfig(implementation=self.implementation, split=self.split, seed=self.seed)
        fields = asdict(self)
        return ", ".join(f"{k}={v}" for k, v in fields.items() if v != getattr(chapter, k))
