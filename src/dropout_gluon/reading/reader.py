"""Training logs from anywhere, read back: lines in any text, tables, runs as JSON, notebooks, pages."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import fields
from typing import Any, BinaryIO

from ..config import check_number, check_path
from ..errors import DropoutGluonError, LogError
from ..files import MAX_SIZE, read_up_to
from ..logs import FORMAT, RunLog
from ..messages import counted, named
from ..runs.store import START, from_line, is_torn, warn_of_torn_line
from .cells import is_notebook, read_notebook_json
from .decoding import decoded
from .found import MOST_DECIMALS, Found, Reading, ReadLog, Unread, error, excerpt
from .lines import DIVERGED, read_lines
from .pages import is_page, read_page
from .spelling import BOOKS_LINE, check_record, checked

__all__ = [
    "MOST_DECIMALS",
    "ReadLog",
    "Reading",
    "Unread",
    "check_record",
    "read_file",
    "read_logs",
    "read_notebook",
    "read_text",
    "reading_of",
]

FAILED = "the run failed"

_INK = re.compile(r"\S")
_OBJECT = re.compile(r'\{\s*["}]')
_MARKS = [re.compile(mark, re.MULTILINE) for mark in (r"^<{7} ", r"^={7}\r?$", r"^>{7} ")]  # of git's


def read_file(path: str | os.PathLike[str], *, max_size: float = MAX_SIZE) -> Reading:
    """All that a file holds: its logs, and what in it looks like one and cannot be read.

    Content decides how it is read, not the file's name: as `reading_of` does.

    Args:
        path: a file of text, in UTF-8, GBK or Latin-1, or in UTF-16 or UTF-32 with its byte order mark;
            ``-`` is standard input.
        max_size: MB up to which a file is read; beyond that it is refused.

    Raises:
        LogError: the file cannot be read, is empty, or holds neither a log nor one that cannot be read. One
            line that names the file.

    Warns:
        DropoutGluonWarning: the last line of a run store is cut short, and passed over.
    """
    check_path("a log", path)
    check_number("max_size", max_size, 0, above=True)
    source = "standard input" if path == "-" else named(path)
    return reading_of(decoded(_content(path, source, max_size), source), source)


def reading_of(text: str, source: str = "text", between: str = ":") -> Reading:
    """All that a text holds, which messages call `source`, its lines by that, `between` and their number.

    Lines are those of the book, `epoch 1, loss 1.2070, train acc 0.534, test acc 0.769`, with the values in
    any order behind labels as people spell them; tables have a line of names; Keras has its own two lines an
    epoch. JSON may hold runs of ours, one after another, or an executed notebook; of HTML the preformatted
    text is read. Of a notebook, and of a page of its cells, that is what the cells show, and not what their
    text or code quotes. Epoch 1, or 0, begins a run; from there epochs rise by one, by 5 or by 10. A run that
    stands there twice, whole or in part, in these digits or in fewer, is read once: it is the same run shown
    again, or the same seed, and no further evidence.

    Raises:
        LogError: the text is empty, or holds neither a log nor one that cannot be read.
    """
    ink = _INK.search(text)
    if not ink:
        raise error(source, "empty")
    if _is_unmerged(text):
        raise error(source, "has two versions of a part, between the marks of a merge that was not ended")
    found = None
    if ink[0] in "{[":
        found = _read_json(text, source, between)
    elif is_page(text):
        found = read_page(text, source, between)
    return _reading(read_lines(text, f"{source}{between}") if found is None else found, source)


def _is_unmerged(text: str) -> bool:
    """Whether git's three marks stand in it, one after another."""
    at = 0
    for mark in _MARKS:
        if not (found := mark.search(text, at)):
            return False
        at = found.end()
    return True


def read_logs(path: str | os.PathLike[str], *, max_size: float = MAX_SIZE) -> list[ReadLog]:
    """Every run in a file, in order, where all of them can be read; `read_file` says which cannot.

    Raises:
        LogError: as `read_file`; or a run has a gap, a value that is out of range or cannot be read, or
            diverged. One line that names the file, and the cell or the line.
    """
    return _all(read_file(path, max_size=max_size))


def read_text(text: str, source: str = "text") -> list[ReadLog]:
    """Every run in the lines of a text, whatever stands before and behind them.

    Raises:
        LogError: as `read_logs`.
    """
    return _all(_reading(read_lines(text, f"{source}:"), source))


def read_notebook(text: str, source: str = "notebook") -> list[ReadLog]:
    """Every run in the outputs of an executed notebook, nbformat 3 or later, given as JSON.

    In each cell standard output, standard error, and results shown as plain text are read apart, as
    `read_text` does. A run does not go on in another cell.

    Raises:
        LogError: as `read_logs`; or this is not a notebook, or it was not executed.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise error(source, f"not a notebook, not even valid JSON: {wrong}") from wrong
    if not is_notebook(content):
        raise error(source, f"not a notebook, but {_kind(content)}")
    return _all(_reading(read_notebook_json(content, source), source))


def _reading(found: Found, source: str) -> Reading:
    if not found:
        lines = counted(found.left_out, "line")
        rest = f"; {lines} with a loss and no accuracies left out" if found.left_out else ""
        raise error(source, f"no line like {BOOKS_LINE!r}{rest}")
    return found.reading(source)


def _all(reading: Reading) -> list[ReadLog]:
    """The logs of a reading; LogError where one cannot be read, or diverged."""
    for unread in reading.unread:
        if not unread.stray or not reading.logs:
            raise error(unread.source, unread.reason)
    for log in reading.logs:
        if DIVERGED.search(log.failure):
            raise error(log.source, f"{FAILED}: {log.failure}")
    return list(reading.logs)


def _content(path: str | os.PathLike[str], source: str, max_size: float) -> bytes:
    if path == "-" and sys.stdin is None:
        raise error(source, "closed")
    try:
        if path == "-":
            standard_input: BinaryIO = sys.stdin.buffer
            return read_up_to(standard_input, max_size)
        with open(path, "rb") as file:
            return read_up_to(file, max_size)
    except (OSError, ValueError) as wrong:
        raise error(source, getattr(wrong, "strerror", None) or wrong) from wrong


def _read_json(text: str, source: str, between: str) -> Found | None:
    """What a text that begins like JSON holds: runs and notebooks; None: it is another one after all."""
    found = Found()
    last: dict[str, ReadLog | Unread] = {}  # of each configuration in a store
    superseded: list[ReadLog | Unread] = []
    decoder, line, end = json.JSONDecoder(), 1, 0
    while ink := _INK.search(text, end):
        start = ink.start()
        line += text.count("\n", end, start)
        place = f"{source}{between}{line}"
        stored = text.startswith(START.decode(), start)
        # A line of a store is one by itself: the next can be read, whatever this one is.
        until = text.find("\n", start) if stored else -1
        try:
            if until >= 0:
                value, end = decoder.raw_decode(text[start:until])
                end += start
            else:
                value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError) as wrong:
            rest = text[start:] if text.startswith(START.decode()) and until < 0 else "\n"
            if "\n" not in rest and is_torn(rest.encode()):
                warn_of_torn_line(source, len(rest), line)
                break
            if not found and not _OBJECT.match(text, start):  # a time stamp in brackets, say
                return None
            found.refuse(place, f"not valid JSON: {wrong}")
            if until < 0:
                break
            end = until
            continue
        if is_notebook(value):
            found.add(read_notebook_json(value, source))
        elif isinstance(value, dict) and str(value.get("format")).startswith("dropout_gluon"):
            run = _read_run(value, text[start:end], place)
            found.put(run)
            if isinstance(same := value.get("digest"), str):
                if isinstance(run, ReadLog) and (before := last.get(same)) and _is_superseded(before, run):
                    superseded.append(before)
                last[same] = run
        elif not found and _INK.search(text, end):  # another program's log, an object a line
            return None
        else:
            found.refuse(place, f"neither a run ({FORMAT!r}) nor a notebook, but {_kind(value)}")
        line += text.count("\n", start, end)
    found.drop(superseded)
    return found


def _is_superseded(before: ReadLog | Unread, run: ReadLog) -> bool:
    """Whether of two runs of a configuration in a store only the last counts; the same twice is said."""
    if isinstance(before, Unread):
        return before.reason.startswith(FAILED)
    return before.epochs != run.epochs


def _kind(value: object) -> str:
    names = ", ".join(value) if isinstance(value, dict) else ""
    return f"JSON with the fields {excerpt(names)}" if names else f"JSON of type {type(value).__name__}"


def _read_run(content: dict[str, Any], text: str, place: str) -> ReadLog | Unread:
    """A run as `RunLog.to_json` wrote it, held to what `run` makes."""
    stored = content.keys() & {"digest", "crc32"}  # what a run store adds
    try:
        log = from_line(text.encode()) if stored else RunLog.from_json(text)
        if unknown := sorted(content.keys() - stored - {"format", *(f.name for f in fields(RunLog))}):
            raise LogError(f"a run has no field {excerpt(unknown[0])}")
        if log.failure:
            raise LogError(f"{FAILED}: {log.failure}")
        epochs = tuple(checked(record, due) for due, record in enumerate(log.epochs, 1))
        if len(epochs) != log.config.num_epochs:
            raise LogError(f"{len(epochs)} epochs, but its configuration has {log.config.num_epochs}")
    except DropoutGluonError as wrong:
        return Unread(place, str(wrong))
    return ReadLog(epochs, place, (None, None, None), log.config, log.data.get("release"))
