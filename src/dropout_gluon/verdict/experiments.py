"""What logs are held to be, and against which runs: the book's experiment, or one of one's own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from typing import Any, Union

import numpy as np

from ..config import BOOKS_RELEASE, SPLITS, RunConfig
from ..errors import LogError
from ..logs import EpochRecord
from ..messages import are, counted, listed
from ..reading.found import is_part
from ..reading.reader import ReadLog
from .gathering import Gathered
from .ground import Ground, OwnGround, View
from .record import BOOKS, YOURS
from .references import COLUMNS, EPOCHS, NO_MISTAKES, load_makers, load_mistakes, load_ranks, typical

BOOKS_SPLIT = "reshuffled"
LEAST_OWN = 40  # runs of one's own, to hold logs against

Array = Any  # an ndarray; NumPy's types ask for more than they give here


class Book:
    """The book's experiment, as it was recorded.

    Args:
        split: which; None: that of each log.
    """

    experiment = BOOKS
    whose = "the book's"
    notes: tuple[str, ...] = ()
    most = EPOCHS

    def __init__(self, split: str | None) -> None:
        self._split = split

    def split(self, log: ReadLog) -> str:
        """The reference that a log belongs to: the release of the book was split by shuffling."""
        if self._split:
            return self._split
        if log.config is None or log.release == BOOKS_RELEASE:
            return BOOKS_SPLIT
        return log.config.split

    def typical(self, split: str) -> Array:
        return typical(split)

    def others(self, split: str) -> tuple[str, ...]:
        """The splits whose test accuracies a log may fit besides."""
        return tuple(other for other in SPLITS if other != split)

    def ground(self, view: View, split: str, log: ReadLog) -> tuple[Ground, int | None]:
        """The runs for a log, and which of them it is itself: a run is not held against itself."""
        makers, others = (
            runs.index(log.config) if log.config else None for runs in (load_makers(split), load_ranks(split))
        )
        return _ground(view, split, makers), others

    def remarks(self, log: ReadLog) -> Iterator[str]:
        if log.config and (departures := log.config.departures()):
            yield f"says that it departs from the chapter: {departures}"

    def power(self, epochs: int, logs: int, level: float) -> float | None:
        return _power(epochs, logs, level)


@lru_cache(maxsize=32)
def _ground(view: View, split: str, without: int | None) -> Ground:
    """The recorded runs of a split, but for one."""
    makers, known = load_makers(split).values, load_mistakes()
    if without is not None:
        makers = np.delete(makers, without, axis=0)
    return Ground(makers, load_ranks(split).values, replace(known, values=known.on(split)), view)


class Baseline:
    """Runs of one experiment of one's own.

    Args:
        logs: of these runs, all of one length.
        refused: how many more there were that could not be read.
    """

    experiment = YOURS
    whose = "these runs'"

    def __init__(self, logs: Sequence[ReadLog], refused: int = 0) -> None:
        self.most = len(logs[0].epochs)
        self._logs = (*logs[::2], *logs[1::2])  # makers and others, of either implementation as many
        self._digits = _coarsest([log.digits for log in logs])
        self._values = np.array([values_of(log.epochs) for log in self._logs])
        runs = counted(refused, "run")
        self.notes = (f"Of those to be held against, {runs} could not be read.",) if refused else ()
        self._grounds: dict[tuple[View, int | None], OwnGround] = {}

    @classmethod
    def of(cls, gathered: Gathered) -> Baseline:
        """The runs; LogError where they are too few, or no runs of one experiment."""
        logs = gathered.logs
        if len(logs) < LEAST_OWN:
            runs = counted(len(logs), "run")
            raise LogError(f"to be held against takes {LEAST_OWN} runs, and there {are(len(logs))} {runs}")
        splits = sorted({log.config.split for log in logs if log.config})
        kinds = sorted({configuration(log) for log in logs})
        if len(splits) > 1:
            raise LogError(
                f"the runs to be held against are of several experiments: of the splits {listed(splits)}"
            )
        if len(kinds) > 1:
            one, other = (kind or "the book's configuration" for kind in kinds[:2])
            raise LogError(f"the runs to be held against are of several experiments: {one}; {other}")
        lengths = sorted({len(log.epochs) for log in logs})
        if len(lengths) > 1:
            raise LogError(
                f"the runs to be held against have {lengths[0]} and {lengths[1]} epochs: all need as many"
            )
        if any(log.step > 1 for log in logs):
            raise LogError("the runs to be held against must have every epoch")
        return cls(logs, len(gathered.refused))

    def split(self, log: ReadLog) -> str:
        return ""

    def typical(self, split: str) -> Array:
        return np.median(self._values, axis=0)

    def others(self, split: str) -> tuple[str, ...]:
        return ()

    def ground(self, view: View, split: str, log: ReadLog) -> tuple[Ground, int | None]:
        """The runs, as the log shows them and as they do, without the log itself."""
        view = view._replace(digits=_coarsest([view.digits, self._digits]))
        own = next((i for i, one in enumerate(self._logs) if _is_run(log, one)), None)
        if (view, own) not in self._grounds:
            values = self._values if own is None else np.delete(self._values, own, axis=0)
            half = (len(values) + 1) // 2
            empty = np.empty((0, *values.shape[1:]))
            none = replace(NO_MISTAKES, values=empty, spread=empty)
            self._grounds[view, own] = OwnGround(values[:half], values[half:], none, view)
        return self._grounds[view, own], None

    def remarks(self, log: ReadLog) -> Iterator[str]:
        if log.config and configuration(log) != configuration(self._logs[0]):
            yield f"says of itself: {configuration(log) or 'the configuration of the book'}"
        splits = [one.config.split for one in (log, self._logs[0]) if one.config]
        if len(set(splits)) > 1:
            yield f"says that it is of the {splits[0]} split"

    def power(self, epochs: int, logs: int, level: float) -> float | None:
        return None


Held = Union[Book, Baseline]


def configuration(log: ReadLog) -> str:
    """What a log states of its own configuration, but for its length; empty where that is the book's."""
    return replace(log.config, num_epochs=RunConfig.num_epochs).departures() if log.config else ""


def _is_run(log: ReadLog, run: ReadLog) -> bool:
    """Whether a log is a run, whole or a part of it: by what both state, or else by its numbers."""
    if log.config and run.config:
        return replace(log.config, num_epochs=run.config.num_epochs) == run.config
    return is_part(log, run)


def values_of(epochs: Sequence[EpochRecord]) -> Array:
    return np.array([[getattr(epoch, column) for column in COLUMNS] for epoch in epochs], dtype=np.float64)


def _coarsest(digits: Iterable[Sequence[int | None]]) -> tuple[int | None, ...]:
    """The fewest decimals of each column."""
    return tuple(min((d for d in column if d is not None), default=None) for column in zip(*digits))


@lru_cache(maxsize=1)
def _powers() -> dict[str, Any]:
    text = resources.files("dropout_gluon.reference").joinpath("power.json").read_text("utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def _power(epochs: int, logs: int, level: float) -> float:
    """Share of the planted bugs' logs found, as measured with no more epochs, logs, and no higher a level."""
    table = _powers()["found"]
    at = max((one for one in table if float(one) <= level), key=float, default=None)
    if at is None:
        return 0.0
    return max(
        (
            float(share)
            for count, shares in table[at].items()
            for length, share in shares.items()
            if int(count) <= logs and int(length) <= epochs
        ),
        default=0.0,
    )
