"""How things are said: values, names and lists in a sentence, and lines on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress


def say(line: str) -> None:
    """A line on standard error, under the command's name."""
    tell(f"dropout-gluon: {' '.join(line.splitlines())}")


def tell(line: str) -> None:
    """A line on standard error; lost where that cannot be written, for no work depends on it."""
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def listed(words: Iterable[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def span(values: Iterable[int]) -> str:
    """``8 to 40``, from the least to the most; of one value, that alone."""
    found = {*values}
    return f"{min(found)} to {max(found)}" if len(found) > 1 else str(*found)


def counted(count: int, noun: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def are(count: int) -> str:
    """The verb of so many: ``is`` or ``are``."""
    return "is" if count == 1 else "are"


def duration(seconds: float) -> str:
    """With the unit that leaves the smallest number from 1.5 up."""
    units = {"years": 365.25 * 86400, "days": 86400, "h": 3600, "min": 60}
    for unit, length in units.items():
        if seconds >= 1.5 * length:
            return f"{seconds / length:.{0 if unit == 'min' else 1}f} {unit}"
    return f"{seconds:.0f} s"


def shown(value: object) -> str:
    """A value in a message: as Python writes it, on one line; only its type where that is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # of a number with more digits than Python writes, of lists in lists
        text = ""
    if text and len(text) <= 60 and text.isprintable():
        return text
    return f"one of type {type(value).__name__}, too long to show"


def brief(said: object) -> str:
    """What others say, as they say it, on one printable line of 200 characters at most."""
    text = printable(" ".join(str(said).splitlines()))
    return text if len(text) <= 200 else f"{text[:199]}…"


def named(path: str | os.PathLike[str]) -> str:
    """A file's name in a message: as it is, or as Python writes it where it has a line end, say."""
    text = os.fspath(path)
    # A byte that is not of the locale's encoding is for the terminal to show.
    is_printable = "".join(c for c in text if not "\udc80" <= c <= "\udcff").isprintable()
    return text if is_printable and text else repr(text)


def shortened(text: str, width: int) -> str:
    """Without its middle where it is long: of a path the folder is at the start, the line at the end."""
    head = width // 4
    return text if len(text) <= width else f"{text[:head]}...{text[head + 3 - width :]}"


def printable(text: str) -> str:
    """On one line, all else that is not printable as an escape: file names may hold any character."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
