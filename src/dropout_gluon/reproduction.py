"""The chapter's experiment: trained both ways side by side, shown beside the book's numbers, and judged."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .compat.advice import require
from .config import (
    BOOKS_RELEASE,
    FIRST_SEED,
    IMPLEMENTATIONS,
    RunConfig,
    check_choice,
    check_kind,
    check_path,
)
from .errors import ConfigError, EnsembleError
from .fashion_mnist.sources import locate
from .files import make_folder, write_whole
from .logs import EpochRecord, RunLog, beside_book, documented_log
from .machine import in_notebook
from .messages import named
from .plotting import image, plot_learning_curves, png
from .results import Results
from .runs.workers import end_in_a_worker, run_locally
from .showing import page
from .verdict.compare import compare
from .verdict.figure import plot_verdict
from .verdict.views import Verdict

TITLES = {
    "scratch": "From scratch: dropout() and the network by hand on NDArray",
    "gluon": "Concise: the same network from Gluon's Dense and Dropout",
}

Say = Callable[[str], object]


@dataclass(frozen=True, repr=False)
class Reproduction:
    """What `reproduce` gives: at a prompt the verdict, in a notebook the runs beside the book, too.

    Attributes:
        runs: a RunLog for each implementation.
        verdict: on all of them.
    """

    runs: tuple[RunLog, ...]
    verdict: Verdict

    @property
    def departures(self) -> str:
        """What differs from the chapter's experiment; fewer epochs do not count."""
        return replace(self.runs[0].config, num_epochs=RunConfig.num_epochs).departures()

    @property
    def status(self) -> int:
        """The exit status of a command: the verdict's.

        Who departs from the chapter asks for something else, and is not told that it failed: 0.
        """
        return 0 if self.departures else self.verdict.status

    def __repr__(self) -> str:
        return str(self.verdict)

    def _repr_html_(self) -> str:
        tables = [beside_book(run).to_html() for run in self.runs]
        curves = page(*tables, image(plot_learning_curves(self.runs)))
        return curves + self.verdict._repr_html_()


def silent(line: str) -> None:
    """What `say` is where nothing is to be said; what is being fetched is then not said either."""


def _print_now(line: str) -> None:
    print(line, flush=True)


def reproduce(
    implementations: str | Sequence[str] = IMPLEMENTATIONS,
    *,
    split: str | None = None,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    say: Say = _print_now,
    **fields: Any,
) -> Reproduction:
    """Train the chapter's networks, show the book's lines beside the book's numbers, and judge the logs.

    Each network trains in a process of its own with one thread, so that the numbers do not depend on how
    many processors a machine has. A script calls this below `if __name__ == "__main__":`.

    Args:
        implementations: ``scratch``, ``gluon``, or several of these.
        split: ``released`` or ``reshuffled``; None is the one that fits the book: ``released`` where the
            machine has the book's release of the data, else ``reshuffled``.
        out: folder for the logs and the figures, whose names say what was run; None saves nothing.
        force: replace files there that hold something else; without it they are an error.
        say: called with each line, as it is complete.
        fields: further fields of `RunConfig`: ``seed=3``, else 1; ``num_epochs=5``,
            ``drop_probs=(0.5, 0.2)``.

    Raises:
        ConfigError: a value is outside its range, or there is no such field.
        WriteError: `out` cannot be written, or has what would be replaced, or another process writes to it.
        MXNetUnavailable: MXNet is not installed, or cannot be imported.
        DataError: the data cannot be found, fetched or verified.
        EnsembleError: a run failed; its log is saved.
    """
    end_in_a_worker()
    check_kind("say", say, Callable, "a function of a line")  # type: ignore[arg-type]
    # Bad values and a folder that cannot be written are refused before anything is fetched or trained.
    configs = _configurations(implementations, split, fields)
    folder = None if out is None else Path(check_path("out", out))
    if folder:
        make_folder(folder)
    require()

    archive = locate(progress=say is not silent)
    if split is None:
        split = "released" if archive.release == BOOKS_RELEASE else "reshuffled"
    say(f"Fashion-MNIST, release {archive.release}, verified, in {named(archive.folder)}")
    say(_explain_split(archive.release, split))
    configs = [replace(config, split=split) for config in configs]
    with ExitStack() as stack:
        results = stack.enter_context(Results(folder, configs, force=force)) if folder else None
        shown = Shown(configs, results, say, beside=not in_notebook())
        ended = stack.enter_context(closing(run_locally(configs, workers=len(configs), report=shown.epoch)))
        logs = {log.config: shown.end(log) for log in ended}
        runs = tuple(logs[config] for config in configs)
        made = Reproduction(runs, compare(runs))
        say(f"\n{made.verdict}")
        if results:
            for name, figure in (
                ("learning-curves", plot_learning_curves(runs)),
                ("verdict", plot_verdict(made.verdict)),
            ):
                write_whole(results.figure(name), png(figure))
                say(f"Figure: {named(results.figure(name))}")
    return made


def _configurations(
    implementations: str | Sequence[str], split: str | None, fields: dict[str, Any]
) -> list[RunConfig]:
    what = f"{' or '.join(IMPLEMENTATIONS)}, or a list of these"
    check_kind("implementations", implementations, (str, list, tuple), what)
    listed = (implementations,) if isinstance(implementations, str) else implementations
    names = dict.fromkeys(check_choice("implementations", name, IMPLEMENTATIONS) for name in listed)
    if not names:
        raise ConfigError(f"implementations must name at least one of {', '.join(IMPLEMENTATIONS)}")
    if "implementation" in fields:
        raise ConfigError(
            f"the implementation is the first argument: reproduce({fields['implementation']!r})"
        )
    if unknown := sorted(fields.keys() - RunConfig.__dataclass_fields__.keys()):
        raise ConfigError(f"a run has no field {unknown[0]!r}: {', '.join(RunConfig.__dataclass_fields__)}")
    return [
        RunConfig(
            **{
                "seed": FIRST_SEED,
                **fields,
                "implementation": name,
                "split": "reshuffled" if split is None else split,
            }
        )
        for name in names
    ]


class Shown:
    """Runs that train side by side, shown one after the other, their lines as they appear beside the book's.

    Args:
        configs: in the order in which they are shown.
        results: the files of the logs; None saves none.
        say: called with each line.
        beside: whether lines have the book's at their right. In a notebook they would be broken.
    """

    def __init__(
        self, configs: Sequence[RunConfig], results: Results | None, say: Say, *, beside: bool = True
    ) -> None:
        self._waiting = list(configs)
        self._results, self._say, self._beside = results, say, beside
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
        if self._results:
            log.save(self._results.log(log.config))
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
        if self._beside:
            self._say(f"{'this run':56} | the book")

    def _go_on(self) -> None:
        while self._waiting:
            config = self._waiting[0]
            book = documented_log(config.implementation)
            for record in self._records[config][self._said :]:
                printed = book[record.epoch - 1].metrics() if record.epoch <= len(book) else "-"
                self._say(f"{record!s:56} | {printed}" if self._beside else str(record))
                self._said += 1
            if config not in self._logs:
                return
            saved = f" {self._results.announce(config)}" if self._results else ""
            self._say(f"{self._logs[config].seconds:.1f} s.{saved}")
            del self._waiting[0]
            if self._waiting:
                self._head()


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
        "expect test accuracies about 0.008 lower (docs/releases.md)."
    )
