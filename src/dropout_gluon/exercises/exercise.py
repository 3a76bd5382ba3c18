"""What an exercise is, and what its answer is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..config import RunConfig
from ..logs import RunLog
from ..showing import Table as Table  # for the exercises, too

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
        shown: what the figure shows, for who sees it and for who does not.
        limits: what the answer does not show.
        configs: all runs.
        quick: a slice of them, or a small form, of at most a minute on two cores.
        analyse: what runs say, whether all of `configs` or of `quick`, those that diverged among them.
    """

    name: str
    title: str
    question: str
    design: str
    shown: str
    limits: str
    configs: Callable[[], Sequence[RunConfig]]
    quick: Callable[[], Sequence[RunConfig]]
    analyse: Callable[[Sequence[RunLog]], Answer]

    @property
    def called(self) -> str:
        """In a sentence: ``exercise 1``, ``the claims``."""
        return f"exercise {self.name}" if self.name.isdigit() else f"the {self.name}"


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
