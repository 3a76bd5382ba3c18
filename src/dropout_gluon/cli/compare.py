"""The command dropout-gluon compare."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..config import SPLITS, check_path
from ..errors import ConfigError
from ..files import MAX_SIZE, check_target, write_whole
from ..messages import named

FORMATS = ("text", "json", "markdown", "junit", "github")
FIGURES = ("png", "svg", "pdf")


def add_compare(commands: Any, **shared: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "compare",
        **shared,
        help="is a training log the book's experiment, or is something off?",
        description="Hold training logs against recorded runs of the book's experiment, each log by itself. "
        "A file may be any text with the book's lines (epoch 1, loss 1.2070, train acc 0.534, test acc "
        "0.769), a run as JSON, a run store, or an executed notebook, with any number of logs in it. Those "
        "that differ are named, with how; those that do not are judged once more as one, which finds what is "
        "too little to show in any of them.",
        epilog="Exit status: 0 all match, 1 something differs, 2 bad input, 3 undecided: nothing differs, "
        "but so little would hide many bugs, or a log ended in an error or could not be read.",
    )
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help="a log; - is standard input")
    add("--format", choices=FORMATS, default="text", help="of what is printed (%(default)s)")
    add("--level", type=float, default=0.01, metavar="P",
        help="how often good runs may be called different, over the whole verdict (%(default)s)")  # fmt: skip
    add(
        "--cell",
        type=int,
        metavar="N",
        help="judge the logs of this cell of a notebook alone, the first is 1",
    )
    add("--log", type=int, metavar="N",
        help="judge this log alone, the first is 1 (of those in the cell, with --cell)")  # fmt: skip
    add("--joint", action="store_true",
        help="judge all logs as one alone, none by itself: are they, together, the experiment?")  # fmt: skip
    add("--against", metavar="FILE",
        help="hold the logs against your own experiment in place of the book's: a file with at least 40 runs "
        "of it, such as a run store (dropout-gluon ensemble)")  # fmt: skip
    add("--table", action="store_true",
        help="print every epoch of every log beside the band of the recorded runs (text; json and "
        "markdown have it always)")  # fmt: skip
    add("--split", choices=SPLITS,
        help="what to hold the logs against: test images drawn anew, as the book's test accuracies are, or "
        "as the files have them (what the log says of itself, else reshuffled)")  # fmt: skip
    add("--figure", type=Path, metavar="FILE", help="draw the logs in their bands: .png, .svg or .pdf")
    add("--report", type=_report, action="append", default=[], metavar="FORMAT:FILE",
        help="write it to a file, too, in any of the formats, junit:verdict.xml; once or more")  # fmt: skip
    add("--max-size", type=float, default=MAX_SIZE, metavar="MB",
        help="up to which a file is read (%(default)s)")  # fmt: skip
    parser.set_defaults(command=compare_files)


def compare_files(arguments: argparse.Namespace) -> int:
    """dropout-gluon compare"""
    _check_targets(arguments)
    for path, times in Counter(arguments.files).items():
        if times > 1:
            raise ConfigError(
                f"{named(path)} is given {times} times: the same log again is no further evidence"
            )

    if arguments.against is not None:
        check_path("against", arguments.against)

    from ..verdict.compare import compare
    from ..verdict.views import VIEWS, to_text

    verdict = compare(
        list(map(_file, arguments.files)),
        split=arguments.split,
        level=arguments.level,
        max_size=arguments.max_size,
        against=None if arguments.against is None else _file(arguments.against),
        cell=arguments.cell,
        log=arguments.log,
        joint=arguments.joint,
    )
    if arguments.figure:
        from ..plotting import picture
        from ..verdict.figure import plot_verdict

        write_whole(arguments.figure, picture(plot_verdict(verdict), _form(arguments.figure)))
    for form, path in arguments.report:
        write_whole(path, VIEWS[form](verdict).encode())
    with_table = arguments.table and arguments.format == "text"
    print(to_text(verdict, table=True) if with_table else VIEWS[arguments.format](verdict), end="")
    return verdict.status


def _file(name: str) -> str | Path:
    """As a path: a text with line ends would be taken for a log."""
    return name if name in ("-", "") else Path(name)


def _form(figure: Path) -> str:
    return figure.suffix[1:].lower()


def _report(value: str) -> tuple[str, Path]:
    """Format and file of ``junit:verdict.xml``."""
    form, _, name = value.partition(":")
    if name == "-":
        raise argparse.ArgumentTypeError(f"{value!r} names no file: --format is what standard output has")
    if form not in FORMATS or not name:
        raise argparse.ArgumentTypeError(f"{value!r} is not FORMAT:FILE, with one of {', '.join(FORMATS)}")
    return form, Path(name)


def _is_same(target: Path, log: str) -> bool:
    """Whether they are one file, by whatever names; ``-`` is what standard input was opened from."""
    with suppress(OSError, ValueError):  # one of them is not there, or there is no standard input
        return os.path.samestat(os.stat(target), os.fstat(0) if log == "-" else os.stat(log))
    return False


def _check_targets(arguments: argparse.Namespace) -> None:
    """Refuse before the work a file that cannot be written, or that would take the place of a log."""
    targets = [("--report", path) for _, path in arguments.report]
    if arguments.figure:
        if _form(arguments.figure) not in FIGURES:
            ends = ", ".join(f".{form}" for form in FIGURES)
            raise ConfigError(f"--figure must end in {ends}, not {str(arguments.figure)!r}")
        targets.append(("--figure", arguments.figure))
    logs = [*arguments.files, *([arguments.against] * bool(arguments.against))]
    for number, (option, target) in enumerate(targets):
        check_target(target)
        for path in logs:
            if _is_same(target, path):
                raise ConfigError(f"{option} would overwrite a log, {named(path)}")
        if os.path.realpath(target) in (os.path.realpath(other) for _, other in targets[:number]):
            raise ConfigError(f"{named(target)} would be written twice")
