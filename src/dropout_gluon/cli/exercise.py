"""The command dropout-gluon exercise."""

from __future__ import annotations

import argparse
from typing import Any

from ..config import check_workers
from ..messages import named
from .statuses import GOOD
from .sweep import sweeping


def add_exercise(commands: Any, **shared: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "exercise",
        **shared,
        help="run one of the chapter's exercises, or show its recorded answer",
        description="Run one of the chapter's eight exercises, or its claims, into a store, and answer it "
        "with tables and a figure. Interrupted, the same command goes on where it was.",
        epilog="Exit status: 0 all well, 2 bad input, a run that failed, or not to be done (the runs that "
        "ended are kept), 130 interrupted, 143 terminated.",
    )
    add = parser.add_argument
    add("name", metavar="N", help="1 to 8, claims, or list")
    add("--quick", action="store_true", help="a small form, of at most a minute on two processors")
    add("--recorded", action="store_true", help="run nothing, show the recorded answer")
    add("--store", metavar="FILE", help="where the runs are kept (out/exercise-N.jsonl)")
    add("--out", default="out", metavar="DIR", help="folder for the page and the figure (%(default)s)")
    add("--workers", type=int, metavar="N", help="processes here (one a processor)")
    add("--scheduler", metavar="ADDRESS", help="run on the Dask cluster of tcp://host:port instead")
    add("--quiet", action="store_true", help="print nothing when all is well")
    parser.set_defaults(command=run_exercise)


def run_exercise(arguments: argparse.Namespace) -> int:
    """dropout-gluon exercise"""
    from ..exercises.catalogue import MODULES, find

    if arguments.name == "list":
        for name in MODULES:
            print(f"{name.ljust(6)}  {find(name).title}")
        return GOOD
    asked = find(arguments.name)
    if arguments.workers is not None:
        check_workers(arguments.workers)
    if arguments.recorded:
        from ..exercises.answered import exercise

        print(exercise(asked.name))
        return GOOD
    return _ask(asked.name, arguments)


def _ask(name: str, arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from ..exercises.answered import ask
    from ..files import check_target, make_folder, write_whole
    from ..plotting import png

    folder = Path(arguments.out)
    stem = f"exercise-{name}-quick" if arguments.quick else f"exercise-{name}"
    page, picture = folder / f"{stem}.md", folder / f"{stem}.png"
    make_folder(folder)
    for path in (page, picture):
        check_target(path)
    store = arguments.store or str(folder / f"{stem}.jsonl")
    with sweeping(arguments.scheduler, store) as client:
        answered = ask(
            name,
            store,
            quick=arguments.quick,
            workers=arguments.workers,
            client=client,
            progress=not arguments.quiet,
        )
    write_whole(picture, png(answered.figure))
    write_whole(page, answered.to_markdown(picture.name).encode())
    if not arguments.quiet:
        print(f"{answered}\npage: {named(page)}, figure: {named(picture)}")
    return GOOD
