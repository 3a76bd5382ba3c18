"""Exercise 7: dropping weights instead of activations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..config import RunConfig
from ..logs import RunLog
from ..plotting import PAGE_WIDTH, Figure, in_plain_settings, new_figure
from .arms import (
    COLUMNS,
    SMALL,
    arms_table,
    compare,
    differences_table,
    measured,
    price,
    ratio_table,
    ratios,
    runs,
    sentences,
    short,
    some,
)
from .contrasts import cells
from .drawing import ORANGE, differences, three_panels
from .effects import Estimate, certainty, difference, estimate, holm
from .exercise import Answer, Exercise, Table, chosen

DROPPED = (0.2, 0.5)
SEEDS = range(1, 21)
NOISES = {
    "with DropConnect (one mask a batch)": "dropconnect",
    "with dropout": "dropout",
    "with nothing dropped": "none",
}
CONNECT, DROPOUT, NOTHING = NOISES
COMPARED = ((CONNECT, DROPOUT), (CONNECT, NOTHING), (DROPOUT, NOTHING))
BIAS, TIMES = (f"dropout_gluon.exercises.noise_probes:{name}" for name in ("bias", "weights_times"))
STEPS = {
    "none": "with nothing dropped",
    "batch": "with one mask of weights a batch",
    "each": "with one mask of weights an example",
}
IMAGES, DRAWS = 1000, 100  # of the test set, and of the noise, in `bias`
PARTS = ("mean", "square", "noise", "relu")
NAMES = {"dropconnect": "DropConnect", "dropout": "dropout"}
READERS = ("second hidden layer", "logits")  # what reads a hidden layer


# Of one noise alone the network is measured: all that is measured is compared within a run.
MEASURED = [
    {"noise": noise, "drop_probs": DROPPED, "measure": (BIAS, TIMES) if noise == "dropconnect" else ()}
    for noise in NOISES.values()
]


def configs() -> list[RunConfig]:
    return runs(MEASURED, SEEDS)


def quick() -> list[RunConfig]:
    """On a tenth of the images, for fewer epochs."""
    return runs(MEASURED, range(1, 3), **SMALL)


@dataclass(frozen=True)
class Mean:
    """What a noise makes of a layer's pre-activations on average, in units of their spread.

    Attributes:
        mean, square: of the difference from the plain ones, and its square; p adjusted for all of them.
        noise: the variance of the noise, as a share of that of the plain ones.
        relu: as `mean`, after a ReLU.
    """

    mean: Estimate
    square: Estimate
    noise: Estimate
    relu: Estimate


Means = Mapping[tuple[str, str], Mean]  # by noise and layer


def analyse(logs: Sequence[RunLog]) -> Answer:
    arms = {name: chosen(logs, noise=noise) for name, noise in NOISES.items()}
    found, means, times = compare(arms, COMPARED), _means(logs), ratios(logs, TIMES)
    cost = price(times, STEPS)
    masks = "The runs draw a mask a batch; Wan et al. (2013) draw one an example."
    compared = [sentences(found, column) for column in COLUMNS]
    text = [*compared, *_unfinished(arms[CONNECT]), *_unbiased(means), f"{cost} {masks}".strip()]
    return Answer(
        some(text),
        (arms_table(arms), differences_table(found), _means_table(means), ratio_table(times, STEPS)),
        lambda: _figure(found, means),
        len(logs),
    )


def _unfinished(logs: Mapping[int, RunLog]) -> list[str]:
    """How far the runs with DropConnect lie apart, and whether they still learn."""
    last = {seed: log.epochs[-1].test_acc for seed, log in logs.items()}
    halfway = {seed: log.epochs[(len(log.epochs) - 1) // 2].test_acc for seed, log in logs.items()}
    grown = difference(last, halfway)
    if grown.n < 2:
        return []
    epochs = len(next(iter(logs.values())).epochs)
    range_of = f"between {min(last.values()):.3f} and {max(last.values()):.3f}"
    return [
        f"In epoch {epochs} the runs with DropConnect so drawn lie {range_of} on test images; since "
        f"epoch {(epochs + 1) // 2} the accuracy there has changed by {grown.mean:+.4f} ({certainty(grown)})."
    ]


def _means(logs: Sequence[RunLog]) -> Means:
    keys = [(noise, layer) for layer in range(len(READERS)) for noise in NAMES]
    found = {
        (noise, layer, part): estimate(measured(logs, BIAS, noise, layer, part).values())
        for noise, layer in keys
        for part in PARTS
    }
    # Behind the logits there is no ReLU.
    asked = {(layer, part) for layer in range(len(READERS)) for part in PARTS} - {(1, "relu")}
    tested = [key for key, one in found.items() if key[2] != "noise" and key[1:] in asked and one.n]
    found.update(zip(tested, holm([found[key] for key in tested])))
    return {
        (noise, READERS[layer]): Mean(*(found[noise, layer, part] for part in PARTS))
        for noise, layer in keys
        if found[noise, layer, PARTS[0]].n
    }


def _unbiased(means: Means) -> list[str]:
    """What the moments of DropConnect say."""
    mine = {layer: one for (noise, layer), one in means.items() if noise == "dropconnect"}
    if not mine:
        return []
    biased = [layer for layer, one in mine.items() if one.mean.shows or one.square.side > 0]
    each = "; ".join(
        f"of the {layer} {one.mean.mean:+.5f} times their spread ({certainty(one.mean, 5)})"
        for layer, one in mine.items()
    )
    if any(one.mean.n < 2 for one in mine.values()):
        verdict = "Whether that is a bias one run does not tell."
    elif biased:
        verdict = f"So a bias shows in the {' and the '.join(biased)}, which the theory has not."
    else:
        most = max(max(one.square.high, 0.0) for one in mine.values()) ** 0.5
        verdict = (
            "No bias shows, neither in the mean nor, unit by unit, in the square, as the theory has it: the "
            f"runs leave room for one of up to {most:.4f} of their spread, the root of the largest square."
        )
    return [
        f"With DropConnect the pre-activations, less those with nothing dropped, are on average, {each}. "
        f"{verdict} {_relu(mine, means)}".strip()
    ]


def _relu(mine: Mapping[str, Mean], means: Means) -> str:
    one, other = mine[READERS[0]].relu, means.get(("dropout", READERS[0]))
    if not one.shows:
        return ""
    side = "above" if one.mean > 0 else "below"
    beside = f"; with dropout it is {other.relu.mean:+.4f} ({certainty(other.relu)})" if other else ""
    return (
        f"After the ReLU, which is not linear, the mean is {side} the plain one, by {abs(one.mean):.4f} of "
        f"the same spread ({certainty(one)}){beside}."
    )


def _means_table(means: Means) -> Table:
    rows = [
        (
            f"{NAMES[noise]}, {layer}", str(one.mean.n), *cells(one.mean, 5), *cells(one.square, 6),
            one.noise.text(4), *(cells(one.relu) if layer == READERS[0] else ("", "")),
        )
        for (noise, layer), one in means.items()
    ]  # fmt: skip
    return Table(
        f"Pre-activations of {IMAGES:,} test images in networks trained with DropConnect, {DRAWS} draws of "
        "the noise. Mean: "
        "with the noise less without it; square: an estimate of that difference's square, unit by unit and "
        "image by image, 0 on average without a bias; both in units of the spread of the plain ones, their "
        "standard deviation over units and images. Noise: its variance, as a share of theirs. After ReLU: "
        "the mean of what the ReLU behind them gives, with the noise less without it. 95% intervals over "
        f"runs, p by Holm over {2 * len(means) + sum(layer == READERS[0] for _, layer in means)}.",
        ("noise, layer", "runs", "mean", "p", "square", "p", "noise", "after ReLU", "p"),
        tuple(rows),
    )


@in_plain_settings
def _figure(found: Mapping[tuple[str, str, str], Estimate], means: Means) -> Figure:
    figure = new_figure((PAGE_WIDTH, 6.4))
    panels = three_panels(figure)
    names = {
        "test_acc": ("Accuracy after training", "Difference of test accuracy"),
        "loss": ("Loss while training", "Difference of training loss (nats)"),
    }
    for axes, (column, words) in zip(panels, names.items()):
        differences(axes, {_broken(key): one for key, one in found.items() if key[2] == column}, *words)
    panels[1].set_yticklabels([])
    away = {f"{NAMES[noise]},\n{layer}": one.mean for (noise, layer), one in means.items()}
    differences(panels[2], away, "Pre-activations, noise less none", "Mean difference (spreads)", "s", ORANGE)
    return figure


def _broken(key: tuple[str, str, str]) -> str:
    """On two lines."""
    one, other = (short(arm).partition(" (")[0] for arm in key[:2])
    return f"{one}\nless {other}"


EXERCISE = Exercise(
    name="7",
    title="Dropping weights instead of activations",
    question="What happens if weights are dropped in place of activations? Is that unbiased, what does it "
    "cost, and how well does it train?",
    design="The network by hand on the reshuffled split, ten epochs, twenty seeds: DropConnect (Wan et al., "
    "2013) on the weights that read each hidden layer, dropout on the layers, both with 0.2 and 0.5, and "
    "nothing dropped. A mask of weights is drawn for a batch, where Wan et al. draw one for each example; "
    "only the time of a step is measured with both. In each network trained with DropConnect the noise of "
    "both kinds is compared with none, and the time of a step with each is taken in alternating turns.",
    shown="Above: differences of test accuracy and of training loss between DropConnect with one mask a "
    "batch, dropout, and nothing dropped. Below: the mean of pre-activations with noise less that "
    "without, in units of their spread. Bars are 95% intervals; a filled marker is a difference that "
    "shows.",
    limits="That it is the dropping of weights that tells, and not the mask that all examples of a batch "
    "share: dropout with one mask a batch was not run beside it. Neither what more epochs would make of "
    "DropConnect, nor its result with one mask of weights an example, which takes many times as long. 0.2 "
    "and 0.5 were chosen for dropout, and others may suit DropConnect better. Wan et al. also predict "
    "otherwise, from a normal approximation of what comes out of the noise; here nothing is dropped at test "
    "time. The times are of one machine.",
    configs=configs,
    quick=quick,
    analyse=analyse,
)
