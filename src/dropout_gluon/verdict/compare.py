"""Training logs against the reference ensemble: is this the book's experiment, or is something off?"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any, Union

import numpy as np

from ..config import BOOKS_RELEASE, SPLITS, check_choice, check_kind, check_number
from ..errors import LogError
from ..files import MAX_SIZE
from ..logs import EpochRecord, RunLog
from ..messages import brief
from .assembly import SOME_EPOCHS
from .permutation import ReferenceCurve, judge_runs, permutation_test, resemblance
from .reading import ReadLog, check_record, read_logs, read_text
from .reasons import reason
from .record import DIFFERS, MATCHES, UNDECIDED, Band, Curve, Group
from .references import COLUMNS, EPOCHS, Mistakes, Reference, load, load_mistakes, typical
from .views import Verdict

LEVEL = 0.01
BOOKS_SPLIT = "reshuffled"
ENOUGH = 0.5  # of the planted bugs' logs must be found where nothing differs, or the verdict is open
ALIKE = 0.8  # cosine from which on a log is said to be like one with a known mistake
AS_MUCH = 0.05  # one that the log is less like by so little, or less, is named too
BAND = (0.025, 0.5, 0.975)
NAMES = ("training", "test")
CURVES = (slice(0, 2), slice(2, 3))  # their columns

Array = Any  # an ndarray; NumPy's types ask for more than they give here
Judge = Callable[[Sequence[ReferenceCurve], Sequence[Array]], tuple[float, ...]]
NO_LOGS = (bytes, bytearray, dict)  # though one can iterate over them
Log = Union[RunLog, ReadLog, Sequence[EpochRecord], str, "os.PathLike[str]"]


def compare(
    logs: Log | Iterable[Log],
    *,
    split: str | None = None,
    level: float = LEVEL,
    max_size: float = MAX_SIZE,
) -> Verdict:
    """The verdict on one log or several: matches, differs, or undecided.

    Training curve and test curve are judged apart, on the first ten epochs at most. Several logs are judged
    jointly where they can be: logs with equally many epochs, no two of one seed, as two runs of one seed
    share the order of the examples and the split. The method: docs/verdict.md.

    Args:
        logs: a RunLog, what `train_ch3` returns, what `read_logs` returns, the path of a file with logs, the
            text of a log (known by its line ends), or any number of these.
        split: the reference to hold them against: ``reshuffled``, as the book's test accuracies are, or
            ``released``. None takes each run's own where its log says it, else ``reshuffled``.
        level: how often a verdict on good runs may be that they differ, above 0, at most 0.5. It holds for
            the whole verdict, however many logs.
        max_size: MB up to which a file is read; beyond that it is refused.

    Raises:
        LogError: a log cannot be read, is empty, failed or has a value out of range.
        ConfigError: split, level or size is not one.
    """
    check_number("level", level, 0, 0.5, above=True)
    if split is not None:
        check_choice("split", split, SPLITS)
    check_number("max_size", max_size, 0, above=True)
    try:
        found, repeated = _distinct(_flat(logs, "run", max_size))
    except RecursionError:
        raise LogError("run: logs are a list at most, and these are lists in lists") from None
    groups = _grouped(found, split)
    judged = [_judge(members, key[0], level, len(groups)) for key, members in groups.items()]
    power = max(_power(group.epochs, len(group.logs), level / len(groups)) for group in judged)
    curves = [curve for group in judged for curve in group.curves]
    differs = any(curve.differs for curve in curves)
    return Verdict(
        outcome=DIFFERS if differs else MATCHES if power >= ENOUGH else UNDECIDED,
        level=level,
        p=min(curve.p for curve in curves),
        groups=tuple(judged),
        power=power,
        notes=(*repeated, *_notes(found, len(groups))),
    )


def assert_matches_book(
    logs: Log | Iterable[Log],
    *,
    split: str | None = None,
    level: float = LEVEL,
    max_size: float = MAX_SIZE,
) -> Verdict:
    """`compare` as an assertion, for a test: AssertionError, with the verdict as text, unless they match.

    A verdict that is undecided, as on one log of one epoch, does not pass either: nothing was shown.
    """
    verdict = compare(logs, split=split, level=level, max_size=max_size)
    if verdict.outcome != MATCHES:
        raise AssertionError(str(verdict))
    return verdict


def _flat(logs: Any, name: str, max_size: float) -> Iterable[ReadLog]:
    """Whatever `compare` takes as ReadLogs."""
    if isinstance(logs, RunLog):
        name += f" ({logs.config.implementation}, seed {logs.config.seed})"
        if logs.failure:
            raise LogError(f"{name}: the run failed: {brief(logs.failure)}")
        check_kind(f"{name}: data", logs.data, dict, "a dict")
        yield from _flat(
            ReadLog(logs.epochs, name, (None,) * 3, logs.config, logs.data.get("release")), name, max_size
        )
    elif isinstance(logs, ReadLog):
        if not logs.epochs:
            raise LogError(f"{logs.source}: no epochs")
        for one in logs.epochs:
            check_kind(f"{logs.source}: an epoch", one, EpochRecord, "an EpochRecord")
        if logs.step in SOME_EPOCHS:
            raise LogError(f"{logs.source}: {SOME_EPOCHS[logs.step]}, and all of them are needed")
        yield replace(
            logs, epochs=tuple(check_record(e, n, logs.source) for n, e in enumerate(logs.epochs, 1))
        )
    elif isinstance(logs, str) and "\n" in logs:
        yield from _flat(read_text(logs, name), name, max_size)
    elif isinstance(logs, (str, os.PathLike)):
        yield from _flat(read_logs(logs, max_size=max_size), name, max_size)
    elif isinstance(logs, Iterable) and not isinstance(logs, NO_LOGS) and getattr(logs, "ndim", 1) != 0:
        items = list(logs)
        if items and all(isinstance(item, EpochRecord) for item in items):
            yield from _flat(ReadLog(tuple(items), name, (None,) * 3), name, max_size)
        else:
            for number, item in enumerate(items, 1):
                yield from _flat(item, f"{name} {number}", max_size)
    else:
        raise LogError(
            f"{name}: a log is a RunLog, EpochRecords, a path or a text, not {type(logs).__name__}"
        )


def _distinct(logs: Iterable[ReadLog]) -> tuple[list[ReadLog], list[str]]:
    """The logs without those that repeat another, number for number, and a sentence for each of these."""
    first: dict[tuple[EpochRecord, ...], ReadLog] = {}
    notes = []
    for log in logs:
        known = first.setdefault(log.epochs, log)
        if known is not log:
            notes.append(f"{log.source} is {known.source} number for number, and counts once.")
    if not first:
        raise LogError("there is no log to compare")
    return list(first.values()), notes


_Key = tuple[str, int, int]  # split, epochs, how many logs of the same seed came before


def _grouped(logs: Sequence[ReadLog], split: str | None) -> dict[_Key, list[ReadLog]]:
    groups: dict[_Key, list[ReadLog]] = defaultdict(list)
    seen: Counter[object] = Counter()
    for log in logs:
        own = split or _split_of(log)
        epochs = min(len(log.epochs), EPOCHS)
        same = (own, epochs, log.config.seed) if log.config else None
        groups[own, epochs, seen[same] if same else 0].append(log)
        seen[same] += 1
    return groups


def _split_of(log: ReadLog) -> str:
    """The reference that a log belongs to: the release of the book was split by shuffling."""
    if log.config is None or log.release == BOOKS_RELEASE:
        return BOOKS_SPLIT
    return log.config.split


def _judge(logs: Sequence[ReadLog], split: str, level: float, groups: int) -> Group:
    """Judge logs as one, at the level divided by the number of groups."""
    printed = Printed.of(logs)
    configs = [log.config for log in logs if log.config]
    p = {
        # Whether one log hides among others is asked once, of the split in question.
        name: [
            min(1.0, groups * value)
            for value in printed.test(
                load(name).without(configs), judge_runs if name == split else permutation_test
            )
        ]
        for name in SPLITS
    }
    reference = load(split).without(configs)
    bands = printed.bands(reference)
    curves = []
    for index, name in enumerate(NAMES):
        fits = tuple(other for other in SPLITS if p[other][index] > level)
        differs = split not in fits
        why = ""
        if differs:
            why = reason(name, bands, len(logs), len(reference), next(iter(fits), None))
            if name == "training" and (alike := printed.resembles(reference)):
                why += f"; most like runs with this: {alike}"
        curves.append(Curve(name, p[split][index], differs, fits, why))
    return Group(
        sources=tuple(log.source for log in logs),
        logs=tuple(log.epochs[: printed.epochs] for log in logs),
        split=split,
        reference=len(reference),
        curves=(curves[0], curves[1]),
        bands=bands,
    )


@dataclass(frozen=True)
class Printed:
    """Logs as numbers, and references rounded as the logs are.

    Attributes:
        values: float64 (logs, epochs, 3).
        digits: decimals of each column; None: all digits.
    """

    values: Array
    digits: tuple[int | None, ...]

    @classmethod
    def of(cls, logs: Sequence[ReadLog]) -> Printed:
        """The logs' first ten epochs; the coarsest digits of the logs count for all."""
        epochs = min(EPOCHS, len(logs[0].epochs))
        digits = tuple(
            min((d for d in column if d is not None), default=None)
            for column in zip(*(log.digits for log in logs))
        )
        values = [[[getattr(e, c) for c in COLUMNS] for e in log.epochs[:epochs]] for log in logs]
        return cls.rounded(np.array(values), digits)

    @classmethod
    def rounded(cls, values: Array, digits: Sequence[int | None]) -> Printed:
        """Values (logs, epochs, 3) as they are printed with so many decimals."""
        return cls(_round(values, digits), tuple(digits))

    @property
    def epochs(self) -> int:
        return int(self.values.shape[1])

    def like(self, reference: Reference) -> Array:
        """The reference's values, as far and as rounded as the logs are."""
        return _round(reference.values[:, : self.epochs], self.digits)

    def curves(self, reference: Reference, mistakes: Mistakes) -> list[ReferenceCurve]:
        """The training curve and the test curve of a reference.

        What the test accuracies of a good log may be most of all is those of the other split.
        """
        units = np.array([0.0 if d is None else 10.0**-d for d in self.digits])
        values, known = self.like(reference), mistakes.on(reference.split)
        (other,) = set(SPLITS) - {reference.split}
        suspects = (None, typical(other)[:, CURVES[1]])
        return [
            ReferenceCurve(values[..., columns], units[columns], known[..., columns], suspect)
            for columns, suspect in zip(CURVES, suspects)
        ]

    def test(
        self, reference: Reference, judge: Judge = judge_runs, mistakes: Mistakes | None = None
    ) -> tuple[float, ...]:
        """p of the training curve and of the test curve."""
        known = self.curves(reference, load_mistakes() if mistakes is None else mistakes)
        return judge(known, [self.values[..., columns] for columns in CURVES])

    def resembles(self, reference: Reference) -> str:
        """The known mistakes that the training curve changes most like; empty where it is like none."""
        mistakes = load_mistakes()
        likeness = resemblance(self.curves(reference, mistakes)[0], self.values[..., CURVES[0]])
        least = max(ALIKE, likeness.max() - AS_MUCH)
        return " or ".join(mistakes.names[i] for i in np.argsort(-likeness) if likeness[i] >= least)

    def bands(self, reference: Reference) -> tuple[Band, ...]:
        # Divided first: the sum of losses that have run away is beyond all numbers.
        known, mean = self.like(reference), (self.values / len(self.values)).sum(axis=0)
        below, above = (known < mean).sum(axis=0).tolist(), (known > mean).sum(axis=0).tolist()
        low, median, high = np.quantile(known, BAND, axis=0).tolist()
        return tuple(
            Band(
                e + 1,
                column,
                float(mean[e, c]),
                low[e][c],
                median[e][c],
                high[e][c],
                below[e][c],
                above[e][c],
            )
            for e in range(self.epochs)
            for c, column in enumerate(COLUMNS)
        )


def _round(values: Array, digits: Sequence[int | None]) -> Array:
    columns = [values[..., c] for c in range(len(digits))]
    for c, d in enumerate(digits):
        if d is not None:
            # NumPy multiplies before it rounds, which a loss that has run away does not stand.
            small = np.abs(columns[c]) < 1e15 / 10.0**d
            columns[c] = np.where(small, np.where(small, columns[c], 0).round(d), columns[c])
    return np.stack(columns, axis=-1)


@lru_cache(maxsize=1)
def _powers() -> dict[str, Any]:
    text = resources.files("dropout_gluon.reference").joinpath("power.json").read_text("utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def _power(epochs: int, logs: int, level: float) -> float:
    """Share of the planted bugs' logs found, as measured with no more epochs, logs, and no higher a level."""
    table = _powers()["found"]
    measured = sorted(table, key=float)
    at = max([one for one in measured if float(one) <= level], key=float, default=measured[0])
    return max(
        float(share)
        for count, shares in table[at].items()
        for length, share in shares.items()
        if int(count) <= logs and int(length) <= epochs
    )


def _notes(logs: Sequence[ReadLog], groups: int) -> Iterable[str]:
    """What else the reader must know."""
    for log in logs:
        if len(log.epochs) > EPOCHS:
            yield f"{log.source} has {len(log.epochs)} epochs, and was judged on the first {EPOCHS}."
        if log.config and (departures := log.config.departures()):
            yield f"{log.source} says that it departs from the chapter: {departures}."
    if groups > 1:
        yield (
            f"The logs were judged in {groups} groups, which share the level: those with other numbers of "
            "epochs, another split, or a seed that occurs twice cannot be judged as one."
        )
