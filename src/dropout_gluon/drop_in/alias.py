"""The package under the names that the book's notebooks import."""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from ..config import check_choice
from ..errors import ConfigError, DropoutGluonWarning

NAMES = ("gluonbook", "d2lzh", "d2l")
LATER = ("mxnet", "torch", "tensorflow", "jax", "paddle")  # as in `from d2l import mxnet as d2l`
PACKAGE = __name__.partition(".")[0]


class Alias(ModuleType):
    """A module that has the package's public names, and says so where a notebook asks for more."""

    def __init__(self, name: str) -> None:
        super().__init__(name, f"{PACKAGE} under the name of the book's helper")
        self.__spec__ = ModuleSpec(name, None)
        self.__all__ = import_module(PACKAGE).__all__

    def __getattr__(self, name: str) -> Any:
        alias = self.__name__
        if name in LATER:
            raise ConfigError(
                f"`from {alias} import {name}` is of the book's later editions; here `{alias}` is {PACKAGE}, "
                f"for the edition of 2018: `import {alias}`"
            )
        if not name.startswith("__"):  # the package's own file and folder are not this module's
            package = import_module(PACKAGE)
            if name in dir(package):
                return getattr(package, name)
        raise AttributeError(
            f"{alias} is {PACKAGE} here, which has the helper's names for the part 'Deep learning basics': "
            f"not {name!r}"
        )

    def __dir__(self) -> list[str]:
        return dir(import_module(PACKAGE))


def install_as(name: str) -> None:
    """Make `import gluonbook`, `import d2lzh` or `import d2l` give this package, in this process.

    A package of that name that is installed stays as it is, but is not what `import` finds.

    Args:
        name: ``gluonbook``, ``d2lzh`` (the Chinese edition's) or ``d2l``.

    Raises:
        ConfigError: another name.

    Warns:
        DropoutGluonWarning: a package of that name had been imported before.
    """
    before = sys.modules.get(check_choice("name", name, NAMES))
    if isinstance(before, Alias):
        return
    sys.modules[name] = Alias(name)
    if before is not None:
        warnings.warn(
            f"another {name} was imported before: from here on `import {name}` gives {PACKAGE}, and what was "
            f"taken from the other stays as it is",
            DropoutGluonWarning,
            stacklevel=2,
        )
