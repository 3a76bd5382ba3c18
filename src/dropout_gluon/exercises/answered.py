"""An exercise asked: from the recorded runs, or by running it."""

from __future__ import annotations

import html
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from ..config import RunConfig, check_kind
from ..errors import EnsembleError, LogError, StoreError
from ..logs import RunLog
from ..messages import are, counted, duration, listed, named, span
from ..plotting import image
from ..runs.ensemble import default_workers, expected_seconds, run_ensemble
from ..runs.store import read_store
from ..showing import page, paragraph
from . import record
from .catalogue import MODULES, find
from .contrasts import BY_RANKS, HOLM_SAID, RANKS_SAID
from .effects import FAR, LAST, far_out
from .exercise import Answer, Exercise

SHOWN = 3  # runs that lie far out of which each is described, at most


@dataclass(frozen=True)
class Question:
    """An exercise without an answer yet: text in a terminal, a page in a notebook."""

    exercise: Exercise

    @property
    def title(self) -> str:
        """``Exercise 1: …``"""
        name = self.exercise.name
        return f"{f'Exercise {name}' if name.isdigit() else name.capitalize()}: {self.exercise.title}"

    @property
    def how(self) -> str:
        """How to get an answer."""
        runs = counted(len(self.exercise.configs()), "run")
        command = f"dropout-gluon exercise {self.exercise.name}"
        return f"No answer is recorded yet. {command} makes one, of {runs}; with --quick a small form."

    def __str__(self) -> str:
        return "\n\n".join((self.title, self.exercise.question, self.how))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return page(*_asked(self), paragraph(self.how))


@dataclass(frozen=True, repr=False)
class Answered:
    """An exercise and its answer: text in a terminal, a page in a notebook.

    Attributes:
        exercise: the question.
        answer: what the runs say.
        source: where the runs are from.
        note: what a reader must know first; may be empty.
        wild: which runs lie far out; may be empty.
    """

    exercise: Exercise
    answer: Answer
    source: str
    note: str = ""
    wild: str = ""

    @property
    def text(self) -> tuple[str, ...]:
        """The paragraphs, from the first to the last."""
        cells = (cell for table in self.answer.tables for row in table.rows for cell in row)
        ranks = RANKS_SAID if any(BY_RANKS in cell for cell in cells) else ""
        holm = HOLM_SAID if any("Holm" in table.caption for table in self.answer.tables) else ""
        return tuple(filter(None, (self.note, *self.answer.text, self.wild, holm, ranks)))

    @cached_property
    def figure(self) -> Any:
        """The figure, of matplotlib."""
        return self.answer.draw()

    @property
    def title(self) -> str:
        """``Exercise 1: …``"""
        return Question(self.exercise).title

    def __str__(self) -> str:
        tables = [str(table) for table in self.answer.tables]
        limits = f"Not shown: {self.exercise.limits}"
        parts = [
            self.title,
            self.exercise.question,
            *self.text,
            *tables,
            limits,
            self.source,
        ]
        return "\n\n".join(parts)

    __repr__ = __str__  # what a Python prompt shows

    def _repr_html_(self) -> str:
        return page(
            *_asked(self),
            *map(paragraph, self.text),
            image(self.figure, self.title),
            paragraph(self.exercise.shown),
            *(table.to_html() for table in self.answer.tables),
            paragraph(f"Not shown: {self.exercise.limits}"),
            paragraph(self.source),
        )

    def to_markdown(self, picture: str) -> str:
        """A page, with the figure in a file of this name beside it."""
        return "\n\n".join(
            [
                f"# {self.title}",
                self.exercise.question,
                "## Answer",
                *self.text,
                f"![{self.exercise.title}]({picture})",
                f"*{self.exercise.shown}*",
                *(table.to_markdown() for table in self.answer.tables),
                "## What was run",
                self.exercise.design,
                self.source,
                f"Run yourself, into a store of your own: `dropout-gluon exercise {self.exercise.name}`, "
                "with `--quick` a small form, in a minute.",
                "## What it does not show",
                self.exercise.limits + "\n",
            ]
        )


def _asked(one: Question | Answered) -> tuple[str, str]:
    """Title and question as HTML."""
    return f"<h3>{html.escape(one.title)}</h3>", f"<p><i>{html.escape(one.exercise.question)}</i></p>"


def answer_or_question(name: object) -> Answered | Question:
    """The recorded answer to an exercise, or where there is none yet, the question and how to answer it.

    Raises:
        ConfigError: there is no such exercise.
    """
    try:
        return exercise(name)
    except LogError:
        return Question(find(name))


def exercise(name: object, *, quick: bool = False) -> Answered:
    """The recorded answer to one of the chapter's exercises, 1 to 8, or to its ``claims``.

    Nothing is run, for which there is ``dropout-gluon exercise``. Printed, it is text; a notebook shows
    text, tables and figure; `figure` is the figure alone.

    Args:
        name: 1 to 8, or ``claims``.
        quick: that of the small form, which is recorded where the whole is not, too.

    Raises:
        ConfigError: there is no such exercise.
        LogError: its answer is not recorded, or not all runs of it yet.
    """
    asked = find(name)
    check_kind("quick", quick, bool, "True or False")
    head, logs = record.load(asked.name)
    configs = asked.quick() if quick else asked.configs()
    runs = record.of(configs, logs)
    if len(runs) < len(configs):
        form = "small form of the answer" if quick else "answer"
        there = f", but for {counted(len(runs), 'run')} of it" if runs else ""
        small = ""
        if not quick and _is_recorded(asked.quick(), logs):
            small = f"; that of a small form is: dropout-gluon exercise {asked.name} --quick --recorded"
        raise LogError(f"the {form} to {asked.called} is not recorded{there}: {_made(asked)}{small}")
    machines = sorted({_machine(made_with) for made_with in head["with"]})
    hours = "" if quick else f", {head['hours']:.1f} hours of a processor"
    made = f"{counted(len(runs), 'run')}, {sum(len(log.epochs) for log in runs):,} epochs{hours}"
    source = f"{made}, seeds from {head['seeds'][0]}, on {listed(machines)}. Made by: {head['command']}"
    return _answered(asked, runs, source, quick)


def _machine(made_with: str) -> str:
    """``AMD EPYC (family, model, stepping 25-17-1)``: the processor, of what a record says of its runs."""
    parts = dict(part.split(" ", 1) for part in made_with.split(", ") if " " in part)
    model = f" (family, model, stepping {parts['model']})" if "model" in parts else ""
    return f"{parts.get('processor', 'a processor that is not named')}{model}"


def _is_recorded(configs: Sequence[RunConfig], logs: Sequence[RunLog]) -> bool:
    return len(record.of(configs, logs)) >= len(configs)


def standing(name: object) -> str:
    """What is recorded of an exercise, in words, and where it is not all, how much work all is.

    Raises:
        ConfigError: there is no such exercise.
    """
    asked = find(name)
    _, logs = record.load(asked.name)
    count, there = len(asked.configs()), len(record.of(asked.configs(), logs))
    if there == count:
        return f"recorded, {counted(count, 'run')}"
    form = f"{counted(there, 'run')} recorded" if there else "quick form recorded"
    if not there and not _is_recorded(asked.quick(), logs):
        form = "nothing recorded"
    return f"{form}; all is {counted(count, 'run')}, about {_time([asked])}"


def all_of_them() -> str:
    """How much work all exercises and the claims are, from nothing, in words."""
    every = [find(name) for name in MODULES]
    return f"{sum(len(asked.configs()) for asked in every):,} runs, about {_time(every)}"


def _made(asked: Exercise) -> str:
    """How to come to an answer that is not recorded."""
    command = f"dropout-gluon exercise {asked.name}"
    epochs = sum(config.num_epochs for config in asked.configs())
    work = f"{counted(len(asked.configs()), 'run')} and {epochs:,} epochs"
    return f"{command} makes it in about {_time([asked])}, of {work}; --quick a small form in a minute"


def _time(every: Sequence[Exercise]) -> str:
    """How long all of these take here."""
    seconds = sum(expected_seconds(config) for asked in every for config in asked.configs())
    return duration(seconds / default_workers())


def ask(
    name: object,
    store: str | os.PathLike[str],
    *,
    quick: bool = False,
    workers: int | None = None,
    client: Any = None,
    progress: bool = True,
) -> Answered:
    """Run what the store does not have yet of an exercise, and answer it.

    Args:
        name: 1 to 8, or ``claims``.
        store: where the runs are kept; stopped, the same call goes on.
        quick: a small form, of at most a minute on two cores.
        workers, client, progress: as `run_ensemble` has them.

    Raises:
        ConfigError: there is no such exercise, or workers are none.
        StoreError: the store cannot be used, or has runs of something else.
        EnsembleError: no run can succeed, or some failed; what ended is kept.
    """
    asked = find(name)
    configs = asked.quick() if quick else asked.configs()
    _check_store(asked, store)
    outcome = run_ensemble(configs, store, workers=workers, client=client, progress=progress)
    logs = record.of(configs, read_store(store, failed=True))
    if faults := outcome.faults:
        failed = counted(len(faults), "run")
        raise EnsembleError(f"{failed} failed, the others are in {named(store)}: {faults[0].failure}")
    return _answered(asked, logs, f"{counted(len(logs), 'run')} in {named(store)}", quick)


def _answered(asked: Exercise, logs: Sequence[RunLog], source: str, quick: bool) -> Answered:
    wild = " ".join(filter(None, (_lost(logs), _wild(logs))))
    return Answered(asked, asked.analyse(logs), source, _small(logs) if quick else "", wild)


def _lost(logs: Sequence[RunLog]) -> str:
    """Which runs diverged, and are in no mean; empty where none did."""
    found = [log for log in logs if log.diverged]
    if not found:
        return ""
    each = [f"{_described(log, logs)}, in epoch {len(log.epochs) + 1}" for log in found[:SHOWN]]
    runs = f"{counted(len(found), 'run')} diverged and {are(len(found))} in no mean"
    return f"{runs}: {_first(each, len(found))}."


def _first(described: Sequence[str], count: int) -> str:
    """Those described, and how many more there are."""
    more = [f"and {count - len(described)} more"] if count > len(described) else []
    return "; ".join([*described, *more])


def _described(log: RunLog, logs: Sequence[RunLog]) -> str:
    """A run among others: what varies between them, and its seed."""
    vary = [
        name
        for name in (field.name for field in fields(RunConfig))
        if name not in {"seed", "measure"} and len({getattr(one.config, name) for one in logs}) > 1
    ]
    return ", ".join([*(f"{name}={getattr(log.config, name)}" for name in vary), f"seed {log.config.seed}"])


def _wild(logs: Sequence[RunLog]) -> str:
    """Which runs end far out, and so widen the intervals, by what varies; empty where none does."""
    found = far_out(logs)
    if not found:
        return ""
    described = [
        f"{_described(log, logs)}, {end:.3f} beside a median of {middle:.3f}"
        for log, end, middle in found[:SHOWN]
    ]
    ends, it = ("run ends", "it") if len(found) == 1 else ("runs end", "them")
    where = f"{len(found)} {ends} far from those like {it} in test accuracy, mean of the last {LAST} epochs"
    return (
        f"{where}: {_first(described, len(found))}. Means and intervals count {it}. Far is {FAR:g} standard "
        "deviations or more, from the median, by the median deviation."
    )


def _small(logs: Sequence[RunLog]) -> str:
    """That the answer is of a small form, and how small."""
    epochs, images = (span(getattr(log.config, name) for log in logs) for name in ("num_epochs", "num_train"))
    seeds = counted(len({log.config.seed for log in logs}), "seed")
    return (
        f"This is a small form, of {seeds} and {epochs} epochs on {images} training images: it shows how the "
        "answer is made, and is not the answer."
    )


def _check_store(asked: Exercise, store: str | os.PathLike[str]) -> None:
    if not Path(store).exists():
        return
    own = {config.digest for config in (*asked.configs(), *asked.quick())}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a torn line, which whoever writes next sets aside and says
        logs = read_store(store, failed=True)
    if any(log.config.digest not in own for log in logs):
        raise StoreError(f"{named(store)} has runs of something else than {asked.called}: name another store")
