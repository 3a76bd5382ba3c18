"""What a reader finds: logs, what could not be read, and how many lines were left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ..config import RunConfig
from ..errors import LogError
from ..logs import EpochRecord
from ..messages import brief

LONGEST_HEADING = 80
MOST_DECIMALS = 17  # a float64 below 1 has no more that count
TELLING = 8  # decimals of all values that tell a run from any other


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
        repeated: a sentence for each log that is another, or a part of it, and was left out.
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

    def drop(self, results: Iterable[ReadLog | Unread]) -> None:
        """Take back what was put."""
        gone = {*map(id, results)}
        self.logs = [log for log in self.logs if id(log) not in gone]
        self.unread = [unread for unread in self.unread if id(unread) not in gone]

    def refuse(self, source: str, reason: object) -> None:
        self.unread.append(Unread(source, str(reason)))

    def reading(self, file: str) -> Reading:
        """All of it, each log once."""
        logs, repeated = distinct(replace(log, file=file) for log in self.logs)
        whole = sorted(self.unread, key=lambda unread: unread.stray)
        return Reading(file, tuple(logs), tuple(whole), self.left_out, tuple(repeated))


def distinct(logs: Iterable[ReadLog]) -> tuple[list[ReadLog], list[str]]:
    """The logs without those that are another, or a part of it, and a sentence for each of these.

    The same run may be there in two forms, saved and printed, say, or while it went on and when it had
    ended: it is no further evidence. What has most epochs is kept of it, and of these most digits.
    """
    every = list(logs)
    kept: list[int] = []
    is_in: dict[int, int] = {}
    by_size = sorted(range(len(every)), key=lambda i: (-len(every[i].epochs), -_precision(every[i]), i))
    seen: dict[int, list[int]] = {}  # first epoch's loss in tenths, and the logs that are kept
    for index in by_size:
        tenth = _tenth(every[index])
        near = sorted(other for near in (tenth - 1, tenth, tenth + 1) for other in seen.get(near, ()))
        whole = next((other for other in near if is_part(every[index], every[other])), None)
        if whole is None:
            kept.append(index)
            seen.setdefault(tenth, []).append(index)
        else:
            is_in[index] = whole
    repeated = [_repeats(every[index], every[is_in[index]]) for index in sorted(is_in)]
    return [every[index] for index in sorted(kept)], repeated


def _precision(log: ReadLog) -> float:
    return sum(MOST_DECIMALS if digits is None else digits for digits in log.digits)


def _tenth(log: ReadLog) -> int:
    """The loss of the first epoch, which a run and its part have in common, in tenths."""
    loss = log.epochs[0].loss if log.epochs else 0
    return int(min(loss * 10, 1e9)) if loss == loss else -9


def is_part(log: ReadLog, whole: ReadLog) -> bool:
    """Whether each epoch of a log is one of the other's, as far as the digits of both go."""
    digits = [min(MOST_DECIMALS if d is None else d for d in pair) for pair in zip(log.digits, whole.digits)]
    same = log.digits == whole.digits
    # Number for number, or else as the one would be rounded to the digits of the other.
    units = [1e-12 if same else 0.5 * 10.0**-d + 1e-12 for d in digits]
    if not _is_alike(log.epochs[0], whole.epochs[0], units):
        return False
    if not (same and len(log.epochs) == len(whole.epochs)) and len(log.epochs) * sum(digits) < TELLING:
        return False
    epochs = {one.epoch: one for one in whole.epochs}
    if not all(one.epoch in epochs and _is_alike(one, epochs[one.epoch], units) for one in log.epochs):
        return False
    if not (log.config and whole.config):
        return True
    return replace(log.config, num_epochs=whole.config.num_epochs) == whole.config


def _is_alike(one: EpochRecord, other: EpochRecord, units: Sequence[float]) -> bool:
    return (
        one.epoch == other.epoch
        and abs(one.loss - other.loss) <= units[0]
        and abs(one.train_acc - other.train_acc) <= units[1]
        and abs(one.test_acc - other.test_acc) <= units[2]
    )


def _repeats(log: ReadLog, whole: ReadLog) -> str:
    if log.source == whole.source:
        return f"{log.source} is given twice, and counts once."
    if len(log.epochs) < len(whole.epochs):
        return f"{log.source} is a part of {whole.source}, and counts once with it."
    how = "number for number" if log.digits == whole.digits else "as far as its digits go"
    return f"{log.source} is {whole.source} {how}, and counts once."


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
