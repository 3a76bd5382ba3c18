"""Many RunConfigs in, their RunLogs in a store: here or on a cluster, and again from where it stopped."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from ..config import RunConfig, check_choice, check_kind, check_path, check_whole, shown
from ..errors import ConfigError
from ..logs import RunLog
from ..machine import processors
from .cluster import run_on_cluster
from .store import RunStore, read_store
from .workers import Runner, end_in_a_worker, run_locally, train

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

    def __str__(self) -> str:
        lines = [
            f"{self.asked} runs: {self.kept} were there, {self.ran} ran now, {len(self.failures)} failed",
            *(f"failed: {log.config.digest} {log.config}: {log.failure}" for log in self.failures),
        ]
        return "\n".join(lines)


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

    Args:
        configs: what to run; one that is listed twice runs once.
        store: the file; see `store`.
        workers: processes of this machine; None is one a processor.
        threads: OpenMP threads of each run.
        client: a `distributed.Client`, to run on its cluster instead.
        runner: what a worker calls: a function of a RunConfig, and of what to call with each EpochRecord,
            that gives a RunLog.
        retry_failed: run those again that failed before.
        progress: show on standard error how far it is: a bar, or without a terminal a line now and then.

    Raises:
        StoreError: the store cannot be used.
        EnsembleError: no run can succeed: no worker, no data, the scheduler is lost.
    """
    end_in_a_worker()
    check_whole("threads", threads, 1)
    workers = default_workers() if workers is None else check_whole("workers", workers, 1)
    check_path("store", store)
    check_kind("configs", configs, Iterable, "RunConfigs")
    wanted = {
        config.digest: config
        for config in (check_kind("each of configs", one, RunConfig, "a RunConfig") for one in configs)
    }
    with RunStore(store) as opened:
        if opened.said and progress:
            print(opened.said, file=sys.stderr)
        known = {digest for digest in wanted if digest in opened.digests}
        again = {digest for digest in known if retry_failed and opened.digests[digest]}
        todo = [config for digest, config in wanted.items() if digest not in known or digest in again]
        failed_before = {digest for digest in known - again if opened.digests[digest]}
        if client is not None:
            logs = run_on_cluster(todo, client, threads=threads, runner=runner)
        else:
            logs = run_locally(todo, workers=min(workers, len(todo)), threads=threads, runner=runner)
        ran, failures = 0, []
        # Closed at once when something is raised, so that no worker outlives the call.
        with closing(logs), Progress(len(wanted), len(wanted) - len(todo), progress) as shown:
            for log in logs:
                opened.append(log)
                if log.failure:
                    failures.append(log)
                else:
                    ran += 1
                shown.step(len(failures))
    if failed_before:
        failures += [log for log in read_store(store, failed=True) if log.config.digest in failed_before]
    return Outcome(len(wanted), len(wanted) - len(todo), ran, tuple(failures))


class Progress:
    """Runs done, their rate and the time left: a bar in a terminal or notebook, else a line now and then."""

    def __init__(self, total: int, done: int, shown: bool) -> None:
        self._lines = shown and not (sys.stderr.isatty() or _in_notebook())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a notebook without widgets gets the bar as text
            from tqdm.auto import tqdm
        self._bar = tqdm(
            total=total, initial=done, unit="run", smoothing=0, disable=not shown or self._lines, leave=True
        )
        self._total, self._first, self._done = total, done, done
        self._started = self._told = time.monotonic()

    def step(self, failures: int) -> None:
        """One run more."""
        self._done += 1
        if failures:
            self._bar.set_postfix_str(f"{failures} failed", refresh=False)
        self._bar.update()
        now = time.monotonic()
        if self._lines and (now - self._told >= LINE_EVERY or self._done == self._total):
            self._told = now
            rate = (self._done - self._first) / max(now - self._started, 1e-9)
            left = (self._total - self._done) / rate
            print(
                f"{self._done} of {self._total} runs, {60 * rate:.3g} a minute, {left / 60:.1f} min left"
                + (f", {failures} failed" if failures else ""),
                file=sys.stderr,
                flush=True,
            )

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def grid(values: dict[str, Sequence[Any]]) -> list[RunConfig]:
    """Every combination of the values, the last field changing fastest: `grid({"seed": range(3)})`.

    Raises:
        ConfigError: there is no such field, its values are no list, or one of them is outside its range.
    """
    from itertools import product

    check_kind("the values", values, dict, "a dict of lists, as {'seed': range(3)}")
    for name, listed in values.items():
        check_choice("a field", name, tuple(RunConfig.__dataclass_fields__))
        if isinstance(listed, str) or not isinstance(listed, Iterable):
            raise ConfigError(f"{name} must be a list of values, not {shown(listed)}")
    return [RunConfig(**dict(zip(values, combination))) for combination in product(*values.values())]
