"""An epoch as logs spell it: the book's line, the first edition's, Keras's, columns of a table."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

from ..config import check_number, check_whole
from ..errors import DIVERGED, ConfigError, LogError
from ..logs import EpochRecord
from ..messages import listed
from .found import MOST_DECIMALS, error, excerpt

LONGEST_ROW = 20  # names of a table that spaces separate
BOOKS_LINE = str(EpochRecord(1, 1.2070, 0.534, 0.769))
COLUMNS = ("loss", "train acc", "test acc")

# No pattern has two neighbouring repeats that can take the same character, so that a line of a million
# characters takes time in proportion; and none begins with a repeat, as each place would be tried anew.
COLOUR = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_HEAD = re.compile(
    r"(?:epoch|轮次?)[\s:=#(\[\"']*([-+]?\d[\d_./]*)(?![\d_a-z])|第\s*(\d{1,9})\s*(?:轮|个\s*(?:epoch|轮次?|周期))",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"([0-9]{1,9})\.?(/[0-9]{1,9})?")
_LABEL = re.compile(
    r"(?<![a-z0-9_])(?:(?:train(?:ing)?|test(?:ing)?|val(?:id(?:ation)?)?|(?:训练|测试|验证)集?)[\s_-]*)?"
    r"(?:(loss|损失)|acc(?:uracy)?|准确率|精度)(?![a-z0-9_])",
    re.IGNORECASE,
)
# Before a label: it is of the best epoch so far, not of this one.
_BEST = re.compile(r"(?<![a-z])(?:best|max(?:imum)?|highest|最佳|最高|最好)[\s_.-]*\Z", re.IGNORECASE)
_INSIDE = r"[^\s,:=;|()\[\]{}<>\"'`*\\&。、]"
_BOOKS = re.compile(r"\s*,\s*loss\b", re.IGNORECASE)  # behind the epoch
_VALUE = re.compile(rf"[\"'`*\s:=]*({_INSIDE}+(?:[,:=](?=\d){_INSIDE}+)*(?:\s*%)?)?")
_NUMBER = re.compile(
    r"[-+]?(?:nan|inf(?:inity)?|(?=\.?\d)\d*(?:\.(\d+))?(?:e([-+]?\d{1,4}))?)", re.IGNORECASE | re.ASCII
)
_TIME = re.compile(r"\btime\b|\d\s?s(?:ec(?:onds?)?)?\b(?!/)", re.IGNORECASE)
_WIDE = re.compile("[\u3000\uff01-\uff5e]")
_NARROW = {0x3000: " ", **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}}


class Head(NamedTuple):
    """Where a line says which epoch it is of."""

    start: int
    end: int
    number: str

    @property
    def epoch(self) -> int | None:
        """The epoch; None where the number is not one."""
        number = _EPOCH.fullmatch(self.number)
        return int(number[1]) if number else None

    @property
    def is_keras(self) -> bool:
        """Whether it is one of so many, as in `Epoch 1/5`; the values may then stand on the next line."""
        return "/" in self.number and self.epoch is not None


class Values(NamedTuple):
    """The three values of an epoch, as they are printed.

    Attributes:
        numbers: loss, train acc, test acc.
        decimals: of each.
        percent: whether train acc and test acc have the sign.
        timed: a time stands behind them.
        at_end: the column whose digits are the last of the text; None: something follows.
        is_keras: the labels are Keras's.
    """

    numbers: tuple[float, ...]
    decimals: tuple[int, ...]
    percent: tuple[bool, ...]
    timed: bool = False
    at_end: int | None = None
    is_keras: bool = False


class Incomplete(NamedTuple):
    """An epoch without all of the three values; `names` are those that it has."""

    names: tuple[str, ...]

    @property
    def is_of_another_section(self) -> bool:
        """Whether there is a loss and nothing else, as of a regression."""
        return self.names == ("loss",)

    @property
    def is_much(self) -> bool:
        """Whether there are a loss and an accuracy."""
        return "loss" in self.names and len(self.names) > 1

    @property
    def missing(self) -> str:
        return listed(name for name in COLUMNS if name not in self.names)


def narrowed(line: str) -> str:
    """The line with full-width letters, digits and punctuation as their ASCII forms, each in its place."""
    return line.translate(_NARROW) if not line.isascii() and _WIDE.search(line) else line


def heads(line: str, start: int, end: int) -> list[Head]:
    """Where a part of a line names epochs."""
    return [Head(*found.span(), found[1] or found[2]) for found in _HEAD.finditer(line, start, end)]


def column(name: str) -> str | None:
    """What a column of a table has: ``epoch``, or one of the names in NAMES; None: anything else."""
    name = name.strip().strip("\"'").strip()
    if name.lower() in ("epoch", "epochs", "轮", "轮次"):
        return "epoch"
    label = _LABEL.fullmatch(name)
    return _name(label) if label else None


def _name(label: re.Match[str]) -> str:
    what = "loss" if label[1] else "acc"
    word = label[0].lower()
    if word.startswith(("train", "训练")):
        return f"train {what}"
    if word.startswith(("test", "测试")):
        return f"test {what}"
    return f"val {what}" if word.startswith(("val", "验证")) else what


# What stands for a column: the first of these that a line has.
NAMES = {
    "loss": ("train loss", "loss"),
    "train acc": ("train acc", "acc"),
    "test acc": ("test acc", "val acc"),
}


def values(text: str) -> Values | Incomplete | None:
    """The values that follow an epoch's number, each behind its label, in any order; None: there are none.

    Raises:
        LogError: all three are there, and one is not a number.
    """
    found: dict[str, tuple[str, int]] = {}
    for label in _LABEL.finditer(text):
        value = _VALUE.match(text, label.end())
        assert value  # it may be empty
        if not _BEST.search(text, max(0, label.start() - 20), label.start()):
            found.setdefault(_name(label), (value[1] or "", value.end()))
    chosen = {
        name: next((found[known] for known in known_as if known in found), None)
        for name, known_as in NAMES.items()
    }
    there = {name: value for name, value in chosen.items() if value}
    if len(there) < len(COLUMNS) or not all(token for token, _ in there.values()):
        names = tuple(name for name, (token, _) in there.items() if _is_number(token))
        ends_in_label = any(not token and not text[end:].strip() for token, end in there.values())
        return Incomplete(names) if names or ends_in_label or _BOOKS.match(text) else None
    ends = [end for _, end in there.values()]
    last = max(ends)
    behind = text[last : last + 80]
    return numbers([token for token, _ in there.values()])._replace(
        timed=bool(_TIME.search(behind)),
        at_end=None if behind else ends.index(last),
        is_keras="acc" in found and "val acc" in found and "train acc" not in found,
    )


def has_label(text: str) -> bool:
    """Whether a text names a value of an epoch."""
    return bool(_LABEL.search(text))


def is_names(line: str) -> bool:
    """Whether a line is of names that spaces separate, those of a table among them."""
    names = [column(word) for word in line.split()[:LONGEST_ROW]]
    return all(any(name in names for name in NAMES[c]) for c in COLUMNS)


def is_line(text: str) -> bool:
    """Whether a text by itself is the line of an epoch."""
    known = heads(text, 0, len(text))
    try:
        return len(known) == 1 and isinstance(values(text), Values)
    except LogError:
        return True


def _is_number(token: str) -> bool:
    return bool(_NUMBER.fullmatch(_bare(token).rstrip("%").rstrip()))


def _bare(token: str) -> str:
    """A number without the punctuation of the sentence that it ends: ``0.789.``"""
    return token.rstrip(".!?")


def numbers(tokens: Iterable[str]) -> Values:
    """The values that three texts are; LogError where one is not a number."""
    read, decimals, percent = [], [], []
    for name, token in zip(COLUMNS, tokens):
        bare = _bare(token)
        signed = name != "loss" and bare.endswith("%")
        number = _NUMBER.fullmatch(bare[:-1].rstrip() if signed else bare)
        if not number:
            raise LogError(f"{name} is not a number but {excerpt(token)}")
        read.append(float(number[0]))
        decimals.append(min(MOST_DECIMALS, max(0, len(number[1] or "") - int(number[2] or 0))))
        percent.append(signed)
    return Values(tuple(read), tuple(decimals), tuple(percent[1:]))


def check_record(record: EpochRecord, due: int, place: str) -> EpochRecord:
    """The record, all of its values in their ranges and its epoch the one that is due; else LogError."""
    try:
        return checked(record, due)
    except LogError as wrong:
        raise error(place, wrong) from wrong


def checked(record: EpochRecord, due: int) -> EpochRecord:
    """`check_record` where the place is said by others."""
    try:
        epoch = check_whole("epoch", record.epoch, 1)
        if isinstance(record.loss, float) and not math.isfinite(record.loss):
            raise LogError(f"the loss of epoch {epoch} is {record.loss}: {DIVERGED}")
        loss = check_number(f"loss of epoch {epoch}", record.loss, 0)
        train_acc = check_number(f"train acc of epoch {epoch}", record.train_acc, 0, 1)
        test_acc = check_number(f"test acc of epoch {epoch}", record.test_acc, 0, 1)
    except (ConfigError, OverflowError) as wrong:
        raise LogError(str(wrong)) from wrong
    if epoch != due:
        raise LogError(f"epoch {epoch} where epoch {due} is due")
    return EpochRecord(epoch, loss, train_acc, test_acc)
