"""The files of an experiment in a folder: named for what was run, and never replaced unasked."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from .config import IMPLEMENTATIONS, RunConfig
from .errors import LogError, WriteError
from .files import check_folder, check_target
from .logs import RunLog
from .messages import named

FIGURES = ("learning-curves", "verdict")
LONGEST = 120  # characters of what departs from the chapter, before its digest stands for it


def stem(config: RunConfig) -> str:
    """What a configuration's files are called, whatever the implementation: ``reshuffled-seed0``.

    What departs from the chapter follows: ``reshuffled-seed0-drop_probs=0.5-0.2``.
    """
    departures = re.sub(r"[()]", "", config.departures()).replace(", ", "-")
    if len(departures) > LONGEST:
        departures = config.digest
    return "-".join(filter(None, (config.split, f"seed{config.seed}", departures)))


class Results:
    """Reserves the files of runs that differ in their implementation alone; use it with `with`.

    Args:
        folder: where they are to be.
        configs: what is run.
        force: replace files that hold something else.

    Raises:
        WriteError: the folder cannot be written, another process is writing one of the files, or one holds
            another configuration or no run.
    """

    def __init__(self, folder: Path, configs: Sequence[RunConfig], *, force: bool = False) -> None:
        self._logs = {config: folder / f"{config.implementation}-{stem(config)}.json" for config in configs}
        both = {config.implementation for config in configs} == set(IMPLEMENTATIONS)
        who = "both" if both else configs[0].implementation
        self._figures = {name: folder / f"{who}-{stem(configs[0])}-{name}.png" for name in FIGURES}
        self._folder, self._force = folder, force
        self._locks = ExitStack()
        self._replaced: set[Path] = set()

    def __enter__(self) -> Results:
        make_folder(self._folder)
        for path in (*self._logs.values(), *self._figures.values()):
            check_target(path)
        with ExitStack() as locks:
            for path in self._logs.values():
                self._reserve(path, locks)
            self._replaced = {path for path in self._logs.values() if os.path.exists(path)}
            if not self._force:
                self._refuse()
            self._locks = locks.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._locks.close()

    def log(self, config: RunConfig) -> Path:
        """The file of a run's log."""
        return self._logs[config]

    def figure(self, name: str) -> Path:
        """The file of a figure, one of FIGURES."""
        return self._figures[name]

    def announce(self, config: RunConfig) -> str:
        """Where a run's log is, as a sentence."""
        path = self._logs[config]
        return f"Log{', in place of an earlier one' if path in self._replaced else ''}: {named(path)}"

    @staticmethod
    def _reserve(path: Path, locks: ExitStack) -> None:
        lock = FileLock(path.with_name(f".{path.name}.lock"))
        try:
            locks.enter_context(lock.acquire(timeout=0))
        except Timeout:
            raise WriteError(
                f"{named(path)} is being written by another process: wait until that ends, or use another "
                "folder"
            ) from None
        except OSError as error:
            raise WriteError(f"cannot write {named(path)}: {error.strerror}") from error

    def _refuse(self) -> None:
        """Raise WriteError for a file that these runs would not write again as it is."""
        otherwise = "--force (force=True) replaces it, --out names another folder"
        for config, path in self._logs.items():
            if path in self._replaced:
                try:
                    there = RunLog.load(path).config
                except LogError:
                    raise WriteError(f"{named(path)} is there and holds no run: {otherwise}") from None
                if there != config:
                    held = there.departures() or "the chapter's"
                    raise WriteError(f"{named(path)} holds another configuration ({held}): {otherwise}")
        for path in self._figures.values():
            if os.path.exists(path) and len(self._replaced) < len(self._logs):
                raise WriteError(f"{named(path)} is there without the logs that it shows: {otherwise}")


def make_folder(folder: Path) -> None:
    """Make a folder in which files can be made; WriteError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise WriteError(f"cannot write to {named(folder)}: it is not a folder") from error
    except OSError as error:
        raise WriteError(f"cannot write to {named(folder)}: {error.strerror}") from error
    check_folder(folder)
