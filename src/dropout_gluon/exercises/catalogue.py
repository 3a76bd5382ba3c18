"""All exercises by name; one is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

from ..config import check_whole
from ..errors import ConfigError
from ..messages import shown
from .exercise import Exercise

MODULES = {
    "1": "drop_probs",
    "2": "epochs",
    "3": "variance",
    "4": "test_time",
    "5": "size",
    "6": "penalties",
    "7": "weights",
    "8": "other_noise",
    "claims": "claims",
}


def find(name: object) -> Exercise:
    """The exercise; ConfigError where there is none of this name.

    Args:
        name: 1 to 8, as a number or as text, or ``claims``.
    """
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(check_whole("an exercise", name, 1, 8))
    if not isinstance(name, str) or name not in MODULES:
        raise ConfigError(f"an exercise is one of {', '.join(MODULES)}, not {shown(name)}")
    found: Exercise = import_module(f".{MODULES[name]}", __package__).EXERCISE
    return found
