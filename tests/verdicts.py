"""Verdicts for tests of their views: made, not judged."""

import numpy as np

from dropout_gluon.logs import EpochRecord
from dropout_gluon.verdict.record import Band, Curve, Group
from dropout_gluon.verdict.views import Verdict

COLUMNS = ("loss", "train_acc", "test_acc")
SIDE = {"loss": (0.03, 0.05), "train_acc": (0.02, 0.01), "test_acc": (0.015, 0.015)}  # of the band


def median(column, epoch):
    return 1.2 / epoch if column == "loss" else 1 - 0.4 / epoch


def record(epoch, off):
    """An epoch that lies `off` times the upper or lower side of the band away from the median."""
    values = [median(c, epoch) + off * SIDE[c][off > 0] for c in COLUMNS]
    return EpochRecord(epoch, *(round(value, 6) for value in values))


def group(sources=("log.txt:1",), epochs=2, offs=None, differs=False, p=0.23):
    """Logs, each away from the median as `offs` says; the test curve differs or does not."""
    logs = [tuple(record(e, off) for e in range(1, epochs + 1)) for off in (offs or [0.5] * len(sources))]
    bands = []
    for e in range(epochs):
        for column in COLUMNS:
            value = float(np.mean([getattr(log[e], column) for log in logs]))
            middle, (down, up) = median(column, e + 1), SIDE[column]
            bands.append(Band(e + 1, column, value, middle - down, middle, middle + up, 7, 3))
    reason = "test accuracy is lower than in any of the 10 reference runs from epoch 1 on" if differs else ""
    curves = (
        Curve("training", 0.61, False, ("reshuffled", "released")),
        Curve("test", p, differs, () if differs else ("reshuffled",), reason),
    )
    return Group(tuple(sources), tuple(logs), "reshuffled", 10, curves, tuple(bands))


def verdict(outcome="matches", groups=None, **others):
    differs = outcome == "differs"
    groups = groups or (group(offs=[-2.0], differs=True, p=0.0025) if differs else group(),)
    smallest = min(curve.p for one in groups for curve in one.curves)
    return Verdict(outcome, 0.01, smallest, tuple(groups), others.pop("power", 0.87), **others)
