"""The helper's pictures: on pyplot, whose current figure a notebook shows after each cell."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from ..compat.ipython import set_matplotlib_formats
from ..config import check_kind, check_number, check_whole
from ..errors import ConfigError
from ..messages import shown
from ..plotting import in_plain_settings

# After `plotting`, which says in one line where the user's settings of matplotlib are wrong.
plt = import_module("matplotlib.pyplot")

MOST = 100  # images in a row
INCHES = 1000.0  # of a figure's side, at most


def use_svg_display() -> None:
    """Have the notebook show figures as SVG. Where no IPython runs, nothing happens."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        set_matplotlib_formats("svg")


def set_figsize(figsize: tuple[float, float] = (3.5, 2.5)) -> None:
    """Set the size of the figures that pyplot makes from now on: inches, wide and high. And SVG."""
    if not isinstance(figsize, (tuple, list)) or len(figsize) != 2:
        raise ConfigError(f"figsize must be a width and a height in inches, not {shown(figsize)}")
    for inches in figsize:
        check_number("each of figsize", inches, 0, INCHES, above=True)
    use_svg_display()
    plt.rcParams["figure.figsize"] = tuple(figsize)


def semilogy(
    x_vals: Sequence[Any],
    y_vals: Sequence[Any],
    x_label: str,
    y_label: str,
    x2_vals: Sequence[Any] | None = None,
    y2_vals: Sequence[Any] | None = None,
    legend: Sequence[str] | None = None,
    figsize: tuple[float, float] = (3.5, 2.5),
) -> None:
    """Draw y over x on a logarithmic axis, and show it: one curve, or a second, dotted, and a legend.

    Args:
        x_vals, y_vals: as many numbers.
        x_label, y_label: of the axes.
        x2_vals, y2_vals: of the second curve.
        legend: the names of both curves.
        figsize: inches, wide and high.
    """
    if legend is not None:
        legend = list(check_kind("legend", legend, Iterable, "the names of both curves"))
    curves = [_curve(x_vals, y_vals)]
    if x2_vals is not None and y2_vals is not None:
        curves.append(_curve(x2_vals, y2_vals))
    set_figsize(figsize)
    plt.xlabel(x_label)
    plt.ylabel(y_label)
    for curve, style in zip(curves, ("-", ":")):
        plt.semilogy(*curve, linestyle=style)
    if len(curves) > 1 and legend is not None:
        plt.legend(legend)
    plt.show()


def _curve(x: Any, y: Any) -> list[list[float]]:
    """x and y as lists of floats, equally many; else ConfigError."""
    try:
        pair = [[float(value) for value in np.asarray(_plain(values)).tolist()] for values in (x, y)]
    except (TypeError, ValueError, OverflowError, RecursionError):
        pair = [[], [0.0]]
    if len(pair[0]) != len(pair[1]):
        raise ConfigError(f"semilogy takes numbers x and as many y, not {shown(x)} and {shown(y)}")
    return pair


def _plain(array: Any) -> Any:
    """An NDArray as NumPy's; all else as it is."""
    return array.asnumpy() if hasattr(array, "asnumpy") else array


@in_plain_settings
def show_fashion_mnist(images: Any, labels: Sequence[str]) -> None:
    """A row of images, each under its label, as pyplot's current figure.

    Args:
        images: n images of 784 values each: an NDArray or NumPy array (n, 1, 28, 28), say.
        labels: n strings.
    """
    if not all(hasattr(one, "__len__") and getattr(one, "ndim", 1) for one in (images, labels)):
        raise ConfigError("show_fashion_mnist takes images and as many labels")
    count = check_whole("the number of images", len(images), 1, MOST)
    check_whole("the number of labels", len(labels), count, count)
    if wrong := [image for image in images if getattr(image, "size", 0) != 784]:
        raise ConfigError(f"an image must be an array of 784 values, not {shown(wrong[0])}")
    lines = max(str(label).count("\n") + 1 for label in labels)
    size = (1.2 * count, 1.3 + 0.2 * lines)
    _, axes = plt.subplots(1, count, figsize=size, squeeze=False, layout="constrained")
    for ax, image, label in zip(axes[0], images, labels):
        ax.imshow(_plain(image.reshape((28, 28))), cmap="gray_r")
        ax.set_title(label, fontsize=10, parse_math=False)
        ax.axis("off")
