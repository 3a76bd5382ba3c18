"""Exercise 2: more epochs, with dropout and without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from ..config import RunConfig
from ..logs import RunLog
from ..messages import counted, listed, span
from ..plotting import PAGE_WIDTH, Figure, in_plain_settings, new_figure, ticker
from ..runs.grid import grid
from .contrasts import cells
from .drawing import BLUE, ON_A_BAND, ORANGE, band, frame, name, three_panels
from .effects import LAST, Estimate, certainty, estimate, holm, p_cell, p_text, told
from .exercise import Answer, Exercise, Table
from .stopping import (
    Arm,
    Crossing,
    Stop,
    at_the_end,
    by_its_own,
    by_the_others,
    cross,
    ending,
    paired,
    smooth,
)

DROPOUT, NONE = (0.2, 0.5), (0.0, 0.0)
EPOCHS, SEEDS = 60, range(1, 21)
# The chapter's, and half of it: at the chapter's many a run without dropout does not survive sixty epochs.
CHAPTERS, COMPARED = 0.5, 0.25
AT_CHANCE = 0.2  # of test accuracy: whatever ends below has unlearnt everything
FELL = 0.7  # in an epoch after the first sixth; good runs are above 0.8 by then
SHARES = (1 / 6, 1 / 3, 2 / 3, 1)  # of the epochs, after which the arms are compared
WITH, WITHOUT = "with dropout", "without dropout"
Stops = dict[str, tuple[Stop, Stop]]  # by which rule -> with dropout, without


def configs() -> list[RunConfig]:
    every: list[RunConfig] = []
    for learning_rate in (CHAPTERS, COMPARED):
        every += grid({**_fields(SEEDS, EPOCHS), "learning_rate": [learning_rate]})
    return every


def quick() -> list[RunConfig]:
    """On a tenth of the images."""
    return [*grid({**_fields(range(1, 4), 8), "num_train": [6000], "batch_size": [64]})]


def _fields(seeds: range, epochs: int) -> dict[str, Sequence[Any]]:
    return {
        "seed": seeds,
        "implementation": ["gluon"],
        "drop_probs": [DROPOUT, NONE],
        "num_epochs": [epochs],
        "measure": [("accuracy",)],
    }


def analyse(logs: Sequence[RunLog]) -> Answer:
    compared = min(log.config.learning_rate for log in logs)
    survivals = {
        rate: _survival([log for log in logs if log.config.learning_rate == rate])
        for rate in sorted({log.config.learning_rate for log in logs}, reverse=True)
    }
    dropout, none = paired([log for log in logs if log.config.learning_rate == compared], DROPOUT, NONE)
    marks = sorted({max(1, round(dropout.length * share)) for share in SHARES})
    test = _differences(marks, dropout.test - none.test)
    gap = _differences(marks, dropout.gap - none.gap)
    crossing = cross(dropout.test - none.test)
    rules = {"end": at_the_end, "others": by_the_others, "own": by_its_own}
    stops = {rule: (stop(dropout), stop(none)) for rule, stop in rules.items()}
    each = [estimate(one.accuracies - other.accuracies) for one, other in stops.values()]
    ways = dict(zip(stops, holm(each)))
    gains = _gains(stops)
    text = (
        _survival_text(survivals, dropout.length),
        _test_text(test, dropout, none),
        _gap_text(gap, dropout, none),
        _crossing_text(crossing, test[dropout.length], dropout.length),
        _stopping_text(stops, ways, gains),
        _bound_text(stops),
    )
    tables = (
        _survival_table(survivals, dropout.length),
        _test_table(test, dropout, none),
        _gap_table(gap, dropout, none),
        _stopping_table(stops, ways),
        _gains_table(gains),
    )
    return Answer(text, tables, lambda: _figure(dropout, none, crossing), len(logs))


@dataclass(frozen=True)
class Survival:
    """What became of the runs at one learning rate, by arm: with dropout, without.

    Attributes:
        seeds: how many there are.
        diverged: the epochs in which runs diverged.
        at_chance: how many ended with what chance has.
        fell: how many others fell far for an epoch, and rose again.
        p: of as uneven a split of the seeds of which one arm alone is lost, by an exact sign test.
    """

    seeds: tuple[int, int]
    diverged: tuple[list[int], list[int]]
    at_chance: tuple[int, int]
    fell: tuple[int, int]
    p: float

    @property
    def lost(self) -> tuple[int, int]:
        with_, without = (len(gone) + end for gone, end in zip(self.diverged, self.at_chance))
        return with_, without


def _survival(logs: Sequence[RunLog]) -> Survival:
    arms = [
        {log.config.seed: log for log in logs if log.config.drop_probs == pair and log.came_out}
        for pair in (DROPOUT, NONE)
    ]
    lost = [{seed for seed, log in arm.items() if _is_lost(log)} for arm in arms]
    both = arms[0].keys() & arms[1].keys()
    alone = [len((one - other) & both) for one, other in (lost, lost[::-1])]
    p = float(stats.binomtest(alone[1], sum(alone)).pvalue) if sum(alone) else 1.0
    diverged = [sorted(len(log.epochs) + 1 for log in arm.values() if log.diverged) for arm in arms]
    fell = [sum(_fell(log) for seed, log in arm.items() if seed not in gone) for arm, gone in zip(arms, lost)]
    at_chance = [len(gone) - len(when) for gone, when in zip(lost, diverged)]
    return Survival(
        (len(arms[0]), len(arms[1])), (diverged[0], diverged[1]), (at_chance[0], at_chance[1]),
        (fell[0], fell[1]), p,
    )  # fmt: skip


def _is_lost(log: RunLog) -> bool:
    return log.diverged or log.epochs[-1].test_acc < AT_CHANCE


def _fell(log: RunLog) -> bool:
    first = max(1, round(len(log.epochs) * SHARES[0]))
    return min((epoch.test_acc for epoch in log.epochs[first:]), default=1.0) < FELL


def _survival_text(survivals: Mapping[float, Survival], length: int) -> str:
    said = []
    for rate, one in survivals.items():
        (_, without), (lost, lost_without) = one.seeds, one.lost
        diverged = [f"{len(when)} diverged, in epoch {span(when)}" for when in one.diverged[1:] if when]
        ends = [f"{one.at_chance[1]} ended with what chance has"] if one.at_chance[1] else []
        how = f" ({', and '.join([*diverged, *ends])})" if lost_without else ""
        said.append(
            f"At a learning rate of {rate:g}, within {length} epochs {lost_without} of {without} runs "
            f"{WITHOUT} are lost{how}, and {lost} of {one.seeds[0]} {WITH} ({p_text(one.p)} by an exact sign "
            f"test)."
        )
    if len(survivals) > 1:
        said.append(f"What follows is at {min(survivals):g}.")
    return " ".join(said)


def _survival_table(survivals: Mapping[float, Survival], length: int) -> Table:
    rows = []
    for rate, one in survivals.items():
        for place, which in enumerate((WITH, WITHOUT)):
            diverged = one.diverged[place]
            when = f"{len(diverged)} (epoch {span(diverged)})" if diverged else "0"
            others = (str(one.at_chance[place]), str(one.fell[place]), p_cell(one.p))
            rows.append((f"{rate:g}", which, str(one.seeds[place]), when, *others))
    return Table(
        f"Runs that are lost within {length} epochs: those that diverge, the loss no longer a number, and "
        f"those that end with a test accuracy below {AT_CHANCE:g}; beside them those that in some epoch "
        f"after the first sixth fell below {FELL:g} and rose again. p: of as many seeds of which one arm "
        "alone is lost, by an exact sign test.",
        ("learning rate", "runs", "seeds", "diverged", "at chance", "fell", "p"),
        tuple(rows),
    )


def _differences(marks: Sequence[int], curves: Any) -> dict[int, Estimate]:
    """After each of these epochs."""
    return dict(zip(marks, holm([estimate(ending(curves, mark)) for mark in marks])))


def _gains(stops: Stops) -> dict[str, Estimate]:
    """What stopping adds, by the rule in which a run's own test images have no part."""
    (end, end_none), (stop, stop_none) = stops["end"], stops["others"]
    found = {
        "without dropout: stopped less to the end": stop_none.accuracies - end_none.accuracies,
        "with dropout: stopped less to the end": stop.accuracies - end.accuracies,
        "without dropout, stopped, less with dropout to the end": stop_none.accuracies - end.accuracies,
    }
    return dict(zip(found, holm([*map(estimate, found.values())])))


def _test_text(test: dict[int, Estimate], dropout: Arm, none: Arm) -> str:
    first, last = min(test), max(test)
    parts = [
        f"After {counted(mark, 'epoch')} test accuracy {WITH}, "
        f"{estimate(ending(dropout.test, mark)).text()}, {told(test[mark], WITHOUT)}."
        for mark in (first, last)
    ]
    grown = _grown(dropout, none, first, last)
    changes = " and ".join(f"{one.text(sign=True)} {which}" for one, which in zip(grown, (WITH, WITHOUT)))
    return " ".join([*parts, f"From epoch {first} to epoch {last} it changes by {changes}."])


def _grown(dropout: Arm, none: Arm, first: int, last: int) -> list[Estimate]:
    """What the epochs between add to the test accuracy of each arm."""
    return [estimate(ending(arm.test, last) - ending(arm.test, first)) for arm in (dropout, none)]


def _gap_text(gap: dict[int, Estimate], dropout: Arm, none: Arm) -> str:
    first, last, arms = min(gap), max(gap), (dropout, none)
    trains = [estimate(ending(arm.train, last)).text() for arm in arms]
    starts = [estimate(ending(arm.gap, first)).text() for arm in arms]
    ends = [estimate(ending(arm.gap, last)).text() for arm in arms]
    return (
        f"On the training images, with nothing dropped, accuracy is then {trains[0]} {WITH} and {trains[1]} "
        f"{WITHOUT}. The gap between it and test accuracy is {starts[0]} {WITH} and {starts[1]} {WITHOUT} "
        f"after {counted(first, 'epoch')}, and {ends[0]} and {ends[1]} after {last}. {_gap_beside(gap)}"
    )


def _gap_beside(gap: dict[int, Estimate]) -> str:
    """After which epochs the gaps of the two arms differ."""
    said = [
        f"is {word} after {listed(marks)} epochs"
        for word, side in (("smaller", -1), ("larger", 1), ("not told from it", 0))
        if (marks := [str(mark) for mark, one in gap.items() if one.side == side])
    ]
    last = max(gap)
    return (
        f"Beside that {WITHOUT}, the gap {WITH} {listed(said)}, all comparisons counted; after {last} the "
        f"difference is {gap[last].mean:+.4f} ({certainty(gap[last])})."
    )


def _crossing_text(crossing: Crossing, end: Estimate, length: int) -> str:
    above, below = (WITH, WITHOUT) if crossing.leads > 0 else (WITHOUT, WITH)
    where, low, high = (_epoch(one, length) for one in (crossing.epoch, crossing.low, crossing.high))
    interval = f"(95% interval by a bootstrap over the seeds: {low} to {high})"
    taken = "Each epoch is taken with its two neighbours for this."
    if not end.shows:
        return (
            f"Which curve is above after {length} epochs cannot be told, so neither can where they cross for "
            f"the last time. The mean of these runs {above} stays above from {where} on {interval}. {taken}"
        )
    if crossing.epoch == 1:
        return (
            f"No crossing is seen: the mean test curve {above} is above that {below} from the first epoch on "
            f"{interval}. {taken}"
        )
    return (
        f"The mean test curve {above} stays above that {below} from {where} on {interval}; of the "
        f"{crossing.epoch - 1:.0f} epochs before, it is below in {crossing.below}. {_of_median(crossing)} "
        f"{taken}"
    )


def _of_median(crossing: Crossing) -> str:
    if crossing.of_median == np.inf:
        return "The median of the differences, which runs far out hardly move, does not end there."
    return (
        "The median of the differences, which runs far out hardly move, stays on that side from epoch "
        f"{crossing.of_median:.0f} on."
    )


def _epoch(epoch: float, length: int) -> str:
    return f"epoch {epoch:.0f}" if epoch < np.inf else f"beyond epoch {length}"


def _stopping_text(stops: Stops, ways: dict[str, Estimate], gains: dict[str, Estimate]) -> str:
    stop, stop_none = stops["others"]
    of_none, of_dropout, instead = gains.values()
    return (
        "No validation images are set aside; each half of the runs is stopped where the mean test curve of "
        f"the other half is highest, in epoch {_both(stop_none)} {WITHOUT} and {_both(stop)} {WITH}. Stopped "
        f"so, test accuracy {WITHOUT} {told(of_none, 'at the end')}. That {WITH} "
        f"{told(of_dropout, 'at the end')}. Of the two, both stopped, test accuracy {WITH} "
        f"{told(ways['others'], WITHOUT)}. Stopping in place of dropout: test accuracy {WITHOUT}, stopped, "
        f"{told(instead, 'with dropout at the end')}."
    )


def _both(stop: Stop) -> str:
    """The epochs that the two halves choose."""
    return " and ".join(str(epoch) for epoch in sorted({*stop.epochs.tolist()}))


def _bound_text(stops: Stops) -> str:
    own, own_none = (estimate(one.accuracies).text() for one in stops["own"])
    return (
        f"To stop each run at the best epoch of its own test curve gives {own} {WITH} and {own_none} "
        f"{WITHOUT}. That is an upper bound: the images that choose the epoch then judge it, and the highest "
        "of many noisy values is too high."
    )


def _test_table(test: dict[int, Estimate], dropout: Arm, none: Arm) -> Table:
    rows = []
    for mark, one in test.items():
        means = [estimate(ending(arm.test, mark)).text() for arm in (none, dropout)]
        rows.append((str(mark), *means, *cells(one)))
    grown, grown_none = (one.text(sign=True) for one in _grown(dropout, none, min(test), max(test)))
    rows.append((f"{max(test)} less {min(test)}", grown_none, grown, "", ""))
    return Table(
        f"Test accuracy, mean of the {LAST} epochs up to the one named, with 95% intervals; "
        f"{len(dropout.test)} seeds. Differences seed by seed, p by Holm over {len(test)}.",
        ("epoch", WITHOUT, WITH, "difference", "p"),
        tuple(rows),
    )


def _gap_table(gap: dict[int, Estimate], dropout: Arm, none: Arm) -> Table:
    rows = []
    for mark, one in gap.items():
        means = [estimate(ending(of, mark)).text() for arm in (none, dropout) for of in (arm.train, arm.gap)]
        rows.append((str(mark), *means, *cells(one)))
    heads = [f"{what} {which}" for which in (WITHOUT, WITH) for what in ("training", "gap")]
    return Table(
        "Accuracy on the training images, nothing dropped, and the gap: that less test accuracy. Means of "
        f"the {LAST} epochs up to the one named, with 95% intervals; {len(dropout.test)} seeds. Differences "
        f"of the gap seed by seed, p by Holm over {len(gap)}.",
        ("epoch", *heads, "difference of the gap", "p"),
        tuple(rows),
    )


def _stopping_table(stops: Stops, ways: dict[str, Estimate]) -> Table:
    labels = {
        "end": f"at the end (mean of {LAST} epochs)",
        "others": "where the other half's mean is highest",
        "own": "at its own best epoch (upper bound)",
    }
    rows = []
    for rule, (dropout, none) in stops.items():
        means = [text for one in (none, dropout) for text in (estimate(one.accuracies).text(), one.when())]
        rows.append((labels[rule], *means, *cells(ways[rule])))
    return Table(
        "Early stopping: test accuracy with its 95% interval, and the epoch: median, from the earliest to "
        "the latest. By the other half's curves it is the mean of that epoch and its two neighbours, of the "
        "last epoch and the one before where that is the last, and training was not stopped; at its "
        f"own best, of that epoch alone. Differences seed by seed, p by Holm over {len(ways)}.",
        ("stopped", WITHOUT, "epoch", WITH, "epoch", "difference", "p"),
        tuple(rows),
    )


def _gains_table(gains: dict[str, Estimate]) -> Table:
    return Table(
        "What it adds to test accuracy to stop where the other half's mean is highest, with 95% intervals; "
        f"seed by seed, p by Holm over {len(gains)}.",
        ("compared", "difference", "p"),
        tuple((label, *cells(one)) for label, one in gains.items()),
    )


@in_plain_settings
def _figure(dropout: Arm, none: Arm, crossing: Crossing) -> Figure:
    figure = new_figure((PAGE_WIDTH, 7.6))
    left, middle, below = three_panels(figure)
    seen = max(1, dropout.length // 15)  # the first epochs would leave no room for the others
    epochs = range(1, dropout.length + 1)
    framed: dict[str, list[Estimate]] = {"accuracy": [], "gap": []}
    arms = ((WITH, dropout, BLUE, "-", "-."), (WITHOUT, none, ORANGE, "--", ":"))
    for label, arm, color, test, train in arms:
        curves = {"train": _each(arm.train), "test": _each(arm.test), "gap": _each(arm.gap)}
        band(left, epochs, curves["train"], train, color, f"training, {label}")
        band(left, epochs, curves["test"], test, color, f"test, {label}")
        band(middle, epochs, curves["gap"], test, color, label)
        framed["accuracy"] += curves["train"][seen:] + curves["test"][seen:]
        framed["gap"] += curves["gap"][seen:]
    frame(left, framed["accuracy"], below=0.5)
    frame(middle, framed["gap"], above=0.3)
    name(left, "Accuracy, nothing dropped", "Epoch", "Accuracy")
    name(middle, "Gap between training and test", "Epoch", "Training less test accuracy")
    _draw_difference(below, dropout, none, crossing, seen)
    for axes, place in ((left, "lower right"), (middle, "upper left"), (below, "upper left")):
        axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        axes.legend(loc=place, **ON_A_BAND)
    return figure


def _draw_difference(axes: Any, dropout: Arm, none: Arm, crossing: Crossing, seen: int) -> None:
    each = _each(smooth(dropout.test - none.test))
    band(axes, range(1, dropout.length + 1), each, "-", BLUE, "difference, three epochs' mean")
    axes.axhline(0, color="0.3", linewidth=0.8)
    frame(axes, [*each[seen:], estimate([0, 0])], above=0.5)
    if crossing.epoch < np.inf:
        label = f"{WITH if crossing.leads > 0 else WITHOUT} above from here on"
        axes.axvline(crossing.epoch, 0, 0.77, color="0.2", linestyle=":", label=label)
        ends = (min(end, dropout.length + 1) for end in (crossing.low, crossing.high))
        axes.axvspan(*ends, 0, 0.77, color="0.87", zorder=0, label="95% interval of that")
    name(axes, "With dropout less without", "Epoch", "Difference of test accuracy")


def _each(curves: Any) -> list[Estimate]:
    """An estimate an epoch."""
    return [estimate(column) for column in curves.T]


EXERCISE = Exercise(
    name="2",
    title="More epochs, with dropout and without",
    question="What becomes of training and test accuracy when the networks with and without dropout are "
    "trained for longer: how far do they go apart, where do the two test curves cross, and does early "
    "stopping do what dropout does?",
    design="Gluon's network on the reshuffled split for sixty epochs, with the chapter's drop probabilities "
    "0.2 and 0.5 and with 0 and 0, twenty seeds each, at the chapter's learning rate of 0.5 and at half of "
    "it, as at 0.5 many runs without dropout are lost. After each epoch the accuracy on the training images "
    "is measured with nothing dropped, as the test accuracy is. The runs with dropout at 0.5 are the first "
    "twenty of those of sixty epochs in exercise 1.",
    shown="At the smaller learning rate. Left: accuracy on training and test images, nothing dropped, with "
    "dropout and without, over sixty epochs. Right: the gap between the two. Below: test accuracy with "
    "dropout less without, and from where on it stays on one side. Bands are 95% intervals; one run that "
    "falls for an epoch widens them there.",
    limits="One network, one data set, two learning rates, which do not fall; the smaller one was chosen "
    "when runs at the chapter's had been seen to be lost. No validation images were set "
    "aside: someone who trains one network has no other runs to choose the epoch by, and as every "
    "seed splits the 70,000 images anew, many test images of the runs that choose are test images of those "
    "that are judged too. What more epochs than these do is not asked. The figure's bands are of each epoch "
    "by itself.",
    configs=configs,
    quick=quick,
    analyse=analyse,
)
