"""The verdict on training logs as a record: what was judged, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from ..logs import EpochRecord
from ..messages import counted, printable, shortened

MATCHES, DIFFERS, UNDECIDED = "matches", "differs", "undecided"
HEADLINES = {
    MATCHES: "MATCHES the book's experiment",
    DIFFERS: "DIFFERS from the book's experiment",
    UNDECIDED: "UNDECIDED: nothing differs, but so little would hide most planted bugs",
}
SOURCES, SOURCE_WIDTH = 3, 40  # how many sources of a group are named, and how long a name may be


@dataclass(frozen=True)
class Band:
    """Where one value of the logs lies among those of the reference runs.

    Attributes:
        epoch: counted from 1.
        column: ``loss``, ``train_acc`` or ``test_acc``.
        value: of the log; of several logs their mean.
        low: 2.5% of the reference runs lie below this.
        median: of the reference runs.
        high: 2.5% of the reference runs lie above this.
        below: how many reference runs lie below `value`.
        above: how many lie above it.
    """

    epoch: int
    column: str
    value: float
    low: float
    median: float
    high: float
    below: int
    above: int

    @property
    def inside(self) -> bool:
        """Whether the value lies in the band."""
        return self.low <= self.value <= self.high

    def __str__(self) -> str:
        """The value, the band, and on which side of the band the value lies if it is outside."""
        low, high = _number(self.low), _number(self.high)
        mark = "" if self.inside else " low" if self.value < self.low else " high"
        return f"{_number(self.value)} [{low}, {high}]{mark}"


@dataclass(frozen=True)
class Curve:
    """One of the two curves of a log, and whether it is what chance gives.

    Attributes:
        name: ``training`` (loss and training accuracy) or ``test`` (test accuracy).
        p: how probable it is that a verdict on good runs has a curve that lies as far out as this one, or
            farther. It counts that there are two curves and how many groups of logs are judged, so that it
            compares with the level as it is.
        differs: whether p is at most the level.
        fits: the splits (``reshuffled``, ``released``) whose reference the curve does not differ from.
        reason: how it differs, in words; empty where it does not.
    """

    name: str
    p: float
    differs: bool
    fits: tuple[str, ...]
    reason: str = ""

    @property
    def word(self) -> str:
        """``DIFFERS`` or ``matches``."""
        return "DIFFERS" if self.differs else "matches"

    @property
    def p_text(self) -> str:
        """p as it is printed."""
        return _p_text(self.p)


@dataclass(frozen=True)
class Group:
    """Logs that were judged jointly, as one.

    Attributes:
        sources: where each log was read: ``log.txt:3``, ``nb.ipynb, cell 7, line 1``, ``run 1``.
        logs: their epochs, the first ten at most, all logs equally many.
        split: of the reference runs they were held against.
        reference: how many reference runs that was.
        curves: the training curve and the test curve.
        bands: epoch by epoch, loss, train_acc, test_acc.
    """

    sources: tuple[str, ...]
    logs: tuple[tuple[EpochRecord, ...], ...]
    split: str
    reference: int
    curves: tuple[Curve, Curve]
    bands: tuple[Band, ...]

    @property
    def epochs(self) -> int:
        """How many epochs were judged."""
        return len(self.logs[0])

    @property
    def names(self) -> tuple[str, ...]:
        """The sources, in printable characters, long ones shortened."""
        return tuple(shortened(printable(source), SOURCE_WIDTH) for source in self.sources)

    @property
    def label(self) -> str:
        """The names of all logs; of many the first two, and how many more there are."""
        shown = self.names if len(self.names) <= SOURCES else self.names[: SOURCES - 1]
        more = len(self.names) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")

    @property
    def size(self) -> str:
        """How much was held against how much, in words."""
        logs = counted(len(self.logs), "log")
        together = "" if len(self.logs) == 1 else ", judged as one,"
        return (
            f"{logs} of {counted(self.epochs, 'epoch')}{together} "
            f"against {counted(self.reference, 'reference run')} of the {self.split} split"
        )


@dataclass(frozen=True)
class Record:
    """Whether logs are the book's experiment; `views.Verdict` is this with its views.

    Attributes:
        outcome: ``matches``, ``differs``, or ``undecided``: nothing differs, but most of the planted bugs
            would not show in so little.
        level: the rate of false alarms of the whole verdict.
        p: the smallest p of its curves.
        groups: the logs, grouped as they were judged.
        power: share of the planted bugs' logs (docs/verdict.md) that a verdict on logs like these finds.
        notes: what else the reader must know, a sentence each.
    """

    outcome: str
    level: float
    p: float
    groups: tuple[Group, ...]
    power: float
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """The exit status of a command: 0 matches, 1 differs, 3 undecided; 2 is bad input."""
        return {MATCHES: 0, DIFFERS: 1, UNDECIDED: 3}[self.outcome]

    @property
    def headline(self) -> str:
        """The outcome in plain words, with p and the level."""
        return f"{HEADLINES[self.outcome]} ({_p_text(self.p)}, level {self.level:g})"


def _p_text(p: float) -> str:
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.2g}"


def _number(value: float) -> str:
    """To four digits; a loss that has run away is too long for that."""
    return f"{value:.4f}" if value < 1000 else f"{value:.2e}"
