"""Every figure of the package."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, ScalarFormatter

from .config import check_whole
from .logs import RunLog, documented_log

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

    from .verdict import Band, Group, Verdict

# Okabe and Ito's blue and orange: apart for colour-blind eyes too, and of different lightness in grey.
# Line style and marker tell the two apart once more.
STYLES = {
    "scratch": {"color": "#0072B2", "linestyle": "-", "marker": "o"},
    "gluon": {"color": "#E69F00", "linestyle": "--", "marker": "s"},
}
PANELS = (
    ("loss", "Training loss (nats)"),
    ("train_acc", "Training accuracy"),
    ("test_acc", "Test accuracy"),
)
# Okabe and Ito's colours and a marker, for the logs of a verdict; grey is the reference's.
LOGS = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"), ("#CC79A7", "D"), ("#E69F00", "v"))
GROUPS = 4  # drawn at most
FARTHEST = 1000.0  # place in a band: what lies farther is drawn there
NARROWEST = 1e-4  # side of a band: accuracies on 10,000 test images come in such steps


def plot_learning_curves(logs: Sequence[RunLog]) -> Figure:
    """Loss and accuracies against the epoch, with the chapter's printed values as open markers.

    Args:
        logs: runs, of one implementation or of both.

    Returns:
        A matplotlib figure of three panels; a notebook shows it, `savefig` writes it.
    """
    figure = _figure((11, 3.9))
    panels = figure.subplots(1, 3)
    for axes, (column, title) in zip(panels, PANELS):
        for log in logs:
            _draw(axes, log, column)
        axes.set_title(title, loc="left", fontsize=11)
        axes.set_xlabel("Epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(color="0.9")
        if column == "loss":
            _scale_loss(axes)
        axes.spines[["top", "right"]].set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    figure.suptitle(_title(logs), x=0.01, ha="left", fontsize=12)
    return figure


def _title(logs: Sequence[RunLog]) -> str:
    splits = " and ".join(sorted({log.config.split for log in logs}))
    seeds = ", ".join(sorted({str(log.config.seed) for log in logs}))
    return f"The chapter's two networks on Fashion-MNIST, {splits} split, seed {seeds}"


def _draw(axes: Axes, log: RunLog, column: str) -> None:
    implementation = log.config.implementation
    style: Any = STYLES[implementation]
    epochs = [record.epoch for record in log.epochs]
    axes.plot(
        epochs, [getattr(record, column) for record in log.epochs],
        label=f"{implementation}, this run", markersize=4, linewidth=1.6, **style,
    )  # fmt: skip
    printed = documented_log(implementation)[: max(len(epochs), 1)]
    axes.plot(
        [record.epoch for record in printed], [getattr(record, column) for record in printed],
        label=f"{implementation}, printed in the book", linestyle="none", marker=style["marker"],
        markersize=9, markerfacecolor="none", markeredgecolor=style["color"], markeredgewidth=1.2,
    )  # fmt: skip


def _scale_loss(axes: Axes) -> None:
    """A logarithmic axis: the loss falls fast, then slowly."""
    axes.set_yscale("log")
    if axes.dataLim.y1 > 1000 * axes.dataLim.minposy:
        return  # of a loss that ran away, matplotlib's own ticks show more
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 4, 5, 7)))
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.yaxis.set_minor_locator(NullLocator())


def plot_verdict(verdict: Verdict) -> Figure:
    """The logs of a verdict among the reference runs that they were held against.

    A group of logs has two rows of panels. Above, the values. Below, where in the band each value lies: a
    band is narrow beside how far a curve runs, so it is drawn there from -1 to 1, the same at every epoch.

    Args:
        verdict: of any number of groups; the four with the smallest p are drawn.

    Returns:
        A matplotlib figure of six panels a group, with values outside their band ringed.
    """
    by_p = sorted(enumerate(verdict.groups), key=lambda item: min(curve.p for curve in item[1].curves))
    groups = [group for _, group in sorted(by_p[:GROUPS], key=lambda item: item[0])]
    figure = _figure((11, 0.9 + 4.6 * len(groups)))
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
        _draw_among(above, logs, bands, group.reference, lambda value, _: value)
        _draw_among(below, logs, bands, group.reference, _place)
        style: Any = {"color": LOGS[1][0], "fontweight": "bold"} if curve.differs else {}
        above.set_title(
            f"{title}\n{curve.name} curve {curve.word}, {curve.p_text}", loc="left", fontsize=10, **style
        )
        above.grid(color="0.9")
        above.set_axisbelow(True)
        if column == "loss" and group.epochs > 1:
            _scale_loss(above)
        _scale_places(below)
        below.set_xlabel("Epoch")
        below.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
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
    axes.yaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="y", labelsize=9)


def show_fashion_mnist(images: Any, labels: Sequence[str]) -> Figure:
    """A row of images, each under its label.

    Args:
        images: n images of 784 values each, NDArray (n, 1, 28, 28) for one.
        labels: n strings.

    Returns:
        A matplotlib figure.
    """
    count = check_whole("the number of images", len(images), 1)
    check_whole("the number of labels", len(labels), count, count)
    figure = _figure((1.2 * count, 1.5))
    for axes, image, label in zip(figure.subplots(1, count, squeeze=False)[0], images, labels):
        axes.imshow(image.reshape((28, 28)).asnumpy(), cmap="gray_r")
        axes.set_title(label, fontsize=9)
        axes.axis("off")
    return figure


class _NotebookFigure(Figure):
    """A figure that a notebook shows as the value of a cell, without pyplot's state."""

    def _repr_png_(self) -> bytes:
        return png(self)


def _figure(size: tuple[float, float]) -> Figure:
    figure = _NotebookFigure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def png(figure: Figure) -> bytes:
    """The figure as a PNG, the same bytes from the same data."""
    return picture(figure, "png")


def picture(figure: Figure, form: str) -> bytes:
    """The figure as ``png``, ``svg`` or ``pdf``, the same bytes from the same data."""
    buffer = io.BytesIO()
    undated = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with matplotlib.rc_context({"savefig.dpi": 130, "svg.hashsalt": "dropout_gluon"}):
        figure.savefig(buffer, format=form, facecolor="white", metadata=undated[form])
    return buffer.getvalue()
