"""Whatever may be given as logs, as a list of them: runs, records, texts, files, and any number of these."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Union

from ..config import check_kind, check_whole
from ..errors import LogError
from ..files import read_up_to
from ..logs import EpochRecord, RunLog
from ..messages import brief, counted, listed
from ..reading.assembly import STEPS
from ..reading.decoding import decoded
from ..reading.found import distinct
from ..reading.reader import Reading, ReadLog, check_record, read_file, reading_of
from ..reading.spelling import is_line
from .record import Refused

NO_LOGS = (bytes, bytearray, dict)  # though one can iterate over them
Log = Union[RunLog, ReadLog, Sequence[EpochRecord], str, "os.PathLike[str]"]


@dataclass
class Gathered:
    """Logs, and what else was there.

    Attributes:
        logs: those that can be judged.
        refused: those that cannot.
        notes: on lines that were left out, a sentence each.
    """

    logs: list[ReadLog] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def choose(self, cell: int | None, log: int | None) -> None:
        """Keep the logs of one cell, or one of all, counted from 1."""
        if cell is not None:
            check_whole("cell", cell, 1)
            self.logs = self._kept([one for one in self.logs if one.cell == cell], "cell", cell)
        if log is not None:
            check_whole("log", log, 1)
            self.logs = self._kept(self.logs[log - 1 : log], "log", log)

    def _kept(self, chosen: list[ReadLog], what: str, number: int) -> list[ReadLog]:
        if not chosen:
            cells = sorted({one.cell for one in self.logs if one.cell is not None})
            has = f"logs are in {listed(map(str, cells))}" if cells else "no log is of a notebook's cell"
            if what == "log":
                has = f"there {'are' if len(self.logs) > 1 else 'is'} {counted(len(self.logs), 'log')}"
            raise LogError(f"no {what} {number}: {has}")
        self.refused, self.notes = [], []
        return chosen


def gather(logs: Any, name: str, max_size: float) -> Gathered:
    """All logs, each once.

    Args:
        logs: as `compare` takes them.
        name: what messages call one that has no name of its own.
        max_size: MB up to which a file is read.

    Raises:
        LogError: there is none that can be judged; a file cannot be read; or something is no log.
    """
    gathered = Gathered()
    try:
        for one in _flat(logs, name, max_size):
            if isinstance(one, Reading):
                _put_reading(gathered, one)
            else:
                _put(gathered, one)
    except RecursionError:
        raise LogError(f"{name}: logs are a list at most, and these are lists in lists") from None
    gathered.logs, repeated = distinct(gathered.logs)
    gathered.notes += repeated
    if not gathered.logs:
        if gathered.refused:
            raise LogError(f"{gathered.refused[0].source}: {gathered.refused[0].reason}")
        raise LogError("there is no log to compare")
    return gathered


def _flat(logs: Any, name: str, max_size: float) -> Iterator[ReadLog | Reading | Refused]:
    if isinstance(logs, RunLog):
        name += f" ({logs.config.implementation}, seed {logs.config.seed})"
        check_kind(f"{name}: data", logs.data, dict, "a dict")
        if logs.failure:
            yield Refused(name, f"the run failed: {brief(logs.failure)}")
        else:
            yield ReadLog(logs.epochs, name, (None,) * 3, logs.config, logs.data.get("release"))
    elif isinstance(logs, ReadLog):
        yield logs
    elif isinstance(logs, str) and ("\n" in logs or is_line(logs)):
        yield reading_of(logs, name.replace("run", "pasted text", 1), ", line ")
    elif callable(getattr(logs, "read", None)):
        yield _reading_of_file(logs, name, max_size)
    elif isinstance(logs, (str, os.PathLike)):
        yield read_file(logs, max_size=max_size)
    elif isinstance(logs, Iterable) and not isinstance(logs, NO_LOGS) and getattr(logs, "ndim", 1) != 0:
        items = list(logs)
        if len(items) > 1 and all(isinstance(item, str) and is_line(item) for item in items):  # of one text
            yield from _flat("\n".join(item.rstrip("\r\n") for item in items), name, max_size)
        elif items and all(isinstance(item, EpochRecord) for item in items):
            yield ReadLog(tuple(items), name, (None,) * 3)
        else:
            for number, item in enumerate(items, 1):
                yield from _flat(item, f"{name} {number}", max_size)
    else:
        raise LogError(
            f"{name}: a log is a RunLog, EpochRecords, a path or a text, not {type(logs).__name__}"
        )


def _reading_of_file(file: Any, name: str, max_size: float) -> Reading:
    """What a file has that is open, or something else that can be read; LogError where it cannot."""
    source = str(getattr(file, "name", name.replace("run", "file", 1)))
    try:
        content = read_up_to(file, max_size)
    except (OSError, ValueError) as error:
        raise LogError(f"{source}: {error}") from error
    return reading_of(decoded(content, source) if isinstance(content, bytes) else str(content), source)


def _put(gathered: Gathered, log: ReadLog | Refused) -> None:
    if isinstance(log, Refused):
        gathered.refused.append(log)
        return
    try:
        gathered.logs.append(_checked(log))
    except LogError as error:
        source = f"{log.source}: "
        gathered.refused.append(Refused(log.source, str(error)[len(source) :]))


def _checked(log: ReadLog) -> ReadLog:
    """The log, its values in their ranges and its epochs one after the other, in its steps."""
    if not log.epochs:
        raise LogError(f"{log.source}: no epochs")
    for one in log.epochs:
        check_kind(f"{log.source}: an epoch", one, EpochRecord, "an EpochRecord")
    step = log.step if log.step in STEPS else 1
    due = (1 + step * index for index in range(len(log.epochs)))
    return replace(log, epochs=tuple(check_record(e, n, log.source) for e, n in zip(log.epochs, due)))


def _put_reading(gathered: Gathered, reading: Reading) -> None:
    for log in reading.logs:
        _put(gathered, log)
    for unread in reading.unread:
        if unread.stray and reading.logs:
            gathered.notes.append(f"{unread.source} was not read: {unread.reason}.")
        else:
            gathered.refused.append(Refused(unread.source, unread.reason))
    gathered.notes += reading.repeated
    if reading.left_out:
        lines = counted(reading.left_out, "line")
        gathered.notes.append(f"{reading.file}: {lines} with a loss and no accuracies left out.")
