"""What the figures of several exercises share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..plotting import Figure, ticker
from .effects import LEVEL, Estimate

# Okabe and Ito's: apart for colour-blind eyes too. Line styles and markers tell series apart in grey.
BLUE, ORANGE, GREEN, BLACK = "#0072B2", "#E69F00", "#009E73", "#000000"
STYLES = (("o-", BLUE), ("s--", ORANGE), ("^-.", GREEN), ("D:", BLACK))


# Of a legend that may lie on a band.
ON_A_BAND = {"fontsize": 10, "facecolor": "white", "edgecolor": "none", "framealpha": 0.85}


def three_panels(figure: Figure, above: str = "ab", below: str = "cc") -> tuple[Any, ...]:
    """Panels a, b and c, two beside each other and a wide one: three in a row have no room for their text."""
    panels = figure.subplot_mosaic(f"{above};{below}")
    return tuple(panels[which] for which in "abc")


def band(
    axes: Any,
    places: Sequence[float],
    each: Sequence[Estimate],
    style: str,
    color: str,
    label: str,
    **more: Any,
) -> None:
    """A line of means, and their 95% intervals around it."""
    axes.plot(places, [one.mean for one in each], style, color=color, label=label, **more)
    low, high = [one.low for one in each], [one.high for one in each]
    axes.fill_between(places, low, high, color=color, alpha=0.25, linewidth=0)


def points(
    axes: Any,
    places: Sequence[float],
    each: Sequence[Estimate],
    style: str,
    color: str,
    label: str,
    **more: Any,
) -> None:
    """Means as markers, and their 95% intervals as bars."""
    means, halves = [one.mean for one in each], [(one.high - one.low) / 2 for one in each]
    shape = {"capsize": 2.5, "markersize": 5, "linewidth": 1.3, **more}
    axes.errorbar(places, means, halves, fmt=style, color=color, label=label, **shape)


def differences(
    axes: Any,
    each: Mapping[str, Estimate],
    title: str,
    label: str,
    marker: str = "o",
    color: str = BLUE,
) -> None:
    """Differences one under another by their names, each with its interval, beside a line at 0.

    Args:
        title: of the panel.
        label: of the axis, with its unit.
    """
    for height, one in enumerate(each.values()):
        axes.errorbar(
            one.mean, height, xerr=[[one.mean - one.low], [one.high - one.mean]], color=color,
            marker=marker, markersize=6, markerfacecolor=color if one.shows else "white", capsize=4,
            linewidth=1.6,
        )  # fmt: skip
    axes.axvline(0, color="0.3", linewidth=0.8)
    axes.set_yticks(range(len(each)), list(each))
    axes.set_ylim(max(len(each), 1) - 0.5, -0.5)
    axes.xaxis.set_major_locator(ticker.MaxNLocator(4))
    axes.xaxis.set_major_formatter(lambda value, place: f"{value:g}".replace("-", "\N{MINUS SIGN}"))
    name(axes, title, f"{label}\nfilled: it shows (Holm, {LEVEL:.0%})", "")


def frame(axes: Any, each: Sequence[Estimate], above: float = 0.1, below: float = 0.1) -> None:
    """Limits that show all means, and of their intervals as much as most need: of few seeds some are wide.

    Args:
        above, below: room, in heights of what is shown.
    """
    means = np.array([one.mean for one in each])
    half = float(np.median([(one.high - one.low) / 2 for one in each]))
    low, high = means.min() - half, means.max() + half
    height = (high - low) or 1.0
    axes.set_ylim(low - below * height, high + above * height)


def name(axes: Any, title: str, x: str, y: str) -> None:
    """Say what a panel shows, with the units of its axes."""
    axes.set_title(title, loc="left", fontsize=11)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
