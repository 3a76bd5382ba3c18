"""Training logs against recorded runs: is each the book's experiment, or is something off?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from ..config import SPLITS, check_choice, check_kind, check_number
from ..errors import ConfigError, LogError
from ..files import MAX_SIZE
from ..reading.reader import ReadLog
from .experiments import Baseline, Book, Held, configuration, values_of
from .gathering import Gathered, Log, gather
from .ground import Ground, Judged, View, rounded
from .measure import TEST, TOTAL, TRAINING
from .ranks import GROUPS, adjusted, least, level_of, p_of_all
from .reasons import reason, reason_of_all
from .record import AS_ONE, CUT_SHORT, DIFFERS, ENOUGH, MATCHES, UNDECIDED, Curve, Joint, Row
from .references import COLUMNS
from .telling import about_the_loss, loss_factor, starts_trained
from .views import Verdict

LEVEL = 0.01
EACH, ALL = 0.8, 0.2  # of the level: for several logs each by itself, and for all as one
ALMOST = 2.0  # times the p of the curve that differs most

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


def judge(gathered: Gathered, held: Held, level: float, joint: bool) -> Verdict:
    """The verdict on logs, each by itself and, where several are left, as one; or as one alone."""
    many = len(gathered.logs) > 1
    each, all_logs = (0.0, 1.0) if joint else (EACH, ALL) if many else (1.0, 0.0)  # of the level
    seen = [_seen(log, held) for log in gathered.logs]
    found = _found(seen, held)
    p = np.array([one.judged.p[TOTAL] for one in found])
    # The levels at which each differs, and all as one.
    needed = [level_of(q, each) if each else np.inf for q in adjusted(p)]
    farthest = max(least(len(one.ground)) for one in found)
    reached = bool(each) and level_of(farthest, each, len(p)) <= level
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
        reached = level_of(least(GROUPS), all_logs, len(joints)) <= level
    levels = [*needed, *(level_of(one.p, all_logs, len(joints)) for one in joints)]
    power = _least_power(rows, joints, held, each * level / len(rows), all_logs * level)
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


def _least_power(
    rows: Sequence[Row], joints: Sequence[Joint], held: Held, each: float, joint: float
) -> float | None:
    """The share found of the log of which least is: by itself, or as one with others.

    Args:
        each, joint: the level for a log, and for all joints.
    """
    powers = []
    for number, row in enumerate(rows, 1):
        own = [held.power(len(row.epochs), 1, each)] if each else []
        for one in joints:
            if number in one.members:
                shortest = min(len(rows[member - 1].epochs) for member in one.members)
                own.append(held.power(shortest, one.logs, joint / len(joints)))
        powers.append(max((found for found in own if found is not None), default=None))
    return min((found for found in powers if found is not None), default=None)


def _usual(held: Held, seen: Seen, level: float, reach: bool) -> str:
    """What is said of a log that does not differ: whether by itself it would show most planted bugs."""
    power = held.power(len(seen.view.epochs), 1, level)
    return MATCHES if reach and (power is None or power >= ENOUGH) else UNDECIDED


def _seen(log: ReadLog, held: Held) -> Seen:
    epochs = tuple(epoch for epoch in log.epochs if epoch.epoch <= held.most)
    numbers = tuple(epoch.epoch for epoch in epochs)
    split = held.split(log)
    values = rounded(values_of(epochs), log.digits)
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
        others = [split for split in curves[1].fits if split != seen.split]
        other = others[0] if others else None
        off = _differing(curves, level)
        explained = other if off == ["test"] else None  # all of it, by the other split
        said = "; ".join(reason(name, bands, found.ground.runs, explained) for name in off)
        # What it resembles besides would lead astray.
        if not (explained and judged.word == "resembles"):
            word, mistake = judged.word, judged.mistake
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
    """Both curves; the test curve fits those of the splits on which its p is above a quarter of the level.

    A quarter: there are two curves and two splits, and of good runs no more than the level may have one that
    does not fit.
    """
    fits = tuple(split for split, p_there in on.items() if split and p_there > level / 4)
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
        groups[configuration(log)].setdefault(own, index)
    chosen = [list(group.values()) for group in groups.values() if len(group) > 1]
    return [_joint(members, seen, found, held, share, len(chosen), level) for members in chosen]


def _joint(
    members: Sequence[int],
    all_seen: Sequence[Seen],
    all_found: Sequence[Found],
    held: Held,
    share: float,
    many: int,
    level: float,
) -> Joint:
    """As one, of so many that have a share of the level."""
    seen, found = [all_seen[i] for i in members], [all_found[i] for i in members]
    answers = [one.judged.answers for one in found]
    p = p_of_all(answers, [one.ground.answers for one in found])
    differs = level_of(p[TOTAL], share, many) <= level
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
