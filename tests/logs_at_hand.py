"""Logs for tests of the verdict, and references that do not change as more runs are recorded."""

import json
from dataclasses import replace

import pytest
from places import LOGS

from dropout_gluon.config import IMPLEMENTATIONS, RunConfig
from dropout_gluon.logs import EpochRecord, RunLog
from dropout_gluon.reading.reader import ReadLog
from dropout_gluon.verdict import experiments as module
from dropout_gluon.verdict.references import Reference, load

PUBLIC = {log["id"]: log for log in json.loads((LOGS / "public.json").read_text())}
GOOD = [name for name, log in PUBLIC.items() if log["documented_configuration"]]


def public(name):
    return [EpochRecord(n, *row) for n, row in enumerate(PUBLIC[name]["epochs"], 1)]


def printed(records, seed=1, **changes):
    """A log as somebody printed it."""
    return ReadLog(tuple(records), f"log.txt:{seed}", (4, 3, 3), **changes)


def scaled(epochs, factor):
    """A log with another loss, in as many digits as it then needs."""
    return [replace(epoch, loss=float(f"{epoch.loss * factor:.4g}")) for epoch in epochs]


def reference_run(split="reshuffled", implementation="gluon", index=0, epochs=10):
    """A recorded good run, as a RunLog of another seed."""
    reference = load(split)
    first = reference.implementations.index(implementation)
    rows = reference.values[first + index, :epochs]
    config = RunConfig(implementation, split=split, seed=77 + index, num_epochs=epochs)
    return RunLog(config, tuple(EpochRecord(n, *map(float, row)) for n, row in enumerate(rows, 1)))


def curves(row):
    return {curve.name: curve for curve in row.curves}


def itself(reference, index):
    """A run of a reference, as its own log, and as that of another seed."""
    rows = reference.values[index].tolist()
    config = RunConfig(reference.implementations[index], split=reference.split, seed=reference.seeds[index])
    log = RunLog(config, tuple(EpochRecord(n, *row) for n, row in enumerate(rows, 1)))
    return log, replace(log, config=replace(config, seed=77))


def _half(split, start):
    """Every other run of those that were recorded first."""
    every, first = load(split), {"reshuffled": 200, "released": 100}[split]
    chosen = []
    for name in IMPLEMENTATIONS:
        own = [i for i, one in enumerate(every.implementations) if one == name]
        chosen += own[:first][start::2]
    return Reference(
        split,
        tuple(every.implementations[i] for i in chosen),
        tuple(every.seeds[i] for i in chosen),
        every.values[chosen],
    )


@pytest.fixture
def halves(monkeypatch):
    """The first recorded runs alone, half to make the measure and half to be ranked among."""
    monkeypatch.setattr(module, "load_makers", lambda split: _half(split, 0))
    monkeypatch.setattr(module, "load_ranks", lambda split: _half(split, 1))
    module._ground.cache_clear()
    yield
    module._ground.cache_clear()
