"""Exercise 5: does dropout matter more for larger models, and for less data?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2, log10

from ..config import RunConfig
from ..logs import RunLog
from ..messages import listed
from ..plotting import PAGE_WIDTH, Figure, in_plain_settings, new_figure, ticker
from ..runs.grid import grid
from .contrasts import HEAD, cells, change
from .drawing import STYLES, name, points
from .effects import TAIL, Estimate, certainty, difference, estimate, holm, slopes, tails
from .exercise import Answer, Exercise, Table, chosen, pair_text

WIDTHS = (64, 256, 1024)
LENGTHS = {1000: 150, 6000: 60, 60_000: 10}  # images -> epochs
DROPPED, PLAIN = (0.2, 0.5), (0.0, 0.0)
BATCH_SIZE, LEARNING_RATE = 64, 0.125  # a quarter of the chapter's, both
SEEDS = range(1, 11)


def configs() -> list[RunConfig]:
    every: list[RunConfig] = []
    for images, epochs in LENGTHS.items():
        every += _runs(images, epochs, WIDTHS, SEEDS)
    return every


def quick() -> list[RunConfig]:
    """Of two widths and two numbers of images, for fewer epochs."""
    return [*_runs(1000, 40, (64, 256), range(1, 3)), *_runs(6000, 8, (64, 256), range(1, 3))]


def _runs(images: int, epochs: int, widths: Sequence[int], seeds: Sequence[int]) -> Sequence[RunConfig]:
    return grid(
        {
            "seed": seeds,
            "implementation": ["gluon"],
            "hidden_sizes": [(width, width) for width in widths],
            "drop_probs": [DROPPED, PLAIN],
            "num_train": [images],
            "num_epochs": [epochs],
            "batch_size": [BATCH_SIZE],
            "learning_rate": [LEARNING_RATE],
        }
    )


@dataclass(frozen=True)
class Cell:
    """One width on one number of images.

    Attributes:
        trained: the training accuracy without dropout.
        dropped, plain: the test accuracy with dropout and without.
        gains: of each seed, what dropout adds to it.
        gain: over the seeds, p adjusted for the cells.
    """

    trained: Estimate
    dropped: Estimate
    plain: Estimate
    gains: Mapping[int, float]
    gain: Estimate


Cells = Mapping[tuple[int, int], Cell]  # images, width
Slopes = Mapping[int, Estimate]  # by the row's images or width, and ALL
ALL = 0  # the mean over the rows


def analyse(logs: Sequence[RunLog]) -> Answer:
    found = _cells(logs)
    by_width, by_images = _slopes(found)
    epochs = {log.config.num_train: log.config.num_epochs for log in logs}
    return Answer(
        (_gains(found), *_trends(by_width, by_images), *_numbers(found, epochs)),
        (_cell_table(found), _slope_table(by_width, by_images)),
        lambda: _figure(found),
        len(logs),
    )


def _cells(logs: Sequence[RunLog]) -> Cells:
    places = sorted({(log.config.num_train, log.config.hidden_sizes[0]) for log in logs})
    found = {}
    for images, width in places:
        dropped, without = (
            chosen(logs, num_train=images, hidden_sizes=(width, width), drop_probs=pair)
            for pair in (DROPPED, PLAIN)
        )
        ends = tails(dropped), tails(without)
        gains = {seed: ends[0][seed] - ends[1][seed] for seed in sorted(ends[0].keys() & ends[1].keys())}
        if gains:
            found[images, width] = Cell(
                estimate(tails(without, "train_acc").values()),
                estimate(ends[0].values()),
                estimate(ends[1].values()),
                gains,
                difference(*ends),
            )
    adjusted = holm([cell.gain for cell in found.values()])
    return {
        place: Cell(cell.trained, cell.dropped, cell.plain, cell.gains, gain)
        for (place, cell), gain in zip(found.items(), adjusted)
    }


def _slopes(found: Cells) -> tuple[Slopes, Slopes]:
    """Of the gain over log2 of the width, and over log10 of the images; of each row, and of their mean."""
    widths, numbers = (sorted({place[axis] for place in found}) for axis in (1, 0))
    along = {
        **{("width", n): {log2(w): cell.gains for (m, w), cell in found.items() if m == n} for n in numbers},
        **{("images", w): {log10(n): cell.gains for (n, v), cell in found.items() if v == w} for w in widths},
    }
    each = {place: slopes(gains) for place, gains in along.items() if len(gains) > 1}
    for axis in ("width", "images"):
        rows = [of for (which, _), of in each.items() if which == axis]
        if len(rows) > 1:
            seeds = sorted(set.intersection(*({*of} for of in rows)))
            each[axis, ALL] = {seed: sum(of[seed] for of in rows) / len(rows) for seed in seeds}
    adjusted = dict(zip(each, holm([estimate(of.values()) for of in each.values()])))
    by_width, by_images = (
        {at: one for (which, at), one in adjusted.items() if which == axis} for axis in ("width", "images")
    )
    return by_width, by_images


def _gains(found: Cells) -> str:
    if not found:
        return "No cell has runs with dropout and without."
    best, worst = (pick(found, key=lambda place: found[place].gain.mean) for pick in (max, min))
    up = sum(cell.gain.side > 0 for cell in found.values())
    down = sum(cell.gain.side < 0 for cell in found.values())
    return (
        f"Of {len(found)} cells dropout makes the test accuracy higher in {up} and lower in {down}, all "
        f"comparisons counted; in {len(found) - up - down} no difference shows. The largest mean gain "
        f"is that with {_cell_name(best)}, {found[best].gain.mean:+.4f} ({certainty(found[best].gain)}), the "
        f"smallest that with {_cell_name(worst)}, {found[worst].gain.mean:+.4f} "
        f"({certainty(found[worst].gain)})."
    )


def _cell_name(place: tuple[int, int]) -> str:
    return f"{place[1]:,} units a layer and {place[0]:,} images"


def _trends(by_width: Slopes, by_images: Slopes) -> list[str]:
    said = []
    for found, where, by, sign, more, kind in (
        (
            by_width, "on {} images", "with each doubling of the width", 1, "to larger models",
            "numbers of images",
        ),
        (by_images, "with {} units", "with each tenfold of the images", -1, "with less data", "widths"),
    ):  # fmt: skip
        rows = {at: one for at, one in found.items() if at != ALL}
        if rows:
            on_average = f"on average over the {kind}"
            clauses = [
                change(f"{on_average if at == ALL else where.format(f'{at:,}')} the gain", by, one)
                for at, one in sorted(found.items())
            ]
            text = "; ".join(clauses)
            conclusion = _conclusion(rows, found.get(ALL), sign, more, where)
            said.append(f"{text[0].upper()}{text[1:]}. {conclusion}")
    return said


def _numbers(found: Cells, epochs: Mapping[int, int]) -> list[str]:
    """The gains themselves by the number of images, which a slope does not show, and what else changes."""
    means = {}
    for images in sorted(epochs):
        rows = [cell.gains for (n, _), cell in found.items() if n == images]
        seeds = sorted(set.intersection(*({*row} for row in rows))) if rows else []
        means[images] = estimate(sum(row[seed] for row in rows) / len(rows) for seed in seeds)
    if len(means) < 2 or not all(one.n for one in means.values()):
        return []
    said = [
        f"{one.text(sign=True)} on {images:,} images after {epochs[images]} epochs"
        for images, one in means.items()
    ]
    values = [one.mean for one in means.values()]
    turns = values not in (sorted(values), sorted(values, reverse=True))
    steady = " In these means it neither rises nor falls throughout, as a slope has it." if turns else ""
    also = (
        " More images are fewer epochs here, and dropout is worth more after more epochs (exercise 2): which "
        "of the two it is these runs do not tell."
    )
    fewer = len({*epochs.values()}) > 1
    return [f"Over all widths the gain is {listed(said)}.{steady}{also if fewer else ''}"]


def _conclusion(rows: Mapping[int, Estimate], mean: Estimate | None, sign: int, where: str, at: str) -> str:
    """What the slopes along one axis say together.

    Args:
        rows: one each, by where it is.
        mean: of the rows.
        sign: of a slope that says yes.
        where: when dropout would add more.
        at: names places, as ``on {} images``.
    """
    places = []
    for way in (sign, -sign):
        there = [f"{place:,}" for place, one in rows.items() if one.side == way]
        places.append(["on average"] if mean is not None and mean.side == way else [])
        places[-1] += [at.format(listed(there))] if there else []
    so, reverse = places
    if so:
        rest = f"; the reverse shows {listed(reverse)}" if reverse else ""
        return f"So dropout adds more {where}, or takes less away, {listed(so)}{rest}."
    asked = f"that dropout adds more {where}, or takes less away, does not show"
    if reverse:
        return f"So dropout adds less {where}, or takes more away, {listed(reverse)}; {asked}."
    return f"{asked[0].upper()}{asked[1:]}."


def _cell_table(found: Cells) -> Table:
    rows = [
        (
            f"{images:,}", f"{width:,}", str(cell.gain.n), cell.trained.text(), cell.plain.text(),
            cell.dropped.text(), *cells(cell.gain),
        )
        for (images, width), cell in sorted(found.items())
    ]  # fmt: skip
    return Table(
        f"Dropout of {pair_text(DROPPED)} beside none, by training images and units of both "
        f"layers: accuracies, means of {TAIL}, and their 95% intervals; "
        "the training accuracy is that without dropout, taken while training, as the book's line has it; the "
        "difference is what dropout adds to the test accuracy, seed by seed, "
        f"p by Holm over {len(rows)}.",
        ("images", "units", "seeds", "training, without", "test, without", "test, with", *HEAD),
        tuple(rows),
    )


def _slope_table(by_width: Slopes, by_images: Slopes) -> Table:
    rows = [
        *(("a doubling of the width", f"{n:,} images" if n else "mean", one) for n, one in by_width.items()),
        *(("a tenfold of the images", f"{w:,} units" if w else "mean", one) for w, one in by_images.items()),
    ]
    return Table(
        "How dropout's gain in test accuracy changes: slopes by least squares, seed by seed, and their mean, "
        f"with 95% intervals; p by Holm over {len(rows)}.",
        ("with", "at", "seeds", "change of the gain", "p"),
        tuple((what, at, str(one.n), *cells(one)) for what, at, one in rows),
    )


@in_plain_settings
def _figure(found: Cells) -> Figure:
    figure = new_figure((PAGE_WIDTH, 4.2))
    left, right = figure.subplots(1, 2)
    widths = sorted({width for _, width in found})
    numbers = sorted({images for images, _ in found})
    for place, (images, (style, color)) in enumerate(zip(numbers, STYLES)):
        mine = {width: cell for (n, width), cell in sorted(found.items()) if n == images}
        aside = [width * 1.05 ** (place - (len(numbers) - 1) / 2) for width in mine]
        for arm, word, fill in (("plain", "without", "white"), ("dropped", "with", color)):
            values, label = (
                [getattr(cell, arm) for cell in mine.values()],
                f"{images:,} images, {word} dropout",
            )
            points(left, aside, values, style, color, label, markerfacecolor=fill)
        points(right, aside, [cell.gain for cell in mine.values()], style, color, f"{images:,} images")
    right.axhline(0, color="0.3", linewidth=0.8)
    units = "Units of each hidden layer"
    name(left, "Test accuracy, with and without dropout", units, "Test accuracy")
    name(right, "What dropout adds, with 95% intervals", units, "Difference of test accuracy")
    for axes in (left, right):
        axes.set_xscale("log", base=2)
        axes.set_xticks(widths, [f"{width:,}" for width in widths])
        axes.xaxis.set_minor_locator(ticker.NullLocator())
    if found:
        right.legend(frameon=False)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=len(numbers), frameon=False, fontsize=9)
    return figure


EXERCISE = Exercise(
    name="5",
    title="Larger models and less data",
    question="Does dropout matter more for larger models, and for less data? The chapter trains one width on "
    "all images.",
    design="Gluon's network on the reshuffled split, with dropout of 0.2 and 0.5 and without. Both layers of "
    "64, 256 and 1,024 units; 1,000 images for 150 epochs, 6,000 for 60, and all 60,000 for 10. Batch size "
    "and learning rate are a quarter of the chapter's, 64 and 0.125, so that few images make as many steps "
    "as the chapter does. Ten seeds a cell.",
    shown="Left: test accuracy over the width of the layers, with dropout and without, on three numbers of "
    "training images. Right: what dropout adds to it. Bars are 95% intervals.",
    limits="One pair of probabilities and one learning rate for all cells, which may suit some better than "
    "others. A slope is that of a straight line over the logarithm: a gain that is largest in the middle "
    "may show as a rise, a fall, or none. With the number of images the epochs and the steps change, too. "
    "The accuracy is that at the end: stopped earlier, a network may do better.",
    configs=configs,
    quick=quick,
    analyse=analyse,
)
