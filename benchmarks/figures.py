"""The figures of docs/performance.md, as PNGs."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from comparison import FLOOR, OURS, Key, Measured, ratios
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from dropout_gluon.plotting import STYLES, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GREY = "0.75"


def speed(measured: Measured, odd: Collection[Key]) -> bytes:
    """A bar for each network that is no stranger: its time in multiples of the floor's, with quartiles."""
    floor = (FLOOR, "network")
    shown = [key for key in measured if key not in odd]
    spread = {
        key: statistics.quantiles(ratios(measured, key, floor), n=4, method="inclusive") for key in shown
    }
    shown.sort(key=lambda key: spread[key][1], reverse=True)
    figure = Figure(figsize=(8.5, 0.42 * len(shown) + 1.3), layout="constrained")
    axes = figure.subplots()
    for place, key in enumerate(shown):
        low, median, high = spread[key]
        colour = STYLES[key[1]]["color"] if key[0] == OURS else GREY
        axes.barh(place, median, color=colour, height=0.7)
        axes.errorbar(median, place, xerr=[[median - low], [high - median]], color="0.2", capsize=3, lw=1.2)
        axes.annotate(f"{median:.1f}", (high, place), (6, 0), textcoords="offset points", va="center")
    axes.axvline(1, color="0.4", linewidth=1, linestyle=":")
    axes.set_yticks(range(len(shown)), [_label(key) for key in shown])
    for key, label in zip(shown, axes.get_yticklabels()):
        label.set_fontweight("bold" if key[0] == OURS else "normal")
    axes.set_xlabel("Time of an epoch, in multiples of the matrix products alone (median and quartiles)")
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    return png(figure)


def _label(key: Key) -> str:
    peer, network = key
    return peer if network == "network" else f"{peer}, {network}"


@dataclass(frozen=True)
class Panel:
    """One quantity that is varied.

    Attributes:
        title: of its axis.
        values: what it was.
        seconds, memory: by implementation, an epoch's time and the peak in MB at each value.
        products: seconds of the matrix products alone at each value.
        log: on logarithmic axes.
    """

    title: str
    values: Sequence[int]
    seconds: Mapping[str, Sequence[float]]
    memory: Mapping[str, Sequence[float]]
    products: Sequence[float]
    log: bool


def growth(panels: Sequence[Panel]) -> bytes:
    """Seconds an epoch above, peak memory below, against each quantity."""
    figure = Figure(figsize=(11, 6), layout="constrained")
    rows = figure.subplots(2, len(panels), sharex="col")
    highest = max(peak for panel in panels for peaks in panel.memory.values() for peak in peaks)
    for panel, above, below in zip(panels, *rows):
        for implementation, style in STYLES.items():
            curve = {"label": implementation, "markersize": 4, "linewidth": 1.6, **style}
            above.plot(panel.values, panel.seconds[implementation], **curve)
            below.plot(panel.values, panel.memory[implementation], **curve)
        products = {"label": "matrix products alone, at the best rate seen", "color": "0.4", "linestyle": ":"}
        above.plot(panel.values, panel.products, linewidth=1.2, **products)
        below.set_xlabel(panel.title)
        below.set_ylim(0, 1.05 * highest)
        _set_scales(panel, above, below)
    rows[0, 0].set_ylabel("Seconds an epoch")
    rows[1, 0].set_ylabel("Peak memory (MB)")
    handles, labels = rows[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3, frameon=False)
    return png(figure)


def _set_scales(panel: Panel, above: Axes, below: Axes) -> None:
    if panel.log:
        above.set_xscale("log", base=2)
        above.xaxis.set_major_locator(FixedLocator(panel.values))
        above.xaxis.set_minor_locator(NullLocator())
        above.set_yscale("log")
        above.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        above.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        above.yaxis.set_minor_locator(NullLocator())
    else:
        above.set_xlim(left=0)
        above.xaxis.set_major_locator(MaxNLocator(4))
        above.set_ylim(bottom=0)
    for axes in (above, below):
        axes.grid(color="0.9")
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
