"""How unusual a run is among good runs: questions, and how much each answer speaks against chance.

Everything is estimated from some good runs, once, before any log is seen. Where a log's points lie among
those of *other* good runs is then a rank, and that is exact whatever the distribution of the runs is. What is
chosen here, with heavy tails in mind, decides only how much is found. docs/verdict.md explains it step by
step.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.special import logsumexp, ndtri

from ..machine import environment_kept

with environment_kept():  # in which scikit-learn sets what an OpenMP reads that is not loaded here
    from sklearn.covariance import LedoitWolf

Array = Any  # an ndarray; NumPy's types ask for more than they give here

FARTHEST = 1e9  # robust standard deviations, so that sums stay finite where a loss has run away
FIT, WILD = 3.0, 16.0  # robust standard deviations to which values are drawn in: for the metric, and after
TAIL = 0.1  # of the values on a side, to which a tail is fitted
ALIKE = 1e-9  # share by which numbers may be off, by rounding in their sums
DEGREES = 3.0  # of freedom of the t distribution that a value has around its typical one
FAR = 8.0  # standard deviations by which a mistake moves one value at most
DIRECTIONS = 4  # in which known mistakes mostly lie
PRIOR = 10.0  # the variance that mistakes are taken to have in these, where each run has 1
# Of the logarithm, where an answer about the training lies beyond all runs': wild ones keep their order, and
# hide little of what the other questions find.
DAMPING = 20.0
# How much a question counts: so that mistakes which are not known are found about as often as those that are,
# and the test curve alone is enough, the one difference that honest logs are known to have.
WEIGHTS = {"far": 1.0, "along": 16.0, "high or low": 8.0, "test": 16.0, "mistake": 32.0}

TOTAL, TRAINING, TEST = range(3)  # the columns of points


class Answers(NamedTuple):
    """What the questions found about some runs.

    Attributes:
        far: (runs, 3), how far in all directions: the training curve, the test curve given the training
            curve, both in the directions of known mistakes.
        side: (runs, 2 * columns), each column up and down; the last two are of the test curve.
        mistakes: (runs, mistakes, 2), ln of how much likelier the training curve and the test curve given
            it are with a mistake than without.
    """

    far: Array
    side: Array
    mistakes: Array


class Looks(NamedTuple):
    """How some runs look among good ones, whatever mistakes are known.

    Attributes:
        white: (runs, values), what each value adds to those before it.
        added: likewise, as normal quantiles.
        side: as in `Answers`.
    """

    white: Array
    added: Array
    side: Array


@dataclass(frozen=True)
class Tail:
    """How probable it is to reach a value, as good runs say: by rank, in the upper tail exponential.

    Attributes:
        known: (runs, questions), sorted.
        start: (questions,), where the tail begins.
        scale: (questions,), the mean excess there.
    """

    known: Array
    start: Array
    scale: Array

    @classmethod
    def of(cls, answers: Array) -> Tail:
        known = np.sort(answers, axis=0)
        many = _in_tail(len(known))
        start = known[-many - 1]
        return cls(known, start, np.maximum((known[-many:] - start).mean(axis=0), 1e-9))

    def surprise(self, answers: Array) -> Array:
        """Minus the logarithm of each answer's probability to be reached."""
        n = len(self.known)
        reached = np.maximum(n - _ranks(self.known, alike(answers), "left"), 1)
        beyond = np.maximum(answers - self.start, 0) / self.scale
        return np.where(answers > self.start, beyond - np.log(_in_tail(n) / n), -np.log(reached / n))


@dataclass(frozen=True)
class Scores:
    """Values as normal quantiles: by rank among good runs, in either tail by a generalised Pareto one.

    The tail is fitted to what values exceed its start by, by probability weighted moments (Hosking and
    Wallis, Technometrics 29, 1987, 339), and at least exponential: one that ended where the data end would
    make anything beyond impossible.
    """

    known: Array
    tails: tuple[tuple[float, Array, Array, Array], ...]  # side, start, shape, scale

    @classmethod
    def of(cls, values: Array) -> Scores:
        many, tails = _in_tail(len(values)), []
        for side in (1.0, -1.0):
            ordered = np.sort(side * values, axis=0)
            start = ordered[-many - 1]
            excess = ordered[-many:] - start
            mean = excess.mean(axis=0)
            falling = 1 - (np.arange(1, many + 1) - 0.35) / many
            weighted = (excess * falling[:, None]).mean(axis=0)
            with np.errstate(divide="ignore", invalid="ignore"):  # where nothing varies
                shape = np.clip(np.nan_to_num(2 - mean / (mean - 2 * weighted)), 0, 0.95)
            tails.append((side, start, shape, np.maximum(mean * (1 - shape), 1e-12)))
        return cls(np.sort(values, axis=0), tuple(tails))

    def __call__(self, values: Array) -> Array:
        n = len(self.known)
        least, most = alike(values), -alike(-values)
        below = (_ranks(self.known, least, "left") + _ranks(self.known, most, "right")) / 2
        scores = ndtri(np.clip(below, 0.5, n - 0.5) / n)
        for side, start, shape, scale in self.tails:
            excess = np.maximum(side * values - start, 0) / scale
            heavy = np.log1p(shape * excess) / np.maximum(shape, 1e-6)
            log_sf = np.log(_in_tail(n) / n) - np.where(shape > 1e-6, heavy, excess)
            beyond = -side * ndtri(np.exp(np.maximum(log_sf, -600)))
            scores = np.where(side * values > start, beyond, scores)
        return scores


class Measure:
    """A measure of runs, made from good ones.

    Args:
        runs: (runs, epochs, columns), good ones; the last column is the test accuracy, those before it make
            the training curve.
        units: (columns,), a unit of the last digit that is known; 0 where all digits are.
        known: (mistakes, epochs, columns), the typical curves of runs with each known mistake; may be empty.
        damping: of answers beyond all runs', 1 for runs of which none is known to be wild.
    """

    def __init__(self, runs: Array, units: Array, known: Array, damping: float = DAMPING) -> None:
        self._damping = damping
        self.epochs, self.columns = runs.shape[1:]
        self.middle = np.median(runs, axis=0)
        deviation = np.median(np.abs(runs - self.middle), axis=0)
        # Where nothing varies, any other value is far out.
        self.spread = np.maximum(with_rounding(deviation / ndtri(0.75), units), 1e-9)
        plain = self._standardised(runs)
        metric = LedoitWolf().fit(_drawn_in(plain, FIT))
        self._centre = metric.location_
        self.root = np.linalg.cholesky(metric.covariance_ + 1e-9 * np.eye(plain.shape[1]))
        self._added, self._plain = Scores.of(self._white(runs)), Scores.of(plain)
        self._level = _unit(np.linalg.solve(self._test_root, np.ones(self.epochs)))
        self._looks = self.look(runs)
        self._know(known)

    def _know(self, known: Array) -> None:
        moved = self._white(known)
        self._moved = np.clip(moved, -FAR, FAR)
        self._along, self._gain = _directions(moved)
        answers = self.answer(self._looks)
        self._tails = [Tail.of(answers.far), Tail.of(answers.side)]

    def knowing(self, known: Array) -> Measure:
        """This measure with other known mistakes: what good runs alone make is not made again."""
        other = copy(self)
        other._know(known)
        return other

    @property
    def _test(self) -> slice:
        """The values of the test curve, which stand last."""
        return slice(self.epochs * (self.columns - 1), None)

    @property
    def _training(self) -> slice:
        return slice(0, self.epochs * (self.columns - 1))

    @property
    def _test_root(self) -> Array:
        return self.root[self._test, self._test]

    def ask(self, values: Array) -> Answers:
        """The answers about runs, (runs, epochs, columns)."""
        return self.answer(self.look(values))

    def look(self, values: Array) -> Looks:
        """How runs look, (runs, epochs, columns)."""
        white = self._white(values)
        added = self._added(white)
        plain = self._plain(self._standardised(values))
        half = max(1, self.epochs // 2)
        sides = []
        for column in range(self.columns - 1):
            scores = plain[:, self._training][:, column :: self.columns - 1]
            sides += [np.sort(sign * scores, axis=1)[:, -half:].mean(axis=1) for sign in (1, -1)]
        higher = added[:, self._test] @ self._level
        return Looks(white, added, np.stack([*sides, higher, -higher], axis=1))

    def answer(self, looks: Looks) -> Answers:
        """The answers about runs that look like this."""
        training, test = looks.added[:, self._training], looks.added[:, self._test]
        along = ((looks.added @ self._along.T) ** 2 * self._gain).sum(axis=1)
        far = np.stack([(training**2).sum(axis=1), (test**2).sum(axis=1), along], axis=1)
        gained = cost(looks.white, DEGREES)[:, None] - cost(looks.white[:, None] - self._moved, DEGREES)
        parts = [gained[..., part].sum(axis=-1) for part in (self._training, self._test)]
        return Answers(far, looks.side, np.stack(parts, axis=-1))

    def points(self, answers: Answers) -> Array:
        """How much all of it, the training curve and the test curve speak against chance: see `points`."""
        far, side = (tail.surprise(asked) for tail, asked in zip(self._tails, (answers.far, answers.side)))
        runs = len(self._tails[0].known)
        for found in (far, side[:, :-2]):
            found[:] = damped(found, runs, self._damping)
        return points(far, side, answers.mistakes)

    def whitened(self, deviations: Array) -> Array:
        """Deviations from something, as multiples of their spread, without what good runs have in common."""
        return np.linalg.solve(self.root, in_order(deviations).T).T

    def _standardised(self, values: Array) -> Array:
        """Each value as robust standard deviations from the median, in order."""
        with np.errstate(over="ignore"):
            return np.clip(in_order((values - self.middle) / self.spread), -FARTHEST, FARTHEST)

    def _white(self, values: Array) -> Array:
        """What each value adds to those before it.

        A run whose loss jumps at one epoch, as good runs do now and then, is unusual at that epoch and not
        at all later ones; the test curve adds what this training does not let expect.
        """
        drawn = _drawn_in(self._standardised(values), WILD)
        return np.linalg.solve(self.root, (drawn - self._centre).T).T


def damped(surprise: Array, runs: int, by: float = DAMPING) -> Array:
    """Of what goes beyond all runs a part: good runs are wild in their training now and then.

    The two last columns of `Answers.side` count whole: the test curve's answers have no such tails.
    """
    most = np.log(runs)
    return np.where(surprise > most, most + (surprise - most) / by, surprise)


def points(far: Array, side: Array, mistakes: Array) -> Array:
    """How much all of it, the training curve and the test curve speak against chance, (runs, 3).

    ln of the weighted sum over the questions of how much less probable an answer is by chance: one over the
    probability to be reached, or the likelihood ratio of a mistake.

    Args:
        far, side: minus the logarithms of these probabilities, in the order of `Answers`; `far` may have no
            columns.
        mistakes: as in `Answers`.
    """
    weights = {kind: np.log(weight) for kind, weight in WEIGHTS.items()}
    on_training, on_test = side[:, :-2] + weights["high or low"], side[:, -2:] + weights["test"]
    # Where no mistake is known, nothing lies along any, and all directions count as much.
    alone = far[:, :2] + weights["far" if mistakes.shape[1] else "along"]
    along = far[:, 2:] + weights["along"]
    each = weights["mistake"]
    total = [alone, along, on_training, on_test, mistakes.sum(axis=-1) + each]
    training = [alone[:, :1], on_training, mistakes[..., 0] + each]
    test = [alone[:, 1:], on_test, mistakes[..., 1] + each]
    curves = (np.concatenate(parts, axis=1) for parts in (total, training, test))
    return np.stack([logsumexp(part, axis=1) for part in curves], axis=1)


def in_order(values: Array) -> Array:
    """(runs, epochs, columns) as (runs, values): the training curve epoch by epoch, then the test curve."""
    training = values[..., :-1].reshape(len(values), values.shape[1] * (values.shape[2] - 1))
    return np.concatenate([training, values[..., -1]], axis=1)


def _directions(moved: Array) -> tuple[Array, Array]:
    """The directions in which mistakes mostly lie, orthonormal, and how much a run counts in each."""
    if not len(moved):
        return np.empty((0, moved.shape[1])), np.empty(0)
    _, sizes, along = np.linalg.svd(_unit(moved), full_matrices=False)
    prior = PRIOR * sizes[:DIRECTIONS] ** 2 / len(moved)
    return along[:DIRECTIONS], prior / (1 + prior)


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def cost(deviations: Array, degrees: float) -> Array:
    """Minus ln of the density of a t distribution of so many degrees of freedom, but for a constant."""
    return (degrees + 1) / 2 * np.log1p(deviations**2 / degrees)


def with_rounding(spread: Array, units: Array) -> Array:
    """The spread of values that are rounded, which adds a unit's uniform distribution."""
    return np.sqrt(spread**2 + units**2 / 12)


def alike(numbers: Array) -> Array:
    """The least that these may be, had they come from other sums of the same values."""
    return numbers - ALIKE * (1 + np.abs(np.where(np.isinf(numbers), 0, numbers)))


def _ranks(known: Array, values: Array, side: Any) -> Array:
    """How many of the sorted `known` lie below each value, column by column."""
    columns = [np.searchsorted(known[:, c], values[:, c], side) for c in range(known.shape[1])]
    return np.stack(columns, axis=1) if columns else np.empty(values.shape)


def _drawn_in(z: Array, most: float) -> Array:
    """Values that stay as they are near 0 and never go beyond `most`."""
    return most * np.tanh(z / most)


def _in_tail(runs: int) -> int:
    return int(np.ceil(TAIL * runs))
