"""Logs for tests of the verdict, and references that do not change as more runs are recorded."""

import json
from dataclasses import replace

import pytest
from places import LOGS

from dropout_gluon.config import RunConfig
from dropout_gluon.logs import EpochRecord, RunLog
from dropout_gluon.verdict import compare as module
from dropout_gluon.verdict.reading import ReadLog
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


def _every_other(split, start):
    every = load(split)
    return Reference(
        split, every.implementations[start::2], every.seeds[start::2], every.values[start::2]
    )  # fmt: skip


@pytest.fixture
def halves(monkeypatch):
    """The first recorded runs alone, half to make the measure and half to be ranked among."""
    monkeypatch.setattr(module, "load_makers", lambda split: _every_other(split, 0))
    monkeypatch.setattr(module, "load_ranks", lambda split: _every_other(split, 1))
    module._ground.cache_clear()
    yield
    module._ground.cache_clear()
