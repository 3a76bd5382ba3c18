"""Runs that take no time, or fail in a way of their own: what workers call in tests instead of training."""

import os
import random
import signal
import time
from pathlib import Path

from dropout_gluon.config import RunConfig
from dropout_gluon.errors import DataError, Diverged
from dropout_gluon.logs import EpochRecord, RunLog

SECONDS = "RUNNER_SECONDS"
FOLDER = "RUNNER_FOLDER"


def epochs(config: RunConfig) -> tuple[EpochRecord, ...]:
    """Numbers that depend on the configuration alone."""
    values = random.Random(config.digest)
    return tuple(
        EpochRecord(n, values.random(), values.random(), values.random())
        for n in range(1, config.num_epochs + 1)
    )


def quick(config: RunConfig, report) -> RunLog:
    """A run of as many seconds as the environment says."""
    if FOLDER in os.environ:
        (Path(os.environ[FOLDER]) / f"began-{config.seed}").touch()
    time.sleep(float(os.environ.get(SECONDS, "0")))
    for record in epochs(config):
        report(record)
    deaf = signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    environment = {"threads": os.environ["OMP_NUM_THREADS"], "deaf to interrupts": str(deaf)}
    return RunLog(config, epochs(config), {"release": "none"}, environment)


def diverges_at_one(config: RunConfig, report) -> RunLog:
    """The run with seed 1 diverges."""
    return mixed(config, report) if config.seed == 1 else quick(config, report)


def mixed(config: RunConfig, report) -> RunLog:
    """Some seeds fail: 1 diverges, 2 raises, 3 kills its worker each time, 4 kills it once, 5 exits it."""
    if config.seed == 1:
        error = Diverged(2, 0.5, float("nan"), epochs(config)[:1])
        error.log = RunLog(config, epochs(config)[:1], failure=str(error))
        raise error
    if config.seed == 2:
        raise ValueError("a bug\nwith two lines")
    if config.seed == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    if config.seed == 4 and not (mark := Path(os.environ[FOLDER]) / "died").exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if config.seed == 5:
        os._exit(7)
    return quick(config, report)


def no_data(config: RunConfig, report) -> RunLog:
    raise DataError("Fashion-MNIST is nowhere")
