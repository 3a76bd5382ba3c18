"""The command's arguments, its exit statuses, and what becomes of errors."""

from __future__ import annotations

import argparse
import logging
import os
import platform
import re
import signal
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from types import FrameType
from typing import Any, NoReturn

from ..errors import DropoutGluonError, DropoutGluonWarning
from ..machine import installed
from ..messages import printable, say, shortened
from .compare import add_compare
from .data import add_data
from .ensemble import add_ensemble
from .exercise import add_exercise
from .options import options_of, with_options
from .output import abandon, is_full, prepare, settle
from .reproduce import add_reproduce
from .statuses import BAD_INPUT, GOOD, INTERRUPTED, TERMINATED, UNEXPECTED

LONGEST = 400  # characters of a message
EPILOG = """\
examples:
  dropout-gluon reproduce          train the chapter's networks, beside the book's numbers
  dropout-gluon compare log.txt    is this log the book's experiment?
  dropout-gluon exercise 4         why not drop at test time? measured

exit status:
  0    all well
  1    it differs from the book's experiment, or some runs failed
  2    bad input, or not to be done: one line on standard error
  3    undecided
  70   an error of this program: one line, with a file to report
  130  interrupted; 143 terminated
"""


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._negative_number_matcher = re.compile(r"-[\d.]")  # -0.1,0.5 is a value, which has its own error

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {printable(shortened(' '.join(message.split()), LONGEST))}\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        (file or sys.stderr).write(message)  # argparse's own hides that it could not


class Terminated(KeyboardInterrupt):
    """SIGTERM: what was begun is ended as on Ctrl-C."""


class ShowVersions(argparse.Action):
    """Print the versions that the numbers depend on, and end."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> NoReturn:
        found = [
            f"{name} {installed(name) or '(not installed)'}" for name in ("dropout_gluon", "mxnet", "numpy")
        ]
        print(f"{', '.join(found)}, Python {platform.python_version()}")
        parser.exit(GOOD)


def build_parser() -> Parser:
    """The command's arguments and help."""
    debug = argparse.ArgumentParser(add_help=False)
    debug.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback of an error"
    )
    parser = Parser(
        prog="dropout-gluon",
        description="The dropout chapter of Dive into Deep Learning (MXNet/Gluon edition), reproduced.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[debug],
    )
    parser.add_argument("--version", action=ShowVersions, nargs=0, help="print the versions, and end")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for add in (add_data, add_reproduce, add_compare, add_ensemble, add_exercise):
        add(commands, parents=[debug])
    return parser


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = build_parser()
    if not argv:
        parser.print_help()
        parser.exit(GOOD)
    (subparsers,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    name = next((word for word in argv if not word.startswith("-")), None)
    if name is not None and name not in subparsers.choices:
        near = get_close_matches(name, subparsers.choices, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        parser.error(f"no command {name!r}: one of {', '.join(subparsers.choices)}{hint}")
    arguments = parser.parse_args(argv)
    if name is None:
        parser.error(f"a COMMAND is missing: one of {', '.join(subparsers.choices)}")
    arguments.options = options_of(subparsers.choices[name])
    return arguments


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    prepare()
    try:
        return _main(argv)
    finally:
        settle()


def _main(argv: Sequence[str] | None) -> int:
    warnings.showwarning = warn_in_one_line
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # of a home that it cannot write to, it says much
    debug, options = False, {}
    try:
        with _interruptible():
            arguments = _parse(sys.argv[1:] if argv is None else argv)
            debug, options = getattr(arguments, "debug", False), arguments.options
            return _arrived(arguments.command(arguments))
    except SystemExit as left:  # of the parser: help, or arguments that it cannot take
        return _arrived(int(left.code or 0))
    except (DropoutGluonError, DropoutGluonWarning) as error:  # the one too, where warnings are made errors
        if debug:
            traceback.print_exc()
        return _end(BAD_INPUT, with_options(str(error), options))
    except Terminated:
        return _end(TERMINATED, "terminated")
    except KeyboardInterrupt:
        return _end(INTERRUPTED, "interrupted")
    except BrokenPipeError:  # the reader of our output left
        abandon(sys.stdout)
        return BAD_INPUT
    except MemoryError:
        return _end(BAD_INPUT, "out of memory")
    except Exception as error:
        if isinstance(error, OSError) and is_full(error):
            return _unwritable(error)
        if debug:
            raise
        return _end(UNEXPECTED, _report(error))


def _arrived(status: int) -> int:
    """The status, unless what was printed does not arrive."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of our output left
        abandon(sys.stdout)
        return BAD_INPUT
    except OSError as error:
        return _unwritable(error)
    return status


def _unwritable(error: OSError) -> int:
    abandon(sys.stdout)
    return _end(BAD_INPUT, f"standard output cannot be written: {error.strerror}")


def _end(status: int, said: str) -> int:
    say(said)
    return status


def _report(error: Exception) -> str:
    """Keep the traceback in a file, and say in one line where, and that it should be reported."""
    said = f"an error of this program, {type(error).__name__}: {' '.join(str(error).split())[:200]}"
    try:
        descriptor, path = tempfile.mkstemp(".txt", "dropout-gluon-")
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{sys.argv!r}\nPython {sys.version}\n{platform.platform()}\n\n")
            traceback.print_exc(file=file)
    except OSError:
        return f"{said}. Please report it, with what --debug shows"
    return f"{said}. Please report it, with the traceback in {path}"


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM raises Terminated here, as Ctrl-C raises KeyboardInterrupt: workers end, files are closed.

    Neither while a module is imported: one of C that is interrupted is broken, and says so as if it were
    broken anyway. They are put off until that is done.
    """
    later: list[threading.Timer] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        if not _imports(frame):
            raise Terminated if number == signal.SIGTERM else KeyboardInterrupt
        later.append(threading.Timer(0.01, os.kill, (os.getpid(), number)))
        later[-1].daemon = True
        later[-1].start()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [signal.SIGTERM]
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not ignored, as under nohup
        numbers.append(signal.SIGINT)
    before = [(number, signal.signal(number, interrupt)) for number in numbers]
    try:
        yield
    finally:
        for timer in later:
            timer.cancel()
        for number, handler in before:
            signal.signal(number, handler)


def _imports(frame: FrameType | None) -> bool:
    while frame and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def warn_in_one_line(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    """Show a warning of ours; those of libraries are no matter of the user's."""
    if issubclass(category, DropoutGluonWarning):
        say(str(message))
