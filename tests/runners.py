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


def gives_none(config: RunConfig, report):
    return None


def gives_a_dict(config: RunConfig, report):
    return {"epochs": []}


def gives_an_epoch(config: RunConfig, report):
    return epochs(config)[0]


def gives_another_run(config: RunConfig, report):
    return quick(RunConfig(seed=config.seed + 1), report)


def gives_no_epoch(config: RunConfig, report):
    return RunLog(config, ())


def gives_what_no_json_has(config: RunConfig, report):
    return RunLog(config, epochs(config), {"release": "none", "labels": {1, 2}})


def reports_words(config: RunConfig, report):
    report("epoch 1")


WRONG = {
    "gives_none": "a runner gives a RunLog, and gave None",
    "gives_a_dict": "a runner gives a RunLog, and gave {'epochs': \\[\\]}",
    "gives_an_epoch": "a runner gives a RunLog, and gave EpochRecord|too long to show",
    "gives_another_run": "a runner gave the log of another configuration",
    "gives_no_epoch": "a runner gave a log without an epoch",
    "gives_what_no_json_has": "TypeError: Object of type set is not JSON serializable",
    "reports_words": "what a runner reports must be an EpochRecord, not 'epoch 1'",
}
