"""The figure of a verdict: the logs among the reference runs that they were held against."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..config import check_kind, check_whole
from ..messages import printable, shortened
from ..plotting import PAGE_WIDTH, PANELS, in_plain_settings, legible, new_figure, scale_loss, ticker
from .record import Band, Record, Row
from .saying import by_p, outcome_word

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

# Okabe and Ito's blue and orange, for the log and for what differs; grey is the recorded runs'.
LOG, OFF = "#0072B2", "#B84A00"
RING = "outside the band"
DRAWN = 4  # logs at most
LONGEST_TITLE, LONGEST_HEADING, LONGEST_LINE = 72, 45, 102  # characters
FARTHEST = 1000.0  # place in a band: what lies farther is drawn there
SMALLEST, LARGEST = 1e-9, 1e99  # losses beyond are drawn there
NARROWEST = 1e-4  # side of a band: accuracies on 10,000 test images come in such steps


@in_plain_settings
def plot_verdict(verdict: Record) -> Figure:
    """The logs of a verdict among the recorded runs that they were held against, the most unusual first.

    A log has two rows of panels. Above, the values. Below, where in the band each value lies: a band is
    narrow beside how far a curve runs, so it is drawn there from -1 to 1, the same at every epoch.

    Args:
        verdict: of any number of logs; the four most unusual are drawn.

    Returns:
        A matplotlib figure of six panels a log, with values outside their band ringed.
    """
    check_kind("the verdict", verdict, Record, "a Verdict, as compare gives it")
    check_whole("the number of its logs", len(verdict.rows), 1)
    numbered = by_p(verdict)[:DRAWN]
    figure = new_figure((PAGE_WIDTH, 1.0 + 4.3 * len(numbered)))
    hidden = len(verdict.rows) - len(numbered)
    said = [verdict.headline, *(joint.said for joint in verdict.joint if joint.differs)]
    if hidden:
        said.append(
            f"the {DRAWN} most unusual logs are drawn, {hidden} more {'are' if hidden > 1 else 'is'} not"
        )
    title = "\n".join(line for one in said for line in textwrap.wrap(one, LONGEST_TITLE))
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
    for part, (number, row) in zip(figure.subfigures(len(numbered), 1, squeeze=False)[:, 0], numbered):
        _draw_row(part, row, _title(verdict, number, row), verdict.level)
    # Of the last log's panels, which have all that the others have: a figure takes no artist of its parts.
    entries = dict(zip(*reversed(part.axes[0].get_legend_handles_labels())))
    if all(band.inside for _, row in numbered for band in row.bands):
        del entries[RING]
    part.legend(entries.values(), entries, loc="outside lower center", ncols=4, frameon=False, fontsize=10)
    return figure


def _title(verdict: Record, number: int, row: Row) -> str:
    name = f"{number}  {row.name}" if len(verdict.rows) > 1 else row.name
    heading = f" ({shortened(printable(row.heading), LONGEST_HEADING)})" if row.heading else ""
    said = textwrap.wrap(row.said, LONGEST_LINE, max_lines=3, placeholder=" …")
    return "\n".join(map(legible, [f"{name}{heading}: {outcome_word(row.outcome)}", *said]))


def _draw_row(part: SubFigure, row: Row, title: str, level: float) -> None:
    # parse_math: in a name a $ starts no formula.
    part.suptitle(title, x=0.01, ha="left", fontsize=10, parse_math=False)
    upper, lower = part.subplots(2, len(PANELS), sharex=True, height_ratios=(3, 2))
    first, last = row.epochs[0].epoch, row.epochs[-1].epoch
    for above, below, (column, name) in zip(upper, lower, PANELS):
        curve = row.curves[column == "test_acc"]
        bands = [band for band in row.bands if band.column == column]
        _draw_among(above, bands, _drawable)
        _draw_among(below, bands, _place)
        style: Any = {"color": OFF, "fontweight": "bold"} if row.differs and curve.p <= level else {}
        above.set_title(f"{name}\n{curve.name} curve {curve.p_text}", loc="left", fontsize=10, **style)
        above.grid(color="0.9")
        above.set_axisbelow(True)
        if column == "loss" and len(row.epochs) > 1:
            scale_loss(above)
        _scale_places(below)
        below.set_xlabel("Epoch")
        below.xaxis.set_major_locator(ticker.MaxNLocator(integer=True, min_n_ticks=1))
        below.set_xlim(first - 0.4, last + 0.4)
        for axes in (above, below):
            axes.spines[["top", "right"]].set_visible(False)
    lower[0].set_ylabel("Place in the band\n(5\N{MULTIPLICATION SIGN}: 5 times as far)")


def _draw_among(axes: Axes, bands: Sequence[Band], place: Callable[[float, Band], float]) -> None:
    """Draw a log, one value an epoch, over the bands, each value where `place` puts it."""
    epochs = [band.epoch for band in bands]
    wide = 2 if len(bands) == 1 else 1  # one epoch's band would have no width
    x = [epochs[0] - 0.15, epochs[0] + 0.15] if wide == 2 else epochs
    low, middle, high = (
        [place(getattr(band, side), band) for band in bands] * wide for side in ("low", "median", "high")
    )
    axes.fill_between(x, low, high, color="0.87", linewidth=0, label="95% of the recorded runs")
    axes.plot(x, middle, color="0.35", linewidth=1, linestyle="--", label="their median")
    y = [place(band.value, band) for band in bands]
    axes.plot(epochs, y, color=LOG, marker="o", linewidth=1.3, markersize=4, label="the log")
    outside = [(band.epoch, place(band.value, band)) for band in bands if not band.inside]
    (rings,) = axes.plot(
        [x for x, _ in outside], [y for _, y in outside], linestyle="none", marker="o", markersize=10,
        markerfacecolor="none", markeredgecolor="black", markeredgewidth=1.1, clip_on=False, label=RING,
    )  # fmt: skip
    rings.set_in_layout(False)  # of none at all the layout would be lost


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
    for far in (5 if farthest < 50 else 50, FARTHEST):  # 5 and 50 would touch
        if far <= farthest:
            more = "+" if far == FARTHEST else ""
            ticks.update(dict.fromkeys((-far, far), f"{far:g}\N{MULTIPLICATION SIGN}{more}"))
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.yaxis.set_minor_locator(ticker.NullLocator())
    axes.tick_params(axis="y", labelsize=10)
