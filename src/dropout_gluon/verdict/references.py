"""The reference ensembles: recorded runs of the chapter's experiment, which a log is held against.

A file is CSV, a run a line, below lines that begin with # and say how the runs were made.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from ..config import IMPLEMENTATIONS, RunConfig
from ..errors import LogError
from ..logs import RunLog

EPOCHS = 10
COLUMNS = ("loss", "train_acc", "test_acc")
FORMATS = (".5f", ".5f", ".4f")  # test accuracies are multiples of 1/10,000
HEADER = ["seed", *(f"{column}_{epoch}" for epoch in range(1, EPOCHS + 1) for column in COLUMNS)]
MARK = "dropout_gluon runs 1"
RANKS = "ranks-"  # before the names of files with runs that came later
# So many runs of each implementation make the measures; nothing is estimated from the others. Of the released
# split, of which fewer are recorded, half of the first ones are left to be ranked among.
MAKERS = {"reshuffled": 200, "released": 50}
MISTAKES_SPLIT = "reshuffled"  # which the runs with known mistakes were made on
DEGREES = 5.0  # of freedom of the t distribution that runs with a mistake have around its typical curves
STEPS = 50  # until nothing moves

Array = Any  # an ndarray; NumPy's types ask for more than they give here


@dataclass(frozen=True)
class Recorded:
    """Runs of ten epochs, as a file has them.

    Attributes:
        seeds: of each run.
        values: float64 (runs, 10, 3): training loss, training accuracy and test accuracy of each epoch.
        notes: how they were made, a line each.
    """

    seeds: tuple[int, ...]
    values: Array
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Reference:
    """The runs of both implementations on one split, which do not differ in distribution (docs/verdict.md).

    Attributes:
        split: ``released`` or ``reshuffled``.
        implementations: of each run.
        seeds: of each run.
        values: float64 (runs, 10, 3), as `Recorded.values`.
    """

    split: str
    implementations: tuple[str, ...]
    seeds: tuple[int, ...]
    values: Array

    def __len__(self) -> int:
        return len(self.seeds)

    def index(self, config: RunConfig) -> int | None:
        """Which of the runs is the one of this configuration; None: none is."""
        own = (config.implementation, config.seed)
        runs = enumerate(zip(self.implementations, self.seeds))
        return next((i for i, run in runs if run == own and config.split == self.split), None)


@dataclass(frozen=True)
class Mistakes:
    """Runs with known mistakes, each as its typical curves.

    Attributes:
        names: what is wrong, in words: ``probabilities swapped``.
        values: float64 (mistakes, 10, 3), of recorded runs on the reshuffled split, as `located` has it.
        spread: likewise, the scales of what lies around these.
    """

    names: tuple[str, ...]
    values: Array
    spread: Array

    def on(self, split: str) -> Array:
        """Their curves on a split: what a mistake changes there is taken to be what it changes here."""
        return self.values + (typical(split) - typical(MISTAKES_SPLIT))

    def keep(self, names: Iterable[str]) -> Mistakes:
        """Those of these names alone."""
        chosen = [self.names.index(name) for name in names]
        return Mistakes(tuple(self.names[i] for i in chosen), self.values[chosen], self.spread[chosen])


NO_MISTAKES = Mistakes((), *np.empty((2, 0, EPOCHS, len(COLUMNS))))


@cache
def load_mistakes() -> Mistakes:
    """What the mistakes planted in tests/planted.py do to the curves, as recorded."""
    text = resources.files("dropout_gluon.reference").joinpath("mistakes.csv").read_text("utf-8")
    rows = list(csv.reader(line for line in text.splitlines() if not line.startswith("#")))[1:]
    values = np.array([row[2:] for row in rows], dtype=np.float64)
    middle, spread = (values[start::2].reshape(-1, EPOCHS, len(COLUMNS)) for start in (0, 1))
    return Mistakes(tuple(row[0] for row in rows[::2]), middle, spread)


@cache
def typical(split: str) -> Array:
    """The typical good run on a split: medians, float64 (10, 3)."""
    return np.median(load_makers(split).values, axis=0)


def located(values: Array) -> tuple[Array, Array]:
    """Where values of a few runs lie and how far around it, (runs, ...) to (...) and (...).

    Middle and scale of the t distribution that makes them likeliest (Kent, Tyler and Vardi, Communications in
    Statistics - Simulation 23, 1994, 441, whose weights add to 1): of normal values the middle varies hardly
    more than their mean, and the scale, 0.86 standard deviations, half as much as their median deviation;
    wild ones weigh little.
    """
    middle = np.median(values, axis=0)
    scale = np.median(np.abs(values - middle), axis=0)
    for _ in range(STEPS):
        scale = np.maximum(scale, 1e-9)
        weights = 1 / (DEGREES + ((values - middle) / scale) ** 2)
        total = weights.sum(axis=0)
        middle = (weights * values).sum(axis=0) / total
        scale = np.sqrt((weights * (values - middle) ** 2).sum(axis=0) / total)
    return middle, scale


def record_mistakes(runs: Mapping[str, Recorded], command: str) -> str:
    """The file that `load_mistakes` reads, from the runs with each."""
    notes = [MARK, f"typical values, and the scales of what lies around them, of runs made by: {command}"]
    rows = [["mistake", "of", *HEADER[1:]]]
    for name, recorded in runs.items():
        for what, values in zip(("typical", "scale"), located(recorded.values)):
            # A name may have a comma in it.
            rows.append([f'"{name}"', what, *_formatted(values.reshape(-1))])
    return _file(notes, rows)


@cache
def load(split: str) -> Reference:
    """All recorded runs of a split, ``released`` or ``reshuffled``, both implementations pooled."""
    folder = resources.files("dropout_gluon.reference")
    runs = []
    for kind in ("", RANKS):
        for name in IMPLEMENTATIONS:
            file = f"{kind}{name}-{split}.csv"
            if not kind or folder.joinpath(file).is_file():
                part = parse(folder.joinpath(file).read_text("utf-8"), file)
                runs += [(name, *run) for run in zip(part.seeds, part.values)]
    names, seeds, values = zip(*runs)
    return Reference(split, names, seeds, np.array(values))


@cache
def load_makers(split: str) -> Reference:
    """The runs that measures are made from: the first of each implementation."""
    return _kept(split, makers=True)


@cache
def load_ranks(split: str) -> Reference:
    """All others, among which a log has its rank."""
    return _kept(split, makers=False)


def _kept(split: str, makers: bool) -> Reference:
    runs, count = load(split), dict.fromkeys(IMPLEMENTATIONS, 0)
    chosen = []
    for index, name in enumerate(runs.implementations):
        count[name] += 1
        if (count[name] <= MAKERS[split]) == makers:
            chosen.append(index)
    return Reference(
        split,
        tuple(runs.implementations[i] for i in chosen),
        tuple(runs.seeds[i] for i in chosen),
        runs.values[chosen],
    )


def parse(text: str, source: str) -> Recorded:
    """The runs in a file that `record` made; LogError, naming file and line, where it is not one."""
    lines = text.splitlines()
    notes = tuple(line[2:] for line in lines if line.startswith("# "))
    if not notes or notes[0] != MARK:
        raise LogError(f"{source}:1: recorded runs begin with '# {MARK}'")
    seeds, values = [], []
    for number, line in enumerate(lines[len(notes) :], len(notes) + 1):
        row = line.split(",")
        if number == len(notes) + 1:
            if row != HEADER:
                raise LogError(f"{source}:{number}: the columns must be {HEADER[0]}, {HEADER[1]}, …")
            continue
        try:
            seeds.append(int(row[0]))
            values.append(np.array(row[1:], dtype=np.float64).reshape(EPOCHS, len(COLUMNS)))
        except ValueError as error:
            raise LogError(f"{source}:{number}: {error}") from error
    return Recorded(tuple(seeds), np.array(values).reshape(-1, EPOCHS, len(COLUMNS)), notes)


def record(
    logs: Iterable[RunLog], command: str, *, said: Sequence[str] = (), known: Recorded | None = None
) -> str:
    """The runs as a file, by seed.

    Args:
        logs: runs of ten epochs.
        command: what makes them again.
        said: further notes, a line each.
        known: runs that were recorded before, to keep.
    """
    logs = list(logs)
    rows = [
        (log.config.seed, [getattr(epoch, column) for epoch in log.epochs for column in COLUMNS])
        for log in logs
    ]
    if known:
        rows += [(seed, values.reshape(-1)) for seed, values in zip(known.seeds, known.values)]
    notes = [MARK, f"made by: {command}", *said, *_made(logs, known.notes if known else ())]
    return _file(
        notes, [HEADER, *([str(seed), *_formatted(values)] for seed, values in sorted(rows, key=_seed))]
    )


def _seed(row: tuple[int, Sequence[float]]) -> int:
    return row[0]


def _formatted(values: Iterable[float]) -> list[str]:
    """The values of all epochs, each with the digits of its column."""
    return [format(value, form) for value, form in zip(values, FORMATS * EPOCHS)]


def _file(notes: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join([*(f"# {note}\n" for note in notes), *(",".join(row) + "\n" for row in rows)])


def _made(logs: Sequence[RunLog], before: Iterable[str]) -> list[str]:
    """With what runs were made, each with its count: configuration, data, software and machine.

    Args:
        logs: the runs.
        before: the notes on runs that were recorded before, which count too.
    """
    kinds = {
        "departs from the chapter by": [log.config.departures() or "nothing" for log in logs],
        "data": [f"release {log.data['release']}" for log in logs],
        "with": [", ".join(f"{k} {v}" for k, v in log.environment.items()) for log in logs],
    }
    made = []
    for kind, found in kinds.items():
        counts: Counter[str] = Counter()
        for note in before:
            if counted := re.fullmatch(rf"{kind}: (.*) \((\d+) runs\)", note):
                counts[counted[1]] += int(counted[2])
        counts.update(found)
        made += [f"{kind}: {value} ({count} runs)" for value, count in counts.items()]
    return made
