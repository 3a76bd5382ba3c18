"""Exercise 1: other drop probabilities, and the two swapped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..config import RunConfig
from ..logs import RunLog
from ..plotting import PAGE_WIDTH, Figure, in_plain_settings, new_figure, ticker
from ..runs.grid import grid
from .drawing import BLUE, ORANGE, band, name
from .effects import Estimate, difference, estimate, holm, lates, p_cell, p_text
from .exercise import Answer, Exercise, Table, chosen, pair_text

PROBS = (0.0, 0.2, 0.4, 0.6, 0.8)
BOOKS, SWAPPED = (0.2, 0.5), (0.5, 0.2)
LENGTHS = (10, 60)
SEEDS, SWAP_SEEDS = range(1, 11), range(1, 41)


def configs() -> list[RunConfig]:
    pairs = [(first, second) for first in PROBS for second in PROBS]
    every = [*grid({"seed": SEEDS, "implementation": ["gluon"], "drop_probs": pairs})]
    for length in LENGTHS:
        every += grid(
            {
                "seed": SWAP_SEEDS,
                "implementation": ["gluon"],
                "drop_probs": [BOOKS, SWAPPED],
                "num_epochs": [length],
            }
        )
    return every


def quick() -> list[RunConfig]:
    """On a tenth of the images."""
    fields: dict[str, list[Any]] = {
        "implementation": ["gluon"], "num_epochs": [5], "num_train": [6000], "batch_size": [64]
    }  # fmt: skip
    pairs = [BOOKS, SWAPPED, (0.0, 0.0), (0.0, 0.8), (0.8, 0.0), (0.8, 0.8)]
    return [*grid({"seed": range(1, 3), "drop_probs": pairs, **fields})]


def analyse(logs: Sequence[RunLog]) -> Answer:
    lengths = sorted({log.config.num_epochs for log in logs})
    pairs = sorted({log.config.drop_probs for log in logs})
    arms = {pair: lates(chosen(logs, drop_probs=pair, num_epochs=lengths[0])) for pair in pairs}
    book = estimate(arms[BOOKS].values())
    # The swapped pair has more seeds, and a question of its own.
    means = {pair: estimate(arm.values()) for pair, arm in arms.items() if arm and {*pair} <= {*PROBS}}
    others = list(means)
    against_book = dict(zip(others, holm([difference(arms[pair], arms[BOOKS]) for pair in others])))
    swaps = dict(zip(lengths, holm([_swap(logs, length) for length in lengths])))
    tables = (_cells(means, against_book, lengths[0]), _swaps(logs, swaps))
    return Answer(
        _text(book, means, against_book, swaps),
        tables,
        lambda: _figure(logs, means, against_book, swaps),
        len(logs),
    )


def _swap(logs: Sequence[RunLog], length: int) -> Estimate:
    """The chapter's probabilities beside them swapped; above 0: lower near the input is better."""
    books, swapped = (lates(chosen(logs, drop_probs=pair, num_epochs=length)) for pair in (BOOKS, SWAPPED))
    return difference(books, swapped)


def _text(
    book: Estimate,
    means: dict[Any, Estimate],
    against_book: dict[Any, Estimate],
    swaps: dict[int, Estimate],
) -> tuple[str, ...]:
    best, worst = (pick(means, key=lambda pair: means[pair].mean) for pick in (max, min))
    length = min(swaps)
    lower = [pair for pair, one in against_book.items() if one.shows and one.mean < 0]
    higher = [pair for pair, one in against_book.items() if one.shows and one.mean > 0]
    first = (
        f"After {length} epochs the test accuracy is {book.text()} with the chapter's 0.2 and 0.5. The "
        f"highest mean of {len(means)} pairs is {means[best].text()}, at {pair_text(best)}; the lowest "
        f"{means[worst].text()}, at {pair_text(worst)}. {_count(higher, against_book, 'higher')} than the "
        f"chapter's, and {_count(lower, against_book, 'lower').lower()}, all comparisons counted."
    )
    parts = []
    for length, one in swaps.items():
        if one.shows:
            side = "lower" if one.mean > 0 else "higher"
            parts.append(
                f"Swapped, after {length} epochs, it is {side} by {abs(one.mean):.4f} (95% interval "
                f"{one.range()} for the chapter's order against the swapped one; {p_text(one.p)}, {one.n} "
                "seeds)."
            )
        else:
            most = max(abs(one.low), abs(one.high))
            parts.append(
                f"Swapped, after {length} epochs, no difference shows (95% interval {one.range()}; "
                f"{p_text(one.p)}, {one.n} seeds): if there is one, it is hardly more than {most:.4f}."
            )
    if all(one.shows and one.mean > 0 for one in swaps.values()):
        advice = "The advice to drop less near the input is borne out here, by so much."
    elif any(one.shows and one.mean < 0 for one in swaps.values()):
        advice = "The advice to drop less near the input is not borne out at every length."
    else:
        advice = "The advice to drop less near the input is borne out only where a difference shows."
    return first, " ".join([*parts, advice])


def _count(found: list[Any], among: dict[Any, Estimate], word: str) -> str:
    verb = "is" if len(found) == 1 else "are"
    return f"{len(found) or 'None'} of the {len(among)} {verb} {word}"


def _cells(means: dict[Any, Estimate], against_book: dict[Any, Estimate], length: int) -> Table:
    firsts, seconds = (sorted({pair[place] for pair in means}) for place in (0, 1))

    def cell(pair: tuple[float, ...]) -> str:
        if pair not in means:
            return ""
        one = against_book.get(pair)
        mark = "" if one is None or not one.shows else " ▲" if one.mean > 0 else " ▼"
        return means[pair].text() + mark

    seeds = sorted({one.n for one in means.values()})
    return Table(
        f"Test accuracy after {length} epochs, mean of the last three and its 95% interval, by the drop "
        f"probabilities of the first layer (rows) and the second (columns); {seeds[0]} or more seeds. ▲ ▼: "
        "higher, lower than with 0.2 and 0.5, seed by seed (Holm, 5%).",
        ("first \\ second", *(f"{second:g}" for second in seconds)),
        tuple((f"{first:g}", *(cell((first, second)) for second in seconds)) for first in firsts),
    )


def _swaps(logs: Sequence[RunLog], swaps: dict[int, Estimate]) -> Table:
    rows = []
    for length, one in swaps.items():
        arms = [
            estimate(lates(chosen(logs, drop_probs=pair, num_epochs=length)).values())
            for pair in (BOOKS, SWAPPED)
        ]
        rows.append(
            (str(length), str(one.n), *(arm.text() for arm in arms), one.text(sign=True), p_cell(one.p))
        )
    return Table(
        "The two probabilities swapped: test accuracy, mean of the last three epochs, and its 95% interval; "
        "differences seed by seed, p by Holm.",
        ("epochs", "seeds", "0.2 and 0.5", "0.5 and 0.2", "difference", "p"),
        tuple(rows),
    )


@in_plain_settings
def _figure(
    logs: Sequence[RunLog],
    means: dict[Any, Estimate],
    against_book: dict[Any, Estimate],
    swaps: dict[int, Estimate],
) -> Figure:
    figure = new_figure((PAGE_WIDTH, 4.2))
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.15))
    firsts, seconds = (sorted({pair[place] for pair in means}) for place in (0, 1))
    values = np.array([[means[f, s].mean if (f, s) in means else np.nan for s in seconds] for f in firsts])
    shown = left.imshow(values, cmap="cividis", origin="lower", aspect="auto")
    middle = (np.nanmin(values) + np.nanmax(values)) / 2
    for row, first in enumerate(firsts):
        for column, second in enumerate(seconds):
            if (first, second) in means:
                color = "black" if values[row, column] > middle else "white"
                left.text(
                    column,
                    row,
                    f"{values[row, column]:.3f}",
                    ha="center",
                    va="center",
                    color=color,
                    fontsize=10,
                )
    left.set_xticks(range(len(seconds)), [f"{second:g}" for second in seconds])
    left.set_yticks(range(len(firsts)), [f"{first:g}" for first in firsts])
    left.set_xlabel("Drop probability of the second layer")
    left.set_ylabel("Drop probability of the first layer")
    left.set_title(f"Test accuracy after {min(swaps)} epochs", loc="left", fontsize=11)
    figure.colorbar(shown, ax=left)
    for length, color, style in zip(swaps, (BLUE, ORANGE), ("-", "--")):
        books, swapped = (chosen(logs, drop_probs=pair, num_epochs=length) for pair in (BOOKS, SWAPPED))
        seeds = sorted(books.keys() & swapped.keys())
        each = [
            estimate(books[s].epochs[e].test_acc - swapped[s].epochs[e].test_acc for s in seeds)
            for e in range(length)
        ]
        label = f"runs of {length} epochs, {len(seeds)} seeds"
        band(right, range(1, length + 1), each, style, color, label)
    right.axhline(0, color="0.3", linewidth=0.8)
    title = "0.2 and 0.5 less 0.5 and 0.2,\nwith 95% intervals"
    name(right, title, "Epoch", "Difference of test accuracy")
    right.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    right.legend(frameon=False)
    return figure


EXERCISE = Exercise(
    name="1",
    title="Other drop probabilities, and the two swapped",
    question="What do other drop probabilities for the two hidden layers do, and what does it do to swap "
    "them? The chapter advises to drop less near the input.",
    design="Gluon's network on the reshuffled split. Every pair from 0 to 0.8 in steps of 0.2, ten seeds "
    "each, ten epochs; the chapter's 0.2 and 0.5 and the two swapped with forty seeds each, ten and sixty "
    "epochs.",
    limits="One network, one data set, one learning rate. The grid is coarse, and ten seeds do not tell "
    "neighbouring cells apart. Whether the advice holds for deeper networks is not asked.",
    configs=configs,
    quick=quick,
    analyse=analyse,
)
