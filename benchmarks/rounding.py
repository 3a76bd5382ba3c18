"""Measure how far a seed's numbers part between kernels: python benchmarks/rounding.py --help.

Seeds of the recorded runs are run again with several kernels of this processor, and with the seed's streams
changed on purpose. What comes out is a file of values, tests/data/rounding.csv; the tests take their bounds
from it, docs/processors.md its table. A quarter of an hour on a quiet processor; stopped, it goes on.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import report

from dropout_gluon.config import RunConfig
from dropout_gluon.files import write_whole
from dropout_gluon.logs import RunLog
from dropout_gluon.runs.ensemble import run_ensemble
from dropout_gluon.runs.store import read_store
from dropout_gluon.runs.workers import train
from dropout_gluon.verdict.references import parse

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))
VALUES = ROOT / "tests/data/rounding.csv"
PAGE = ROOT / "docs/processors.md"
REFERENCE = ROOT / "src/dropout_gluon/reference"
FIRST_STEPS = ", first steps"
COMMAND = "benchmarks/rounding.py STORES"


@dataclass(frozen=True)
class Kernels:
    """What decides the order of sums: oneDNN's instructions, OpenBLAS's kernels, OpenMP threads."""

    cap: str
    blas: str
    threads: int

    def __str__(self) -> str:
        return f"{self.cap} {self.blas} {self.threads}"


KERNELS = (Kernels("all", "Haswell", 1), Kernels("SSE41", "Prescott", 1), Kernels("all", "Haswell", 2))
PLAIN = KERNELS[0]
# Fifteen steps: too few for rounding to grow, enough for whatever else differs to show.
FIRST_STEPS_BATCH, FIRST_STEPS_SEEDS = 4096, 2


def moved_seed(config: RunConfig, report: Callable) -> RunLog:
    """Other weights and masks."""
    from dropout_gluon.runs import run as runs

    def moved(seed, stream):
        return int(np.random.SeedSequence([seed, 13]).generate_state(1)[0]) >> 1

    with patch.object(runs, "mxnet_seed", moved):
        return train(config, report)


def moved_stream(name: str, config: RunConfig, report: Callable) -> RunLog:
    """Another split or another order of the examples."""
    from dropout_gluon.fashion_mnist import batches

    with patch.object(batches, name, 12):
        return train(config, report)


@dataclass(frozen=True)
class Cell:
    """Runs of one kind: of a reference file, with a planted bug, or with a stream of the seed changed."""

    name: str
    first: int
    count: int
    runner: Callable = train
    kernels: tuple[Kernels, ...] = (PLAIN,)
    implementation: str = "scratch"
    split: str = "reshuffled"
    epochs: int = 1
    batch_size: int = 256

    def configs(self) -> list[RunConfig]:
        return [
            RunConfig(
                seed=seed,
                implementation=self.implementation,
                split=self.split,
                num_epochs=self.epochs,
                batch_size=self.batch_size,
            )
            for seed in range(self.first, self.first + self.count)
        ]


def cells() -> list[Cell]:
    """What is run, the most needed first."""
    from planted import run as plant

    def bug(name: str, kernels: tuple[Kernels, ...]) -> Cell:
        return Cell(name, 9000, 12, partial(plant, name), kernels)

    gluon = partial(Cell, first=1000, implementation="gluon")
    whole = [
        gluon("gluon reshuffled", count=24, kernels=KERNELS[:2]),
        gluon("MXNet's seed moved", count=12, runner=moved_seed),
        gluon("order moved", count=12, runner=partial(moved_stream, "_ORDER_STREAM")),
        gluon("split moved", count=12, runner=partial(moved_stream, "_SPLIT_STREAM")),
        bug("mask not rescaled", KERNELS[:1]),
        bug("128 hidden units", KERNELS[:2]),
        bug("labels of 1% of the training images wrong", KERNELS[:1]),
        Cell("no bug", 9000, 12),
        Cell("scratch released", 4000, 24, split="released", kernels=KERNELS[:2]),
        gluon("gluon reshuffled", count=12, kernels=KERNELS[2:]),
        gluon("gluon reshuffled, 10 epochs", count=8, epochs=10),
    ]
    first = [
        replace(
            cell,
            name=cell.name + FIRST_STEPS,
            count=FIRST_STEPS_SEEDS,
            batch_size=FIRST_STEPS_BATCH,
            kernels=KERNELS[:1] if "moved" in cell.name else KERNELS[:2],
        )
        for cell in whole[:9]
    ]
    return [*first, *whole]


@contextmanager
def chosen(kernels: Kernels) -> Iterator[None]:
    """An environment whose new processes have these kernels."""
    wanted = {
        "OPENBLAS_CORETYPE": kernels.blas,
        "DNNL_MAX_CPU_ISA": "" if kernels.cap == "all" else kernels.cap,
    }
    with patch.dict(os.environ, wanted):
        yield


def measure(folder: Path, workers: int) -> list[tuple[str, Kernels, RunLog]]:
    """Run what the stores in a folder do not have yet; everything that they have then."""
    found = []
    for cell in cells():
        for kernels in cell.kernels:
            store = folder / f"{cell.name} {kernels}.jsonl"
            with chosen(kernels):
                run_ensemble(
                    cell.configs(), store, workers=workers, threads=kernels.threads, runner=cell.runner
                )
            wanted = set(cell.configs())
            found += [(cell.name, kernels, log) for log in read_store(store) if log.config in wanted]
    return found


def recorded(found: list[tuple[str, Kernels, RunLog]]) -> str:
    """The values as a file: a run and epoch a line, below what they were made with."""
    made = Counter(
        ", ".join(f"{name} {value}" for name, value in log.environment.items()) for _, _, log in found
    )
    rows = [
        f"{name},{kernels},{log.config.seed},{epoch.epoch},{epoch.loss:.7f},{epoch.train_acc:.7f},{epoch.test_acc:.4f}"
        for name, kernels, log in found
        for epoch in log.epochs
    ]
    notes = [f"made by: {COMMAND}", *(f"with: {setting} ({count} runs)" for setting, count in made.items())]
    header = "what,kernels,seed,epoch,loss,train_acc,test_acc"
    return "\n".join([*(f"# {note}" for note in notes), header, *rows]) + "\n"


def known(name: str) -> dict[int, np.ndarray]:
    """The recorded runs that a cell's are held against, seed by seed."""
    from planted import ALL, path

    name = {"no bug": "dropout before the ReLU"}.get(name, name)  # the same function, to the last digit
    if "moved" in name or "," in name:
        name = "gluon reshuffled"
    file = path(name) if name in ALL else REFERENCE / f"{name.replace(' ', '-')}.csv"
    runs = parse(file.read_text(), file.name)
    return dict(zip(runs.seeds, runs.values))


def whole_epochs(found: dict) -> str:
    """How far from the record, epoch by epoch: medians, and what nine of ten runs stay below."""
    rows = []
    for name, by_kernels in found.items():
        if FIRST_STEPS in name:
            continue
        for kernels, runs in by_kernels.items():
            for epoch in sorted({1, 2, 10} & set(range(1, len(next(iter(runs.values()))) + 1))):
                apart = np.abs([runs[s][epoch - 1] - known(name)[s][epoch - 1] for s in runs])
                pairs = zip(np.median(apart, axis=0), np.quantile(apart, 0.9, axis=0))
                cells = [f"{half:.4f} / {most:.4f}" for half, most in pairs]
                rows.append([name, kernels, str(len(runs)), str(epoch), *cells])
    return report.table(
        ["runs of", "oneDNN, OpenBLAS, threads", "seeds", "epoch", "loss", "train acc", "test acc"], rows
    )


def first_steps(found: dict) -> str:
    """How far from the same runs on the processor's own kernels, or from runs with another bug or stream."""
    plain = {name: runs[str(PLAIN)] for name, runs in found.items() if FIRST_STEPS in name}
    rows = []
    for name, runs in plain.items():
        for kernels, again in found[name].items():
            if kernels != str(PLAIN):
                rows.append([f"{name}: {kernels} kernels", *furthest(again, runs, np.max)])
    for name, runs in plain.items():
        origin = f"gluon reshuffled{FIRST_STEPS}" if "moved" in name else f"no bug{FIRST_STEPS}"
        if name != origin and runs.keys() <= plain[origin].keys():
            rows.append(
                [f"{name}: from {origin.replace(FIRST_STEPS, '')}", *furthest(runs, plain[origin], np.min)]
            )
    return report.table(["", "loss", "training hits of 60,000", "test hits of 10,000"], rows)


def furthest(runs: dict, others: dict, which: Callable) -> list[str]:
    apart = np.array([np.abs(runs[seed][0] - others[seed][0]) * (1, 60_000, 10_000) for seed in runs])
    loss, train, test = which(apart, axis=0)
    return [f"{loss:.1e}", f"{train:.0f}", f"{test:.0f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stores", type=Path, metavar="STORES", help="folder that keeps the runs")
    parser.add_argument("--workers", type=int, default=1, help="processes at a time (default 1)")
    arguments = report.parse(parser)
    text = recorded(measure(arguments.stores, arguments.workers))
    if not arguments.stdout:
        write_whole(VALUES, text.encode())
    from again import measured

    found = measured(text)
    content = f"{whole_epochs(found)}\n\n{first_steps(found)}"
    report.publish("rounding", content, document=PAGE, stdout=arguments.stdout)


if __name__ == "__main__":
    main()
