"""The figure of a verdict: the logs among the reference runs that they were held against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

from ..config import check_kind, check_whole
from ..plotting import PANELS, in_plain_settings, new_figure, scale_loss, ticker
from .record import Band, Group, Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

# Okabe and Ito's colours and a marker, for the logs of a verdict; grey is the reference's.
LOGS = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"), ("#CC79A7", "D"), ("#E69F00", "v"))
GROUPS = 4  # drawn at most
FARTHEST = 1000.0  # place in a band: what lies farther is drawn there
SMALLEST, LARGEST = 1e-9, 1e99  # losses beyond are drawn there
NARROWEST = 1e-4  # side of a band: accuracies on 10,000 test images come in such steps


@in_plain_settings
def plot_verdict(verdict: Record) -> Figure:
    """The logs of a verdict among the reference runs that they were held against.

    A group of logs has two rows of panels. Above, the values. Below, where in the band each value lies: a
    band is narrow beside how far a curve runs, so it is drawn there from -1 to 1, the same at every epoch.

    Args:
        verdict: of any number of groups; the four with the smallest p are drawn.

    Returns:
        A matplotlib figure of six panels a group, with values outside their band ringed.
    """
    check_kind("the verdict", verdict, Record, "a Verdict, as compare gives it")
    check_whole("the number of its groups", len(verdict.groups), 1)
    by_p = sorted(enumerate(verdict.groups), key=lambda item: min(curve.p for curve in item[1].curves))
    groups = [group for _, group in sorted(by_p[:GROUPS], key=lambda item: item[0])]
    figure = new_figure((11, 0.9 + 4.6 * len(groups)))
    title, hidden = verdict.headline, len(verdict.groups) - len(groups)
    if hidden:
        title += f"\nthe {GROUPS} groups with the smallest p are drawn, {hidden} more are not"
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
    for part, group in zip(figure.subfigures(len(groups), 1, squeeze=False)[:, 0], groups):
        _draw_group(part, group)
    return figure


def _draw_group(part: SubFigure, group: Group) -> None:
    # parse_math: in a name a $ starts no formula.
    part.suptitle(f"{group.label}\n{group.size}", x=0.01, ha="left", fontsize=9.5, parse_math=False)
    upper, lower = part.subplots(2, len(PANELS), sharex=True, height_ratios=(3, 2))
    for above, below, (column, title) in zip(upper, lower, PANELS):
        curve = group.curves[column == "test_acc"]
        bands = [band for band in group.bands if band.column == column]
        logs = [[getattr(record, column) for record in log] for log in group.logs]
        _draw_among(above, logs, bands, group.reference, _drawable)
        _draw_among(below, logs, bands, group.reference, _place)
        style: Any = {"color": LOGS[1][0], "fontweight": "bold"} if curve.differs else {}
        above.set_title(
            f"{title}\n{curve.name} curve {curve.word}, {curve.p_text}", loc="left", fontsize=10, **style
        )
        above.grid(color="0.9")
        above.set_axisbelow(True)
        if column == "loss" and group.epochs > 1:
            scale_loss(above)
        _scale_places(below)
        below.set_xlabel("Epoch")
        below.xaxis.set_major_locator(ticker.MaxNLocator(integer=True, min_n_ticks=1))
        below.set_xlim(0.6, group.epochs + 0.4)
        for axes in (above, below):
            axes.spines[["top", "right"]].set_visible(False)
    lower[0].set_ylabel("Place in the band")
    entries: dict[Any, Any] = {}
    for axes in part.axes:
        handles, labels = axes.get_legend_handles_labels()
        entries.update(zip(labels, handles))
    legend = part.legend(
        entries.values(), entries, loc="outside lower center", ncols=4, frameon=False, fontsize=9
    )
    names = {f"log {number}": name for number, name in enumerate(group.names, 1)}
    for text in legend.get_texts():
        text.set(text=names.get(text.get_text(), text.get_text()), parse_math=False)


def _draw_among(
    axes: Axes,
    logs: Sequence[Sequence[float]],
    bands: Sequence[Band],
    reference: int,
    place: Callable[[float, Band], float],
) -> None:
    """Draw logs, one value an epoch, over the bands, each value where `place` puts it."""
    epochs = [band.epoch for band in bands]
    wide = 2 if len(bands) == 1 else 1  # one epoch's band would have no width
    x = [0.85, 1.15] if wide == 2 else epochs
    low, middle, high = (
        [place(getattr(band, side), band) for band in bands] * wide for side in ("low", "median", "high")
    )
    axes.fill_between(x, low, high, color="0.87", linewidth=0, label="95% of the reference runs")
    axes.plot(x, middle, color="0.35", linewidth=1, linestyle="--", label="their median")
    few, mean = len(logs) <= len(LOGS), [band.value for band in bands]
    for number, (values, (color, marker)) in enumerate(zip(logs, cycle(LOGS)), 1):
        look: Any = {"color": LOGS[0][0], "alpha": 0.35, "linewidth": 0.8, "label": "the logs"}
        if few:
            look = {"color": color, "marker": marker, "linewidth": 1.3, "label": f"log {number}"}
        axes.plot(epochs, list(map(place, values, bands)), markersize=4, **look)
    if len(logs) > 1:
        # As for normal distributions: a mean varies less than a run, and the reference's centre varies, too.
        share = (1 / len(logs) + 1 / reference) ** 0.5
        inner = [[share * end + (1 - share) * m for end, m in zip(ends, middle)] for ends in (low, high)]
        label = f"about where the mean of {len(logs)} good logs lies"
        axes.fill_between(x, inner[0], inner[1], color="0.72", linewidth=0, label=label)
        y = list(map(place, mean, bands))
        axes.plot(epochs, y, color="black", linewidth=2.2, marker="o", markersize=4, label="mean of the logs")
    outside = [
        (band.epoch, place(value, band))
        for values in (logs if few else [mean])
        for value, band in zip(values, bands)
        if not band.low <= value <= band.high
    ]
    if outside:
        axes.plot(
            *zip(*outside), linestyle="none", marker="o", markersize=10, markerfacecolor="none",
            markeredgecolor="black", markeredgewidth=1.1, clip_on=False, label="outside the band",
        )  # fmt: skip


def _drawable(value: float, band: Band) -> float:
    """The value, where an axis can still show it."""
    return max(-LARGEST, min(LARGEST, value)) if value > SMALLEST or band.column != "loss" else SMALLEST


def _place(value: float, band: Band) -> float:
    """Where a value lies in its band: -1 at its low end, 0 at the median, 1 at its high end."""
    side = band.high - band.median if value > band.median else band.median - band.low
    return max(-FARTHEST, min(FARTHEST, (value - band.median) / max(side, NARROWEST)))


def _scale_places(axes: Axes) -> None:
    """Linear in the band and around it, logarithmic far outside, with the ends of the band named."""
    farthest = max(2.0, -axes.dataLim.y0, axes.dataLim.y1)
    axes.set_yscale("symlog", linthresh=2, linscale=1.5)
    end = 1.3 * farthest if farthest < 5 else 2.5 * farthest
    axes.set_ylim(-end, end)
    ticks = {-1.0: "2.5%", 0.0: "median", 1.0: "97.5%"}
    for far in (5, 50, FARTHEST):
        if far <= farthest:  # times as far from the median as the end of the band
            more = "+" if far == FARTHEST else ""
            ticks.update(dict.fromkeys((-far, far), f"{far:g}x{more}"))
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.yaxis.set_minor_locator(ticker.NullLocator())
    axes.tick_params(axis="y", labelsize=9)
