"""Exercise 1: other drop probabilities, and the two swapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..config import RunConfig
from ..logs import RunLog
from ..messages import are, counted, listed, span
from ..plotting import PAGE_WIDTH, Figure, in_plain_settings, new_figure, ticker
from ..runs.grid import grid
from .contrasts import HEAD, cells
from .drawing import BLUE, ORANGE, band, name
from .effects import Estimate, certainty, difference, estimate, holm, lates, room
from .exercise import Answer, Exercise, Table, chosen, pair_text

Pair = tuple[float, ...]  # drop probabilities of the two layers
Arms = Mapping[Pair, Mapping[int, float]]  # -> test accuracy, by seed

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
    mirrored = _mirrored(arms, others)
    swaps = dict(zip(lengths, holm([_swap(logs, length) for length in lengths])))
    tables = (
        _grid_table(means, against_book, lengths[0]), _differences_table(against_book),
        _swap_table(logs, swaps), _mirrored_table(mirrored, lengths[0]),
    )  # fmt: skip
    return Answer(
        (_grid_text(book, means, against_book, lengths[0]), *_swap_text(swaps, mirrored, lengths[0])),
        tables,
        lambda: _figure(logs, means, against_book, swaps),
        len(logs),
    )


def _mirrored(arms: Arms, pairs: Sequence[Pair]) -> dict[Pair, Estimate]:
    """Pair, the smaller probability first -> what it has more than its mirror image, seed by seed."""
    found = [pair for pair in pairs if pair[0] < pair[1] and pair[::-1] in pairs]
    return dict(zip(found, holm([difference(arms[pair], arms[pair[::-1]]) for pair in found])))


def _swap(logs: Sequence[RunLog], length: int) -> Estimate:
    """The chapter's probabilities beside them swapped; above 0: lower near the input is better."""
    books, swapped = (lates(chosen(logs, drop_probs=pair, num_epochs=length)) for pair in (BOOKS, SWAPPED))
    return difference(books, swapped)


def _grid_text(
    book: Estimate, means: Mapping[Pair, Estimate], against_book: Mapping[Pair, Estimate], length: int
) -> str:
    best, worst = (pick(means, key=lambda pair: means[pair].mean) for pick in (max, min))
    lower, higher = ([pair for pair, one in against_book.items() if one.side == sign] for sign in (-1, 1))
    edge = "" if min(best) > 0 and max(best) < max(PROBS) else ", at the edge of the grid"
    beside = against_book[best]
    return (
        f"After {length} epochs the test accuracy is {book.text()} with the chapter's {pair_text(BOOKS)} "
        f"({counted(book.n, 'seed')}). "
        f"The highest mean of {len(means)} pairs is {means[best].text()}, at {pair_text(best)}{edge}: "
        f"{beside.mean:+.4f} from the chapter's on the same seeds ({certainty(beside)}), and flattered as "
        f"the best of many. The lowest is {means[worst].text()}, at {pair_text(worst)}. "
        f"Of the {len(means)}, {_which([*map(pair_text, higher)])} {are(len(higher))} higher than the "
        f"chapter's and {len(lower) or 'none'} {are(len(lower))} lower, all comparisons counted."
    )


def _swap_text(
    swaps: Mapping[int, Estimate], mirrored: Mapping[Pair, Estimate], length: int
) -> tuple[str, ...]:
    parts = []
    for epochs, one in swaps.items():
        start = f"Swapped, after {epochs} epochs,"
        if one.shows:
            side = "lower" if one.mean > 0 else "higher"
            said = (
                f"it is {side} by {abs(one.mean):.4f} (the chapter's order less the swapped: "
                f"{certainty(one)})."
            )
        else:
            among = "" if one.holds_0 else ", all comparisons counted"
            said = f"no difference shows{among} ({certainty(one)}): {room(one)}."
        parts.append(f"{start} {said}")
    return " ".join([*parts, _advice(swaps)]), *_mirrored_text(mirrored, length)


HOW = {1: "it is borne out", -1: "the reverse is borne out", 0: "no difference shows"}


def _advice(swaps: Mapping[int, Estimate]) -> str:
    """Whether it is borne out to drop less near the input, by this pair."""
    said: dict[str, list[str]] = {}
    for length, one in swaps.items():
        said.setdefault(HOW[one.side], []).append(str(length))
    told = [f"{how} after {listed(lengths)} epochs" for how, lengths in said.items()]
    return f"As to the advice to drop less near the input, for {pair_text(BOOKS)} {', and '.join(told)}."


def _mirrored_text(mirrored: Mapping[Pair, Estimate], length: int) -> list[str]:
    if not mirrored:
        return []
    higher, lower = (
        [pair_text(pair) for pair, one in mirrored.items() if one.side == sign] for sign in (1, -1)
    )
    return [
        f"Of the grid's {len(mirrored)} pairs that can be turned round, after {length} epochs, less near the "
        f"input is better in {_which(higher)} and worse in {_which(lower)}, all comparisons counted."
    ]


def _which(pairs: Sequence[str]) -> str:
    return f"{len(pairs)} ({'; '.join(pairs)})" if pairs else "none"


def _as_grid(found: Mapping[Pair, str], caption: str) -> Table:
    firsts, seconds = (sorted({pair[place] for pair in found}) for place in (0, 1))
    return Table(
        caption,
        ("first \\ second", *(f"{second:g}" for second in seconds)),
        tuple((f"{first:g}", *(found.get((first, second), "") for second in seconds)) for first in firsts),
    )


def _grid_table(means: Mapping[Pair, Estimate], against_book: Mapping[Pair, Estimate], length: int) -> Table:
    def cell(pair: Pair) -> str:
        one = against_book[pair]
        return means[pair].text() + {1: " ▲", -1: " ▼", 0: ""}[one.side]

    return _as_grid(
        {pair: cell(pair) for pair in means},
        f"Test accuracy after {length} epochs, mean of the last three and its 95% interval, by the drop "
        "probabilities of the first layer (rows) and the second (columns); "
        f"{span(one.n for one in means.values())} seeds. ▲ ▼: higher, lower than with 0.2 and 0.5, seed by "
        f"seed (Holm over {len(against_book)}, 5%).",
    )


def _differences_table(against_book: Mapping[Pair, Estimate]) -> Table:
    return _as_grid(
        {pair: "{} (p {})".format(*cells(one)) for pair, one in against_book.items()},
        "The same less that with 0.2 and 0.5, seed by seed, with 95% intervals; p by Holm over "
        f"{len(against_book)}.",
    )


def _swap_table(logs: Sequence[RunLog], swaps: Mapping[int, Estimate]) -> Table:
    rows = []
    for length, one in swaps.items():
        arms = [
            estimate(lates(chosen(logs, drop_probs=pair, num_epochs=length)).values())
            for pair in (BOOKS, SWAPPED)
        ]
        rows.append((str(length), str(one.n), *(arm.text() for arm in arms), *cells(one)))
    return Table(
        "The two probabilities swapped: test accuracy, mean of the last three epochs, and its 95% interval; "
        f"differences seed by seed, p by Holm over {len(rows)}.",
        ("epochs", "seeds", pair_text(BOOKS), pair_text(SWAPPED), *HEAD),
        tuple(rows),
    )


def _mirrored_table(mirrored: Mapping[Pair, Estimate], length: int) -> Table:
    return Table(
        f"Pairs of the grid less their mirror images, which drop more near the input: test accuracy after "
        f"{length} epochs, differences seed by seed with 95% intervals, p by Holm over {len(mirrored)}.",
        ("pair", "seeds", *HEAD),
        tuple((pair_text(pair), str(one.n), *cells(one)) for pair, one in mirrored.items()),
    )


@in_plain_settings
def _figure(
    logs: Sequence[RunLog],
    means: Mapping[Pair, Estimate],
    against_book: Mapping[Pair, Estimate],
    swaps: Mapping[int, Estimate],
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
    figure.colorbar(shown, ax=left, label="Test accuracy")
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
    right.xaxis.set_major_locator(ticker.MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
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
    shown="Left: test accuracy after ten epochs as a map over the drop probabilities of the two layers. "
    "Right: by how much the chapter's 0.2 and 0.5 are better than the two swapped, epoch by epoch, "
    "in the runs of ten and of sixty epochs; bands are 95% intervals.",
    limits="One network, one data set, one learning rate. The grid is coarse, and neighbouring cells are not "
    "compared; it is of ten epochs, and what dropout is worth grows with them (exercise 2). Runs of sixty "
    "epochs begin as those of ten, so the two lengths are not independent of each other. The figure's bands "
    "are of each epoch by itself. Whether the advice holds for deeper networks is not asked.",
    configs=configs,
    quick=quick,
    analyse=analyse,
)
