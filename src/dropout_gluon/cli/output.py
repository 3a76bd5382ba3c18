"""Standard output and error, whatever they are: a terminal of another locale, a full disk, closed."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from contextlib import suppress
from typing import NoReturn, TextIO

# What stands for a character where the terminal's encoding lacks it; any other becomes an escape.
PLAIN = {"±": "+-", "…": "..."}
# What writing to a standard stream fails of. Files of our own fail with a WriteError, and have a name.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


class Closed(io.TextIOBase):
    """Stands for a standard output that is closed, into which print would write nothing and say nothing."""

    def write(self, text: str) -> NoReturn:
        raise OSError(errno.EBADF, "it is closed")


def prepare() -> None:
    """Make what the command prints arrive, or fail."""
    codecs.register_error("plain", write_plainly)
    if sys.stdout is None:
        sys.stdout = Closed()
    if sys.stderr is None:  # print would take standard output for it
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plain")


def write_plainly(error: UnicodeError) -> tuple[str | bytes, int]:
    """An error handler of codecs: goes on where a character cannot be written in the locale's encoding."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    if "\udc80" <= character <= "\udcff":  # a byte of a file's name that was not of the encoding
        return bytes([ord(character) - 0xDC00]), error.start + 1
    return PLAIN.get(character) or character.encode("unicode_escape").decode(), error.start + 1


def is_full(error: OSError) -> bool:
    """Whether it is a standard stream that cannot be written."""
    return error.errno in FULL and error.filename is None


def abandon(stream: TextIO) -> None:
    """Send what is left of a standard stream to nowhere: Python would complain again as it ends."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def settle() -> None:
    """At the end: no status depends on whether standard error can be written."""
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        abandon(sys.stderr)
