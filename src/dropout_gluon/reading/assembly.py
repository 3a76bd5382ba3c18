"""A run, put together from the lines of its epochs and held to what a run can be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ..errors import LogError
from ..logs import EpochRecord
from .found import MOST_DECIMALS, ReadLog, Unread, excerpt
from .spelling import Incomplete, Values, checked

STEPS = (1, 5, 10)  # epochs from line to line
FIRST = (0, 1)
CHANCE = 0.2  # up to which an accuracy may be of a network that has learned nothing
SURELY = 5  # above this an accuracy is a percentage: ten classes give 10 by chance

TIMED = "its lines end with a time, as other chapters' loops print it"
FROM_ZERO = "epochs were counted from 0"
SOME_EPOCHS = {5: "every fifth epoch only", 10: "every tenth epoch only"}
PERCENT = "values were percentages"
FRACTIONS = "its accuracies have a percent sign, and are fractions"
UNTRAINED = "its epoch 0, before training, was left out"
KERAS = "Keras's progress lines"
SWAPPED = "its loss rises and its train acc falls, as if the two were exchanged"


class Row(NamedTuple):
    """An epoch as it stands in a text.

    Attributes:
        place: where, as messages say it.
        part: which part of the text it is of; a line that is rewritten has several.
        epoch: as it is printed.
        values: as they are printed.
    """

    place: str
    part: int
    epoch: int
    values: Values

    def rewrites(self, other: Row) -> bool:
        """Whether it stands in the other's place on a terminal."""
        return (self.place, self.epoch) == (other.place, other.epoch) and self.part != other.part


class Lacking(NamedTuple):
    """A line that looks like an epoch and lacks something.

    Attributes:
        place: where, as messages say it.
        epoch: as it is printed; None: it has none.
        text: the line.
        found: which values it has; None: they are not what it lacks.
        why: it cannot be read then.
    """

    place: str
    epoch: int | None
    text: str
    found: Incomplete | None
    why: str = ""

    @property
    def reason(self) -> str:
        why = f"has no {self.found.missing}" if self.found else self.why
        return f"{excerpt(self.text)} cannot be read: it {why}"


@dataclass
class Run:
    """The rows of one run, while they are read.

    Attributes:
        heading: what stands above it.
        rows: its epochs.
        failure: its own, which ended it.
        broken: the error that came after its last row, so far.
        spoilt: place and reason, where it cannot be read.
        lacking: a line that would be its next epoch and is not whole.
        passed: a line of another section came since its last row.
    """

    heading: str = ""
    rows: list[Row] = field(default_factory=list)
    failure: str = ""
    broken: str = ""
    spoilt: tuple[str, str] | None = None
    lacking: Lacking | None = None
    passed: bool = False

    @property
    def goes_on(self) -> bool:
        return bool(self.rows) and not self.spoilt and not self.failure

    def takes(self, epoch: int | None) -> bool:
        """Whether the epoch is the one that is due."""
        if epoch is None or not self.goes_on:
            return False
        return epoch == self.due or (len(self.rows) == 1 and epoch - self.rows[0].epoch in STEPS)

    def repeats(self, row: Row) -> bool:
        """Whether the row is its last again, or one before, number for number: a summary, say.

        With an earlier first epoch another run begins, which may be the same.
        """
        if not self.goes_on:
            return False
        if row.epoch is None or (row.epoch in FIRST and row.epoch != self.rows[-1].epoch):
            return False
        place, off = divmod(row.epoch - self.rows[0].epoch, self.step)
        return not off and 0 <= place < len(self.rows) and row.values[:3] == self.rows[place].values[:3]

    @property
    def step(self) -> int:
        return self.rows[1].epoch - self.rows[0].epoch if len(self.rows) > 1 else 1

    @property
    def due(self) -> int:
        return self.rows[-1].epoch + self.step if self.rows else 1

    def spoil(self, place: str, reason: str) -> None:
        """Say why it cannot be read, unless that is said already."""
        self.spoilt = self.spoilt or (place, reason)

    def result(self) -> ReadLog | Unread:
        """The log; or the first thing that is wrong with it."""
        signed = [sign for row in self.rows for sign in row.values.percent]
        if len(set(signed)) > 1:
            row = next(row for row in self.rows if row.values.percent != (signed[0],) * 2)
            return Unread(row.place, "some of its accuracies are percentages, and others are not")
        percent = all(signed) if any(signed) else _beyond_one(self.rows)
        is_fraction = percent and _within_one(self.rows)  # with a sign, and yet no percentage
        percent = percent and not is_fraction
        is_untrained = _is_before_training(self.rows, percent)
        self.rows = self.rows[is_untrained:]
        epochs = []
        for row in self.rows:
            try:
                epochs.append(self._record(row, percent))
            except LogError as error:
                return Unread(row.place, f"{error}{self._hint(row)}")
        if self.spoilt:
            return Unread(*self.spoilt)
        loss, *accs = map(max, zip(*(row.values.decimals for row in self.rows)))
        train_acc, test_acc = (min(MOST_DECIMALS, decimals + 2 * percent) for decimals in accs)
        return ReadLog(
            tuple(epochs),
            self.rows[0].place,
            (loss, train_acc, test_acc),
            heading=self.heading,
            remarks=(
                *([UNTRAINED] if is_untrained else ()),
                *self._remarks(percent),
                *([FRACTIONS] if is_fraction else ()),
            ),
            failure=self.failure or self.broken,
        )

    @property
    def _is_from_zero(self) -> bool:
        return self.rows[0].epoch == 0

    def _record(self, row: Row, percent: bool) -> EpochRecord:
        loss, *accs = row.values.numbers
        if percent:
            accs = [round(acc / 100, places + 2) for acc, places in zip(accs, row.values.decimals[1:])]
        epoch = row.epoch + self._is_from_zero
        return checked(EpochRecord(epoch, loss, *accs), epoch)

    def _hint(self, row: Row) -> str:
        """What may be behind an accuracy above 1."""
        if not any(1 < acc < math.inf for acc in row.values.numbers[1:]):
            return ""
        if self._is_swapped:
            return f"; {SWAPPED}"
        return "; it is no percentage, as other accuracies of the log are 1 or less, or all are small"

    @property
    def _is_swapped(self) -> bool:
        first, last = self.rows[0].values.numbers, self.rows[-1].values.numbers
        return last[0] > first[0] and last[1] < first[1]

    def _remarks(self, percent: bool) -> Iterator[str]:
        """How it was read, and what is odd about it."""
        if any(row.values.is_keras for row in self.rows):
            yield KERAS
        if self._is_from_zero:
            yield FROM_ZERO
        if self.step != 1:
            yield SOME_EPOCHS[self.step]
        if percent:
            yield PERCENT
        if any(row.values.timed for row in self.rows):
            yield TIMED
        if self._is_swapped:
            yield SWAPPED


def _within_one(rows: Sequence[Row]) -> bool:
    """Whether all accuracies are up to 1, the largest far above what 1% is."""
    accs = [acc for row in rows for acc in row.values.numbers[1:]]
    return bool(accs) and SURELY / 100 < max(accs) <= 1


def _is_before_training(rows: Sequence[Row], percent: bool) -> bool:
    """Whether epoch 0 is of a network that has not learned yet, and the next of one that has."""
    if tuple(row.epoch for row in rows[:2]) != (0, 1):
        return False
    (loss, *accs), (_, after, _) = (row.values.numbers for row in rows[:2])
    unit = 100 if percent else 1
    return abs(loss - math.log(10)) < 0.2 and max(accs) < CHANCE * unit and after > 2 * CHANCE * unit


def _beyond_one(rows: Sequence[Row]) -> bool:
    """Whether accuracies without a sign are percentages: all are above 1, the largest by far."""
    accs = [acc for row in rows for acc in row.values.numbers[1:]]
    return bool(accs) and min(accs) > 1 and SURELY < max(accs) <= 100
