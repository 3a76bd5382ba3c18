"""What an exercise is, and what its answer is made of."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..config import RunConfig
from ..logs import RunLog

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Table:
    """Numbers as they are printed.

    Attributes:
        caption: what they are, with units, and of how many runs.
        head: of the columns; the first names the rows.
        rows: as many cells each.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        widths = [max(map(len, column)) for column in zip(self.head, *self.rows)]
        lines = [
            "  ".join(
                cell.rjust(width) if place else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(row, widths))
            )
            for row in (self.head, *self.rows)
        ]
        return "\n".join([self.caption, *(line.rstrip() for line in lines)])

    def to_markdown(self) -> str:
        rule = ["---", *["---:"] * (len(self.head) - 1)]
        rows = (self.head, tuple(rule), *self.rows)
        return f"{self.caption}\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def to_html(self) -> str:
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in self.head)
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in self.rows
        )
        caption = html.escape(self.caption)
        return (
            f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )


@dataclass(frozen=True)
class Answer:
    """What the runs of an exercise say.

    Attributes:
        text: the answer, a paragraph each; every number in it is computed from the runs.
        tables: what it rests on.
        draw: makes the figure.
        runs: how many were looked at.
    """

    text: tuple[str, ...]
    tables: tuple[Table, ...]
    draw: Callable[[], Figure]
    runs: int


@dataclass(frozen=True)
class Exercise:
    """A question and the runs that answer it.

    Attributes:
        name: ``1`` to ``8``, or ``claims``.
        title: a few words.
        question: in our words.
        design: what is run, in a sentence or two.
        limits: what the answer does not show.
        configs: all runs.
        quick: a slice of them, or a small form, of at most a minute on two cores.
        analyse: what runs say, whether all of `configs` or of `quick`, with failed ones left out.
    """

    name: str
    title: str
    question: str
    design: str
    limits: str
    configs: Callable[[], Sequence[RunConfig]]
    quick: Callable[[], Sequence[RunConfig]]
    analyse: Callable[[Sequence[RunLog]], Answer]


def pair_text(pair: Iterable[float]) -> str:
    """``0.2 and 0.5``: the drop probabilities of the two layers."""
    return " and ".join(f"{p:g}" for p in pair)


def chosen(logs: Iterable[RunLog], **fields: object) -> dict[int, RunLog]:
    """Seed -> the run, of those whose configuration has these values."""
    return {
        log.config.seed: log
        for log in logs
        if not log.failure and all(getattr(log.config, name) == value for name, value in fields.items())
    }
