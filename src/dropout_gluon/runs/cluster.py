"""Runs on a Dask cluster: placement, transport and retries are Dask's."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Generator, Iterable
from itertools import islice
from typing import Any

from ..config import RunConfig
from ..errors import ConfigError, DropoutGluonError, EnsembleError
from ..logs import RunLog
from ..messages import brief, named, shown
from .workers import Runner, attempt, train

# Runs that the scheduler knows at a time, for each thread of the cluster: enough that none waits for us.
AHEAD = 4
CONNECT = 10  # seconds
ADDRESS = re.compile(r"([a-z]+://)?([\w.-]+|\[[\da-fA-F:.%\w]+\]):\d{1,5}/?|inproc://[^\s]+")


def check_address(address: str) -> str:
    """The address of a scheduler, ``tcp://host:port`` or of another protocol, or ConfigError."""
    if not ADDRESS.fullmatch(address):
        raise ConfigError(f"scheduler must be an address, as tcp://host:8786 is, not {shown(address)}")
    return address


def connect(address: str) -> Any:
    """A client of the scheduler at ``tcp://host:port``.

    Raises:
        ConfigError: that is no address.
        EnsembleError: Dask is not installed, or no scheduler answers there.
    """
    check_address(address)
    try:
        from distributed import Client
    except ImportError:
        raise EnsembleError("a cluster needs Dask: pip install distributed") from None
    try:
        return Client(address, timeout=CONNECT)
    except Exception as error:  # each protocol fails in a way of its own
        reason = brief(error) or type(error).__name__
        raise EnsembleError(f"no Dask scheduler answers at {named(address)}: {reason}") from None


def run_on_cluster(
    configs: Iterable[RunConfig], client: Any, *, threads: int = 1, runner: Runner = train
) -> Generator[RunLog, None, None]:
    """The logs of the runs, in the order in which they end.

    Args:
        configs: what to run.
        client: a `distributed.Client`. Its workers have this package and the data.
        threads: OpenMP threads of a run; Dask's workers have one unless they are told otherwise.
        runner: what a worker calls.

    Raises:
        EnsembleError: there is no worker, a worker is not set up, or the scheduler is lost.
    """
    from distributed import KilledWorker, as_completed

    until = time.monotonic() + CONNECT
    while not (slots := sum(client.nthreads().values())) and time.monotonic() < until:
        time.sleep(0.1)  # a worker that was killed comes back
    if not slots:
        raise EnsembleError(f"the scheduler at {client.scheduler.address} has no worker")
    waiting = iter(configs)
    pending: dict[str, tuple[Any, RunConfig]] = {}
    ended = as_completed(loop=client.loop)

    def submit(count: int) -> None:
        for config in islice(waiting, count):
            # A key of its own: Dask would take a run that it still knows for one that is done.
            future = client.submit(attempt, runner, config, threads, key=f"run-{uuid.uuid4()}", pure=False)
            pending[future.key] = future, config
            ended.add(future)

    submit(AHEAD * slots)
    try:
        for future in ended:
            _, config = pending.pop(future.key)
            submit(1)
            try:
                yield future.result()
            except KilledWorker as error:
                yield RunLog(config, (), failure=f"it lost its worker: {error}".splitlines()[0])
            except DropoutGluonError as error:
                raise EnsembleError(str(error)) from error
            except Exception as error:
                reason = f"{type(error).__name__}: {error}".splitlines()[0]
                raise EnsembleError(f"the cluster failed, the runs that ended are kept: {reason}") from error
    finally:
        ended.clear()
        client.cancel([future for future, _ in pending.values()])
