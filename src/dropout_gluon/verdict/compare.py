"""Training logs against recorded runs: is each the book's experiment, or is something off?"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple, Union

import numpy as np
from tqdm import tqdm

from ..config import BOOKS_RELEASE, SPLITS, RunConfig, check_choice, check_kind, check_number
from ..errors import ConfigError, LogError
from ..files import MAX_SIZE
from ..logs import EpochRecord
from ..messages import counted, listed
from ..reading.reader import ReadLog
from .gathering import Gathered, Log, gather
from .ground import Ground, Judged, OwnGround, View, rounded
from .measure import TEST, TOTAL, TRAINING
from .ranks import GROUPS, adjusted, least, p_of_all
from .reasons import reason, reason_of_all
from .record import AS_ONE, BOOKS, CUT_SHORT, DIFFERS, ENOUGH, MATCHES, UNDECIDED, YOURS, Curve, Joint, Row
from .references import COLUMNS, EPOCHS, NO_MISTAKES, load_makers, load_mistakes, load_ranks, typical
from .telling import about_the_loss, loss_factor, starts_trained
from .views import Verdict

LEVEL = 0.01
BOOKS_SPLIT = "reshuffled"
EACH = 0.8  # of the level is for several logs each by itself, the rest for all as one
ALMOST = 2.0  # times the p of the curve that differs most
LEAST_OWN = 40  # runs of one's own, to hold logs against

Array = Any  # an ndarray; NumPy's types ask for more than they give here


def compare(
    logs: Log | Iterable[Log],
    *,
    split: str | None = None,
    level: float = LEVEL,
    max_size: float = MAX_SIZE,
    against: Log | Iterable[Log] | None = None,
    cell: int | None = None,
    log: int | None = None,
    joint: bool = False,
) -> Verdict:
    """The verdict on one log or several: matches, differs, or undecided.

    Each log is judged by itself, on the first ten epochs at most, and those that differ are named. The logs
    that are left, one a seed, are judged as one besides: that finds what is too little to show in any of
    them. The method: docs/verdict.md.

    Args:
        logs: a RunLog, what `train_ch3` returns, what `read_logs` returns, the path of a file with logs, the
            text of a log (known by its line ends), or any number of these.
        split: the reference to hold them against: ``reshuffled``, as the book's test accuracies are, or
            ``released``. None takes each run's own where its log says it, else ``reshuffled``.
        level: how often a verdict on good runs may be that they differ, above 0, at most 0.5. It holds for
            the whole verdict, however many logs.
        max_size: MB up to which a file is read; beyond that it is refused.
        against: at least 40 runs of one experiment of one's own, in any form that `logs` may have, to hold
            the logs against in place of the book's.
        cell: judge the logs of this cell of a notebook alone, counted from 1.
        log: judge this log alone, counted from 1.
        joint: judge all of them as one alone, with the whole level.

    Raises:
        LogError: no log can be read or judged, or a file cannot be read; `against` is too little, or of
            several experiments; no log is what `cell` or `log` says.
        ConfigError: split, level or size is not one.
    """
    check_number("level", level, 0, 0.5, above=True)
    if split is not None:
        check_choice("split", split, SPLITS)
    check_number("max_size", max_size, 0, above=True)
    check_kind("joint", joint, bool, "True or False")
    if against is not None and split is not None:
        raise ConfigError(
            "split says which of the book's runs to hold logs against: not with runs of your own"
        )
    gathered = gather(logs, "run", max_size)
    gathered.choose(cell, log)
    if joint and len(gathered.logs) < 2:
        raise LogError("to be judged as one takes several logs, and there is one")
    held = Baseline.of(gather(against, "against", max_size)) if against is not None else Book(split)
    return judge(gathered, held, level, joint)


def assert_matches(logs: Log | Iterable[Log], **options: Any) -> Verdict:
    """`compare` as an assertion, for a test: AssertionError, with the verdict as text, unless they match.

    A verdict that is undecided, as on one log of one epoch, does not pass either: nothing was shown.

    Args:
        logs: as `compare` has them.
        options: those of `compare`: ``assert_matches(logs, against="baseline.jsonl")``.
    """
    verdict = compare(logs, **options)
    if verdict.outcome != MATCHES:
        raise AssertionError(str(verdict))
    return verdict


def assert_matches_book(
    logs: Log | Iterable[Log],
    *,
    split: str | None = None,
    level: float = LEVEL,
    max_size: float = MAX_SIZE,
) -> Verdict:
    """`assert_matches` for the book's experiment."""
    return assert_matches(logs, split=split, level=level, max_size=max_size)


@dataclass(frozen=True)
class Seen:
    """A log as it is judged.

    Attributes:
        log: as it was read.
        values: of the epochs that are judged, as they are printed, (epochs, 3).
        view: how it shows a run.
        split: of the runs it is held against; empty: they are one's own.
        remarks: what else is to be said of it.
        reason: what it says of itself that makes it another experiment; empty: nothing.
    """

    log: ReadLog
    values: Array
    view: View
    split: str
    remarks: tuple[str, ...]
    reason: str


class Book:
    """The book's experiment, as it was recorded.

    Args:
        split: which; None: that of each log.
    """

    experiment = BOOKS
    whose = "the book's"
    notes: tuple[str, ...] = ()
    most = EPOCHS

    def __init__(self, split: str | None) -> None:
        self._split = split

    def split(self, log: ReadLog) -> str:
        """The reference that a log belongs to: the release of the book was split by shuffling."""
        if self._split:
            return self._split
        if log.config is None or log.release == BOOKS_RELEASE:
            return BOOKS_SPLIT
        return log.config.split

    def typical(self, split: str) -> Array:
        return typical(split)

    def others(self, split: str) -> tuple[str, ...]:
        """The splits whose test accuracies a log may fit besides."""
        return tuple(other for other in SPLITS if other != split)

    def ground(self, view: View, split: str, log: ReadLog) -> tuple[Ground, int | None]:
        """The runs for a log, and which of them it is itself: a run is not held against itself."""
        makers, others = (
            runs.index(log.config) if log.config else None for runs in (load_makers(split), load_ranks(split))
        )
        return _ground(view, split, makers), others

    def remarks(self, log: ReadLog) -> Iterator[str]:
        if log.config and (departures := log.config.departures()):
            yield f"says that it departs from the chapter: {departures}"

    def power(self, epochs: int, logs: int, level: float) -> float | None:
        return _power(epochs, logs, level)


@lru_cache(maxsize=32)
def _ground(view: View, split: str, without: int | None) -> Ground:
    """The recorded runs of a split, but for one."""
    makers, known = load_makers(split).values, load_mistakes()
    if without is not None:
        makers = np.delete(makers, without, axis=0)
    return Ground(makers, load_ranks(split).values, replace(known, values=known.on(split)), view)


class Baseline:
    """Runs of one experiment of one's own.

    Args:
        logs: of these runs, all of one length.
        refused: how many more there were that could not be read.
    """

    experiment = YOURS
    whose = "these runs'"

    def __init__(self, logs: Sequence[ReadLog], refused: int = 0) -> None:
        self.most = len(logs[0].epochs)
        self._logs = (*logs[::2], *logs[1::2])  # makers and others, of either implementation as many
        self._digits = _coarsest([log.digits for log in logs])
        self._values = np.array([_values(log.epochs) for log in self._logs])
        runs = counted(refused, "run")
        self.notes = (f"Of those to be held against, {runs} could not be read.",) if refused else ()
        self._grounds: dict[tuple[View, int | None], OwnGround] = {}

    @classmethod
    def of(cls, gathered: Gathered) -> Baseline:
        """The runs; LogError where they are too few, or no runs of one experiment."""
        logs = gathered.logs
        if len(logs) < LEAST_OWN:
            runs = counted(len(logs), "run")
            verb = "is" if len(logs) == 1 else "are"
            raise LogError(f"to be held against takes {LEAST_OWN} runs, and there {verb} {runs}")
        splits = sorted({log.config.split for log in logs if log.config})
        kinds = sorted({_configuration(log) for log in logs})
        if len(splits) > 1:
            raise LogError(
                f"the runs to be held against are of several experiments: of the splits {listed(splits)}"
            )
        if len(kinds) > 1:
            one, other = (kind or "the book's configuration" for kind in kinds[:2])
            raise LogError(f"the runs to be held against are of several experiments: {one}; {other}")
        lengths = sorted({len(log.epochs) for log in logs})
        if len(lengths) > 1:
            raise LogError(
                f"the runs to be held against have {lengths[0]} and {lengths[1]} epochs: all need as many"
            )
        if any(log.step > 1 for log in logs):
            raise LogError("the runs to be held against must have every epoch")
        return cls(logs, len(gathered.refused))

    def split(self, log: ReadLog) -> str:
        return ""

    def typical(self, split: str) -> Array:
        return np.median(self._values, axis=0)

    def others(self, split: str) -> tuple[str, ...]:
        return ()

    def ground(self, view: View, split: str, log: ReadLog) -> tuple[Ground, int | None]:
        """The runs, as the log shows them and as they do, without the log itself."""
        view = view._replace(digits=_coarsest([view.digits, self._digits]))
        own = next((i for i, one in enumerate(self._logs) if _is_run(log, one)), None)
        if (view, own) not in self._grounds:
            values = self._values if own is None else np.delete(self._values, own, axis=0)
            half = (len(values) + 1) // 2
            empty = np.empty((0, *values.shape[1:]))
            none = replace(NO_MISTAKES, values=empty, spread=empty)
            self._grounds[view, own] = OwnGround(values[:half], values[half:], none, view)
        return self._grounds[view, own], None

    def remarks(self, log: ReadLog) -> Iterator[str]:
        if log.config and _configuration(log) != _configuration(self._logs[0]):
            yield f"says of itself: {_configuration(log) or 'the configuration of the book'}"
        splits = [one.config.split for one in (log, self._logs[0]) if one.config]
        if len(set(splits)) > 1:
            yield f"says that it is of the {splits[0]} split"

    def power(self, epochs: int, logs: int, level: float) -> float | None:
        return None


Held = Union[Book, Baseline]


def judge(gathered: Gathered, held: Held, level: float, joint: bool) -> Verdict:
    """The verdict on logs, each by itself and, where several are left, as one; or as one alone."""
    many = len(gathered.logs) > 1
    each, all_logs = (0.0, 1.0) if joint else (EACH, 1 - EACH) if many else (1.0, 0.0)  # of the level
    seen = [_seen(log, held) for log in gathered.logs]
    found = _found(seen, held)
    p = np.array([one.judged.p[TOTAL] for one in found])
    needed = adjusted(p) / each if each else np.full(len(p), np.inf)  # the level at which each differs
    reached = max(least(len(one.ground)) for one in found) * len(p) <= each * level
    rows = tuple(
        _row(
            log,
            one,
            differs=q <= level,
            level=level,
            usual=AS_ONE if joint else _usual(held, log, each * level, reached),
        )
        for log, one, q in zip(seen, found, needed)
    )
    left = [i for i, row in enumerate(rows) if not row.differs]
    joints = _joints(left, seen, found, held, all_logs, level)
    if joint and not joints:
        raise LogError(
            "to be judged as one takes several logs of one configuration, each of a seed of its own"
        )
    if joint:
        reached = least(GROUPS) * len(joints) <= level
    levels = [*needed, *(one.p * (len(joints) / all_logs) for one in joints)]
    powers = [held.power(len(row.epochs), 1, each * level / len(rows)) for row in rows if each]
    shortest = min((len(rows[i].epochs) for i in left), default=0)
    powers += [held.power(shortest, one.logs, all_logs * level / len(joints)) for one in joints]
    power = max((one for one in powers if one is not None), default=None)
    record = Verdict(
        outcome=DIFFERS,
        level=level,
        p=float(min(1.0, *levels)),
        experiment=held.experiment,
        rows=rows,
        joint=tuple(joints),
        refused=tuple(gathered.refused),
        power=power,
        reached=bool(reached),
        notes=(*gathered.notes, *held.notes),
    )
    if any(row.differs for row in rows) or any(one.differs for one in joints):
        return record
    return replace(record, outcome=UNDECIDED if record.open else MATCHES)


def _usual(held: Held, seen: Seen, level: float, reach: bool) -> str:
    """What is said of a log that does not differ: whether by itself it would show most planted bugs."""
    power = held.power(len(seen.view.epochs), 1, level)
    return MATCHES if reach and (power is None or power >= ENOUGH) else UNDECIDED


def _seen(log: ReadLog, held: Held) -> Seen:
    epochs = tuple(epoch for epoch in log.epochs if epoch.epoch <= held.most)
    numbers = tuple(epoch.epoch for epoch in epochs)
    split = held.split(log)
    values = rounded(_values(epochs), log.digits)
    usual = held.typical(split)
    unit = 0.0 if log.digits[0] is None else 10.0 ** -log.digits[0]
    factor = loss_factor(values, usual[[number - 1 for number in numbers]], unit)
    remarks = [*log.remarks, *held.remarks(log)]
    if factor:
        remarks.append(about_the_loss(factor, held.whose))
    if len(log.epochs) > len(epochs):
        remarks.append(f"has {len(log.epochs)} epochs, and was judged on the first {held.most}")
    if log.failure:
        remarks.append(f"ended in an error: {log.failure}")
    view = View(numbers, log.digits, loss=not factor)
    return Seen(log, values, view, split, tuple(remarks), starts_trained(values, numbers[0], usual))


class Found(NamedTuple):
    """What came of a log.

    Attributes:
        ground: what it was held against.
        itself: which of the runs that it was ranked among it is; None: none.
        judged: by these.
        fits: p of its test curve on other splits.
    """

    ground: Ground
    itself: int | None
    judged: Judged
    fits: dict[str, float]


def _found(seen: Sequence[Seen], held: Held) -> list[Found]:
    """All logs judged, those of one view and one split at a time."""
    on = {"": _on([log.split for log in seen], seen, held)}
    for other in {other for log in seen for other in held.others(log.split)}:
        on[other] = _on([other] * len(seen), seen, held)
    found = []
    for index, (ground, itself, judged) in enumerate(on.pop("")):
        fits = {
            split: float(judged_there[index][2].p[TEST])
            for split, judged_there in on.items()
            if split != seen[index].split
        }
        found.append(Found(ground, itself, judged, fits))
    return found


def _on(splits: Sequence[str], seen: Sequence[Seen], held: Held) -> list[tuple[Ground, int | None, Judged]]:
    """Each log judged on a split."""
    batches: dict[tuple[int, View], list[int]] = defaultdict(list)
    places = [held.ground(log.view, split, log.log) for log, split in zip(seen, splits)]
    for index, (ground, _) in enumerate(places):
        batches[id(ground), seen[index].view].append(index)
    result: dict[int, tuple[Ground, int | None, Judged]] = {}
    shown = tqdm(batches.values(), desc="judging", unit="kind", delay=2, leave=False, disable=None)
    for members in shown:
        ground = places[members[0]][0]
        itself = [places[i][1] for i in members]
        judged = ground.judge(np.array([seen[i].values for i in members]), itself)
        result.update((i, (ground, own, one)) for i, own, one in zip(members, itself, judged))
    return [result[i] for i in range(len(seen))]


def _row(seen: Seen, found: Found, *, differs: bool, level: float, usual: str) -> Row:
    judged, log = found.judged, seen.log
    curves = _curves(judged.p, {seen.split: judged.p[TEST], **found.fits}, level)
    bands = tuple(
        band for band in found.ground.bands(seen.values) if band.column in COLUMNS[seen.view.columns]
    )
    said, word, mistake = "", "", ""
    if differs and seen.reason:
        said = seen.reason
    elif differs:
        word, mistake = judged.word, judged.mistake
        others = [split for split in curves[1].fits if split != seen.split]
        other = others[0] if others else None
        said = "; ".join(
            reason(name, bands, found.ground.runs, other if name == "test" else None)
            for name in _differing(curves, level)
        )
    state = DIFFERS if differs else CUT_SHORT if log.failure else usual
    return Row(
        source=log.source,
        file=log.file,
        cell=log.cell,
        heading=log.heading,
        epochs=tuple(log.epochs[: len(seen.view.epochs)]),
        split=seen.split,
        reference=len(found.ground) - (found.itself is not None),
        p=float(judged.p[TOTAL]),
        outcome=state,
        curves=curves,
        reason=said,
        word=word,
        mistake=mistake,
        sets=log.sets,
        remarks=seen.remarks,
        bands=bands,
    )


def _curves(p: Array, on: dict[str, float], level: float) -> tuple[Curve, Curve]:
    """Both curves; the test curve fits those of the splits on which its p is above the level."""
    fits = tuple(split for split, p_there in on.items() if split and p_there > level)
    return Curve("training", float(p[TRAINING])), Curve("test", float(p[TEST]), fits)


def _differing(curves: Sequence[Curve], level: float) -> list[str]:
    """The curves in which a log differs: those that do by themselves, or the one that does most.

    And the other, where that is as far out but for chance: beyond all runs p hardly says by how much.
    """
    least_p = min(curve.p for curve in curves)
    return [curve.name for curve in curves if curve.p <= max(level, ALMOST * least_p)]


def _joints(
    left: Sequence[int],
    seen: Sequence[Seen],
    found: Sequence[Found],
    held: Held,
    share: float,
    level: float,
) -> list[Joint]:
    """The logs of each configuration as one, one log a seed."""
    groups: dict[str, dict[object, int]] = defaultdict(dict)
    for index in left:
        log = seen[index].log
        # Two runs of one seed share the order of the examples and the split.
        own = log.config.seed if log.config else (index,)
        groups[_configuration(log)].setdefault(own, index)
    chosen = [list(group.values()) for group in groups.values() if len(group) > 1]
    return [_joint(members, seen, found, held, len(chosen) / share, level) for members in chosen]


def _joint(
    members: Sequence[int],
    all_seen: Sequence[Seen],
    all_found: Sequence[Found],
    held: Held,
    times: float,
    level: float,
) -> Joint:
    """As one; p counts so many times."""
    seen, found = [all_seen[i] for i in members], [all_found[i] for i in members]
    answers = [one.judged.answers for one in found]
    p = p_of_all(answers, [one.ground.answers for one in found])
    differs = bool(p[TOTAL] * times <= level)
    splits = {log.split for log in seen}
    on = {split: p[TEST] for split in splits if len(splits) == 1}
    for other in held.others(seen[0].split) if len(splits) == 1 else ():
        there = _on([other] * len(seen), seen, held)
        p_there = p_of_all([judged.answers for *_, judged in there], [ground.answers for ground, *_ in there])
        on[other] = p_there[TEST]
    curves = _curves(p, on, level)
    said = ""
    if differs:
        elsewhere = [split for split in curves[1].fits if split not in splits]
        there_fits = elsewhere[0] if elsewhere else None
        said = reason_of_all(answers, found[0].ground.mistakes.names, _differing(curves, level), there_fits)
    return Joint(tuple(i + 1 for i in members), float(p[TOTAL]), differs, curves, said)


def _configuration(log: ReadLog) -> str:
    """What a log states of its own configuration, but for its length; empty where that is the book's."""
    return replace(log.config, num_epochs=RunConfig.num_epochs).departures() if log.config else ""


def _is_run(log: ReadLog, run: ReadLog) -> bool:
    """Whether a log is a run, whole or its beginning: by what both state, or else number for number."""
    if log.config and run.config:
        return replace(log.config, num_epochs=run.config.num_epochs) == run.config
    return log.epochs == run.epochs[: len(log.epochs)]


def _values(epochs: Sequence[EpochRecord]) -> Array:
    return np.array([[getattr(epoch, column) for column in COLUMNS] for epoch in epochs], dtype=np.float64)


def _coarsest(digits: Iterable[Sequence[int | None]]) -> tuple[int | None, ...]:
    """The fewest decimals of each column."""
    return tuple(min((d for d in column if d is not None), default=None) for column in zip(*digits))


@lru_cache(maxsize=1)
def _powers() -> dict[str, Any]:
    text = resources.files("dropout_gluon.reference").joinpath("power.json").read_text("utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def _power(epochs: int, logs: int, level: float) -> float:
    """Share of the planted bugs' logs found, as measured with no more epochs, logs, and no higher a level."""
    table = _powers()["found"]
    at = max((one for one in table if float(one) <= level), key=float, default=None)
    if at is None:
        return 0.0
    return max(
        (
            float(share)
            for count, shares in table[at].items()
            for length, share in shares.items()
            if int(count) <= logs and int(length) <= epochs
        ),
        default=0.0,
    )
