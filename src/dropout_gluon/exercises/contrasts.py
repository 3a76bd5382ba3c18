"""How exercises say and tabulate the difference of two arms, and a slope."""

from __future__ import annotations

from .effects import Estimate, certainty, p_cell, room, told

HEAD = ("difference", "p")  # of the columns that `cells` fills
BY_RANKS = "(ranks "  # in these, where a value lies far out
HOLM_SAID = (
    "Intervals are of 95%, each for its own number. Where several are compared, p counts all of them (Holm): "
    "an interval may leave out 0 where p is above 0.05. A difference shows where p is 0.05 or less."
)
RANKS_SAID = (
    f"Where a value lies far out, tables give p by signed ranks (Wilcoxon), too, as {BY_RANKS}…): there it "
    "weighs little."
)


def contrast(what: str, one: str, other: str, found: Estimate, digits: int = 4) -> str:
    """A sentence on the difference of two arms, whatever it is.

    Args:
        what: is compared, as ``the test accuracy``.
        one, other: the arms, as ``with dropout``, ``without``.
        found: `one` less `other`.
        digits: after the point.
    """
    return f"{one[:1].upper()}{one[1:]}, {what} {told(found, other, digits)}."


def change(what: str, by: str, found: Estimate, digits: int = 4) -> str:
    """A clause on a slope, whatever it is, as ``the gain rises by 0.0011 with each doubling (…)``."""
    if found.n < 2:
        return f"{what} cannot be followed {by}: fewer than two seeds have all of it"
    if found.shows:
        side = "rises" if found.mean > 0 else "falls"
        return f"{what} {side} by {abs(found.mean):.{digits}f} {by} ({certainty(found, digits)})"
    return (
        f"{what} does not change visibly {by}{_all_counted(found)} ({certainty(found, digits)}): "
        f"{room(found, digits)}"
    )


def _all_counted(found: Estimate) -> str:
    """Where the interval, of this comparison alone, does not hold 0."""
    return "" if found.holds_0 else " once all comparisons are counted"


def cells(found: Estimate, digits: int = 4) -> tuple[str, str]:
    """The difference and its p, in a table; where a value lies far out, that by ranks, too."""
    p = p_cell(found.p) if found.n > 1 else ""
    return found.text(digits, sign=True), f"{p} {BY_RANKS}{p_cell(found.ranks)})" if found.wild else p
