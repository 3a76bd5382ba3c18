"""The command dropout-gluon exercise."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import check_path, check_workers
from ..errors import ConfigError
from ..messages import named
from .statuses import GOOD
from .sweep import sweeping

if TYPE_CHECKING:
    from ..exercises.answered import Answered


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
    add("name", metavar="N", nargs="?", help="1 to 8, claims, or list, which says what is recorded of each")
    add("--quick", action="store_true", help="a small form, of at most a minute on two processors")
    add("--recorded", action="store_true",
        help="run nothing, show the recorded answer; with --quick that of the small form")  # fmt: skip
    add("--store", metavar="FILE",
        help="where the runs are kept (exercise-N.jsonl, or exercise-N-quick.jsonl, in --out)")  # fmt: skip
    add("--out", metavar="DIR",
        help="folder for the page and the figure (out; those of a recorded answer are written where it is "
        "given)")  # fmt: skip
    add("--workers", type=int, metavar="N", help="processes here (one a processor)")
    add("--scheduler", metavar="ADDRESS", help="run on the Dask cluster of tcp://host:port instead")
    add("--quiet", action="store_true", help="print nothing when all is well")
    parser.set_defaults(command=run_exercise)


def run_exercise(arguments: argparse.Namespace) -> int:
    """dropout-gluon exercise"""
    from ..exercises.catalogue import find

    if arguments.name is None:
        raise ConfigError("which exercise? 1 to 8, or claims (dropout-gluon exercise list names them)")
    if arguments.name == "list":
        return _list()
    asked = find(arguments.name)
    if arguments.workers is not None:
        check_workers(arguments.workers)
    if arguments.recorded:
        for option in ("store", "workers", "scheduler"):
            if getattr(arguments, option) is not None:
                raise ConfigError(f"--{option} is for runs, and --recorded runs nothing")
        return _show(asked.name, arguments)
    return _ask(asked.name, arguments)


def _list() -> int:
    from ..exercises.answered import all_of_them, standing
    from ..exercises.catalogue import MODULES, find

    titles = {name: find(name).title for name in MODULES}
    width = max(map(len, titles.values()))
    for name, title in titles.items():
        print(f"{name.ljust(6)}  {title.ljust(width)}  {standing(name)}")
    print(f"\nAll of them from nothing: {all_of_them()}; stopped, each goes on where it was.")
    return GOOD


def _show(name: str, arguments: argparse.Namespace) -> int:
    from ..exercises.answered import exercise

    answered = exercise(name, quick=arguments.quick)
    pages = None if arguments.out is None else Pages(name, arguments.out, arguments.quick)
    said = "" if pages is None else f"\n{pages.write(answered)}"
    if not arguments.quiet:
        print(f"{answered}{said}")
    return GOOD


def _ask(name: str, arguments: argparse.Namespace) -> int:
    from ..exercises.answered import ask

    pages = Pages(name, "out" if arguments.out is None else arguments.out, arguments.quick)
    store = str(pages.folder / f"{pages.stem}.jsonl") if arguments.store is None else arguments.store
    with sweeping(arguments.scheduler, store) as client:
        answered = ask(
            name,
            store,
            quick=arguments.quick,
            workers=arguments.workers,
            client=client,
            progress=not arguments.quiet,
        )
    said = pages.write(answered)
    if not arguments.quiet:
        print(f"{answered}\n{said}")
    return GOOD


class Pages:
    """Where the page and the figure of an answer go: made sure of before the work."""

    def __init__(self, name: str, out: str, quick: bool) -> None:
        from ..exercises.answered import Question
        from ..exercises.catalogue import find
        from ..files import check_target, make_folder

        self.folder = Path(check_path("out", out))
        self.stem = f"exercise-{name}-quick" if quick else f"exercise-{name}"
        self.page, self.picture = (self.folder / f"{self.stem}.{form}" for form in ("md", "png"))
        make_folder(self.folder)
        for path in (self.page, self.picture):
            check_target(path)
        if not self._are_ours(Question(find(name)).title):
            raise ConfigError(
                f"{named(self.page)} or the figure beside it would be lost, and is no answer to this: move it"
            )

    def _are_ours(self, title: str) -> bool:
        """Whether what is to be replaced, if anything is there, is an answer that was written before."""
        if not self.page.exists():
            return not self.picture.exists()
        with self.page.open("rb") as file:
            return file.readline(1000).rstrip() == f"# {title}".encode()

    def write(self, answered: Answered) -> str:
        """Write both, the page first, by which they are known; the line that names them."""
        from ..files import write_whole
        from ..plotting import png

        write_whole(self.page, answered.to_markdown(self.picture.name).encode())
        write_whole(self.picture, png(answered.figure))
        return f"page: {named(self.page)}, figure: {named(self.picture)}"
