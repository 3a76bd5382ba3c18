"""What logs are held against: good runs, seen as the logs show runs, and what they say of a log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .measure import Answers, Looks, Measure
from .naming import named
from .ranks import p_of_rank
from .record import Band
from .references import COLUMNS, Mistakes

Array = Any  # an ndarray; NumPy's types ask for more than they give here

BAND = (0.025, 0.5, 0.975)


class View(NamedTuple):
    """How a log shows a run.

    Attributes:
        epochs: which, counted from 1.
        digits: decimals of loss, train acc and test acc; None: all.
        loss: whether the loss is judged; else the accuracies alone are.
    """

    epochs: tuple[int, ...]
    digits: tuple[int | None, ...]
    loss: bool = True

    @property
    def columns(self) -> slice:
        """Those that are judged."""
        return slice(0 if self.loss else 1, None)

    @property
    def units(self) -> Array:
        """A unit of the last digit of each column that is judged, 0 where there are all."""
        return np.array([0.0 if d is None else 10.0**-d for d in self.digits])[self.columns]

    def of(self, values: Array) -> Array:
        """Runs of all epochs, (runs, all epochs, 3), as the log would show them, (runs, epochs, 3)."""
        return rounded(self.chosen(values), self.digits)

    def chosen(self, values: Array) -> Array:
        """Its epochs of these, not rounded."""
        return values[:, [epoch - 1 for epoch in self.epochs]]


class Judged(NamedTuple):
    """What good runs say of a log.

    Attributes:
        p: of all of it, of the training curve and of the test curve, (3,).
        answers: of this log alone.
        word: ``is``, ``resembles`` or empty.
        mistake: which known one; empty where the word is.
    """

    p: Array
    answers: Answers
    word: str
    mistake: str


@dataclass(frozen=True)
class Ground:
    """Good runs, as logs of one view show them.

    Attributes:
        makers: runs that the measure is made from, (runs, all epochs, 3).
        others: runs that a log is ranked among, likewise; none of them is a maker.
        mistakes: those that are known, of the split of the runs.
        view: of the logs.
    """

    makers: Array
    others: Array
    mistakes: Mistakes
    view: View

    @cached_property
    def measure(self) -> Measure:
        return Measure(self._seen(self.makers), self.view.units, self._seen(self.mistakes.values, exact=True))

    @cached_property
    def looks(self) -> Looks:
        """Of the runs that a log is ranked among."""
        return self.measure.look(self._seen(self.others))

    @cached_property
    def answers(self) -> Answers:
        """About them."""
        return self.measure.answer(self.looks)

    @cached_property
    def _points(self) -> Array:
        return self.measure.points(self.answers)

    @cached_property
    def _all(self) -> Array:
        """Each value of all runs, sorted: (runs, epochs, 3)."""
        return np.sort(self.view.of(np.concatenate([self.makers, self.others])), axis=0)

    @cached_property
    def _quantiles(self) -> Array:
        return np.quantile(self._all, BAND, axis=0)

    @property
    def typical(self) -> Array:
        """Medians, (epochs, 3)."""
        return self._quantiles[1]

    @property
    def runs(self) -> int:
        """How many the bands are of."""
        return len(self.makers) + len(self.others)

    def __len__(self) -> int:
        return len(self.others)

    def judge(self, values: Array, own: Sequence[int | None]) -> list[Judged]:
        """Logs, (logs, epochs, 3).

        Args:
            values: of the logs, which show all their epochs; further digits than the view's do not count.
            own: for each log which of the others it is itself, and is not ranked among; None: none.
        """
        values = self._judged(values)
        answers = self.measure.ask(values)
        points = self.measure.points(answers)
        p = p_of_rank(points, self._points)
        for index, itself in enumerate(own):
            if itself is not None:
                p[index] = p_of_rank(points[index : index + 1], np.delete(self._points, itself, axis=0))[0]
        return [
            Judged(p[i], Answers(*(part[i : i + 1] for part in answers)), *called)
            for i, called in enumerate(self._called(values))
        ]

    def _called(self, values: Array) -> list[tuple[str, str]]:
        typical, spread = (self._seen(of, exact=True) for of in (self.mistakes.values, self.mistakes.spread))
        found = named(self.measure, values, typical, spread, self.view.units, self.view.loss)
        return [(word, " or ".join(self.mistakes.names[i] for i in likely)) for word, likely in found]

    def _judged(self, logs: Array) -> Array:
        """What of logs is judged: the columns of the view, with its digits."""
        return rounded(logs, self.view.digits)[..., self.view.columns]

    def _seen(self, values: Array, exact: bool = False) -> Array:
        """The epochs and columns of runs that are judged, with the digits of the view or with all."""
        return (self.view.chosen if exact else self.view.of)(values)[..., self.view.columns]

    def bands(self, log: Array) -> tuple[Band, ...]:
        """Where each value of a log, (epochs, 3), lies among all runs."""
        low, middle, high = self._quantiles.tolist()
        below, above = (self._all < log).sum(axis=0).tolist(), (self._all > log).sum(axis=0).tolist()
        return tuple(
            Band(
                epoch, column, float(log[e, c]), low[e][c], middle[e][c], high[e][c], below[e][c], above[e][c]
            )
            for e, epoch in enumerate(self.view.epochs)
            for c, column in enumerate(COLUMNS)
        )


class OwnGround(Ground):
    """Good runs that are few: all of them make the measure, and the log with them.

    What is estimated from a log and all others alike does not distinguish it, so its rank among all is exact
    (full conformal prediction); it takes a measure of its own for each log. The log is none of the runs.
    """

    def judge(self, values: Array, own: Sequence[int | None]) -> list[Judged]:
        judged = []
        good = self._seen(np.concatenate([self.makers, self.others]))
        for value in self._judged(values):
            both = np.concatenate([good, value[None]])
            known = self._seen(self.mistakes.values, exact=True)
            # So few runs reach little as it is, and nobody knows whether any of them is wild.
            measure = Measure(both, self.view.units, known, damping=1)
            points = measure.points(measure.ask(both))
            alone = self.measure.ask(value[None])
            judged.append(Judged(p_of_rank(points[-1:], points[:-1])[0], alone, "", ""))
        return judged

    def __len__(self) -> int:
        return self.runs


def rounded(values: Array, digits: Sequence[int | None]) -> Array:
    """Values (…, 3) with so many decimals in each column."""
    columns = [values[..., c] for c in range(len(digits))]
    for c, d in enumerate(digits):
        if d is not None:
            # NumPy multiplies before it rounds, which a loss that has run away does not stand.
            small = np.abs(columns[c]) < 1e15 / 10.0**d
            columns[c] = np.where(small, np.where(small, columns[c], 0).round(d), columns[c])
    return np.stack(columns, axis=-1)
