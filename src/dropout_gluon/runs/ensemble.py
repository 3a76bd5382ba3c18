"""Many RunConfigs in, their RunLogs in a store: here or on a cluster, and again from where it stopped."""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable, Collection, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from ..compat.advice import require
from ..config import (
    NUM_TEST,
    RunConfig,
    check_kind,
    check_path,
    check_threads,
    check_workers,
    count_weights,
)
from ..errors import ConfigError, DropoutGluonWarning
from ..fashion_mnist.sources import locate
from ..logs import RunLog
from ..machine import draws_bars, processors
from ..messages import counted, shown, tell
from .cluster import run_on_cluster
from .grid import Grid
from .store import RunStore, read_store
from .workers import Runner, end_in_a_worker, run_locally, train

# What it takes with one thread, while as many runs go on as there are processors: a step of training, of
# whatever size, and to pass an image forward, through any network and for each million weights
# (docs/performance.md, growth).
SECONDS_A_STEP, SECONDS_A_PASS, SECONDS_A_MILLION = 2.2e-3, 2.3e-6, 22.5e-6
LINE_EVERY = 30.0  # seconds, where there is no terminal to draw a bar on


@dataclass(frozen=True)
class Outcome:
    """What became of an ensemble.

    Attributes:
        asked: different configurations.
        kept: of them, those that the store had already, failed ones included.
        ran: runs that ended well now.
        failures: logs of those that failed, now or before; `failure` says why.
    """

    asked: int
    kept: int
    ran: int
    failures: tuple[RunLog, ...]

    @property
    def faults(self) -> tuple[RunLog, ...]:
        """The failures but for runs that diverged: those would diverge again, and that is what comes out."""
        return tuple(log for log in self.failures if not log.diverged)

    def __str__(self) -> str:
        asked, failed = counted(self.asked, "run"), len(self.failures)
        lines = [
            f"{asked}: {self.kept} there before, {self.ran} ran now, {failed} failed",
            *(f"failed: {log.config.digest} {log.config}: {log.failure}" for log in self.failures),
        ]
        return "\n".join(lines)


def expected_seconds(config: RunConfig) -> float:
    """What a run may take, for estimates: to train on an image takes three passes, to test on it one."""
    steps = math.ceil(config.num_train / config.batch_size)
    passes = (3 + ("accuracy" in config.measure)) * config.num_train + NUM_TEST
    seconds_a_pass = SECONDS_A_PASS + SECONDS_A_MILLION * count_weights(config.hidden_sizes) / 1e6
    return config.num_epochs * (steps * SECONDS_A_STEP + passes * seconds_a_pass)


def default_workers() -> int:
    """A worker with one thread for each processor: the split that gives most runs a minute."""
    return processors()


def run_ensemble(
    configs: Iterable[RunConfig],
    store: str | os.PathLike[str],
    *,
    workers: int | None = None,
    threads: int = 1,
    client: Any = None,
    runner: Runner = train,
    retry_failed: bool = False,
    progress: bool = True,
) -> Outcome:
    """Run what the store does not have yet.

    The numbers are the same whether one worker runs them, or many, or a cluster, and whatever interrupted
    them, as long as the processors and the threads are. Stopped, the same call goes on.

    A script calls this below `if __name__ == "__main__":`.

    Args:
        configs: what to run; one that is listed twice runs once. Those of a `Grid` are made as they are run.
        store: the file; see `store`.
        workers: processes of this machine, up to 1,000; None is one a processor.
        threads: OpenMP threads of each run.
        client: a `distributed.Client`, to run on its cluster instead.
        runner: what a worker calls: a function of a RunConfig, and of what to call with each EpochRecord,
            that gives a RunLog.
        retry_failed: run those again that failed before.
        progress: show on standard error how far it is: a bar, or without a terminal a line now and then.

    Raises:
        ConfigError: an argument is outside its range.
        StoreError: the store cannot be used.
        MXNetUnavailable: MXNet is not installed here.
        DataError: the data cannot be found, fetched or verified.
        EnsembleError: no run can succeed: no worker, a worker without data, the scheduler is lost.
    """
    end_in_a_worker()
    check_threads(threads)
    workers = default_workers() if workers is None else check_workers(workers)
    check_path("store", store)
    check_kind("runner", runner, Callable, "a function")  # type: ignore[arg-type]
    if client is not None and not hasattr(client, "nthreads"):
        raise ConfigError(f"client must be a distributed.Client, not {shown(client)}")
    wanted = _different(configs)
    if client is None:
        _find_measurements(wanted)
    with RunStore(store, wanted) as opened:
        if opened.said:
            warnings.warn(opened.said, DropoutGluonWarning, stacklevel=2)
        there = dict(opened.digests)
        kept = {digest for digest, failed in there.items() if not (failed and retry_failed)}
        left = len(wanted) - len(kept)
        todo = (config for config in wanted if config.digest not in kept)
        if left and client is None and runner is train:
            require()
            locate(progress=progress)  # fetched once, not by every worker
        if client is not None:
            logs = run_on_cluster(todo, client, threads=threads, runner=runner)
        else:
            logs = run_locally(todo, workers=min(workers, left), threads=threads, runner=runner)
        ran, failures = 0, []
        # Closed at once when something is raised, so that no worker outlives the call.
        with closing(logs), Progress(len(wanted), len(kept), progress) as bar:
            for log in logs:
                opened.append(log)
                if log.failure:
                    failures.append(log)
                else:
                    ran += 1
                bar.step(len(failures))
    if failed_before := {digest for digest in kept if there[digest]}:
        failures += [log for log in read_store(store, failed=True) if log.config.digest in failed_before]
    return Outcome(len(wanted), len(kept), ran, tuple(failures))


def _different(configs: Iterable[RunConfig]) -> Collection[RunConfig]:
    """The configurations, each once."""
    if isinstance(configs, Grid):
        return configs
    check_kind("configs", configs, Iterable, "RunConfigs")
    return dict.fromkeys(check_kind("each of configs", one, RunConfig, "a RunConfig") for one in configs)


def _find_measurements(configs: Collection[RunConfig]) -> None:
    """ConfigError for a measurement of whose module there is no trace here: every run would fail of it."""
    # A grid may have more runs than can be gone through here.
    of_runs = (
        configs.values.get("measure", ()) if isinstance(configs, Grid) else [one.measure for one in configs]
    )
    for name in sorted({name for measure in of_runs for name in measure if ":" in name}):
        module = name.partition(":")[0]
        try:
            there = find_spec(module) is not None
        except (ImportError, ValueError):  # a package of it is not there, or is no package
            there = False
        if not there:
            raise ConfigError(f"the measurement {name} cannot be found: no module named {module!r}")


class Progress:
    """Runs done, their rate and the time left: a bar in a terminal or notebook, else a line now and then."""

    def __init__(self, total: int, done: int, shown: bool) -> None:
        self._lines = shown and not draws_bars()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a notebook without widgets gets the bar as text
            from tqdm.auto import tqdm
        self._bar = tqdm(
            total=total, initial=done, unit="run", smoothing=0, disable=not shown or self._lines,
        )  # fmt: skip
        self._total, self._first, self._done = total, done, done
        self._started = self._told = time.monotonic()

    def step(self, failures: int) -> None:
        """One run more."""
        self._done += 1
        if failures:
            self._bar.set_postfix_str(f"{failures} failed", refresh=False)
        with suppress(OSError):  # of a terminal that is gone
            self._bar.update()
        now = time.monotonic()
        if self._lines and (now - self._told >= LINE_EVERY or self._done == self._total):
            self._told = now
            rate = (self._done - self._first) / max(now - self._started, 1e-9)
            left = (self._total - self._done) / rate
            tell(
                f"{self._done} of {self._total} runs, {60 * rate:.3g} a minute, {left / 60:.1f} min left"
                + (f", {failures} failed" if failures else "")
            )

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        # An empty bar over an error would say nothing.
        self._bar.leave = self._done > self._first or self._done == self._total
        with suppress(OSError):
            self._bar.close()
