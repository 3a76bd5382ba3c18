"""Measure how far a seed's numbers part where sums are rounded otherwise: python benchmarks/rounding.py --help.

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

from dropout_gluon.config import RunConfig
from dropout_gluon.files import write_whole
from dropout_gluon.logs import RunLog
from dropout_gluon.runs.ensemble import run_ensemble
from dropout_gluon.runs.store import read_store
from dropout_gluon.runs.workers import train

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))
VALUES = ROOT / "tests/data/rounding.csv"
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

    def moved(seed):
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
    """Runs of one kind: of a reference file, with a planted bug, or with one of the seed's streams changed."""

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
            name=f"{cell.name}, first steps",
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
    wanted = {"OPENBLAS_CORETYPE": kernels.blas}
    if kernels.cap != "all":
        wanted["DNNL_MAX_CPU_ISA"] = kernels.cap
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
            found += [(cell.name, kernels, log) for log in read_store(store)]
    return found


def recorded(found: list[tuple[str, Kernels, RunLog]]) -> str:
    """The values as a file: a run and epoch a line, below what they were made with."""
    made = Counter(
        ", ".join(f"{name} {value}" for name, value in log.environment.items()) for _, _, log in found
    )
    rows = [
        f"{name},{kernels},{log.config.seed},{epoch.epoch},{epoch.loss:.5f},{epoch.train_acc:.5f},{epoch.test_acc:.4f}"
        for name, kernels, log in found
        for epoch in log.epochs
    ]
    notes = [f"made by: {COMMAND}", *(f"with: {setting} ({count} runs)" for setting, count in made.items())]
    header = "what,kernels,seed,epoch,loss,train_acc,test_acc"
    return "\n".join([*(f"# {note}" for note in notes), header, *rows]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("stores", type=Path, metavar="STORES", help="folder that keeps the runs")
    parser.add_argument("--workers", type=int, default=1, help="processes at a time (default 1)")
    arguments = parser.parse_args()
    found = measure(arguments.stores, arguments.workers)
    write_whole(VALUES, recorded(found).encode())


if __name__ == "__main__":
    main()
