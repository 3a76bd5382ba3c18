"""Training logs from anywhere, read back: the book's lines in any text, runs as JSON, executed notebooks."""

from __future__ import annotations

import codecs
import json
import math
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from ..config import RunConfig, check_number, check_path, check_whole
from ..errors import ConfigError, DropoutGluonError, LogError
from ..files import MAX_SIZE, read_up_to
from ..logs import FORMAT, EpochRecord, RunLog
from ..messages import brief, named
from ..runs.store import START, from_line, is_torn, warn_of_torn_line

MOST_DECIMALS = 17  # a float64 below 1 has no more that count
BOOKS_LINE = str(EpochRecord(1, 1.2070, 0.534, 0.769))

# No pattern has two neighbouring repeats that can take the same character, so that a line of a million
# characters takes time in proportion.
_COLOUR = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_HEAD = re.compile(r"epoch\s+([-+]?\d[\d./]*)\s*,\s*loss\b", re.IGNORECASE)
_VALUE = r"\s+([-+.\w%]+)"
_REST = re.compile(
    rf"{_VALUE}\s*,\s*train\s+acc{_VALUE}\s*,\s*test\s+acc{_VALUE}(?![-+.\w%]|\s*%)", re.IGNORECASE
)
_NUMBER = re.compile(
    r"[-+]?(?:nan|inf(?:inity)?|(?=\.?\d)\d*(?:\.(\d+))?(?:e([-+]?\d{1,4}))?)", re.IGNORECASE | re.ASCII
)
_CUT = re.compile(r"epoch\s+\d+\s*,\s*(?:lo?s?)?\Z", re.IGNORECASE)
_UNENDED = re.compile(r"test\s+acc\s+[.\w]+\Z", re.IGNORECASE)
_DIVERGED = re.compile(r"training loss of epoch \d+ is .*")  # as errors.Diverged has it
_INK = re.compile(r"\S")
_OBJECT = re.compile(r'\{\s*["}]')

_Line = tuple[str, EpochRecord, tuple[int, ...]]  # its place, its record, the decimals of the values


@dataclass(frozen=True)
class ReadLog:
    """A run as somebody's log has it.

    Attributes:
        epochs: one EpochRecord an epoch, from epoch 1 on without a gap.
        source: where it was read: ``log.txt:3`` (file and line of its first epoch), ``nb.ipynb, cell 7``.
        digits: decimals printed of loss, train acc and test acc, the most in each column; None: all digits.
        config: what was run, where the log says it (JSON of ours).
        release: the release of the data, where the log says it.
    """

    epochs: tuple[EpochRecord, ...]
    source: str
    digits: tuple[int | None, int | None, int | None]
    config: RunConfig | None = None
    release: str | None = None


def read_logs(path: str | os.PathLike[str], *, max_size: float = MAX_SIZE) -> list[ReadLog]:
    """Every run in a file, in order; content decides how it is read, not the file's name.

    Text is read by `read_text`, an executed notebook by `read_notebook`; JSON of ours may hold one run, or
    several one after another, as a run store does. A run that stands there twice, number for number, is
    read once: it is the same run shown again, or the same seed, and no further evidence.

    Args:
        path: a file in UTF-8, or in UTF-16 with its byte order mark; ``-`` is standard input.
        max_size: MB up to which a file is read; beyond that it is refused.

    Raises:
        LogError: the file cannot be read, holds no run, or a run in it has a gap, a value that is out of
            range or cannot be read, or diverged. One line that names the file, and the cell or the line.

    Warns:
        DropoutGluonWarning: the last line of a run store is cut short, and passed over.
    """
    check_path("a log", path)
    check_number("max_size", max_size, 0, above=True)
    source = "standard input" if path == "-" else named(path)
    text = _decoded(_content(path, source, max_size), source)
    if not text.strip():
        raise _error(source, "empty")
    return _read_json(text, source) if text.lstrip()[0] in "{[" else read_text(text, source)


def read_text(text: str, source: str = "text") -> list[ReadLog]:
    """Every run in a text that has the book's lines, whatever stands before and behind them.

    A line is `epoch 1, loss 1.2070, train acc 0.534, test acc 0.769`. Epoch 1 begins a run; from there
    epochs rise by one. Messages and `ReadLog.source` call the text `source`.

    Raises:
        LogError: as `read_logs`.
    """
    return _distinct(_read_lines(text, f"{source}:"), source)


def read_notebook(text: str, source: str = "notebook") -> list[ReadLog]:
    """Every run in the outputs of an executed notebook, nbformat 3 or later, given as JSON.

    In each cell standard output, standard error, and results shown as plain text are read apart, as
    `read_text` does. A run does not go on in another cell.

    Raises:
        LogError: as `read_logs`; or this is not a notebook, or it was not executed.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _error(source, f"not a notebook, not even valid JSON: {error}") from error
    if not _is_notebook(content):
        raise _error(source, f"not a notebook, but {_kind(content)}")
    return _distinct(_read_cells(content, source), source)


def _error(place: str, what: object) -> LogError:
    return LogError(f"{place}: {brief(what)}")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:79]}…")


def _content(path: str | os.PathLike[str], source: str, max_size: float) -> bytes:
    if path == "-" and sys.stdin is None:
        raise _error(source, "closed")
    try:
        if path == "-":
            return read_up_to(sys.stdin.buffer, max_size)
        with open(path, "rb") as file:
            return read_up_to(file, max_size)
    except (OSError, ValueError) as error:
        raise _error(source, getattr(error, "strerror", None) or error) from error


def _decoded(content: bytes, source: str) -> str:
    encoding = "UTF-16" if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "UTF-8"
    if encoding == "UTF-8" and b"\0" in content and not content.startswith(START):
        raise _error(source, "binary, not text (UTF-16 is read where it has its byte order mark)")
    try:
        return content.decode("utf-8-sig" if encoding == "UTF-8" else encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _error(f"{source}:{line}", f"byte 0x{content[error.start]:02x} is not {encoding}") from error


def _distinct(logs: Iterable[ReadLog], source: str) -> list[ReadLog]:
    """The logs without those that repeat an earlier one; LogError where there is none."""
    first: dict[object, ReadLog] = {}
    for log in logs:
        first.setdefault((log.epochs, log.config), log)
    if not first:
        raise _error(source, f"no line like {BOOKS_LINE!r}")
    return list(first.values())


def check_record(record: EpochRecord, due: int, place: str) -> EpochRecord:
    """The record, all of its values in their ranges and its epoch the one that is due; else LogError."""
    try:
        epoch = check_whole("epoch", record.epoch, 1)
        if isinstance(record.loss, float) and not math.isfinite(record.loss):
            raise _error(place, f"the loss of epoch {epoch} is {record.loss}: training has diverged")
        loss = check_number(f"loss of epoch {epoch}", record.loss, 0)
        train_acc = check_number(f"train acc of epoch {epoch}", record.train_acc, 0, 1)
        test_acc = check_number(f"test acc of epoch {epoch}", record.test_acc, 0, 1)
    except (ConfigError, OverflowError) as error:
        raise _error(place, error) from error
    if epoch != due:
        raise _error(place, f"epoch {epoch} where epoch {due} is due")
    return EpochRecord(epoch, loss, train_acc, test_acc)


def _read_lines(text: str, prefix: str) -> list[ReadLog]:
    """The runs in a text; a place in it is `prefix` and the number of the line."""
    runs: list[list[_Line]] = []
    lines = _COLOUR.sub("", text).split("\n")
    for number, line in enumerate(lines, 1):
        place = f"{prefix}{number}"
        if failure := _DIVERGED.search(line):
            raise _error(place, _shown(failure[0]))
        heads = list(_HEAD.finditer(line))
        # Lines glued together, because nothing or a written-out \n separates them, are read one by one.
        for head, end in zip(heads, [head.start() for head in heads[1:]] + [len(line)]):
            record, decimals = _read_line(line, head, end, place)
            if record.epoch == 1 or not runs:
                runs.append([])
            runs[-1].append((place, check_record(record, len(runs[-1]) + 1, place), decimals))
    if _is_cut(lines[-1], runs):
        raise _error(place, f"{_shown(lines[-1])} is cut short at the end of the text")
    return [_log(run) for run in runs]


def _log(run: list[_Line]) -> ReadLog:
    places, epochs, decimals = zip(*run)
    loss, train_acc, test_acc = map(max, zip(*decimals))
    return ReadLog(epochs, places[0], (loss, train_acc, test_acc))


def _read_line(line: str, head: re.Match[str], end: int, place: str) -> tuple[EpochRecord, tuple[int, ...]]:
    """One of the book's lines: its record, and the decimals of its three values."""
    found = _shown(line[head.start() : end].strip())
    rest = _REST.match(line, head.end(), end)
    if not rest or not re.fullmatch("[0-9]{1,9}", head[1]):
        raise _error(place, f"{found} cannot be read: the book's line is {BOOKS_LINE!r}")
    values, decimals = [], []
    for name, value in zip(("loss", "train acc", "test acc"), rest.groups()):
        number = _NUMBER.fullmatch(value)
        if not number:
            raise _error(place, f"{name} is not a number but {_shown(value)}, in {found}")
        values.append(float(value))
        decimals.append(min(MOST_DECIMALS, max(0, len(number[1] or "") - int(number[2] or 0))))
    return EpochRecord(int(head[1]), *values), tuple(decimals)


def _is_cut(last_line: str, runs: list[list[_Line]]) -> bool:
    """Whether the text ends inside its last line: before the loss, or in the digits of the test accuracy."""
    if not runs or not _UNENDED.search(last_line):
        return bool(_CUT.search(last_line))
    *before, last = (decimals[-1] for *_, decimals in runs[-1])
    return bool(before) and last < min(before)


def _read_json(text: str, source: str) -> list[ReadLog]:
    """What a text that begins like JSON holds: runs, notebooks, or after all a log in plain text."""
    logs: list[ReadLog] = []
    decoder, line, end = json.JSONDecoder(), 1, 0
    while ink := _INK.search(text, end):
        start = ink.start()
        line += text.count("\n", end, start)
        place = f"{source}:{line}"
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            rest = text[start:]
            if text.startswith(START.decode()) and "\n" not in rest and is_torn(rest.encode()):
                warn_of_torn_line(source, len(rest), line)
                break
            if not logs and not _OBJECT.match(text, start):  # a time stamp in brackets, say
                return read_text(text, source)
            raise _error(place, f"not valid JSON: {error}") from error
        if _is_notebook(value):
            logs += _read_cells(value, source)
        elif isinstance(value, dict) and str(value.get("format")).startswith("dropout_gluon"):
            logs.append(_read_run(value, text[start:end], place))
        elif not logs and _INK.search(text, end):  # another program's log, an object a line
            return read_text(text, source)
        else:
            raise _error(place, f"neither a run ({FORMAT!r}) nor a notebook, but {_kind(value)}")
        line += text.count("\n", start, end)
    return _distinct(logs, source)


def _kind(value: object) -> str:
    names = ", ".join(value) if isinstance(value, dict) else ""
    return f"JSON with the fields {_shown(names)}" if names else f"JSON of type {type(value).__name__}"


def _read_run(content: dict[str, Any], text: str, place: str) -> ReadLog:
    """A run as `RunLog.to_json` wrote it, held to what `run` makes."""
    stored = content.keys() & {"digest", "crc32"}  # what a run store adds
    try:
        log = from_line(text.encode()) if stored else RunLog.from_json(text)
    except DropoutGluonError as error:
        raise _error(place, error) from error
    if unknown := sorted(content.keys() - stored - {"format", *(f.name for f in fields(RunLog))}):
        raise _error(place, f"a run has no field {_shown(unknown[0])}")
    if log.failure:
        raise _error(place, f"the run failed: {log.failure}")
    epochs = tuple(check_record(record, due, place) for due, record in enumerate(log.epochs, 1))
    if len(epochs) != log.config.num_epochs:
        raise _error(place, f"{len(epochs)} epochs, but its configuration has {log.config.num_epochs}")
    return ReadLog(epochs, place, (None, None, None), log.config, log.data.get("release"))


def _is_notebook(content: object) -> bool:
    return isinstance(content, dict) and not content.keys().isdisjoint({"cells", "worksheets"})


def _read_cells(content: dict[str, Any], source: str) -> list[ReadLog]:
    place, texts = source, []
    try:
        sheets = content.get("worksheets", [content])  # of nbformat 3
        for number, cell in enumerate((cell for sheet in sheets for cell in sheet["cells"]), 1):
            place = f"{source}, cell {number}"
            texts += [(place, text) for text in _outputs(cell)]
    except (AttributeError, KeyError, TypeError) as error:
        raise _error(place, f"not as a notebook has it: {type(error).__name__}: {error}") from error
    if not texts:
        raise _error(source, "no cell has outputs: the notebook was not executed")
    return [replace(log, source=at) for at, text in texts for log in _read_lines(text, f"{at}, line ")]


def _outputs(cell: dict[str, Any]) -> list[str]:
    """What a cell printed, what it wrote to standard error, and what it showed: a text each.

    Apart, because progress bars and figures come between the lines that a cell prints.
    """
    texts: dict[str, str] = defaultdict(str)
    for output in cell.get("outputs", []):
        if output["output_type"] == "stream":  # the name is "stream" in nbformat 3
            texts[output.get("name") or output.get("stream", "stdout")] += "".join(output["text"])
        else:
            shown = {**output, **output.get("data", {})}
            plain = shown.get("text/plain") or shown.get("text") or shown.get("evalue") or ""
            texts["shown"] += "".join(plain) + "\n"
    return list(texts.values())
