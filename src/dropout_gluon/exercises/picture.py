"""The chapter's picture: a network with five hidden units, and what dropout leaves of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..config import check_whole
from ..errors import ConfigError
from ..messages import shown
from ..plotting import PAGE_WIDTH, Figure, in_plain_settings, new_figure

INPUTS, HIDDEN, OUTPUTS = 4, 5, 2  # units


@in_plain_settings
def plot_network(hidden: Any) -> Figure:
    """A network of four inputs, five hidden units and two outputs, before dropout and after it.

    Args:
        hidden: what dropout made of the five hidden activations: a list or an array of numbers. A unit that
            is 0 is dropped, with all of its weights.

    Returns:
        A matplotlib figure of two panels.
    """
    if not hasattr(hidden, "__len__"):
        raise ConfigError(f"the hidden activations must be {HIDDEN} numbers, not {shown(hidden)}")
    check_whole("the number of hidden activations", len(hidden), HIDDEN, HIDDEN)
    try:
        kept = [float(getattr(one, "asscalar", lambda one=one: one)()) != 0 for one in hidden]
    except (TypeError, ValueError):
        raise ConfigError(f"the hidden activations must be numbers, not {shown(hidden)}") from None
    dropped = HIDDEN - sum(kept)
    alt = f"A network with five hidden units, and the same network with {dropped} of them dropped."
    figure = new_figure((PAGE_WIDTH, 2.9), alt)
    draw_before_and_after(figure.subplots(1, 2), kept)
    return figure


def draw_before_and_after(panels: Sequence[Any], kept: Sequence[bool]) -> None:
    """Draw the whole network in the first panel, and in the second what is left where some units are kept."""
    _draw(panels[0], [True] * HIDDEN, "A network with five hidden units")
    _draw(panels[1], kept, f"The same after dropout: {HIDDEN - sum(kept)} of 5 dropped")


def _draw(axes: Any, kept: Sequence[bool], title: str) -> None:
    """Units as circles, inputs below; a dropped one is crossed out and has no lines."""
    layers = [(INPUTS, 0.0, [True] * INPUTS), (HIDDEN, 1.0, list(kept)), (OUTPUTS, 2.0, [True] * OUTPUTS)]
    places = [[(place - (count - 1) / 2, height) for place in range(count)] for count, height, _ in layers]
    for lower, upper, below, above in zip(places, places[1:], layers, layers[1:]):
        for (x0, y0), one in zip(lower, below[2]):
            for (x1, y1), other in zip(upper, above[2]):
                if one and other:
                    axes.plot((x0, x1), (y0, y1), color="0.6", linewidth=0.8, zorder=1)
    for row, (_, _, alive) in zip(places, layers):
        for (x, y), lives in zip(row, alive):
            axes.plot(
                x, y, marker="o", markersize=17, markeredgecolor="black", zorder=2,
                markerfacecolor="#56B4E9" if lives else "white",
            )  # fmt: skip
            if not lives:
                axes.plot(x, y, marker="x", markersize=11, markeredgecolor="black", zorder=3)
    for (_, height, _), layer in zip(layers, ("inputs", "hidden units", "outputs")):
        axes.text(-2.9, height, layer, ha="right", va="center", fontsize=10)
    axes.set_xlim(-4.6, 2.5)
    axes.set_ylim(-0.35, 2.35)
    axes.set_title(title, loc="left", fontsize=11)
    axes.axis("off")
