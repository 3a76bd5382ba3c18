"""The name that IPython no longer has and the book's notebooks and helpers call."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any


def set_matplotlib_formats(*formats: str, **options: Any) -> None:
    """Have a notebook show figures in these formats: ``svg``, ``png``, …"""
    # It imports matplotlib: not before it is asked for.
    backend: Any = import_module("matplotlib_inline.backend_inline")
    backend.set_matplotlib_formats(*formats, **options)


def lend() -> None:
    """Lend `IPython.display` this function, where IPython is loaded.

    From IPython 7.23 on it warns, 9 has it no longer.
    """
    display = sys.modules.get("IPython.display")
    if hasattr(display, "clear_output"):  # not so what stands for it in somebody's tests
        vars(display)["set_matplotlib_formats"] = set_matplotlib_formats
