"""Runs of exercises that were never trained, for tests of what is made of them."""

import numpy as np

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
