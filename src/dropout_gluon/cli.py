"""The command dropout-gluon."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from .cli_compare import add_compare
from .cli_ensemble import add_ensemble
from .config import BOOKS_RELEASE, IMPLEMENTATIONS, SPLITS, RunConfig
from .errors import DropoutGluonError, EnsembleError, WriteError

if TYPE_CHECKING:
    from .logs import EpochRecord, RunLog

GOOD, BAD_INPUT, INTERRUPTED = 0, 2, 130

TITLES = {
    "scratch": "From scratch: dropout() and the network by hand on NDArray",
    "gluon": "Concise: the same network from Gluon's Dense and Dropout",
}


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
    data = commands.add_parser(
        "data",
        help="where Fashion-MNIST is, which release, verified or not; fetches it when missing",
        description="Find Fashion-MNIST, or fetch it, verify it, and name its release. $DROPOUT_GLUON_DATA "
        "names a folder to use.",
    )
    data.add_argument("--root", metavar="DIR", help="look in this folder first")
    data.add_argument("--quiet", action="store_true", help="print nothing when all is well")
    data.set_defaults(command=show_data)
    reproduce = commands.add_parser(
        "reproduce",
        help="train both implementations, print the book's lines beside the book's numbers",
        description="Train the chapter's networks on Fashion-MNIST, print the book's lines beside the "
        "book's numbers, save the logs (JSON) and figures, and end with the verdict on them.",
        epilog="Exit status: that of the verdict, 0 matches, 1 differs, 2 undecided, as after one epoch; 0 "
        "where the runs depart from the chapter otherwise than in --epochs. 2 is bad input as well.",
    )
    _add_reproduce_arguments(reproduce)
    reproduce.set_defaults(command=reproduce_chapter)
    add_compare(commands)
    add_ensemble(commands)
    return parser


def _add_reproduce_arguments(parser: argparse.ArgumentParser) -> None:
    chapter = RunConfig()
    add = parser.add_argument
    add(
        "--implementation",
        choices=(*IMPLEMENTATIONS, "both"),
        default="both",
        help="what to train (both)",
    )
    add("--epochs", type=int, default=chapter.num_epochs, metavar="N",
        help="passes over the training set (%(default)s)")  # fmt: skip
    add(
        "--seed",
        type=int,
        default=chapter.seed,
        metavar="N",
        help="same seed, same numbers (%(default)s)",
    )
    add("--split", choices=SPLITS,
        help="the images split as the files have them, or all 70,000 split anew from the seed (released "
        f"where the machine has the book's release of {BOOKS_RELEASE}, else reshuffled)")  # fmt: skip
    add("--out", type=Path, default=Path("out"), metavar="DIR",
        help="folder for the logs and the figure (%(default)s)")  # fmt: skip
    add("--quiet", action="store_true", help="print nothing when all is well")
    add = parser.add_argument_group("departing from the chapter").add_argument
    add("--drop-probs", nargs=2, type=float, default=chapter.drop_probs, metavar=("P1", "P2"),
        help="drop probabilities of the two hidden layers (0.2 0.5)")  # fmt: skip
    add(
        "--learning-rate",
        type=float,
        default=chapter.learning_rate,
        metavar="LR",
        help="(%(default)s)",
    )
    add("--batch-size", type=int, default=chapter.batch_size, metavar="N", help="(%(default)s)")


def show_data(arguments: argparse.Namespace) -> int:
    """dropout-gluon data"""
    from .sources import locate

    archive = locate(arguments.root, progress=not arguments.quiet)
    if not arguments.quiet:
        print(f"folder    {archive.folder}")
        print(f"release   {archive.release}")
        print("verified  60,000 training and 10,000 test images, and their labels")
        for name, digest in archive.digests.items():
            print(f"          {name:27} {digest}")
    return GOOD


def reproduce_chapter(arguments: argparse.Namespace) -> int:
    """dropout-gluon reproduce"""
    # Bad values and a folder that cannot be written are refused before anything is fetched or trained.
    names = IMPLEMENTATIONS if arguments.implementation == "both" else (arguments.implementation,)
    configs = [
        RunConfig(
            implementation=name,
            num_epochs=arguments.epochs,
            seed=arguments.seed,
            split=arguments.split or "reshuffled",
            drop_probs=tuple(arguments.drop_probs),
            learning_rate=arguments.learning_rate,
            batch_size=arguments.batch_size,
        )
        for name in names
    ]
    _make_folder(arguments.out)
    say = _silent if arguments.quiet else _print_now

    from .sources import locate
    from .workers import run_locally

    archive = locate(progress=not arguments.quiet)
    split = arguments.split or ("released" if archive.release == BOOKS_RELEASE else "reshuffled")
    say(f"Fashion-MNIST, release {archive.release}, verified, in {archive.folder}")
    say(_explain_split(archive.release, split))

    configs = [replace(config, split=split) for config in configs]
    shown = Shown(configs, arguments.out, say)
    # One thread each, so that the numbers do not depend on how many processors a machine has.
    with closing(run_locally(configs, workers=len(configs), report=shown.epoch)) as ended:
        logs = {log.config: shown.end(log) for log in ended}

    from .comparing import compare
    from .files import write_whole
    from .plotting import plot_learning_curves, plot_verdict, png

    runs = [logs[config] for config in configs]
    verdict = compare(runs)
    # Who departs from the chapter asks for something else, and is not told that it failed.
    departs = replace(configs[0], num_epochs=RunConfig.num_epochs).departures()
    status = GOOD if departs else verdict.status
    (say if status == GOOD else _print_now)(f"\n{verdict}")
    for name, figure in (
        ("learning-curves.png", plot_learning_curves(runs)),
        ("verdict.png", plot_verdict(verdict)),
    ):
        write_whole(arguments.out / name, png(figure))
        say(f"Figure: {arguments.out / name}")
    return status


class Shown:
    """Runs that train side by side, shown one after the other, their lines as they appear beside the book's.

    Args:
        configs: in the order in which they are shown.
        out: folder of the logs.
        say: prints a line.
    """

    def __init__(self, configs: Sequence[RunConfig], out: Path, say: Say) -> None:
        self._waiting = list(configs)
        self._out, self._say = out, say
        self._records: dict[RunConfig, list[EpochRecord]] = {config: [] for config in configs}
        self._logs: dict[RunConfig, RunLog] = {}
        self._said = 0
        self._head()

    def epoch(self, config: RunConfig, record: EpochRecord) -> None:
        """Take an epoch. A run that lost its worker begins anew, and gives the same numbers."""
        if record.epoch > len(self._records[config]):
            self._records[config].append(record)
        self._go_on()

    def end(self, log: RunLog) -> RunLog:
        """Save the log of a run; raise what it failed of."""
        log.save(self._path(log.config))
        if log.failure:
            raise EnsembleError(log.failure)
        self._logs[log.config] = log
        self._go_on()
        return log

    def _head(self) -> None:
        config, self._said = self._waiting[0], 0
        self._say(f"\n{TITLES[config.implementation]}")
        if departures := config.departures():
            self._say(f"This departs from the chapter: {departures}")
        self._say(f"{'this run':56} | the book")

    def _go_on(self) -> None:
        from .logs import documented_log

        while self._waiting:
            config = self._waiting[0]
            book = documented_log(config.implementation)
            for record in self._records[config][self._said :]:
                printed = book[record.epoch - 1].metrics() if record.epoch <= len(book) else "-"
                self._say(f"{record!s:56} | {printed}")
                self._said += 1
            if config not in self._logs:
                return
            self._say(f"{self._logs[config].seconds:.1f} s. Log: {self._path(config)}")
            del self._waiting[0]
            if self._waiting:
                self._head()

    def _path(self, config: RunConfig) -> Path:
        return self._out / f"{config.implementation}-{config.split}-seed{config.seed}.json"


def _explain_split(release: str, split: str) -> str:
    if release == BOOKS_RELEASE:
        return f"Split: {split}. This is the release that the book trained on."
    if split == "reshuffled":
        return (
            "Split: reshuffled. The book trained on the release of 2017-08-26; on this one its test "
            "accuracies come back when all 70,000 images are split anew (docs/releases.md)."
        )
    return (
        "Split: released. The book trained on the release of 2017-08-26; on this one, as it is split, "
        "expect test accuracies about 0.009 lower (docs/releases.md)."
    )


def _make_folder(folder: Path) -> None:
    """Make the folder, and make sure that it can be written, before minutes of training depend on it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise WriteError(f"cannot write to {folder}: {error.strerror}") from error


Say = Callable[[str], None]


def _print_now(line: str) -> None:
    print(line, flush=True)


def _silent(line: str) -> None:
    pass


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


if __name__ == "__main__":
    sys.exit(main())
