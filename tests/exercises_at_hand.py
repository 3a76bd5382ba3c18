"""Runs of exercises that were never trained, for tests of what is made of them."""

import numpy as np

from dropout_gluon.errors import Diverged
from dropout_gluon.logs import EpochRecord, RunLog


def never_trained(config, test, train=0.8, loss=0.4, measured=None):
    """A run with these test accuracies, one number for all epochs or one each."""
    curves = [np.broadcast_to(curve, config.num_epochs) for curve in (loss, train, test)]
    epochs = tuple(EpochRecord(n, *map(float, row)) for n, row in enumerate(zip(*curves), 1))
    return RunLog(config, epochs, measured=measured or {})


def without(logs, **fields):
    """The logs but for those whose configuration has all these values."""
    return [log for log in logs if any(getattr(log.config, name) != value for name, value in fields.items())]


def failed(log):
    """The run as one that did not end."""
    return RunLog(log.config, log.epochs[:1], failure="the training loss is nan")


def diverged(log, epoch=2):
    """The run as one whose loss was not finite in this epoch."""
    error = Diverged(epoch, log.config.learning_rate, float("nan"), ())
    return RunLog(log.config, log.epochs[: epoch - 1], failure=str(error), measured=log.measured)


def drawn(
    configs, test, loss=lambda config: 0.4, train=lambda config: 0.9, measured=None, scatter=0.0005, draw=0
):
    """Runs with planted effects: what a seed adds is shared by all arms, and each run scatters besides.

    `test`, `loss` and `train` give the planted values of a configuration, `measured` what it measured,
    from the configuration and a generator of random numbers. Another `draw` scatters otherwise: where nothing
    is planted, one draw in twenty shows something.
    """
    logs = []
    for config in configs:
        rng = np.random.default_rng([int(config.digest, 16), draw])
        shared = 0.003 * np.random.default_rng([config.seed, 1]).standard_normal()
        tests, losses, trains = (
            of(config) + shared + scatter * rng.standard_normal(config.num_epochs)
            for of in (test, loss, train)
        )
        found = measured(config, rng) if measured and config.measure else None
        logs.append(never_trained(config, tests, trains, losses, found))
    return logs
