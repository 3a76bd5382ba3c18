"""The command dropout-gluon compare."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from ..config import SPLITS
from ..errors import ConfigError

FORMATS = ("text", "json", "markdown", "junit")
FIGURES = (".png", ".svg", ".pdf")


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
    parser.set_defaults(command=compare_files)


def compare_files(arguments: argparse.Namespace) -> int:
    """dropout-gluon compare"""
    if arguments.figure and arguments.figure.suffix not in FIGURES:
        raise ConfigError(f"--figure must end in {', '.join(FIGURES)}, not {str(arguments.figure)!r}")
    for path, times in Counter(arguments.files).items():
        if times > 1:
            raise ConfigError(f"{path} is given {times} times: the same log again is no further evidence")

    from ..verdict.compare import compare
    from ..verdict.views import VIEWS

    verdict = compare(arguments.files, split=arguments.split, level=arguments.level)
    if arguments.figure:
        from ..files import write_whole
        from ..plotting import picture
        from ..verdict.figure import plot_verdict

        write_whole(arguments.figure, picture(plot_verdict(verdict), arguments.figure.suffix[1:]))
    print(VIEWS[arguments.format](verdict), end="")
    return verdict.status
