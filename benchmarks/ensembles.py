"""How many runs a minute, and what a run costs beside its training: python benchmarks/ensembles.py --help.

Three tables: how to share the processors out among workers and threads, by real runs; the overhead of a run
in the store, with local workers and on a Dask cluster of this machine, by runs that take no time; and the
memory of a worker.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import report
from tqdm import tqdm

from dropout_gluon.config import RunConfig
from dropout_gluon.fashion_mnist.sources import locate
from dropout_gluon.logs import EpochRecord, RunLog
from dropout_gluon.runs.ensemble import run_ensemble
from dropout_gluon.runs.grid import grid
from dropout_gluon.runs.store import RunStore, read_store, to_line

DOCUMENT = report.DOCS / "ensembles.md"


def trivial(config: RunConfig, report: object) -> RunLog:
    """A run of ten epochs that takes no time."""
    epochs = tuple(EpochRecord(n, 0.3512345678, 0.8712345678, 0.8765) for n in range(1, 11))
    return RunLog(config, epochs, environment={"threads": "1"})


def seconds(configs: list[RunConfig], **how: object) -> tuple[float, list[RunLog]]:
    """From the call to its end, workers' start included; and the logs."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "runs.jsonl"
        start = time.perf_counter()
        outcome = run_ensemble(configs, store, progress=False, **how)
        took = time.perf_counter() - start
        logs = read_store(store)
    assert outcome.ran == len(logs) == len(configs)
    return took, logs


def splits(rounds: int, epochs: int) -> str:
    """Runs a minute, start of the workers apart, for each way to share out the processors."""
    processors = len(os.sched_getaffinity(0))
    ways = {(1, 1), (1, processors), (processors, 1), (processors, processors), (2 * processors, 1)}
    configs = grid(
        {"implementation": ["scratch", "gluon"], "num_epochs": [epochs], "seed": range(processors)}
    )
    pace: dict[tuple[int, int], list[float]] = {way: [] for way in sorted(ways)}
    for _ in tqdm(range(rounds), unit="round", desc="workers and threads"):
        for (workers, threads), paces in pace.items():
            _, logs = seconds(configs, workers=workers, threads=threads)
            # There are as many runs as the largest number of workers, or a multiple, so that all are busy.
            paces.append(60 * workers * epochs / statistics.mean(log.seconds for log in logs) / 10)
    rows = []
    for (workers, threads), paces in pace.items():
        ratio = statistics.median(b / a for a, b in zip(pace[processors, 1], paces))
        rows.append([str(workers), str(threads), f"{statistics.median(paces):.1f}", f"{ratio:.2f}"])
    return report.table(
        ["workers", "threads each", "runs of 10 epochs a minute", f"of {processors} workers with 1 thread"],
        rows,
    )


def overhead(count: int) -> str:
    """Milliseconds a run, beside its training."""
    configs = grid({"seed": range(count)})

    def store_alone() -> float:
        with tempfile.TemporaryDirectory() as folder, RunStore(Path(folder) / "runs.jsonl") as store:
            logs = [trivial(config, None) for config in configs]
            start = time.perf_counter()
            for log in tqdm(logs, unit="run", desc="store alone"):
                store.append(log)
            return time.perf_counter() - start

    rows = [["store alone: written and synced", *per_run(store_alone, count)]]
    for workers in (1, 2):

        def local(workers: int = workers) -> float:
            return seconds(configs, workers=workers, runner=trivial)[0]

        rows.append([f"{workers} local worker{'s'[: workers - 1]}", *per_run(local, count)])
    rows.append(["Dask cluster of 2 workers on this machine", *per_run(lambda: on_dask(configs), count)])
    return report.table(["", "ms a run", "runs a second", "peak of the parent's memory grew by, MB"], rows)


def per_run(measure: Callable[[], float], count: int) -> list[str]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took = measure()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000
    return [f"{1000 * took / count:.2f}", f"{count / took:.0f}", f"{grown:.1f}"]


def on_dask(configs: list[RunConfig]) -> float:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        return seconds(configs, client=client, runner=trivial)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="of the splits (%(default)s)")
    parser.add_argument("--epochs", type=int, default=4, metavar="N", help="of their runs (%(default)s)")
    parser.add_argument("--count", type=int, default=10_000, metavar="N", help="trivial runs (%(default)s)")
    arguments = report.parse(parser)
    locate()
    setting = report.setting()  # before a cluster of Dask's changes this process's environment
    report.publish(
        "splits",
        f"{splits(arguments.rounds, arguments.epochs)}\n\nMedians of {arguments.rounds} rounds in turn. "
        f"{setting}",
        document=DOCUMENT,
        stdout=arguments.stdout,
    )
    report.publish(
        "overhead",
        f"{overhead(arguments.count)}\n\n{arguments.count:,} runs that take no time, one line of "
        f"{len(to_line(trivial(RunConfig(), None)))} bytes each. {setting}",
        document=DOCUMENT,
        stdout=arguments.stdout,
    )


if __name__ == "__main__":
    main()
