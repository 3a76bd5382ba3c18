"""What a session of turns says: is it one experiment, the table, and the targets."""

from __future__ import annotations

import statistics
from collections.abc import Collection
from dataclasses import dataclass

from report import table

from dropout_gluon.verdict.references import load

# Names of peers, here and in the tables.
OURS, D2L, GLUONBOOK = "dropout_gluon", "d2l 0.9.2", "gluonbook 0.8.10"
PYTORCH, JAX, FLOOR = "PyTorch, eager", "JAX, jit", "matrix products alone"

# A peer and its network; seconds and training loss of each epoch, the first a warm-up.
Key = tuple[str, str]
Measured = dict[Key, list[tuple[float, "float | None"]]]

SCRATCH, GLUON = (OURS, "scratch"), (OURS, "gluon")
WARM_UP = 1

# The training loss of this epoch must be one that the recorded runs on the released split have
# (docs/verdict.md), from the smallest to the largest.
CHECKED_EPOCH = 10
NOT_THE_SAME = "not the same experiment"


@dataclass(frozen=True)
class Target:
    """A bound of the ratio of two times within a turn.

    Attributes:
        what: in the table.
        over, under: the times that are divided.
        bound: of the median.
        at_least: the ratio must not be below the bound, rather than not above it.
    """

    what: str
    over: Key
    under: Key
    bound: float
    at_least: bool = False


TARGETS = (
    Target("our Gluon / PyTorch", GLUON, (PYTORCH, "network"), 0.75),
    Target("our Gluon / JAX", GLUON, (JAX, "network"), 1.4),
    Target("our Gluon / matrix products alone", GLUON, (FLOOR, "network"), 2.0),
    Target("our scratch / PyTorch", SCRATCH, (PYTORCH, "network"), 1.1),
    Target("d2l, Gluon / our Gluon", (D2L, "gluon"), GLUON, 4.0, at_least=True),
    Target("d2l, scratch / our scratch", (D2L, "scratch"), SCRATCH, 3.3, at_least=True),
    Target("gluonbook, Gluon / our Gluon", (GLUONBOOK, "gluon"), GLUON, 4.0, at_least=True),
    Target("gluonbook, scratch / our scratch", (GLUONBOOK, "scratch"), SCRATCH, 3.3, at_least=True),
)


def checked_loss(measured: Measured, key: Key) -> float | None:
    """The training loss by which experiments are told apart; None for the floor, which has none."""
    return measured[key][CHECKED_EPOCH - 1][1]


def loss_bounds() -> tuple[float, float]:
    """The smallest and the largest training loss that the reference runs have."""
    losses = load("released").values[:, CHECKED_EPOCH - 1, 0]
    return round(losses.min(), 3), round(losses.max(), 3)


def strangers(measured: Measured) -> list[Key]:
    """Those that do not train the chapter's experiment: their loss is not one that its runs have."""
    low, high = loss_bounds()
    losses = {key: checked_loss(measured, key) for key in measured}
    return [key for key, loss in losses.items() if loss is not None and not low <= loss <= high]


def seconds(measured: Measured, key: Key) -> list[float]:
    """The times that count."""
    return [took for took, _ in measured[key][WARM_UP:]]


def ratios(measured: Measured, over: Key, under: Key) -> list[float]:
    """The ratio of two times in each turn."""
    return [a / b for a, b in zip(seconds(measured, over), seconds(measured, under))]


def peers_table(measured: Measured, odd: Collection[Key] = ()) -> str:
    """Medians, and each time as a ratio to our scratch and our Gluon network; `odd` are the strangers."""

    def row(key: Key) -> list[str]:
        to_ours = [statistics.median(ratios(measured, key, own)) for own in (SCRATCH, GLUON)]
        loss = checked_loss(measured, key)
        said = NOT_THE_SAME if key in odd else "-" if loss is None else f"{loss:.3f}"
        median = statistics.median(seconds(measured, key))
        return [*key, f"{median:.2f}", *(f"{ratio:.2f}" for ratio in to_ours), said]

    header = ("", "network", "s an epoch", "times our scratch", "times our Gluon")
    return table((*header, f"training loss, epoch {CHECKED_EPOCH}"), map(row, measured))


def targets_table(measured: Measured, odd: Collection[Key]) -> str:
    """The ratios that have a bound; those with a peer that is missing or a stranger have no value."""

    def row(target: Target) -> list[str]:
        bound = f"{'≥' if target.at_least else '≤'} {target.bound:g}"
        pair = target.over, target.under
        if any(key not in measured for key in pair):
            return [target.what, bound, "-", "not measured"]
        if any(key in odd for key in pair):
            return [target.what, bound, "-", NOT_THE_SAME]
        value = statistics.median(ratios(measured, *pair))
        met = value >= target.bound if target.at_least else value <= target.bound
        return [target.what, bound, f"{value:.2f}", "yes" if met else "no"]

    return table(("ratio", "target", "measured", "reached"), map(row, TARGETS))
