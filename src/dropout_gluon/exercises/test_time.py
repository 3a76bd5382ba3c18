"""Exercise 4: dropout at test time, one sample or the mean of many, beside nothing dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..config import RunConfig
from ..errors import LogError
from ..logs import RunLog
from ..messages import counted, listed
from ..plotting import PAGE_WIDTH, Figure, in_plain_settings, new_figure
from ..runs.grid import grid
from .contrasts import cells
from .drawing import BLACK, BLUE, GREEN, ON_A_BAND, ORANGE, band, frame, name, points, three_panels
from .effects import Estimate, certainty, estimate, holm, told
from .exercise import Answer, Exercise, Table, chosen, pair_text
from .reliability import pooled

BOOKS, HALVES = (0.2, 0.5), (0.5, 0.5)
PAIRS = (BOOKS, HALVES)
KEPT = "all but the last"
SEEDS = range(1, 21)
KINDS = {"acc": "accuracy", "nll": "negative log likelihood", "ece": "expected calibration error"}
NONE = "with nothing dropped"


def configs() -> list[RunConfig]:
    return [*grid(_fields(SEEDS))]


def quick() -> list[RunConfig]:
    """On a tenth of the images, with the chapter's probabilities alone: the samples take the time."""
    small: dict[str, Sequence[Any]] = {
        "num_train": [6000],
        "batch_size": [128],
        "num_epochs": [8],
        "drop_probs": [BOOKS],
    }
    return [*grid({**_fields(range(1, 3)), **small})]


def _fields(seeds: range) -> dict[str, Sequence[Any]]:
    return {"seed": seeds, "implementation": ["gluon"], "drop_probs": PAIRS, "measure": [("samples",)]}


@dataclass(frozen=True)
class Sampled:
    """The networks of one pair of drop probabilities.

    Attributes:
        pair: the probabilities.
        each: seed -> what was measured (`measurements.samples`).
    """

    pair: tuple[float, ...]
    each: Mapping[int, dict[str, Any]]

    @property
    def counts(self) -> list[int]:
        """Of how many samples the mean was taken, from fewest to most."""
        return sorted(map(int, next(iter(self.each.values()))["mean_of"]))

    @property
    def most(self) -> int:
        return self.counts[-1]

    def of_none(self, kind: str) -> Estimate:
        return estimate(one["none"][kind] for one in self.each.values())

    def of(self, kind: str, count: int) -> Estimate:
        return estimate(one["mean_of"][str(count)][kind] for one in self.each.values())

    def against_none(self) -> dict[tuple[str, int], Estimate]:
        """(Kind of quality, of how many samples) -> the difference from nothing dropped, p by Holm."""
        places = [(kind, count) for kind in KINDS for count in self.counts]
        differences = [
            estimate(one["mean_of"][str(count)][kind] - one["none"][kind] for one in self.each.values())
            for kind, count in places
        ]
        return dict(zip(places, holm(differences)))

    def errors(self, which: str) -> Any:
        """Share of errors by tenth of entropy, from the least on: (networks, tenths)."""
        return np.array([one[which] for one in self.each.values()])


def analyse(logs: Sequence[RunLog]) -> Answer:
    found = [Sampled(pair, of) for pair in PAIRS if (of := _measured(logs, pair))]
    if not found:
        raise LogError("exercise 4 needs a run of which samples were taken")
    against = [one.against_none() for one in found]
    tenths = [_tenths(one) for one in found]
    said = (_price_text(found, against), _bargain(found, against), _bargain_in_doubt(tenths))
    text, tables = [" ".join(said)], [_spread_table(found)]
    for one, differences, parts in zip(found, against, tenths):
        text.append(f"{_accuracy_text(one, differences)} {_doubt_text(one, parts)}")
        tables += [_quality_table(one, differences), _errors_table(one, parts)]
    return Answer(tuple(text), tuple(tables), lambda: _figure(found, against, tenths[0]), len(logs))


def _measured(logs: Sequence[RunLog], pair: tuple[float, ...]) -> dict[int, dict[str, Any]]:
    return {seed: log.measured["samples"] for seed, log in sorted(chosen(logs, drop_probs=pair).items())}


def _tenths(one: Sampled) -> dict[str, tuple[Estimate, Estimate, Estimate]]:
    """Errors with nothing dropped, of the samples' mean, and the difference, p by Holm.

    The parts are the tenths of the entropy, and the nine surest of them together.
    """
    none, samples = one.errors("errors_none"), one.errors("errors")
    parts = {f"{place + 1}": (none[:, place], samples[:, place]) for place in range(none.shape[1])}
    parts[KEPT] = (none[:, :-1].mean(axis=1), samples[:, :-1].mean(axis=1))
    differences = holm([estimate(mean - without) for without, mean in parts.values()])
    return {
        part: (estimate(without), estimate(mean), difference)
        for (part, (without, mean)), difference in zip(parts.items(), differences)
    }


def _accuracy_text(one: Sampled, against: dict[tuple[str, int], Estimate]) -> str:
    """Of one sample and of the mean of most; of likelihood and calibration the table tells."""
    within, _ = _spreads(one)
    parts = [
        f"Trained with {pair_text(one.pair)}, accuracy is {one.of_none('acc').text()} with nothing dropped. "
        f"That of one sample {told(against['acc', one.counts[0]], NONE)}; within a network it has a standard "
        f"deviation of {within.text()}.",
        f"That of the mean of {one.most} {told(against['acc', one.most], NONE)}.",
    ]
    for side, sign in (("below", -1), ("above", 1)):
        if apart := [count for count in one.counts if against["acc", count].side == sign]:
            parts.append(
                f"Of the numbers of samples tried, {apart[-1]} is the largest whose mean is shown to be "
                f"{side} nothing dropped."
            )
    return " ".join([*parts, _sureness(one)])


def _sureness(one: Sampled) -> str:
    """How sure predictions are beside how often they are right, with nothing dropped and by many samples."""
    none = [measured["none"] for measured in one.each.values()]
    most = [measured["mean_of"][str(one.most)] for measured in one.each.values()]
    away, away_most = (
        estimate(_less_confidence(quality["bins"]) for quality in qualities) for qualities in (none, most)
    )
    return (
        f"Accuracy less mean confidence is {away.mean:+.4f} {NONE} ({certainty(away)}) and "
        f"{away_most.mean:+.4f} by the mean of {one.most} ({certainty(away_most)}); above 0, predictions are "
        "right more often than their confidence says."
    )


def _less_confidence(bins: Sequence[Sequence[float]]) -> float:
    """The accuracy over all images, less the mean confidence."""
    count, sure, hit = np.array(bins).T
    return float(count @ (hit - sure) / count.sum())


def _doubt_text(one: Sampled, tenths: dict[str, tuple[Estimate, Estimate, Estimate]]) -> str:
    more, fewer = (
        [part for part, (_, _, found) in tenths.items() if part.isdigit() and found.side == sign]
        for sign in (1, -1)
    )
    where = [
        f"{word} in {'tenth' if len(parts) == 1 else 'tenths'} {listed(parts)}"
        for word, parts in (("more", more), ("fewer", fewer))
        if parts
    ]
    shown = f"are {' and '.join(where)}" if where else "are not shown to differ in any"
    return (
        "Entropy as a measure of doubt: it sorts the images into tenths, from the surest on, once that of "
        f"the mean of {one.most}, once that {NONE}. By the first, beside the second, errors {shown}. "
        "Where each sets aside the tenth of which it is least sure, the share of errors in the others, by "
        f"that mean, {told(tenths[KEPT][2], NONE)}."
    )


def _price_text(found: Sequence[Sampled], against: Sequence[dict[tuple[str, int], Estimate]]) -> str:
    """What the passes buy, all comparisons counted."""
    parts = []
    for one, differences in zip(found, against):
        said: dict[str, list[str]] = {"better in": [], "worse in": [], "not told apart in": []}
        for kind, what in KINDS.items():
            difference = differences[kind, one.most]
            gain = difference.mean if kind == "acc" else -difference.mean
            how = "not told apart in" if not difference.shows else "better in" if gain > 0 else "worse in"
            said[how].append(what)
        parts.append(
            f"Trained with {pair_text(one.pair)}, beside nothing dropped, the mean of {one.most} is "
            + ", and ".join(f"{how} {' and '.join(what)}" for how, what in said.items() if what)
            + f", for {one.most} passes in place of one."
        )
    return " ".join(parts)


def _bargain(found: Sequence[Sampled], against: Sequence[dict[tuple[str, int], Estimate]]) -> str:
    """Why nothing is dropped at test time, as far as accuracies say."""
    singles = [differences["acc", one.counts[0]] for one, differences in zip(found, against)]
    every = [differences["acc", count] for one, differences in zip(found, against) for count in one.counts]
    if any(one.side > 0 for one in every):
        return "So in accuracy something can be gained by dropping at test time."
    if all(one.side < 0 for one in singles):
        return (
            "So what speaks for dropping nothing at test time is that one sample costs accuracy, and that no "
            "mean of many is shown to win back more than that."
        )
    return "That dropping at test time costs accuracy does not show everywhere, nor that it gains any."


def _bargain_in_doubt(tenths: Sequence[dict[str, tuple[Estimate, Estimate, Estimate]]]) -> str:
    """Whether the entropy of many samples knows better which images to set aside."""
    sides = [parts[KEPT][2].side for parts in tenths]
    if any(side < 0 for side in sides):
        return "As a measure of doubt it gains something: of the images kept, fewer are errors."
    worse = ", it costs: of the images kept, more are errors" if any(sides) else " no gain shows, either"
    return f"As a measure of doubt{worse}."


def _spreads(one: Sampled) -> tuple[Estimate, Estimate]:
    """Of the accuracies of a network's single samples: standard deviation, and from lowest to highest."""
    accuracies = [measured["accuracies"] for measured in one.each.values()]
    within = estimate(float(np.std(values, ddof=1)) for values in accuracies)
    return within, estimate(max(values) - min(values) for values in accuracies)


def _spread_table(found: Sequence[Sampled]) -> Table:
    rows = []
    for one in found:
        singles = estimate(float(np.mean(measured["accuracies"])) for measured in one.each.values())
        spread = one.of_none("acc").spread
        rows.append(
            (pair_text(one.pair), singles.text(), *(part.text() for part in _spreads(one)), f"{spread:.4f}")
        )
    return Table(
        f"Accuracy of single samples: mean over {found[0].most} samples a network, standard deviation and "
        "distance of the highest from the lowest within a network, with 95% intervals over networks; beside "
        f"them the standard deviation over networks with nothing dropped. "
        f"{listed([counted(len(one.each), 'network') for one in found])}, in this order.",
        (
            "drop probabilities",
            "mean",
            "standard deviation within a network",
            "highest less lowest",
            "standard deviation over networks",
        ),
        tuple(rows),
    )


def _quality_table(one: Sampled, against: dict[tuple[str, int], Estimate]) -> Table:
    rows = [("nothing dropped", *(text for kind in KINDS for text in (one.of_none(kind).text(), "", "")))]
    for count in one.counts:
        each = [
            text
            for kind in KINDS
            for text in (
                one.of(kind, count).text(),
                *cells(against[kind, count]),
            )
        ]
        rows.append(("one sample" if count == 1 else f"mean of {count}", *each))
    heads = [head for what in ("accuracy", "NLL (nats)", "ECE") for head in (what, "difference", "p")]
    return Table(
        f"Trained with {pair_text(one.pair)}: accuracy, negative log likelihood (NLL) and expected "
        "calibration error (ECE, 15 bins) on the test images, with 95% intervals over "
        f"{counted(len(one.each), 'network')}; differences from nothing dropped, network by network, p by "
        f"Holm over {len(against)}.",
        ("prediction", *heads),
        tuple(rows),
    )


def _errors_table(one: Sampled, tenths: dict[str, tuple[Estimate, Estimate, Estimate]]) -> Table:
    rows = [
        (part, none.text(), mean.text(), *cells(difference))
        for part, (none, mean, difference) in tenths.items()
    ]
    return Table(
        f"Trained with {pair_text(one.pair)}: share of errors in tenths of the test images, from the least "
        "entropy of the prediction to the most, each prediction by its own entropy; 95% intervals over "
        f"{counted(len(one.each), 'network')}, differences network by network, p by Holm over {len(tenths)}.",
        ("tenth", "nothing dropped", f"mean of {one.most}", "difference", "p"),
        tuple(rows),
    )


@in_plain_settings
def _figure(
    found: Sequence[Sampled],
    against: Sequence[dict[tuple[str, int], Estimate]],
    tenths: dict[str, tuple[Estimate, Estimate, Estimate]],
) -> Figure:
    figure = new_figure((PAGE_WIDTH, 7.6))
    left, middle, below = three_panels(figure)
    one = found[0]
    _draw_reliability(left, one)
    _draw_errors(middle, one, tenths)
    below.axhline(0, color="0.3", linewidth=0.8)
    every = []
    for sampled, differences, (style, color) in zip(found, against, (("o-", BLACK), ("s--", "0.5"))):
        each = [differences["acc", count] for count in sampled.counts]
        band(below, sampled.counts, each, style, color, f"trained with {pair_text(sampled.pair)}")
        every += each
    frame(below, [*every, estimate([0, 0])])
    below.set_xscale("log")
    below.set_xticks(one.counts, [str(count) for count in one.counts])
    below.minorticks_off()
    name(below, "Accuracy less nothing dropped", "Samples in the mean", "Difference of accuracy")
    for axes, place in ((left, "upper left"), (below, "lower right")):
        axes.legend(loc=place, **ON_A_BAND)
    return figure


def _draw_reliability(axes: Any, one: Sampled) -> None:
    each = [*one.each.values()]
    series = {
        "nothing dropped": ([measured["none"] for measured in each], "o-", BLUE),
        "one sample": ([measured["mean_of"]["1"] for measured in each], "s--", ORANGE),
        f"mean of {one.most}": ([measured["mean_of"][str(one.most)] for measured in each], "^:", GREEN),
    }
    every = []
    axes.axhline(0, color="0.3", linewidth=0.8)
    for label, (qualities, style, color) in series.items():
        bins = pooled([quality["bins"] for quality in qualities])
        departures = [departure for _, departure in bins]
        band(axes, [sure for sure, _ in bins], departures, style, color, label)
        every += departures
    if every:
        frame(axes, every, above=0.3)
    name(axes, f"Reliability, {pair_text(one.pair)}", "Confidence, mean of a bin", "Accuracy less confidence")


def _draw_errors(axes: Any, one: Sampled, tenths: dict[str, tuple[Estimate, Estimate, Estimate]]) -> None:
    """The differences: the shares themselves go from 0 to a half and would hide them."""
    each = [difference for part, (_, _, difference) in tenths.items() if part.isdigit()]
    axes.axhline(0, color="0.3", linewidth=0.8)
    points(axes, range(1, len(each) + 1), each, "^", GREEN, f"mean of {one.most}")
    axes.set_xticks(range(1, len(each) + 1))
    name(
        axes, f"Errors, mean of {one.most} less nothing dropped", "Tenth of images, from least entropy",
        "Difference of the share of errors",
    )  # fmt: skip


EXERCISE = Exercise(
    name="4",
    title="Dropout at test time",
    question="Why is nothing dropped at test time? What are predictions worth if masks are drawn there too, "
    "one or the mean of many, and is there something that they buy?",
    design="Gluon's network on the reshuffled split, ten epochs with the chapter's drop probabilities 0.2 "
    "and 0.5 and with 0.5 and 0.5, twenty seeds each. The test images are predicted with nothing dropped "
    "and, by 100 passes with masks, by the means of 1, 2, 5, 10, 20, 50 and 100 predicted probabilities.",
    shown="Above: of the networks trained with 0.2 and 0.5. Left: accuracy less confidence over confidence, "
    "with nothing dropped, of one sample and of the mean of all. Right: the share of errors by the mean of "
    "all less that with nothing dropped, in tenths of the test images, from the least entropy on. Below: "
    "accuracy less that with nothing dropped, over the number of samples in the mean. Bands and bars are 95% "
    "intervals.",
    limits="How much predictions of one network vary is measured of single samples alone. Uncertainty is the "
    "entropy of what is predicted; other measures of it, and images that are of none of the classes, are not "
    "asked. Nothing is done to the confidence with nothing dropped that could mend it in one pass, such as a "
    "temperature. The expected calibration error of a finite test set is above 0 even for a calibrated "
    "network. Intervals and tests are over networks, seed by seed.",
    configs=configs,
    quick=quick,
    analyse=analyse,
)
