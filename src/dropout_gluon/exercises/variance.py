"""Exercise 3: the variance of activations after dropout, in theory and measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any

import numpy as np
from scipy import stats

from ..config import RunConfig
from ..errors import LogError
from ..logs import RunLog
from ..messages import listed
from ..plotting import PAGE_WIDTH, Figure, in_plain_settings, new_figure, ticker
from ..runs.grid import grid
from .contrasts import cells
from .drawing import BLUE, ORANGE, name, points
from .effects import LEVEL, Estimate, estimate, holm
from .exercise import Answer, Exercise, Table, chosen, pair_text

Array = Any  # an ndarray; NumPy's types ask for more than they give here

BOOKS = (0.2, 0.5)
PAIRS = ((0.1, 0.1), (0.2, 0.2), BOOKS, (0.5, 0.5), (0.8, 0.8))
SEEDS = range(1, 11)
START, TRAINED = "start", "trained"


def configs() -> list[RunConfig]:
    return [*grid(_fields(SEEDS, PAIRS))]


def quick() -> list[RunConfig]:
    """On a tenth of the images, with three pairs."""
    small = {"num_train": [6000], "batch_size": [64], "num_epochs": [3]}
    return [*grid({**_fields(range(1, 3), PAIRS[2:]), **small})]


def _fields(seeds: range, pairs: Sequence[tuple[float, ...]]) -> dict[str, Sequence[Any]]:
    return {
        "seed": seeds,
        "implementation": ["gluon"],
        "drop_probs": pairs,
        "measure": [("activations",)],
    }


def theory(mean: float, var: float, drop_prob: float) -> float:
    """Var[h'] of activations with this mean and variance: (Var[h] + p E[h]²) / (1 - p)."""
    return (var + drop_prob * mean**2) / (1 - drop_prob)


@dataclass(frozen=True)
class Point:
    """One layer at one drop probability, of networks that differ in their seeds.

    Attributes:
        when: before training or after.
        layer: counted from 1.
        p: the layer's drop probability.
        pair: what the networks are trained with; empty at the start, where it makes no difference.
        seeds, mean, var: E[h] and Var[h] of each network.
        after: Var[h'] of each network and draw of the mask: (networks, draws).
    """

    when: str
    layer: int
    p: float
    pair: tuple[float, ...]
    seeds: tuple[int, ...]
    mean: Array
    var: Array
    after: Array

    @property
    def theory(self) -> Array:
        """Of each network."""
        return theory(self.mean, self.var, self.p)

    @property
    def departure(self) -> Array:
        """Of Var[h'] from the theory, in percent: (networks, draws)."""
        return 100 * (self.after / self.theory[:, None] - 1)

    @property
    def share(self) -> dict[int, float]:
        """Seed -> the part of Var[h'] that is the mask's."""
        return dict(zip(self.seeds, 1 - self.var / self.after.mean(axis=1)))

    def label(self) -> str:
        where = f"layer {self.layer}, p = {self.p:g}"
        return (
            f"{where}, at the start"
            if self.when == START
            else f"{where}, trained with {pair_text(self.pair)}"
        )


def over_draws(values: Array, count: int = 1) -> Estimate:
    """The mean over networks of the mean over draws, with the uncertainty of the draws alone.

    Given the networks, nothing but the masks is random, and all draws are independent. So the variance of
    the mean is that of the draws within each network; what networks differ by is no error. Degrees of
    freedom by Welch and Satterthwaite.

    Args:
        values: (networks, draws).
        count: of such means, whose intervals together hold with 95% (Bonferroni).
    """
    networks, draws = values.shape
    errors = values.var(axis=1, ddof=1) / draws
    error = float(errors.sum()) ** 0.5 / networks
    mean = float(values.mean())
    if not error:
        return Estimate(mean, mean, mean, networks, 0.0, float(mean == 0))
    freedom = float(errors.sum() ** 2 / (errors**2).sum()) * (draws - 1)
    half = float(stats.t.ppf(1 - LEVEL / count / 2, freedom)) * error
    p = min(1.0, count * 2 * float(stats.t.sf(abs(mean) / error, freedom)))
    return Estimate(mean, mean - half, mean + half, networks, error * networks**0.5, p)


def analyse(logs: Sequence[RunLog]) -> Answer:
    found = gather(logs)
    if not found:
        raise LogError("exercise 3 needs a run whose activations were measured")
    departures = [over_draws(point.departure, len(found)) for point in found]
    changes = _changes(found)
    text = (
        *_book_text(found),
        _theory_text(found, departures),
        _single_text(found),
        _share_text(found, changes),
    )
    tables = (_theory_table(found, departures), _share_table(found, changes))
    return Answer(text, tables, lambda: _figure(found, departures), len(logs))


def gather(logs: Sequence[RunLog]) -> list[Point]:
    """The points; what would be one twice at the start, the same weights and masks, once."""
    found: dict[tuple[Any, ...], Point] = {}
    pairs = sorted({log.config.drop_probs for log in logs}, key=lambda pair: (len({*pair}), pair))
    for when in (START, TRAINED):
        for pair in pairs:
            of = chosen(logs, drop_probs=pair)
            for place, p in enumerate(pair):
                key = (when, place, p, pair if when == TRAINED else ())
                if of and key not in found:
                    found[key] = _point(of, when, place, p, key[-1])
    return sorted(found.values(), key=lambda one: (one.layer, one.when, one.p, len({*one.pair}), one.pair))


def _point(of: dict[int, RunLog], when: str, place: int, p: float, pair: tuple[float, ...]) -> Point:
    seeds = tuple(sorted(of))
    measured = [of[seed].measured["activations"][when][place] for seed in seeds]
    columns = (np.array([one[name] for one in measured]) for name in ("mean", "var", "after_var"))
    return Point(when, place + 1, p, pair, seeds, *columns)


def _changes(found: Sequence[Point]) -> dict[int, Estimate]:
    """Place of a trained point -> the mask's share less that at the start, seed by seed."""
    starts = {(one.layer, one.p): one.share for one in found if one.when == START}
    places = [place for place, one in enumerate(found) if one.when == TRAINED]
    each = []
    for place in places:
        one = found[place]
        start = starts[one.layer, one.p]
        each.append(estimate(share - start[seed] for seed, share in one.share.items() if seed in start))
    return dict(zip(places, holm(each)))


def _book_text(found: Sequence[Point]) -> list[str]:
    """What dropout makes of the variance in the chapter's networks, before anything of theory."""
    mine = [one for one in found if one.pair == BOOKS]
    factors = [f"{float(_factors(one).mean()):.2f} in layer {one.layer}" for one in mine]
    if not mine:
        return []
    return [
        f"In networks trained with the chapter's {pair_text(BOOKS)}, dropout multiplies the variance of the "
        f"activations by {listed(factors)}."
    ]


def _factors(point: Point) -> Array:
    """Var[h'] as a multiple of Var[h], of each network."""
    return point.after.mean(axis=1) / point.var


def _theory_text(found: Sequence[Point], departures: Sequence[Estimate]) -> str:
    outside = [place for place, one in enumerate(departures) if not one.holds_0]
    halves = [(one.high - one.low) / 2 for one in departures]
    far = max(range(len(found)), key=lambda place: abs(departures[place].mean))

    def said(place: int) -> str:
        return f"{found[place].label()}: {departures[place].text(3, sign=True)}%"

    holds = (
        f"Measured, that is in the interval of every one of the {len(found)} points; these are intervals "
        "that all hold together with 95%."
    )
    if outside:
        holds = (
            f"Measured, that is in the interval of {len(found) - len(outside)} of the {len(found)} points, "
            f"and not of {len(outside)} ({'; '.join(map(said, outside))} from the theory). Where the theory "
            "is right, all intervals hold it with 95% probability: here it is not borne out."
        )
    return (
        "In theory dropout gives activations with mean E[h] and variance Var[h] the variance Var[h'] = "
        f"(Var[h] + p E[h]²) / (1 - p). {holds} The largest departure is that of {said(far)}. The intervals "
        f"reach {min(halves):.3f}% to {max(halves):.3f}% to either side: less than that would not be seen."
    )


def _single_text(found: Sequence[Point]) -> str:
    singles = [over_draws(row[None, :]) for point in found for row in point.departure]
    return (
        f"Network by network, each point's {found[0].after.shape[1]} draws give {len(singles)} intervals of "
        f"95% each; {sum(one.holds_0 for one in singles)} hold the theory. Where it is right, chance leaves "
        f"it out of {LEVEL * len(singles):.0f} or so."
    )


def _share_text(found: Sequence[Point], changes: dict[int, Estimate]) -> str:
    shares = [estimate(one.share.values()) for one in found]
    low, high = (pick(range(len(found)), key=lambda place: shares[place].mean) for pick in (min, max))
    rises, falls = ([place for place, one in changes.items() if one.side == sign] for sign in (1, -1))
    parts = [
        f"The mask's part of the variance after dropout is from {shares[low].text(3)} ({found[low].label()}) "
        f"to {shares[high].text(3)} ({found[high].label()}); in theory it is p at least, and more the larger "
        "E[h]² is beside Var[h].",
        f"Training makes this part larger at {len(rises)} of {len(changes)} points and smaller at "
        f"{len(falls)}, all comparisons counted; at {len(changes) - len(rises) - len(falls)} no change "
        "shows.",
    ]
    if largest := sorted({*rises, *falls}, key=lambda place: -abs(changes[place].mean))[:1]:
        place = largest[0]
        parts.append(
            f"It changes most at {found[place].label()}: by {changes[place].text(3, sign=True)} from the "
            "start to the end."
        )
    return " ".join(parts)


def _cells(point: Point) -> tuple[str, ...]:
    trained = pair_text(point.pair) if point.pair else "not trained"
    return f"{point.layer}", f"{point.p:g}", trained


def _theory_table(found: Sequence[Point], departures: Sequence[Estimate]) -> Table:
    rows = []
    for point, departure in zip(found, departures):
        moments = (f"{one.mean():.4g}" for one in (point.mean, point.var))
        measured = over_draws(point.after, len(found))
        digits = _digits(measured)
        expected = f"{point.theory.mean():.{digits}f}"
        within = "yes" if departure.holds_0 else "no"
        last = (departure.text(3, sign=True), within, str(departure.n))
        rows.append((*_cells(point), *moments, expected, measured.text(digits), *last))
    return Table(
        "Variance of the activations after dropout, over units and test images: means over networks, of the "
        "theory, too, which is that of each network's own E[h] and Var[h]. "
        f"Intervals from the {found[0].after.shape[1]} draws of the mask for each network, by Bonferroni: "
        f"all {len(found)} rows together hold with 95%.",
        (
            "layer",
            "p",
            "trained with",
            "E[h]",
            "Var[h]",
            "Var[h'], theory",
            "Var[h'], measured",
            "measured less theory (%)",
            "theory inside",
            "networks",
        ),
        tuple(rows),
    )


def _digits(one: Estimate) -> int:
    """As many decimals as show two digits of the interval."""
    half = (one.high - one.low) / 2
    return max(0, 1 - floor(log10(half))) if half > 0 else 6


def _share_table(found: Sequence[Point], changes: dict[int, Estimate]) -> Table:
    starts = {(one.layer, one.p): one for one in found if one.when == START}
    rows = []
    for place, change in changes.items():
        point = found[place]
        start = starts[point.layer, point.p]
        shares = (estimate(one.share.values()).text() for one in (start, point))
        factors = (f"{_factors(one).mean():.3f}" for one in (start, point))
        rows.append((*_cells(point), *factors, *shares, *cells(change)))
    return Table(
        "What the mask adds: Var[h'] as a multiple of Var[h], and the part of Var[h'] that is the mask's, "
        "measured, with 95% intervals over networks; at the start and trained, differences seed by seed, p "
        f"by Holm over {len(changes)}.",
        (
            "layer",
            "p",
            "trained with",
            "multiple, start",
            "multiple, trained",
            "share, start",
            "share, trained",
            "difference",
            "p",
        ),
        tuple(rows),
    )


SERIES = {
    "layer 1, at the start": {"color": BLUE, "style": "o", "mfc": "white"},
    "layer 1, trained, p in both layers": {"color": BLUE, "style": "o"},
    "layer 1, trained with 0.2 and 0.5": {"color": BLUE, "style": "D"},
    "layer 2, at the start": {"color": ORANGE, "style": "s", "mfc": "white"},
    "layer 2, trained, p in both layers": {"color": ORANGE, "style": "s"},
    "layer 2, trained with 0.2 and 0.5": {"color": ORANGE, "style": "^"},
}


def _series(point: Point) -> str:
    trained = "trained with 0.2 and 0.5" if point.pair == BOOKS else "trained, p in both layers"
    return f"layer {point.layer}, {'at the start' if point.when == START else trained}"


@in_plain_settings
def _figure(found: Sequence[Point], departures: Sequence[Estimate]) -> Figure:
    figure = new_figure((PAGE_WIDTH, 5))
    left, right = figure.subplots(1, 2)
    probs = sorted({one.p for one in found})
    left.axhline(0, color="0.3", linewidth=0.8)
    for number, (label, look) in enumerate(SERIES.items()):
        own = [place for place, one in enumerate(found) if _series(one) == label]
        places = [probs.index(found[place].p) + 0.12 * (number - 2.5) for place in own]
        shares = [estimate(found[place].share.values()) for place in own]
        points(left, places, [departures[place] for place in own], label=label, **look)
        points(right, places, shares, label=label, **look)
    for place, p in enumerate(probs):
        label = "_" if place else "p, the least there can be"
        right.plot(
            [place - 0.4, place + 0.4], [p, p], color="0.3", linewidth=1.2, linestyle="--", label=label
        )
    for axes in (left, right):
        axes.set_xticks(range(len(probs)), [f"{p:g}" for p in probs])
        axes.set_xlim(-0.5, len(probs) - 0.5)
    name(left, "Measured less theory,\nsimultaneous 95% intervals", "Drop probability p of the layer", "")
    left.set_ylabel("Departure of Var[h'] from theory (%)")
    left.yaxis.set_major_formatter(ticker.FormatStrFormatter("%+.2f"))
    name(
        right, "How much of Var[h'] is the mask's", "Drop probability p of the layer", "Share of the variance"
    )
    right.set_ylim(0, 1)
    handles, labels = right.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    return figure


EXERCISE = Exercise(
    name="3",
    title="The variance of activations after dropout",
    question="What is the variance of the activations of each hidden layer with dropout and without, in "
    "theory and measured, at the start and once the network is trained?",
    design="Gluon's network on the reshuffled split, trained for ten epochs with 0.1, 0.2, 0.5 and 0.8 in "
    "both layers and with the chapter's 0.2 and 0.5, ten seeds each. The activations of the 10,000 test "
    "images before dropout, at the start and at the end, are multiplied by twenty masks a layer, and the "
    "variance over units and images is taken before and after.",
    shown="Left: by how much the measured variance departs from theory, in percent, for each drop "
    "probability, layer and training; bars are 95% intervals that all hold together. Right: the "
    "share of the variance that is the mask's, with 95% intervals; dashed: the drop probability "
    "itself, the least there can be.",
    limits="Without dropout means before the mask: no network was trained without any. The mask is the "
    "chapter's own function, on activations that came through no mask before: in "
    "training the second layer reads what the first one's mask left. Variance over units and images together "
    "is not that of one unit. The theory is of one mask on given activations, so it holds for whatever "
    "training made of them; how dropout changes what training makes is seen only in Var[h] and E[h] of the "
    "first table, which are not compared there. Networks of one seed are measured with the same random "
    "numbers, so the rows are not independent of each other, which Bonferroni's intervals need not be.",
    configs=configs,
    quick=quick,
    analyse=analyse,
)
