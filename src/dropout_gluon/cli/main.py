"""The command dropout-gluon."""

from __future__ import annotations

import argparse
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


def _warn_in_one_line(message: Warning | str, *_: object, **__: object) -> None:
    print(f"dropout-gluon: {message}", file=sys.stderr)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    warnings.showwarning = _warn_in_one_line
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
