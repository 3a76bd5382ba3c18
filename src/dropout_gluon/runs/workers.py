"""Worker processes of this machine, each with one run at a time.

Processes start by spawn, as MXNet with OpenMP does not survive fork. A worker that dies takes one attempt
with it and is replaced; when the parent dies, however it dies, its workers end at once.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from pickle import PickleError

from ..compat import hook
from ..config import RunConfig, check_kind
from ..errors import (
    ConfigError,
    DataError,
    Diverged,
    DropoutGluonWarning,
    EnsembleError,
    MeasurementError,
    MXNetUnavailable,
)
from ..fashion_mnist.archive import Archive
from ..logs import EpochRecord, RunLog
from ..messages import brief, say, shown

Report = Callable[[EpochRecord], object]
Runner = Callable[[RunConfig, Report], RunLog]

# MXNet's generator belongs to the process: two runs in two threads of one would draw from it in turn.
_one_at_a_time = threading.Lock()


def train(config: RunConfig, report: Report) -> RunLog:
    """`runs.run` in a worker, on data that was verified once for all of the worker's runs."""
    from .run import run

    return run(config, archive=_archive(), report=report)


@lru_cache(maxsize=1)
def _archive() -> Archive:
    from ..fashion_mnist.sources import locate

    return locate(progress=False)


def attempt(runner: Runner, config: RunConfig, threads: int, report: Report = lambda record: None) -> RunLog:
    """The run's log; a run that fails gives a log that says why.

    Args:
        runner: what to call.
        config: what to run.
        threads: OpenMP threads that this process must have.
        report: called with each EpochRecord as it is complete.

    Raises:
        DataError, MXNetUnavailable, ConfigError: this worker is not set up, and no run would succeed here.
    """
    found = hook.threads()
    if found not in ("", str(threads)):
        raise ConfigError(
            f"a worker has OMP_NUM_THREADS={found}, where {threads} was asked for: with other threads the "
            f"numbers are rounded otherwise; start it with OMP_NUM_THREADS={threads}"
        )
    try:
        with _one_at_a_time, _environment(threads):  # a worker of a cluster may import MXNet only now
            return _checked(runner(config, partial(_report, report)), config)
    except Diverged as error:
        return error.log or RunLog(config, tuple(error.records), failure=str(error))
    except MeasurementError as error:
        return error.log or RunLog(config, (), failure=str(error))
    except (DataError, MXNetUnavailable):
        raise
    except Exception as error:
        return RunLog(config, (), failure=f"{type(error).__name__}: {error}".splitlines()[0])


def _report(report: Report, record: EpochRecord) -> None:
    report(check_kind("what a runner reports", record, EpochRecord, "an EpochRecord"))


def _checked(log: object, config: RunConfig) -> RunLog:
    """What a runner gave, if it is the log of the run; else ConfigError, and the run has failed."""
    if not isinstance(log, RunLog):
        raise ConfigError(f"a runner gives a RunLog, and gave {shown(log)}")
    if log.config != config:
        raise ConfigError("a runner gave the log of another configuration")
    if not log.epochs and not log.failure:
        raise ConfigError("a runner gave a log without an epoch")
    RunLog.from_json(log.to_json(None))  # as a store will have it
    return log


class _Worker:
    """A process, our end of the pipe to it, and the run that it has."""

    def __init__(self, runner: Runner, threads: int, warns: bool) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, runner, threads, warns), daemon=True)
        try:
            with _environment(threads), _deaf_to_interrupts():
                self.process.start()
        except (OSError, PickleError, AttributeError, TypeError) as error:
            raise EnsembleError(f"a worker cannot start: {brief(error)}") from error
        theirs.close()
        self.config: RunConfig | None = None
        self.began = False

    def give(self, config: RunConfig) -> None:
        self.config = config
        with suppress(OSError):  # it has died, which `take` will notice
            self.pipe.send(config)

    def take(self) -> RunLog | EpochRecord | Exception | None:
        """What it has to say: that it began (None), an epoch, the log of its run; EOFError where it died."""
        try:
            answer: RunLog | EpochRecord | Exception | None = self.pipe.recv()
        except (EOFError, OSError) as error:
            self.process.join()
            raise EOFError from error
        self.began = True
        if isinstance(answer, RunLog):
            self.config = None
        return answer

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _serve(pipe: Connection, runner: Runner, threads: int, warns: bool) -> None:
    """What a worker does until it is killed, or nobody is at the other end any more."""
    if not warns:
        warnings.simplefilter("ignore")
    warnings.showwarning = _say
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, ConnectionError):
        pipe.send(None)
        while True:
            answer: object
            try:
                answer = attempt(runner, pipe.recv(), threads, pipe.send)
            except (ConfigError, DataError, MXNetUnavailable) as error:
                answer = EnsembleError(str(error))
            pipe.send(answer)


def _say(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    if issubclass(category, DropoutGluonWarning):
        say(str(message))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def end_in_a_worker() -> None:
    """End a worker that is about to start runs of its own: the script that it imports again has no guard.

    The parent says so, in one line; what the worker would print comes before that and helps nobody.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        sys.exit(1)


@contextmanager
def _environment(threads: int) -> Iterator[None]:
    """OpenMP reads its environment once, when it is loaded, so a worker is born with it."""
    changed = {"OMP_NUM_THREADS": str(threads), "MXNET_CPU_WORKER_NTHREADS": "1"}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM are put off: a process of which only a half is born says so at length.

    Other threads, of OpenBLAS say, hear them for the main thread, so that blocking them is not enough.
    """
    came: list[int] = []
    is_main = threading.current_thread() is threading.main_thread()  # the one that can be disturbed
    heard = (signal.SIGINT, signal.SIGTERM) if is_main else ()
    before = [(one, signal.signal(one, lambda number, _: came.append(number))) for one in heard]
    try:
        yield
    finally:
        for one, handler in before:
            signal.signal(one, handler)
        for number in came[:1]:
            signal.raise_signal(number)


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """A process born here does not hear Ctrl-C: the parent does, and ends it."""
    resource_tracker.ensure_running()  # which unblocks SIGINT when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run_locally(
    configs: Iterable[RunConfig],
    *,
    workers: int,
    threads: int = 1,
    runner: Runner = train,
    attempts: int = 3,
    report: Callable[[RunConfig, EpochRecord], object] = lambda config, record: None,
) -> Generator[RunLog, None, None]:
    """The logs of the runs, in the order in which they end.

    Args:
        configs: what to run; taken one by one.
        workers: processes at a time.
        threads: OpenMP threads of each.
        runner: what a worker calls; it must be found by its name in a new process.
        attempts: how often a run may lose its worker before it counts as failed.
        report: called with each epoch of each run; those of a run that lost its worker come again.

    Raises:
        EnsembleError: a worker cannot start, or has no data.
    """
    waiting, lost = iter(configs), deque[RunConfig]()
    deaths: dict[RunConfig, int] = {}
    pool: list[_Worker] = []
    try:
        while True:
            _hand_out(waiting, lost, pool, workers, lambda: _Worker(runner, threads, not pool))
            busy = {worker.pipe: worker for worker in pool if worker.config is not None}
            if not busy:
                return
            for pipe in wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]
                config = worker.config
                assert config is not None
                try:
                    answer = worker.take()
                except EOFError:
                    pool.remove(worker)
                    deaths[config] = deaths.get(config, 0) + 1
                    answer = _bury(worker, config, deaths[config], attempts)
                    if answer is None:
                        lost.append(config)
                if isinstance(answer, Exception):
                    raise answer
                if isinstance(answer, EpochRecord):
                    report(config, answer)
                elif answer is not None:
                    yield answer
    finally:
        for worker in pool:
            worker.end()


def _hand_out(
    waiting: Iterator[RunConfig],
    lost: deque[RunConfig],
    pool: list[_Worker],
    workers: int,
    make: Callable[[], _Worker],
) -> None:
    """Give a run to each worker that has none, and start workers while there are runs for them."""
    while True:
        idle = next((worker for worker in pool if worker.config is None), None)
        if idle is None and len(pool) >= workers:
            return
        config = lost.popleft() if lost else next(waiting, None)
        if config is None:
            return
        if idle is None:
            with _undisturbed():  # until it is whole, and in the pool, whose workers are ended
                idle = make()
                pool.append(idle)
        idle.give(config)


def _bury(worker: _Worker, config: RunConfig, deaths: int, attempts: int) -> RunLog | None:
    """The log of a run that has lost its last worker; None where it may have another."""
    worker.pipe.close()
    status = worker.process.exitcode or 0
    how = f"signal {-status}" if status < 0 else f"exit status {status}"
    if not worker.began and status >= 0:
        raise EnsembleError(
            f"a worker process ended before its first run ({how}); a script starts runs "
            'below `if __name__ == "__main__":`'
        ) from None
    if deaths < attempts:
        return None
    return RunLog(config, (), failure=f"its worker process died {deaths} times, the last time by {how}")
