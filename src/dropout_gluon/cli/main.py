"""The command dropout-gluon."""

from __future__ import annotations

import argparse
import codecs
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn

from ..errors import DropoutGluonError
from .compare import add_compare
from .data import add_data
from .ensemble import add_ensemble
from .reproduce import add_reproduce

BAD_INPUT, INTERRUPTED = 2, 130

# What stands for a character where the terminal's encoding lacks it; any other becomes an escape.
PLAIN = {"±": "+-", "…": "..."}


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message}\n")


def build_parser() -> Parser:
    """The command's arguments and help."""
    parser = Parser(
        prog="dropout-gluon",
        description="The dropout chapter of Dive into Deep Learning (MXNet/Gluon edition), reproduced.",
        epilog="Exit status: 0 all well, 1 not the book's experiment, or some runs failed, 2 undecided, or "
        "bad input or not to be done, with one line on standard error.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for add in (add_data, add_reproduce, add_compare, add_ensemble):
        add(commands)
    return parser


def _write_plainly(error: UnicodeError) -> tuple[str | bytes, int]:
    """An error handler of codecs: goes on where a character cannot be written in the locale's encoding."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    if "\udc80" <= character <= "\udcff":  # a byte of a file's name that was not of the encoding
        return bytes([ord(character) - 0xDC00]), error.start + 1
    return PLAIN.get(character) or character.encode("unicode_escape").decode(), error.start + 1


def _warn_in_one_line(message: Warning | str, *_: object, **__: object) -> None:
    print(f"dropout-gluon: {message}", file=sys.stderr)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    warnings.showwarning = _warn_in_one_line
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # of a home that it cannot write to, it says much
    codecs.register_error("plain", _write_plainly)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="plain")
    try:
        arguments = build_parser().parse_args(argv)
        status: int = arguments.command(arguments)
        sys.stdout.flush()
        return status
    except DropoutGluonError as error:
        print(f"dropout-gluon: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("dropout-gluon: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output left. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BAD_INPUT
