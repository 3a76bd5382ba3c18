"""What NumPy and Python no longer have and MXNet asks for while it is imported."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module, util
from typing import Any, NoReturn

import numpy as np


def _gone(*_: object, **__: object) -> NoReturn:
    raise NotImplementedError("NumPy has no financial functions any more: the package numpy-financial does")


def _msort(a: Any) -> Any:
    return np.sort(a, axis=0)


# NumPy 1.24 removed `bool`, NumPy 2 and its later releases the others. MXNet asks for each of them by name,
# most of them to offer the same under mxnet.np (apache/mxnet issue 21165, never released).
NAMES: dict[str, Any] = {
    "bool": np.bool_,
    "PZERO": 0.0,
    "NZERO": -0.0,
    "PINF": np.inf,
    "NINF": -np.inf,
    "Inf": np.inf,
    "NAN": np.nan,
    "NaN": np.nan,
    "alltrue": np.all,
    "sometrue": np.any,
    "product": np.prod,
    "round_": np.round,
    "in1d": np.isin,
    "trapz": getattr(np, "trapezoid", None) or vars(np).get("trapz"),
    "msort": _msort,
    **dict.fromkeys(("mirr", "npv", "pmt", "ppmt", "pv", "rate"), _gone),
}
KEPT = ("bool", "Inf")  # which MXNet reads when it is used, too


@contextmanager
def names() -> Iterator[None]:
    """Lend NumPy what it lacks of `NAMES`, and take back all but two; the import's warnings are hidden."""
    with warnings.catch_warnings():
        for kind in (DeprecationWarning, FutureWarning, SyntaxWarning):
            warnings.simplefilter("ignore", kind)
        # What NumPy still answers, be it with a warning, is not lent: np.bool of 1.23 is Python's own.
        lent = {name: value for name, value in NAMES.items() if not hasattr(np, name)}
        vars(np).update(lent)
        try:
            yield
        finally:
            for name in lent.keys() - set(KEPT):
                vars(np).pop(name, None)


def distutils() -> None:
    """Have setuptools stand in for distutils, which Python 3.12 no longer has.

    It does so by itself where it was there when Python started, not where a notebook has just installed it.
    """
    if "distutils" not in sys.modules and util.find_spec("distutils") is None:
        with suppress(ImportError):  # without it MXNet's own error says what is missing
            import_module("setuptools")
