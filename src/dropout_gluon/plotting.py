"""What all figures share, and learning curves."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import wraps
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .config import check_kind, check_whole
from .errors import ConfigError
from .logs import EpochRecord, RunLog, documented_log
from .messages import brief
from .showing import page
from .showing import picture as picture_of

try:
    import matplotlib
    from matplotlib import font_manager
    from matplotlib import ticker as ticker  # for `verdict.figure`, too
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Figure
except ValueError as error:  # of the user's settings: MPLBACKEND, a matplotlibrc that is not UTF-8
    raise ConfigError(f"matplotlib cannot be imported: {brief(error)}") from error

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's blue and orange: apart for colour-blind eyes too, and of different lightness in grey.
# Line style and marker tell the two apart once more.
STYLES = {
    "scratch": {"color": "#0072B2", "linestyle": "-", "marker": "o"},
    "gluon": {"color": "#E69F00", "linestyle": "--", "marker": "s"},
}
PAGE_WIDTH = 8.4  # inches of a figure: more would be made smaller where it is shown, and its text with it
DPI = 160  # of a PNG: sharp where a screen has more than one pixel for each of a page
MOST = 100  # logs in a figure
PANELS = (
    ("loss", "Training loss (nats)"),
    ("train_acc", "Training accuracy"),
    ("test_acc", "Test accuracy"),
)
# Where pictures are shown, and whether a notebook shows pyplot's after each cell, is not how they look.
SHOWING = {"interactive", *(key for key in matplotlib.rcParamsDefault if "backend" in key)}
Drawn = TypeVar("Drawn", bound=Callable[..., Any])


def in_plain_settings(draw: Drawn) -> Drawn:
    """Have a function draw with matplotlib's own settings: what it draws does not depend on the user's."""

    @wraps(draw)
    def drawn(*arguments: Any, **options: Any) -> Any:
        own = {key: value for key, value in matplotlib.rcParamsDefault.items() if key not in SHOWING}
        with matplotlib.rc_context(own):
            return draw(*arguments, **options)

    return cast(Drawn, drawn)


@in_plain_settings
def plot_learning_curves(logs: Sequence[RunLog]) -> Figure:
    """Loss and accuracies against the epoch, with the chapter's printed values as open markers.

    Args:
        logs: runs, of one implementation or of both.

    Returns:
        A matplotlib figure of three panels; a notebook shows it, `savefig` writes it.
    """
    check_kind("logs", logs, (list, tuple), "a list of RunLogs")
    for log in logs:
        check_kind("each of logs", log, RunLog, "a RunLog")
        for epoch in check_kind("a run's epochs", log.epochs, tuple, "a tuple of EpochRecords"):
            check_kind("each epoch of a run", epoch, EpochRecord, "an EpochRecord")
    check_whole("the number of logs", len(logs), 1, MOST)
    figure = new_figure(
        (PAGE_WIDTH, 3.6), "Loss and accuracies of the runs, epoch by epoch, beside the book's."
    )
    panels = figure.subplots(1, 3)
    for axes, (column, title) in zip(panels, PANELS):
        for log in logs:
            _draw(axes, log, column)
        axes.set_title(title, loc="left", fontsize=11)
        axes.set_xlabel("Epoch")
        axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(color="0.9")
        if column == "loss":
            scale_loss(axes)
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


def scale_loss(axes: Axes) -> None:
    """A logarithmic axis: the loss falls fast, then slowly."""
    axes.set_yscale("log")
    if axes.dataLim.y1 > 30 * axes.dataLim.minposy or axes.dataLim.minposy < 0.1:
        return  # of a loss that ran away or is of another scale, matplotlib's own ticks show more
    axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 1.5, 2, 3, 4, 5, 7)))
    axes.yaxis.set_major_formatter(ticker.ScalarFormatter())
    axes.yaxis.set_minor_locator(ticker.NullLocator())


def legible(text: str) -> str:
    """A text without the characters that figures have no font for, Chinese, say: ``…`` for some together."""
    known = font_manager.get_font(font_manager.findfont("DejaVu Sans")).get_charmap()
    parts = groupby(text, key=lambda character: ord(character) in known)
    return "".join("".join(part) if is_known else "…" for is_known, part in parts)


class _NotebookFigure(Figure):
    """A figure that a notebook shows as the value of a cell, without pyplot's state.

    Attributes:
        alt: what it shows, for who does not see it.
    """

    alt = ""

    def _repr_html_(self) -> str:
        return page(image(self))

    # For what takes no HTML: a notebook as LaTeX or Markdown.
    def _repr_png_(self) -> bytes:
        return png(self)


def new_figure(size: tuple[float, float], alt: str = "") -> Figure:
    """A figure of so many inches, wide and high, that a notebook shows as the value of a cell.

    A notebook has about PAGE_WIDTH of room for it. Text of less than 10 points is too small there.
    """
    figure = _NotebookFigure(figsize=size, layout="constrained")
    figure.alt = alt
    FigureCanvasAgg(figure)
    return figure


def image(figure: Figure, alt: str = "") -> str:
    """The figure as a piece of HTML, with what it shows in words where these are not its own."""
    return picture_of(png(figure), alt or getattr(figure, "alt", ""), figure.get_figwidth())


def png(figure: Figure) -> bytes:
    """The figure as a PNG, the same bytes from the same data."""
    return picture(figure, "png")


@in_plain_settings
def picture(figure: Figure, form: str) -> bytes:
    """The figure as ``png``, ``svg`` or ``pdf``, the same bytes from the same data."""
    buffer = io.BytesIO()
    undated = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with matplotlib.rc_context({"savefig.dpi": DPI, "svg.hashsalt": "dropout_gluon"}):
        figure.savefig(buffer, format=form, facecolor="white", metadata=undated[form])
    return buffer.getvalue()
