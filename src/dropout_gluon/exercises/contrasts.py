"""How exercises say, tabulate and draw the difference of two arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..plotting import ticker
from .effects import LEVEL, Estimate, p_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREEN, BLACK = "#0072B2", "#E69F00", "#009E73", "#000000"
# Each differs from the others in colour, line and marker.
STYLES: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "linestyle": "-", "marker": "o"},
    {"color": ORANGE, "linestyle": "--", "marker": "s"},
    {"color": GREEN, "linestyle": "-.", "marker": "^"},
    {"color": BLACK, "linestyle": ":", "marker": "D"},
)
HEAD = ("difference", "p")  # of the columns that `cells` fills


def certainty(found: Estimate, digits: int = 4) -> str:
    """``95% interval +0.0010 to +0.0032; p = 0.0021, 10 seeds``"""
    if found.n < 2:
        return "of one seed, so without an interval"
    return f"95% interval {found.range(digits)}; {p_text(found.p)}, {found.n} seeds"


def contrast(what: str, one: str, other: str, found: Estimate, digits: int = 4) -> str:
    """A sentence on the difference of two arms, whatever it is.

    Args:
        what: is compared, as ``the test accuracy``.
        one, other: the arms, as ``with dropout``, ``without``.
        found: `one` less `other`.
        digits: after the point.
    """
    start = one[:1].upper() + one[1:]
    if found.n < 2:
        return f"{start}, {what} cannot be compared with that {other}: fewer than two seeds have both."
    if found.shows:
        side = "higher" if found.mean > 0 else "lower"
        return (
            f"{start}, {what} is {side} by {abs(found.mean):.{digits}f} than {other} "
            f"({certainty(found, digits)})."
        )
    return (
        f"{start}, no difference of {what} from that {other} shows{_all_counted(found)} "
        f"({certainty(found, digits)}): if there is one, it is hardly more than {at_most(found, digits)}."
    )


def change(what: str, by: str, found: Estimate, digits: int = 4) -> str:
    """A clause on a slope, whatever it is, as ``the gain rises by 0.0011 with each doubling (…)``."""
    if found.n < 2:
        return f"{what} cannot be followed {by}: fewer than two seeds have all of it"
    if found.shows:
        side = "rises" if found.mean > 0 else "falls"
        return f"{what} {side} by {abs(found.mean):.{digits}f} {by} ({certainty(found, digits)})"
    return (
        f"{what} does not change visibly {by}{_all_counted(found)} ({certainty(found, digits)}): hardly by "
        f"more than {at_most(found, digits)}"
    )


def at_most(found: Estimate, digits: int = 4) -> str:
    """The end of the interval that is farther from 0, without its sign."""
    return f"{max(abs(found.low), abs(found.high)):.{digits}f}"


def _all_counted(found: Estimate) -> str:
    """Where the interval, of this comparison alone, does not hold 0."""
    return " once all comparisons are counted" if found.low * found.high > 0 else ""


def cells(found: Estimate, digits: int = 4) -> tuple[str, str]:
    """The difference and its p, in a table."""
    if found.n < 2:
        return found.text(digits, sign=True), ""
    return found.text(digits, sign=True), "<0.0001" if found.p < 0.0001 else f"{found.p:.2g}"


def draw_intervals(
    axes: Axes, found: Mapping[str, Estimate], label: str, style: Mapping[str, Any] = STYLES[0]
) -> None:
    """Estimates one under another, each with its interval, beside a line at 0; the axis has this label."""
    for height, one in enumerate(found.values()):
        axes.errorbar(
            one.mean, height, xerr=[[one.mean - one.low], [one.high - one.mean]],
            color=style["color"], marker=style["marker"], capsize=4, linewidth=1.6, markersize=6,
            markerfacecolor=style["color"] if one.shows else "white",
        )  # fmt: skip
    axes.axvline(0, color="0.3", linewidth=0.8)
    axes.set_yticks(range(len(found)), list(found))
    axes.set_ylim(max(len(found), 1) - 0.5, -0.5)
    axes.set_xlabel(f"{label}\nfilled: it shows (Holm, {LEVEL:.0%})")
    axes.xaxis.set_major_locator(ticker.MaxNLocator(4))
    axes.xaxis.set_major_formatter(lambda value, place: f"{value:g}")
    plain(axes)


def draw_line(
    axes: Axes, places: Sequence[float], found: Sequence[Estimate], label: str, style: Mapping[str, Any]
) -> None:
    """Estimates along an axis, each with its interval, joined by a line."""
    errors = [[one.mean - one.low for one in found], [one.high - one.mean for one in found]]
    means = [one.mean for one in found]
    axes.errorbar(places, means, yerr=errors, label=label, capsize=3, linewidth=1.5, markersize=6, **style)


def plain(axes: Axes) -> None:
    axes.grid(color="0.9")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
