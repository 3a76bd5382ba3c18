"""Recorded runs, run again, and what says whether this machine is the one that recorded them."""

import re

import numpy as np
from places import DATA

from dropout_gluon.runs.workers import run_locally, train

VALUES = DATA / "rounding.csv"  # made by benchmarks/rounding.py
FIRST_STEPS = ", first steps"
DIGITS = (5e-6, 5e-6, 5e-5)  # half a unit of the last digit that the records keep
SLACK = 1.01


def measured(text=None):
    """What -> kernels -> seed -> float64 (epochs, 3), as the file of measured values has them."""
    found = {}
    for line in (text or VALUES.read_text()).splitlines():
        if not line.startswith("#") and not line.startswith("what,"):
            # The name of a thing measured may hold commas.
            what, kernels, seed, _epoch, *values = line.rsplit(",", 6)
            runs = found.setdefault(what, {}).setdefault(kernels, {})
            runs.setdefault(int(seed), []).append([float(value) for value in values])
    return {
        what: {kernels: {s: np.array(v) for s, v in runs.items()} for kernels, runs in by_kernels.items()}
        for what, by_kernels in found.items()
    }


def makers(known):
    """For each run of a record, the note on what it was made with.

    Records grow by seeds, and a note counts its runs: the first note's runs have the first seeds.
    """
    notes = [re.fullmatch(r"with: (.*) \((\d+) runs\)", note) for note in known.notes]
    made = [note[1] for note in notes if note for _ in range(int(note[2]))]
    assert len(made) == len(known.seeds)
    return dict(zip(sorted(known.seeds), made))


def is_made_here(note, environment):
    """Whether processor, kernels and threads are those of a note; one that does not name what oneDNN's
    instructions are held to is of a run that held them to nothing."""
    said = dict(item.split(" ", 1) for item in note.split(", "))
    said.setdefault("onednn_isa", "all")
    said.setdefault("model", environment["model"])  # the first records have the name alone
    keys = ("processor", "model", "blas_kernel", "onednn_isa", "threads")
    return all(said[key] == environment[key] for key in keys)


def run_again(configs, runner=train):
    """Seed -> log, each run with one thread, as those of the records."""
    logs = list(run_locally(configs, workers=1, threads=1, runner=runner))
    assert not [log.failure for log in logs if log.failure]
    return {log.config.seed: log for log in logs}


def values(log):
    """float64 (epochs, 3): loss, train_acc, test_acc."""
    return np.array([[epoch.loss, epoch.train_acc, epoch.test_acc] for epoch in log.epochs])
