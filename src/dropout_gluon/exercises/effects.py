"""Means and differences with their uncertainty, and what may be said of them.

Runs with one seed share split, order of the examples and initial weights, so arms are compared seed by seed,
by Student's t of the differences. Where a table compares several, p is adjusted by Holm's method
(Scandinavian Journal of Statistics 6, 1979, 65); intervals are of 95% each. One run that came to grief widens
an interval so that nothing shows: where one lies far out, the p of Wilcoxon's signed ranks and the median
stand beside those of the mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import stats

from ..config import RunConfig
from ..logs import RunLog

Array = Any  # an ndarray; NumPy's types ask for more than they give here

LEVEL = 0.05
LAST = 3  # epochs of which the mean is taken: one epoch may be out of line
FAR, FEWEST = 10.0, 10  # standard deviations at which a run is far out, among so many of one kind at least
TAIL = "the last tenth of the epochs, three at least"  # of which `tails` takes it


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds.

    Attributes:
        mean, low, high: with its 95% interval; without width where there is one value.
        n: of how many seeds.
        spread: standard deviation over the seeds.
        p: how often chance alone gives a mean as far from 0, adjusted where there were several.
        ranks: likewise by signed ranks (Wilcoxon).
        median: of the values.
        wild: how many of them lie far out.
    """

    mean: float
    low: float
    high: float
    n: int
    spread: float
    p: float
    ranks: float = 1.0
    median: float = float("nan")
    wild: int = 0

    @property
    def shows(self) -> bool:
        """Whether it differs from 0, all comparisons counted."""
        return self.p <= LEVEL

    @property
    def holds_0(self) -> bool:
        """Whether 0 is in the interval, which is of this one alone."""
        return self.low <= 0 <= self.high

    @property
    def side(self) -> int:
        """1 where it is shown to be above 0, -1 where below, else 0."""
        return 0 if not self.shows else 1 if self.mean > 0 else -1

    def text(self, digits: int = 4, sign: bool = False) -> str:
        """``0.8744 ± 0.0012``: the mean and half the width of its interval; of one value, that alone."""
        if self.n < 2:
            return f"{self.mean:{'+' if sign else ''}.{digits}f}" if self.n else "no run"
        half = (self.high - self.low) / 2
        return f"{self.mean:{'+' if sign else ''}.{digits}f} ± {half:.{digits}f}"

    def range(self, digits: int = 4, sign: bool = True) -> str:
        """``+0.0010 to +0.0032``"""
        form = f"{'+' if sign else ''}.{digits}f"
        return f"{self.low:{form}} to {self.high:{form}}"


def estimate(values: Iterable[float]) -> Estimate:
    """The mean of values, one a seed."""
    found = np.array(list(values), dtype=np.float64)
    n, mean = len(found), float(found.mean()) if len(found) else float("nan")
    if n < 2:
        return Estimate(mean, mean, mean, n, 0.0, 1.0)
    one = student(mean, float(found.std(ddof=1)) / n**0.5, n, n - 1)
    wild = int(lie_far_out(found).sum())
    return replace(one, ranks=signed_ranks(found), median=float(np.median(found)), wild=wild)


def student(mean: float, error: float, n: int, freedom: int) -> Estimate:
    """Of n seeds a mean with this standard error, by Student's t of so many degrees of freedom."""
    half = float(stats.t.ppf(0.975, freedom)) * error
    p = 2 * float(stats.t.sf(abs(mean) / error, freedom)) if error else float(mean == 0)
    return Estimate(mean, mean - half, mean + half, n, error * n**0.5, p)


def signed_ranks(values: Array) -> float:
    """The p of Wilcoxon's signed ranks, by their normal approximation, which ties leave right.

    SciPy's gives another p from one version to the next where there are ties, and pages would differ.
    """
    there = values[values != 0]
    if not len(there):
        return 1.0
    ranks = stats.rankdata(np.abs(there))
    return 2 * float(stats.norm.sf(abs(ranks @ np.sign(there)) / float(ranks @ ranks) ** 0.5))


def lie_far_out(values: Array) -> Array:
    """Which of them do, by robust standard deviations from the median, (n,).

    None of fewer than ten, nor where most are alike to the last digit, which leaves nothing to measure by.
    """
    away = np.abs(values - np.median(values))
    most = FAR * np.median(away) / stats.norm.ppf(0.75)
    return (away > most) & (most > 0) & (len(values) >= FEWEST)


def difference(one: Mapping[int, float], other: Mapping[int, float]) -> Estimate:
    """Of two arms, seed by seed; seeds that one of them lacks do not count."""
    return estimate(one[seed] - other[seed] for seed in sorted(one.keys() & other.keys()))


def slopes(arms: Mapping[float, Mapping[int, float]]) -> dict[int, float]:
    """Seed -> how much a value rises as x rises by 1, by least squares.

    Args:
        arms: x -> the values at it, by seed. A seed that an arm lacks does not count, nor does an empty arm.
    """
    places = sorted(x for x, arm in arms.items() if arm)
    seeds = set.intersection(*({*arms[x]} for x in places)) if len(places) > 1 else set()
    away = np.array(places) - np.mean(places) if places else np.zeros(0)
    return {
        seed: float(away @ [arms[x][seed] for x in places]) / float(away @ away) for seed in sorted(seeds)
    }


def line(places: Sequence[float], values: Sequence[float], at: float) -> tuple[Estimate, Estimate]:
    """Least squares through one value a run: its height at a place, and its slope; four runs at least.

    Raises:
        ValueError: there are fewer, or all are at one place.
    """
    n = len(places)
    if n < 4 or len({*places}) < 2:
        raise ValueError("a line goes through four runs or more that are not all at one place")
    # Not SciPy's linregress: of values that all lie on a line its errors are 0, NaN or neither, by version.
    x, y = np.stack([np.ones(n), np.array(places) - at], axis=1), np.array(values)
    fit = np.linalg.lstsq(x, y, rcond=None)[0]
    variance = ((y - x @ fit) ** 2).sum() / (n - 2)
    errors = np.sqrt(variance * np.diag(np.linalg.inv(x.T @ x)))
    height, slope = (student(float(m), float(e), n, n - 2) for m, e in zip(fit, errors))
    return height, slope


def holm(estimates: Sequence[Estimate]) -> list[Estimate]:
    """The estimates with p adjusted for their number."""
    columns = (_holm([getattr(one, kind) for one in estimates]) for kind in ("p", "ranks"))
    return [replace(one, p=p, ranks=ranks) for one, p, ranks in zip(estimates, *columns)]


def _holm(each: Sequence[float]) -> list[float]:
    adjusted, largest = [*each], 0.0
    for place, index in enumerate(sorted(range(len(each)), key=lambda i: each[i])):
        largest = max(largest, min(1.0, each[index] * (len(each) - place)))
        adjusted[index] = largest
    return adjusted


def late(log: RunLog, column: str = "test_acc", last: int = LAST) -> float:
    """The mean of a column over so many of the last epochs."""
    return float(np.mean([getattr(epoch, column) for epoch in log.epochs[-last:]]))


def lates(logs: Mapping[int, RunLog], column: str = "test_acc") -> dict[int, float]:
    """Seed -> `late`."""
    return {seed: late(log, column) for seed, log in logs.items()}


def tails(logs: Mapping[int, RunLog], column: str = "test_acc") -> dict[int, float]:
    """Seed -> the mean of a column over the last tenth of the epochs, `LAST` at least.

    For long runs on few images, where an epoch may be a hundredth off the one before.
    """
    return {seed: late(log, column, max(LAST, len(log.epochs) // 10)) for seed, log in logs.items()}


def far_out(logs: Iterable[RunLog]) -> list[tuple[RunLog, float, float]]:
    """Runs that end far from others of their configuration, as where the loss jumps in the last epochs.

    Returns:
        Each with its test accuracy, `late`, and the median of those.
    """
    kinds: dict[RunConfig, list[RunLog]] = {}
    for log in logs:
        if not log.failure:
            kinds.setdefault(replace(log.config, seed=0), []).append(log)
    found = []
    for kind in kinds.values():
        values = np.array([late(log) for log in kind])
        wild, middle = np.flatnonzero(lie_far_out(values)), float(np.median(values))
        found += [(kind[index], float(values[index]), middle) for index in wild]
    return found


def told(one: Estimate, than: str, digits: int = 4) -> str:
    """The predicate of a sentence on a difference: what may be said of it.

    Args:
        one: the difference, p adjusted.
        than: what stands against it, as ``with nothing dropped``.
    """
    if one.n < 2:
        return f"cannot be compared with that {than} by {one.n} of the seeds"
    evidence = f"({certainty(one, digits)})"
    if one.shows:
        side = "higher" if one.mean > 0 else "lower"
        return f"is {side} by {abs(one.mean):.{digits}f} than {than} {evidence}"
    if one.wild and one.ranks <= LEVEL:
        side = "higher" if one.median > 0 else "lower"
        return (
            f"is {side} in most seeds, by a median of {abs(one.median):.{digits}f}, but in the mean, which "
            f"runs far out decide, cannot be told from that {than} {evidence}"
        )
    among = "" if one.holds_0 else ", all comparisons counted"
    return f"cannot be told from that {than}{among} {evidence}: {room(one, digits)}"


def room(found: Estimate, digits: int = 4) -> str:
    """How large a difference that does not show may be: up to the end of the interval farther from 0."""
    most = max(abs(found.low), abs(found.high))
    return f"the runs leave room for a difference of up to {most:.{digits}f}"


def certainty(found: Estimate, digits: int = 4) -> str:
    """``95% interval +0.0010 to +0.0032; p = 0.0021, 10 seeds``, and by ranks where a value lies far out."""
    if found.n < 2:
        return "of one seed, so without an interval"
    said = f"95% interval {found.range(digits)}; {p_text(found.p)}, {found.n} seeds"
    if not found.wild:
        return said
    return (
        f"{said}, of which {found.wild} far out: by signed ranks {p_text(found.ranks)}, median "
        f"{found.median:+.{digits}f}"
    )


def p_text(p: float) -> str:
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.2g}"


def p_cell(p: float) -> str:
    """As a table's cell has it."""
    return p_text(p).replace("p = ", "").replace("p ", "")
