"""The command dropout-gluon compare."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..config import SPLITS
from ..errors import ConfigError
from ..files import MAX_SIZE, check_target, write_whole
from ..messages import named

FORMATS = ("text", "json", "markdown", "junit")
FIGURES = ("png", "svg", "pdf")


def add_compare(commands: Any, **shared: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "compare",
        **shared,
        help="is a training log the book's experiment, or is something off?",
        description="Hold training logs against recorded runs of the book's experiment. A file may be any "
        "text with the book's lines (epoch 1, loss 1.2070, train acc 0.534, test acc 0.769), a run as JSON, "
        "a run store, or an executed notebook. All logs given are taken as runs of one configuration, and "
        "judged jointly.",
        epilog="Exit status: 0 matches, 1 differs, 2 bad input, 3 undecided (so little shows few bugs).",
    )
    add = parser.add_argument
    add("files", nargs="+", metavar="FILE", help="a log; - is standard input")
    add("--format", choices=FORMATS, default="text", help="of what is printed (%(default)s)")
    add("--level", type=float, default=0.01, metavar="P",
        help="how often good runs may be called different, over the whole verdict (%(default)s)")  # fmt: skip
    add("--split", choices=SPLITS,
        help="what to hold the logs against: test images drawn anew, as the book's test accuracies are, or "
        "as the files have them (what the log says of itself, else reshuffled)")  # fmt: skip
    add("--figure", type=Path, metavar="FILE", help="draw the logs in their bands: .png, .svg or .pdf")
    add("--max-size", type=float, default=MAX_SIZE, metavar="MB",
        help="up to which a file is read (%(default)s)")  # fmt: skip
    parser.set_defaults(command=compare_files)


def compare_files(arguments: argparse.Namespace) -> int:
    """dropout-gluon compare"""
    if arguments.figure:
        _check_figure(arguments.figure, arguments.files)
    for path, times in Counter(arguments.files).items():
        if times > 1:
            raise ConfigError(
                f"{named(path)} is given {times} times: the same log again is no further evidence"
            )

    from ..verdict.compare import compare
    from ..verdict.views import VIEWS

    # As paths: a text with line ends would be taken for a log.
    logs = [path if path in ("-", "") else Path(path) for path in arguments.files]
    verdict = compare(logs, split=arguments.split, level=arguments.level, max_size=arguments.max_size)
    if arguments.figure:
        from ..plotting import picture
        from ..verdict.figure import plot_verdict

        write_whole(arguments.figure, picture(plot_verdict(verdict), _form(arguments.figure)))
    print(VIEWS[arguments.format](verdict), end="")
    return verdict.status


def _form(figure: Path) -> str:
    return figure.suffix[1:].lower()


def _check_figure(figure: Path, files: Sequence[str]) -> None:
    """Refuse before the work a figure that cannot be written, or that would take the place of a log."""
    if _form(figure) not in FIGURES:
        ends = ", ".join(f".{form}" for form in FIGURES)
        raise ConfigError(f"--figure must end in {ends}, not {str(figure)!r}")
    check_target(figure)
    for path in files:
        if os.path.exists(figure) and os.path.exists(path) and os.path.samefile(figure, path):
            raise ConfigError(f"--figure would overwrite a log, {named(path)}")
