"""What a reader finds: logs, what could not be read, and how many lines were left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ..config import RunConfig
from ..errors import LogError
from ..logs import EpochRecord
from ..messages import brief

LONGEST_HEADING = 80


@dataclass(frozen=True)
class ReadLog:
    """A run as somebody's log has it.

    Attributes:
        epochs: one EpochRecord an epoch, from epoch 1 on, one after another or in steps of 5 or 10.
        source: where it was read: ``log.txt:3`` (file and line of its first epoch), ``nb.ipynb, cell 7``.
        digits: decimals printed of loss, train acc and test acc, the most in each column; None: all digits.
        config: what was run, where the log says it (JSON of ours).
        release: the release of the data, where the log says it.
        file: what messages call the file.
        cell: which cell of the notebook shows it, counted from 1; None: it is of no notebook.
        heading: the nearest heading above it, or in a text without one the single line above it; else empty.
        sets: what the code cells above it set beside the book's values, as ``(("drop_probs", "0.5, 0.2"),)``.
        remarks: how it was read, and what else its reader must know, a sentence or part of one each.
        failure: the error that ended its run or its cell: the log is cut short by it, unless it came later.
    """

    epochs: tuple[EpochRecord, ...]
    source: str
    digits: tuple[int | None, int | None, int | None]
    config: RunConfig | None = None
    release: str | None = None
    file: str = ""
    cell: int | None = None
    heading: str = ""
    sets: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()
    failure: str = ""

    @property
    def step(self) -> int:
        """Epochs from one record to the next."""
        return self.epochs[1].epoch - self.epochs[0].epoch if len(self.epochs) > 1 else 1


@dataclass(frozen=True)
class Unread:
    """A log that could not be read, or a line by itself that looks like an epoch.

    Attributes:
        source: the place of what is wrong: file, cell, line.
        reason: why, in brief, on one line.
        stray: a line by itself; the logs around it are whole.
    """

    source: str
    reason: str
    stray: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", brief(self.reason))


@dataclass(frozen=True)
class Reading:
    """All that a file holds.

    Attributes:
        file: what messages call it.
        logs: the logs, in order.
        unread: what looks like a log and could not be read, in order, lines by themselves last.
        left_out: lines of other sections: an epoch with a loss and without accuracies.
        repeated: a sentence for each log that stands there twice, number for number, and was read once.
    """

    file: str
    logs: tuple[ReadLog, ...]
    unread: tuple[Unread, ...] = ()
    left_out: int = 0
    repeated: tuple[str, ...] = ()


@dataclass
class Found:
    """What was found so far."""

    logs: list[ReadLog] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    left_out: int = 0

    def __bool__(self) -> bool:
        return bool(self.logs or self.unread)

    def add(self, other: Found) -> None:
        self.logs += other.logs
        self.unread += other.unread
        self.left_out += other.left_out

    def put(self, result: ReadLog | Unread) -> None:
        if isinstance(result, ReadLog):
            self.logs.append(result)
        else:
            self.unread.append(result)

    def refuse(self, source: str, reason: object) -> None:
        self.unread.append(Unread(source, str(reason)))

    def reading(self, file: str) -> Reading:
        """All of it, each log once."""
        logs, repeated = distinct(replace(log, file=file) for log in self.logs)
        whole = sorted(self.unread, key=lambda unread: unread.stray)
        return Reading(file, tuple(logs), tuple(whole), self.left_out, tuple(repeated))


def distinct(logs: Iterable[ReadLog]) -> tuple[list[ReadLog], list[str]]:
    """The logs without those that repeat another, number for number, and a sentence for each of these."""
    first: dict[object, ReadLog] = {}
    repeated = []
    for log in logs:
        known = first.setdefault((log.epochs, log.config), log)
        if known is not log:
            repeated.append(f"{log.source} is {known.source} number for number, and counts once.")
    return list(first.values()), repeated


def error(place: str, what: object) -> LogError:
    return LogError(f"{place}: {brief(what)}")


def excerpt(text: str) -> str:
    """Text of a log in a message, as Python writes it, shortened; more where much of it cannot be printed."""
    for most in (80, 40, 20):
        shown = repr(text if len(text) <= most else f"{text[: most - 1]}…")
        if len(shown) <= 100:
            break
    return shown


def title(text: str) -> str:
    """A heading as it is said: one printable line, shortened."""
    words = "".join(c for c in " ".join(text.split()) if c.isprintable())
    return words if len(words) <= LONGEST_HEADING else f"{words[: LONGEST_HEADING - 1]}…"
