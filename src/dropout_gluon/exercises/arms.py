"""What exercises 7 and 8 share: arms of a few epochs compared in accuracy and loss, and what a step costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..config import RunConfig
from ..logs import RunLog
from ..messages import listed
from ..runs.grid import grid
from .contrasts import cells, contrast
from .effects import Estimate, difference, estimate, holm, lates
from .exercise import Table

Arms = Mapping[str, Mapping[int, RunLog]]  # name -> runs by seed
COLUMNS = {"test_acc": "the test accuracy", "loss": "the loss while training"}


SMALL = {"num_train": 6000, "num_epochs": 6, "batch_size": 64}  # of a quick form: on a tenth of the images


def runs(arms: Iterable[Mapping[str, Any]], seeds: Sequence[int], **fields: int) -> list[RunConfig]:
    """The configurations of each arm, given by its fields; further fields are of all."""
    every: list[RunConfig] = []
    for arm in arms:
        every += grid({"seed": seeds, **{field: [value] for field, value in {**arm, **fields}.items()}})
    return every


def compare(arms: Arms, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str, str], Estimate]:
    """One, other, column -> the difference of the last epochs, p adjusted for all of them.

    Pairs of which an arm has no run are left out.
    """
    keys = [(*pair, column) for pair in pairs for column in COLUMNS if all(arms.get(arm) for arm in pair)]
    found = [difference(*(lates(arms[arm], key[2]) for arm in key[:2])) for key in keys]
    return dict(zip(keys, holm(found)))


def sentences(found: Mapping[tuple[str, str, str], Estimate], column: str) -> str:
    """What each difference of a column says."""
    return " ".join(
        contrast(COLUMNS[column], one, other, differs)
        for (one, other, of), differs in found.items()
        if of == column
    )


def short(arm: str) -> str:
    """``dropout less none`` of ``with dropout less with none``"""
    return arm.replace("with ", "")


def arms_table(arms: Arms) -> Table:
    rows = [
        (short(name), str(len(logs)), *(estimate(lates(logs, column).values()).text() for column in COLUMNS))
        for name, logs in arms.items()
        if logs
    ]
    return Table(
        "Test accuracy, and training loss in nats, taken with the noise on; means of the last three epochs, "
        "and their 95% intervals.",
        ("arm", "seeds", "test accuracy", "training loss"),
        tuple(rows),
    )


def differences_table(found: Mapping[tuple[str, str, str], Estimate]) -> Table:
    pairs = dict.fromkeys(key[:2] for key in found)
    rows = [
        (
            short(f"{one} less {other}"),
            str(found[one, other, "test_acc"].n),
            *(cell for column in COLUMNS for cell in cells(found[one, other, column])),
        )
        for one, other in pairs
    ]
    return Table(
        f"Differences seed by seed, and their 95% intervals; p by Holm over {len(found)}.",
        ("arms", "seeds", "test accuracy", "p", "training loss", "p"),
        tuple(rows),
    )


def ratios(logs: Iterable[RunLog], measurement: str) -> dict[str, Estimate]:
    """What was timed -> the ratio of its step's time to dropout's, over the runs that measured it."""
    measured = [log.measured[measurement] for log in logs if not log.failure and measurement in log.measured]
    names = dict.fromkeys(name for one in measured for name in one)
    return {name: estimate(one[name] for one in measured if name in one) for name in names}


def price(found: Mapping[str, Estimate], names: Mapping[str, str]) -> str:
    """A sentence on the time of a step; empty where none was taken.

    Args:
        found: what `ratios` gives.
        names: what was timed, as a sentence calls it.
    """
    said = [f"{found[key].text(2)} times as long {name}" for key, name in names.items() if key in found]
    if not said:
        return ""
    return f"On the machine of these runs a training step takes, beside one with dropout, {listed(said)}."


def ratio_table(found: Mapping[str, Estimate], names: Mapping[str, str]) -> Table:
    rows = [
        (names[key], str(one.n), one.text(2), one.range(2, sign=False) if one.n > 1 else "")
        for key, one in found.items()
    ]
    return Table(
        "The time of a training step as a multiple of one with dropout, median of alternating turns within a "
        "run, mean over runs; it depends on the machine.",
        ("step", "runs", "ratio", "95% interval"),
        tuple(rows),
    )


def measured(logs: Iterable[RunLog], measurement: str, *path: str | int) -> dict[int, float]:
    """Seed -> a number that runs measured, at a path of names and places within it."""
    found = {}
    for log in logs:
        if not log.failure and measurement in log.measured:
            value = log.measured[measurement]
            for part in path:
                value = value[part]
            found[log.config.seed] = float(value)
    return found


def some(parts: Sequence[str]) -> tuple[str, ...]:
    """The paragraphs that say something."""
    return tuple(part for part in parts if part)
