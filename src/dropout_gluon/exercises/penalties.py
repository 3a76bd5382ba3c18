"""Exercise 6: weight decay, dropout, or both?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from ..config import RunConfig
from ..logs import RunLog
from ..messages import listed, span
from ..plotting import PAGE_WIDTH, Figure, in_plain_settings, new_figure
from ..runs.grid import grid
from .arms import short
from .contrasts import HEAD, cells, contrast
from .drawing import STYLES, differences, name, points
from .effects import TAIL, Estimate, difference, estimate, holm, tails
from .exercise import Answer, Exercise, Table, chosen, pair_text

DECAYS = (0.0, 1e-4, 3e-4, 1e-3, 3e-3)
PAIRS = ((0.0, 0.0), (0.2, 0.5), (0.5, 0.5), (0.5, 0.7))
CHOOSING = range(1, 13)  # the seeds that choose the best cells
JUDGING = range(13, 29)  # the seeds that judge them
# What the recorded runs of the choosing seeds like best among those of a kind: judging all twenty cells
# would take five times as long.
JUDGED = ((0.0, (0.0, 0.0)), (0.0, (0.5, 0.5)), (1e-4, (0.0, 0.0)), (1e-4, (0.2, 0.5)))

Place = tuple[float, tuple[float, ...]]  # weight decay, drop probabilities
Arms = Mapping[Place, Mapping[int, float]]  # -> test accuracy, by seed


def configs() -> list[RunConfig]:
    judging = (run for decay, pair in JUDGED for run in _runs([decay], [pair], JUDGING, 60))
    return [*_runs(DECAYS, PAIRS, CHOOSING, 60), *judging]


def quick() -> list[RunConfig]:
    """Of a smaller grid, for fewer epochs, all cells judged."""
    return [*_runs(DECAYS[::2], PAIRS[::2], [*CHOOSING[:1], *JUDGING[:2]], 8)]


def _runs(
    decays: Sequence[float], pairs: Sequence[tuple[float, ...]], seeds: Sequence[int], epochs: int
) -> Sequence[RunConfig]:
    return grid(
        {
            "seed": seeds,
            "implementation": ["gluon"],
            "num_train": [6000],
            "num_epochs": [epochs],
            "batch_size": [64],
            "learning_rate": [0.125],
            "weight_decay": decays,
            "drop_probs": pairs,
        }
    )


@dataclass(frozen=True)
class Best:
    """The cell that the choosing seeds like best among those of a kind.

    Attributes:
        place: its weight decay and drop probabilities.
        at_edge: whether one of them is the largest of the grid, so that the best may lie beyond.
    """

    place: Place
    at_edge: bool


KINDS: dict[str, Callable[[Place], bool]] = {
    "without either": lambda place: not place[0] and not any(place[1]),
    "with dropout alone": lambda place: not place[0] and any(place[1]),
    "with weight decay alone": lambda place: bool(place[0]) and not any(place[1]),
    "with both": lambda place: bool(place[0]) and any(place[1]),
}
NEITHER, DROPOUT, DECAY, BOTH = KINDS
COMPARED = (
    (DROPOUT, NEITHER), (DECAY, NEITHER), (BOTH, NEITHER), (DECAY, DROPOUT), (BOTH, DROPOUT), (BOTH, DECAY)
)  # fmt: skip


def analyse(logs: Sequence[RunLog]) -> Answer:
    arms = _arms(logs)
    choosing, judging = (_of_seeds(arms, seeds) for seeds in (CHOOSING, JUDGING))
    best = _best(choosing, judging)
    found = _compare(judging, best)
    seeds = len({seed for arm in choosing.values() for seed in arm})
    return Answer(
        _text(best, found, seeds),
        (_grid_table(choosing, best), _judged_table(judging, best, found, seeds)),
        lambda: _figure(choosing, found),
        len(logs),
    )


def _arms(logs: Sequence[RunLog]) -> Arms:
    places = sorted({(log.config.weight_decay, log.config.drop_probs) for log in logs})
    arms = {place: tails(chosen(logs, weight_decay=place[0], drop_probs=place[1])) for place in places}
    return {place: arm for place, arm in arms.items() if arm}


def _of_seeds(arms: Arms, seeds: Collection[int]) -> Arms:
    mine = {place: {s: value for s, value in arm.items() if s in seeds} for place, arm in arms.items()}
    return {place: arm for place, arm in mine.items() if arm}


def _best(choosing: Arms, judging: Arms) -> dict[str, Best]:
    """Kind -> its best cell by the mean over all choosing seeds.

    A cell that lacks one of them cannot be chosen, nor one that no other seed judges: on another machine
    two cells that are all but equal may change places.
    """
    seeds = {seed for arm in choosing.values() for seed in arm}
    means = {
        place: estimate(arm.values()).mean
        for place, arm in choosing.items()
        if arm.keys() == seeds and place in judging
    }
    last = [values[-1] for values in _axes(choosing)]
    best = {}
    for kind, belongs in KINDS.items():
        if mine := {place: mean for place, mean in means.items() if belongs(place)}:
            place = max(mine, key=lambda place: mine[place])
            best[kind] = Best(place, kind != NEITHER and any(a == b for a, b in zip(place, last)))
    return best


def _compare(judged: Arms, best: Mapping[str, Best]) -> dict[tuple[str, str], Estimate]:
    pairs = [pair for pair in COMPARED if best.keys() >= {*pair}]
    found = [difference(*(judged[best[kind].place] for kind in pair)) for pair in pairs]
    return dict(zip(pairs, holm(found)))


def _text(
    best: Mapping[str, Best], found: Mapping[tuple[str, str], Estimate], choosing: int
) -> tuple[str, ...]:
    places = [f"{short(kind)} {_name(one.place)}" for kind, one in best.items() if kind != NEITHER]
    edges = [short(kind) for kind, one in best.items() if one.at_edge]
    seeds = "one seed" if choosing == 1 else f"{choosing} seeds"
    where = (
        f"That of {listed(edges)} lies at the edge of the grid, and the best may lie beyond it."
        if edges
        else "None lies at the largest values of the grid."
    )
    chose = f"The best cells, as {seeds} chose them: {'; '.join(places)}. {where}"
    to_none = [_sentence(pair, one) for pair, one in found.items() if pair[1] == NEITHER]
    between = [_sentence(pair, one) for pair, one in found.items() if pair[1] != NEITHER]
    return tuple(" ".join(part) for part in ([chose], to_none, [*between, _verdict(found)]) if part)


def _sentence(pair: tuple[str, str], one: Estimate) -> str:
    return contrast("the test accuracy", *pair, one)


def _verdict(found: Mapping[tuple[str, str], Estimate]) -> str:
    """Whether both together are better than each alone."""
    over = {alone: found[BOTH, alone] for alone in (DROPOUT, DECAY) if (BOTH, alone) in found}
    if len(over) < 2:
        return ""
    if worse := [alone for alone, one in over.items() if one.side < 0]:
        return f"So both together are worse than {listed(map(short, worse))}."
    if all(one.shows for one in over.values()):
        return "So both together are better than either alone: each adds to the other."
    for adds, to in ((DROPOUT, DECAY), (DECAY, DROPOUT)):
        if over[to].shows:
            one, other = (short(arm).replace(" alone", "") for arm in (adds, to))
            return f"So {one} adds to {other}; that {other} adds to {one} does not show."
    return "That both together are better than either alone does not show."


def _name(place: Place) -> str:
    decay, pair = place
    parts = []
    if decay:
        parts.append(f"{decay:g}")
    if any(pair):
        parts.append(pair_text(pair))
    return f"at {' with '.join(parts)}"


def _axes(arms: Arms) -> tuple[list[float], list[tuple[float, ...]]]:
    return sorted({decay for decay, _ in arms}), sorted({pair for _, pair in arms})


def _grid_table(arms: Arms, best: Mapping[str, Best]) -> Table:
    decays, pairs = _axes(arms)
    chosen_ones = {one.place for kind, one in best.items() if kind != NEITHER}

    def cell(place: Place) -> str:
        mark = " *" if place in chosen_ones else ""
        return estimate(arms[place].values()).text() + mark if place in arms else ""

    return Table(
        f"Test accuracy, mean of {TAIL}, and its 95% interval, by weight decay (rows) and drop probabilities "
        f"of the two layers (columns); {span(map(len, arms.values()))} seeds a cell. *: chosen as the best "
        "of dropout alone, weight decay alone, or both.",
        ("weight decay", *(pair_text(pair) for pair in pairs)),
        tuple((f"{decay:g}", *(cell((decay, pair)) for pair in pairs)) for decay in decays),
    )


def _judged_table(
    judged: Arms, best: Mapping[str, Best], found: Mapping[tuple[str, str], Estimate], chose: int
) -> Table:
    rows = []
    for (one, other), differs in found.items():
        means = [estimate(judged[best[kind].place].values()).text() for kind in (one, other)]
        rows.append((short(f"{one} less {other}"), str(differs.n), *means, *cells(differs)))
    return Table(
        f"The chosen cells compared on seeds that did not choose them ({chose} did): test accuracy, "
        f"mean of {TAIL}, and its 95% interval; differences of the first and the second seed by seed, p by "
        f"Holm over {len(rows)}.",
        ("arms", "seeds", "first", "second", *HEAD),
        tuple(rows),
    )


@in_plain_settings
def _figure(arms: Arms, found: Mapping[tuple[str, str], Estimate]) -> Figure:
    figure = new_figure((PAGE_WIDTH, 4.2))
    left, right = figure.subplots(1, 2, width_ratios=(1, 0.8))
    decays, pairs = _axes(arms)
    for place, (pair, (style, color)) in enumerate(zip(pairs, STYLES)):
        there = [at for at, decay in enumerate(decays) if (decay, pair) in arms]
        aside = [at + 0.06 * (place - (len(pairs) - 1) / 2) for at in there]
        values = [estimate(arms[decays[at], pair].values()) for at in there]
        points(left, aside, values, style, color, pair_text(pair))
    left.set_xticks(range(len(decays)), [f"{decay:g}" for decay in decays])
    name(left, "All cells, with 95% intervals", "Weight decay", "Test accuracy")
    left.legend(frameon=False, title="Drop probabilities", fontsize=10)
    names = {_broken(pair): one for pair, one in found.items()}
    differences(right, names, "The chosen cells on other seeds", "Difference of test accuracy")
    return figure


def _broken(pair: tuple[str, str]) -> str:
    """On two lines."""
    one, other = (short(kind).replace("without either", "neither").replace(" alone", "") for kind in pair)
    return f"{one}\nless {other}"


EXERCISE = Exercise(
    name="6",
    title="Weight decay, dropout, or both",
    question="What if weight decay is used in place of dropout, or both together? Does one add to the other?",
    design="Gluon's network on 6,000 images of the reshuffled split, 60 epochs, with batch size and learning "
    "rate a quarter of the chapter's, 64 and 0.125. Five weight decays from 0 to 0.003 by four pairs of drop "
    "probabilities from 0 and 0 to 0.5 and 0.7, twelve seeds a cell, which choose the best cells of dropout "
    "alone, of weight decay alone and of both. Sixteen other seeds, run for these and for the cell without "
    "either, judge them, so that the choice does not flatter them.",
    shown="Left: test accuracy over weight decay, a line for each pair of drop probabilities, the seeds that "
    "choose. Right: differences of the chosen cells on the seeds that judge. Bars are 95% intervals.",
    limits="One network on a tenth of the images, where regularisation has much to do; with all images or "
    "more epochs other cells may be the best. The grid is coarse: a chosen cell is not the optimum, and may "
    "not be told apart from its neighbours. At first four of the twelve seeds chose, and they chose the same "
    "cells; eight judged, and nothing showed. The sixteen came after that, and p does not count that first "
    "look. Above 0, no weight decay smaller than 0.0001 was tried. Weight decay takes the biases in, as "
    "gluon.Trainer does.",
    configs=configs,
    quick=quick,
    analyse=analyse,
)
