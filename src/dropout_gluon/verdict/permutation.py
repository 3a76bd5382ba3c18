"""How unusual some runs are among others: a permutation test on whole training curves.

If the runs in question are of the same experiment as the reference runs, then they are just any m of all of
them, and any other m could as well have been the ones in question. So every statistic of theirs is compared
with that of other groups of m runs, drawn from all of them. What the groups share, scale, correlation and
tails, is estimated from all runs, those in question included: nothing distinguishes a group but its values.
The share of groups that lie at least as far out is therefore a p-value whatever the distribution of the runs
is. What is chosen here, with heavy tails in mind, decides only how much the test finds. docs/verdict.md
explains it step by step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import genpareto, norm
from tqdm import tqdm

from ..machine import environment_kept

with environment_kept():  # in which scikit-learn sets what an OpenMP reads that is not loaded here
    from sklearn.covariance import LedoitWolf

Array = Any  # an ndarray; NumPy's types ask for more than they give here


@dataclass(frozen=True)
class ReferenceCurve:
    """A curve of the reference runs, and how to look at it.

    Attributes:
        values: (runs, epochs, columns).
        units: (columns,), a unit of the last digit that is known; 0 where all digits are.
        known: (mistakes, epochs, columns), the typical curve of runs with each of some known mistakes.
        suspect: (epochs, columns), the typical curve of what the runs in question may be most of all; None
            where there is no such thing.
    """

    values: Array
    units: Array
    known: Array
    suspect: Array | None = None


# How many groups are drawn at random, where the runs in question are several; fewer where they are very many.
GROUPS, FEWER, MANY = 4999, 999, 100
FIT, WILD = 3.0, 16.0  # robust standard deviations to which values are drawn in: for the metric, and after
TAIL = 0.1  # of the values on each side, to which a tail is fitted
TOGETHER = 0.9  # the share of the level for several runs as one; the rest is for each of them alone
CAUTION = 1 / 3  # how much the logarithm of what is read off a fitted tail counts: 400 runs show no more
VISIBLE = 2.0  # standard deviations by which a known mistake must change a curve to be looked for in it
SUSPICION = 0.1  # the share of the level for the question whether the runs are the suspect's


def judge_runs(reference: Sequence[ReferenceCurve], runs: Sequence[Array]) -> tuple[float, ...]:
    """The p-value of each curve of some runs: together, and each run alone so that none hides among others.

    Args:
        reference: each curve in the reference runs.
        runs: each curve's values in the runs in question, (runs, epochs, columns).

    Returns:
        For each curve, how often good runs have a curve, any of them, that lies at least as far out. Calling
        those curves different whose value is at most a level has false alarms at that rate, over all curves.
    """
    together = permutation_test(reference, runs)
    count = len(runs[0])
    if not 1 < count <= MANY:
        return together
    each = tqdm(range(count), desc="each log alone", unit="log", delay=2, leave=False, disable=None)
    return combine(together, [permutation_test(reference, [run[i : i + 1] for run in runs]) for i in each])


def combine(together: Sequence[float], alone: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """The p-values of several runs, from those of all as one and of each alone, which share the level."""
    least = len(alone) * np.min(alone, axis=0) / (1 - TOGETHER)
    return tuple(min(1.0, joint / TOGETHER, float(single)) for joint, single in zip(together, least))


def permutation_test(
    reference: Sequence[ReferenceCurve], runs: Sequence[Array], *, seed: int = 0
) -> tuple[float, ...]:
    """The p-value of each curve of some runs as one; see `judge_runs`.

    Args:
        reference, runs: as `judge_runs` has them.
        seed: of the groups that are drawn where there are several runs.
    """
    n, m = len(reference[0].values), len(runs[0])
    curves = [_with(curve, new) for curve, new in zip(reference, runs)]
    own, others = _farness(curves, m, fit=n + m, seed=seed)
    p = [float(1 + (others >= far).sum()) / (1 + len(others)) for far in own]
    # Beyond all other groups that share only says how many they are. A tail fitted to them says how far
    # beyond (Knijnenburg and others, Bioinformatics 25, 2009, i161), with everything estimated without the
    # runs in question, which would else be their own measure.
    if own.max() > others.max() and 2 * m <= n:
        outside, inside = _farness(curves, m, fit=n, seed=seed)
        tail = np.exp(-_surprise(np.append(inside, outside), len(inside))[len(inside) :])
        least = 1 / (1 + len(others))
        p = [
            share if far <= others.max() else least * min(1.0, float(beyond) / least) ** CAUTION
            for share, beyond, far in zip(p, tail, own)
        ]
    return tuple(p)


def resemblance(curve: ReferenceCurve, runs: Array) -> Array:
    """How much the change of a curve is like that of each known mistake: cosines, (mistakes,)."""
    scores, _, directions, _ = _scores(_with(curve, runs), len(curve.values))
    own = scores[len(curve.values) :].mean(axis=0)
    return own @ directions[:, 2:] / max(float(np.linalg.norm(own)), 1e-12)


def _with(curve: ReferenceCurve, runs: Array) -> ReferenceCurve:
    """The curve with further runs, which come last."""
    return replace(curve, values=np.concatenate([curve.values, runs]))


def _farness(curves: Sequence[ReferenceCurve], m: int, *, fit: int, seed: int) -> tuple[Array, Array]:
    """How far out the last m runs lie in each curve, and how far in any curve other groups of m runs lie.

    Args:
        curves: those of the runs in question last.
        m: how many these are.
        fit: so many runs, the first ones, are what the others are drawn from and all estimates are made of.
        seed: of the groups.

    Returns:
        (curves,), and (groups,): the farthest curve of each group. Comparing a curve with the farthest
        of every group is Westfall and Young's way to hold a level over all curves.
    """
    runs = len(curves[0].values)
    question = np.arange(runs - m, runs)
    if m == 1:
        members = np.arange(min(fit, runs - 1))[:, None]
    else:
        rng = np.random.default_rng(seed)
        members = np.array([rng.permutation(fit)[:m] for _ in range(GROUPS if m <= MANY else FEWER)])
    members = np.append(members, question[None], axis=0)
    estimated = len(members) if fit == runs else len(members) - 1
    found = [_surprises(curve, members, fit, estimated) for curve in curves]
    far, suspected = np.array([general for general, _ in found]), np.array([like for _, like in found])
    farthest = far.max(axis=0)

    def scaled(last: float) -> Array:
        """The farness of the groups, the last of them this one, on the scale of the one other question."""
        return _surprise(np.append(farthest[:-1], last), estimated) + np.log((1 - SUSPICION) / SUSPICION)

    own = np.array([scaled(last)[-1] for last in far[:, -1]])
    others = np.maximum(scaled(farthest[-1]), suspected.max(axis=0))
    return np.maximum(own, suspected[:, -1]), others[:-1]


def _surprises(curve: ReferenceCurve, members: Array, fit: int, estimated: int) -> tuple[Array, Array]:
    """For each group, the most surprising of its statistics, and how much it is like the suspect."""
    scores, smooth, directions, suspect = _scores(curve, fit)
    means = _means(scores, members)
    statistics = (_length(means), _length(means @ smooth), *(means @ directions).T)
    far = np.max([_surprise(statistic, estimated) for statistic in statistics], axis=0)
    return far, _surprise(means @ suspect, estimated)


def _scores(curve: ReferenceCurve, fit: int) -> tuple[Array, Array, Array, Array]:
    """Each run as independent normal scores, and directions among them to look in.

    A value's score is of what it adds to what the values before it predict: a run whose loss jumps at one
    epoch, as good runs do now and then, is unusual at that epoch and not at all later ones. Scores have
    normal tails, whatever tails the additions have on either side.

    Returns:
        scores: (runs, values).
        smooth: (values, at most 3 a column), orthonormal: changes that are constant over the epochs, rise
            with them, or fade after the first.
        directions: (values, 2 + mistakes), of length 1: up and down the line along which whole curves mostly
            differ, and towards each known mistake; 0 for those that hardly change this curve.
        suspect: (values,), likewise towards the suspect; 0 where there is none.
    """
    runs, epochs, columns = curve.values.shape
    suspect = np.empty((0, epochs, columns)) if curve.suspect is None else curve.suspect[None, :epochs]
    everything = np.concatenate([curve.values, curve.known[:, :epochs], suspect])
    z = _standardised(everything, curve.units, fit).reshape(len(everything), -1)
    tame = _draw_in(z[:fit], FIT)
    metric = LedoitWolf().fit(tame)
    root = np.linalg.cholesky(metric.covariance_ + 1e-9 * np.eye(epochs * columns))
    added = np.linalg.solve(root, (_draw_in(z, WILD) - metric.location_).T)
    scores = np.stack([_normal_scores(x[:runs], fit) for x in added], axis=1)
    level = np.linalg.solve(root, np.linalg.svd(tame - metric.location_, full_matrices=False)[2][:1].T)
    changes = np.where(_length(added[:, runs:].T) >= VISIBLE, added[:, runs:], 0.0)
    directions = np.concatenate([level, -level, changes], axis=1)
    directions /= np.maximum(_length(directions.T), 1e-12)
    smooth, _ = np.linalg.qr(np.linalg.solve(root, _smooth_changes(epochs, columns)))
    mistakes = 2 + len(curve.known)
    return scores, smooth, directions[:, :mistakes], directions[:, mistakes:].sum(axis=1)


def _standardised(values: Array, unit: Array, fit: int) -> Array:
    """Each value as robust standard deviations from the median."""
    middle = np.median(values[:fit], axis=0)
    spread = np.median(np.abs(values[:fit] - middle), axis=0) / norm.isf(0.25)
    # Rounding adds a unit's uniform distribution; where nothing varies, any other value is far out.
    with np.errstate(over="ignore"):  # infinitely far, where a loss has run away
        return (values - middle) / np.maximum(np.sqrt(spread**2 + unit**2 / 12), 1e-9)


def _draw_in(z: Array, most: float) -> Array:
    """Values that stay as they are near 0 and never go beyond `most`."""
    return most * np.tanh(z / most)


def _smooth_changes(epochs: int, columns: int) -> Array:
    """(epochs * columns, functions * columns): each function of the epoch, in each column."""
    epoch = np.arange(epochs)
    functions = np.array([np.ones(epochs), epoch - epoch.mean(), np.exp(-epoch / 1.5)])[: min(3, epochs)]
    return np.kron(functions.T, np.eye(columns))


def _normal_scores(x: Array, fit: int) -> Array:
    """Values as normal quantiles: by rank among the first `fit`, in either tail by a fitted one."""
    known = np.sort(x[:fit])
    below = (np.searchsorted(known, x, "left") + np.searchsorted(known, x, "right")) / 2
    scores = norm.ppf(np.clip(below, 0.5, fit - 0.5) / fit)
    for side in (1, -1):
        beyond, probability = _tail(side * x, fit)
        scores[beyond] = side * norm.isf(probability)
    return scores


def _surprise(statistic: Array, fit: int) -> Array:
    """Minus the logarithm of each value's probability to be reached: by rank, in the upper tail as fitted."""
    known = np.sort(statistic[:fit])
    reached = fit - np.searchsorted(known, statistic, "left")
    probability = np.maximum(reached, 1) / fit
    beyond, fitted = _tail(statistic, fit)
    probability[beyond] = fitted
    return -np.log(probability)


def _tail(x: Array, fit: int) -> tuple[Array, Array]:
    """Which values lie in the upper tail of the first `fit`, and their probabilities to be reached.

    A generalised Pareto distribution is fitted to what they exceed the tail's start by, by probability
    weighted moments (Hosking and Wallis, Technometrics 29, 1987, 339). It is at least exponential: a tail
    that ended where the data end would make anything beyond impossible. Where all values count, the largest
    is left out, whichever it is: it may be the one in question, and would make its own tail.
    """
    start = np.quantile(x[:fit], 1 - TAIL)
    beyond = x > start
    excess = np.sort(x[:fit][beyond[:fit]]) - start
    share = len(excess) / fit
    excess = excess[:-1] if fit == len(x) else excess
    count = len(excess)
    if count < 2 or np.ptp(excess) < 1e-12:
        return np.zeros(len(x), dtype=bool), np.empty(0)
    mean = excess.mean()
    weighted = np.mean(excess * (1 - (np.arange(1, count + 1) - 0.35) / count))
    shape = max(0.0, 2 - mean / (mean - 2 * weighted))
    scale = mean * (1 - shape)
    probability = share * genpareto.sf(x[beyond] - start, shape, scale=scale)
    return beyond, np.maximum(probability, 1e-300)


def _means(values: Array, members: Array) -> Array:
    """The mean of each group: (groups, columns)."""
    weights = np.zeros((len(members), len(values)))
    np.put_along_axis(weights, members, 1 / members.shape[1], axis=1)
    return weights @ values


def _length(vectors: Array) -> Array:
    return np.sqrt((vectors**2).sum(axis=1))
