"""The verdict on training logs as a record: what was judged, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ..logs import EpochRecord
from ..messages import counted, listed, printable, shortened

MATCHES, DIFFERS, UNDECIDED = "matches", "differs", "undecided"
CUT_SHORT = "cut short"  # by an error: of such a log nothing but that it differs can be said
AS_ONE = "as one"  # with others: by itself it was not judged
BOOKS, YOURS = "the book's experiment", "the runs it was held against"
ENOUGH = 2 / 3  # of the planted bugs' logs must be found where nothing differs, or the verdict is open
SOURCE_WIDTH = 40  # how long a name may be


@dataclass(frozen=True)
class Band:
    """Where one value of the logs lies among those of the reference runs.

    Attributes:
        epoch: counted from 1.
        column: ``loss``, ``train_acc`` or ``test_acc``.
        value: of the log.
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
    """One of the two curves of a log, or of several as one.

    Attributes:
        name: ``training`` (loss and training accuracy) or ``test`` (test accuracy, given this training).
        p: how often good runs have a curve that lies as far out as this one, or farther.
        fits: the splits (``reshuffled``, ``released``) whose runs the curve does not differ from at half the
            level, as there are two curves; empty too where it was held against runs of one's own.
    """

    name: str
    p: float
    fits: tuple[str, ...] = ()

    @property
    def p_text(self) -> str:
        """p as it is printed."""
        return p_text(self.p)


@dataclass(frozen=True)
class Row:
    """A log, and what came of it.

    Attributes:
        source: where it was read: ``log.txt:3``, ``nb.ipynb, cell 7``, ``run 1``.
        file: what the source begins with, where that is a file's name; else empty.
        cell: of a notebook, counted from 1; None: it is of none.
        heading: what stands above it there.
        epochs: those that were judged, the first ten at most.
        split: of the runs that it was held against; empty: they were one's own.
        reference: among how many runs it was ranked.
        p: how often good runs are, all in all, as unusual as this one, or more.
        outcome: ``matches``, ``differs``, ``undecided``: nothing differs, but fewer than two in three
            planted bugs would show in so little; ``cut short``; or ``as one``, where that alone was asked.
        curves: the training curve and the test curve.
        reason: how it differs, in words; empty where it does not.
        word: ``is`` or ``resembles``, before `mistake`; empty where there is none.
        mistake: the known mistake that it has or is like.
        sets: what the code above it sets beside the book's values: ``(("drop_probs", "0.5, 0.2"),)``.
        remarks: what else its reader must know, a sentence or part of one each.
        bands: epoch by epoch, loss, train_acc, test_acc; without the loss where that was not judged.
    """

    source: str
    file: str
    cell: int | None
    heading: str
    epochs: tuple[EpochRecord, ...]
    split: str
    reference: int
    p: float
    outcome: str
    curves: tuple[Curve, Curve]
    reason: str
    word: str
    mistake: str
    sets: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    bands: tuple[Band, ...]

    @property
    def name(self) -> str:
        """The source, in printable characters, a long one shortened."""
        return shortened(printable(self.source), SOURCE_WIDTH)

    @property
    def place(self) -> str:
        """Where in its file it stands, ``:3`` or ``cell 7``; its name where that is not known."""
        place = self.source[len(self.file) :] if self.source.startswith(self.file) else ""
        return shortened(printable(place.removeprefix(", ")), SOURCE_WIDTH) if place else self.name

    @property
    def p_text(self) -> str:
        """p as it is printed."""
        return p_text(self.p)

    @property
    def fits(self) -> tuple[str, ...]:
        """The splits that its test accuracies fit."""
        return self.curves[1].fits

    @property
    def differs(self) -> bool:
        return self.outcome == DIFFERS

    @property
    def statements(self) -> tuple[str, ...]:
        """All that is said of it: how it differs, which mistake it is, what its code sets, what else."""
        mistake = f"{self.word} a run with this: {self.mistake}" if self.mistake else ""
        sets = ", ".join(f"{name} {value}" for name, value in self.sets)
        parts = [self.reason, mistake, f"its code sets {sets}" if sets else "", *self.remarks]
        return tuple(printable(part) for part in parts if part)

    @property
    def said(self) -> str:
        """The statements, in a line."""
        return "; ".join(self.statements)


@dataclass(frozen=True)
class Joint:
    """Logs that were not named as different, judged as one.

    Attributes:
        members: which logs of the verdict, counted from 1, one a seed.
        p: how often as many good runs are together as unusual, or more.
        differs: whether p is at most its share of the level.
        curves: the training curve and the test curve.
        reason: how they differ, in words.
    """

    members: tuple[int, ...]
    p: float
    differs: bool
    curves: tuple[Curve, Curve]
    reason: str

    @property
    def logs(self) -> int:
        """How many."""
        return len(self.members)

    @property
    def name(self) -> str:
        """Which logs, stretches of them by their ends: ``logs 1-3 and 7 as one``."""
        return f"logs {listed(_stretches(self.members))} as one"

    @property
    def p_text(self) -> str:
        """p as it is printed."""
        return p_text(self.p)

    @property
    def said(self) -> str:
        """In a sentence."""
        outcome = DIFFERS.upper() if self.differs else MATCHES
        return f"{self.name}: {outcome}, {self.p_text}{self.reason and '; '}{self.reason}"


@dataclass(frozen=True)
class Refused:
    """What looks like a log and could not be read.

    Attributes:
        source: where.
        reason: why.
    """

    source: str
    reason: str


@dataclass(frozen=True)
class Record:
    """Whether logs are the book's experiment; `views.Verdict` is this with its views.

    Attributes:
        outcome: ``matches``, ``differs``, or ``undecided``: nothing differs, but fewer than two in three
            planted bugs would show in so little, or a log is cut short or could not be read.
        level: the rate of false alarms of the whole verdict.
        p: the smallest level at which it would be that something differs.
        experiment: what the logs are held to be.
        rows: a log each.
        joint: logs as one, for each configuration that they state.
        refused: what could not be read.
        power: share of the planted bugs' logs (docs/verdict.md) that a verdict on logs like these finds; None
            where the runs they were held against are one's own.
        reached: whether so few runs can give as small a p as the level asks for with so many logs.
        notes: what else the reader must know, a sentence each.
    """

    outcome: str
    level: float
    p: float
    experiment: str
    rows: tuple[Row, ...]
    joint: tuple[Joint, ...]
    refused: tuple[Refused, ...]
    power: float | None
    reached: bool = True
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """The exit status of a command: 0 matches, 1 differs, 3 undecided; 2 is bad input."""
        return {MATCHES: 0, DIFFERS: 1, UNDECIDED: 3}[self.outcome]

    @property
    def headline(self) -> str:
        """The outcome in plain words, with p and the level."""
        wrong, all_logs = sum(row.differs for row in self.rows), len(self.rows)
        said = {
            MATCHES: f"MATCHES {self.experiment}",
            DIFFERS: f"DIFFERS from {self.experiment}",
            UNDECIDED: f"UNDECIDED: nothing differs, but {self.open}",
        }[self.outcome]
        if self.outcome == DIFFERS and wrong and all_logs > 1:
            verb = "DIFFERS" if wrong == 1 else "DIFFER"
            said = f"{wrong} of {all_logs} logs {verb} from {self.experiment}"
        return f"{said} ({p_text(self.p)}, level {self.level:g})"

    @property
    def open(self) -> str:
        """Why it does not say much that nothing differs; empty where it does."""
        short = sum(row.outcome == CUT_SHORT for row in self.rows)
        if self.refused:
            return f"{counted(len(self.refused), 'log')} could not be read"
        if short:
            return f"{counted(short, 'log')} ended in an error"
        if not self.reached:
            among = "so many logs and " if len(self.rows) + len(self.refused) > 1 else ""
            return f"no log could at this level, among {among}so few recorded runs"
        if self.power is not None and self.power < ENOUGH:
            return "so little would hide many planted bugs"
        return ""


def p_text(p: float) -> str:
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.2g}"


def _stretches(numbers: Sequence[int]) -> Iterator[str]:
    """``1-3``, ``5`` of 1, 2, 3, 5."""
    for _, group in groupby(enumerate(sorted(numbers)), key=lambda item: item[1] - item[0]):
        stretch = [number for _, number in group]
        yield from (f"{stretch[0]}-{stretch[-1]}",) if len(stretch) > 2 else map(str, stretch)


def _number(value: float) -> str:
    """To four digits; a loss that has run away is too long for that."""
    return f"{value:.4f}" if value < 1000 else f"{value:.2e}"
