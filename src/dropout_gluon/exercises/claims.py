"""What the chapter's text claims, measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..config import RunConfig
from ..logs import RunLog
from ..messages import listed
from ..plotting import PAGE_WIDTH, Figure, in_plain_settings, new_figure, ticker
from ..runs.grid import grid
from .drawing import BLUE, ORANGE, band, name, points
from .effects import Estimate, certainty, estimate, line, p_text
from .exercise import Answer, Exercise, Table
from .picture import draw_before_and_after

PROBES = tuple(
    f"dropout_gluon.exercises.probes:{name}" for name in ("expectations", "gradients", "picture", "tikhonov")
)
EXPECTATIONS, GRADIENTS, PICTURE, TIKHONOV = PROBES
RIGHT = "dropout_gluon.exercises.probes:right_labels"
SEEDS = range(1, 11)
FITS = range(1, 41)  # each permutation leaves another share of the labels right
CHANCE, FITTED = 0.1, 0.99
CLOSE = 0.1  # share by which what the penalty says may be off and still be called right
POINTS = 0.05  # of the level of all intervals of a table together
SUBSET: dict[str, list[Any]] = {
    "implementation": ["gluon"], "drop_probs": [(0.0, 0.0)], "learning_rate": [0.1], "batch_size": [20],
    "sigma": [0.05], "num_train": [1000], "measure": [("accuracy", RIGHT)],
}  # fmt: skip


def configs() -> list[RunConfig]:
    chapter = grid({"seed": SEEDS, "implementation": ["gluon"], "measure": [PROBES]})
    return [*chapter, *grid({"seed": FITS, "labels": ["random", "true"], "num_epochs": [150], **SUBSET})]


def quick() -> list[RunConfig]:
    small: dict[str, list[Any]] = {"num_train": [6000], "num_epochs": [3], "batch_size": [64]}
    chapter = grid({"seed": range(1, 3), "implementation": ["gluon"], "measure": [PROBES], **small})
    subset = {**SUBSET, "num_train": [100], "batch_size": [10], "num_epochs": [30]}
    return [*chapter, *grid({"seed": range(1, 3), "labels": ["random", "true"], **subset})]


def analyse(logs: Sequence[RunLog]) -> Answer:
    probed = sorted(
        (log for log in logs if TIKHONOV in log.measured and not log.failure), key=lambda log: log.config.seed
    )
    fits = {
        labels: [
            log for log in logs if log.config.labels == labels and RIGHT in log.measured and not log.failure
        ]
        for labels in ("random", "true")
    }
    network, linear = _network(probed), _linear(probed)
    tables = (_of_labels(fits), _of_noise(network), _of_linear(linear), _of_means(probed), _of_units(probed))
    text = (
        _said_of_labels(fits),
        _said_of_noise(network, linear),
        _said_of_means(probed),
        _said_of_units(probed),
    )
    return Answer(text, tables, lambda: _figure(probed, fits, network), len(logs))


# A network fits random labels


def _ends(logs: Sequence[RunLog]) -> tuple[Estimate, Estimate]:
    """Accuracy at the end, on the training images with nothing dropped and on the test images."""
    return (
        estimate(log.measured["accuracy"][-1] for log in logs),
        estimate(log.epochs[-1].test_acc for log in logs),
    )


def _of_labels(fits: dict[str, list[RunLog]]) -> Table:
    rows = []
    for labels, logs in fits.items():
        train, test = _ends(logs)
        rows.append((labels, str(train.n), train.text(), test.text()))
    count, epochs = _subset(fits)
    return Table(
        f"Accuracy after {epochs} epochs on {count:,} training images, no dropout, with 95% intervals.",
        ("labels", "seeds", "training", "test"),
        tuple(rows),
    )


def _subset(fits: dict[str, list[RunLog]]) -> tuple[int, int]:
    config = fits["random"][0].config
    return config.num_train, config.num_epochs


def _said_of_labels(fits: dict[str, list[RunLog]]) -> str:
    train, test = _ends(fits["random"])
    count, epochs = _subset(fits)
    fitted = sum(log.measured["accuracy"][-1] > FITTED for log in fits["random"])
    return (
        f"Random labels. After {epochs} epochs on {count:,} images whose labels were permuted, the accuracy "
        f"on those images is {train.text()}; it is above {FITTED} in {fitted} of {train.n} runs. On the test "
        f"images it is {test.text()}. {_beside_chance(fits['random'])} With the true labels the same network "
        f"comes to {_ends(fits['true'])[1].text()} there."
    )


def _beside_chance(logs: Sequence[RunLog]) -> str:
    """Of networks trained on permuted labels: what their accuracy on test images is beside chance's.

    A permutation leaves a tenth of the labels right, but for chance: in one run there is some more to be
    learnt from them, in another less than nothing. So the runs are asked where exactly a tenth is.
    """
    right = [log.measured[RIGHT] for log in logs]
    ends = [log.epochs[-1].test_acc for log in logs]
    left = f"The permutation left from {min(right):.3f} to {max(right):.3f} of the labels right"
    try:
        height, slope = line(right, [end - CHANCE for end in ends], CHANCE)
    except ValueError:
        return f"{left}; of so few runs it cannot be told whether that is chance."
    rise = (
        f"and the accuracy rises with that share, {slope.mean:.2f} times as fast (95% interval "
        f"{slope.range(2)}; {p_text(slope.p)})"
        if slope.shows
        else f"and whether the accuracy rises with that share cannot be told ({certainty(slope, 2)})"
    )
    verdict = (
        f"which is {'more' if height.mean > 0 else 'less'} than chance"
        if height.shows
        else "which cannot be told from chance"
    )
    return (
        f"{left}, {rise}. Where it leaves exactly a tenth, the straight line fitted to the runs lies "
        f"{height.mean:+.4f} from {CHANCE:g} ({certainty(height)}), {verdict}."
    )


# Noise on the inputs


def _network(logs: Sequence[RunLog]) -> dict[float, tuple[Estimate, Estimate, Estimate]]:
    """Strength -> increase of the loss, what the penalty says, and their ratio, over the runs."""
    found = {}
    for place, (strength, *_) in enumerate(logs[0].measured[TIKHONOV]["network"]):
        rows = [log.measured[TIKHONOV]["network"][place] for log in logs]
        found[strength] = (
            estimate(row[1] for row in rows),
            estimate(row[3] for row in rows),
            estimate(row[1] / row[3] for row in rows),
        )
    return found


def _linear(logs: Sequence[RunLog]) -> dict[int, Estimate]:
    """Noisy copies -> distance from the closed form."""
    places = range(len(logs[0].measured[TIKHONOV]["linear"]))
    rows = [[log.measured[TIKHONOV]["linear"][place] for log in logs] for place in places]
    return {int(row[0][0]): estimate(distance for _, distance in row) for row in rows}


def _of_noise(network: dict[float, tuple[Estimate, Estimate, Estimate]]) -> Table:
    rows = [
        (f"{strength:g}", grown.text(5), penalty.text(5), ratio.text(2))
        for strength, (grown, penalty, ratio) in network.items()
    ]
    return Table(
        "Noise on the pixels (0 to 1) of test images: how much the trained network's mean loss grows, and "
        "half the noise's variance times the trace of the second derivatives, in nats, with 95% intervals "
        "over the runs.",
        ("standard deviation", "grows by", "penalty", "ratio"),
        tuple(rows),
    )


def _of_linear(linear: dict[int, Estimate]) -> Table:
    return Table(
        "A linear model fitted to noisy copies of its examples: distance of its weights from ridge "
        "regression's, as a share of how far least squares without noise is from these; with 95% intervals.",
        ("copies", "distance"),
        tuple((f"{copies:,}", one.text(3)) for copies, one in linear.items()),
    )


def _said_of_noise(
    network: dict[float, tuple[Estimate, Estimate, Estimate]], linear: dict[int, Estimate]
) -> str:
    fewest, most = min(linear), max(linear)
    strongest, (*_, ratio) = max(network.items())
    return (
        "Noise on the inputs as a penalty. For a linear model it is one, exactly, in the limit: with "
        f"{most:,} noisy copies of each example the weights are {linear[most].text(3)} from ridge "
        "regression's, as a share of how far those without noise are; with "
        f"{fewest} copies it is {linear[fewest].text(3)}. For this network the penalty on derivatives is an "
        f"approximation. {_holds(network)} At {strongest:g} the increase is {ratio.text(2)} times what the "
        "penalty says."
    )


def _holds(network: dict[float, tuple[Estimate, Estimate, Estimate]]) -> str:
    """At which strengths the penalty is right, by where all of the ratio's interval lies."""
    near: list[str] = []
    off: list[str] = []
    between: list[str] = []
    for strength, (*_, ratio) in network.items():
        inside = ratio.low >= 1 - CLOSE and ratio.high <= 1 + CLOSE and ratio.n > 1
        outside = ratio.low > 1 + CLOSE or ratio.high < 1 - CLOSE
        (near if inside else off if outside and ratio.n > 1 else between).append(f"{strength:g}")
    where = [
        f"{said} at {listed(strengths)}"
        for strengths, said in (
            (near, f"it is right within {CLOSE:.0%}"),
            (off, "it is further off"),
            (between, "which of the two cannot be told"),
        )
        if strengths
    ]
    return (
        "By the 95% interval of the ratio of the loss's increase to it, at standard deviations of the noise: "
        f"{'; '.join(where)}."
    )


# Noise of mean 1


def _means(logs: Sequence[RunLog]) -> dict[str, tuple[float, float]]:
    """Noise -> the mean of all that was drawn, and its standard error."""
    found = {}
    for noise in logs[0].measured[EXPECTATIONS]:
        drawn = np.array([log.measured[EXPECTATIONS][noise] for log in logs])
        found[noise] = float(drawn[:, 0].mean()), float((drawn[:, 1] ** 2).sum() ** 0.5 / len(drawn))
    return found


def _within(logs: Sequence[RunLog]) -> tuple[float, dict[str, bool]]:
    """How many standard errors all means together may be off, and which are within that."""
    from scipy import stats

    means = _means(logs)
    most = float(stats.norm.isf(POINTS / 2 / len(means)))
    return most, {name: abs(mean - 1) <= most * error for name, (mean, error) in means.items()}


def _of_means(logs: Sequence[RunLog]) -> Table:
    most, within = _within(logs)
    rows = [
        (*name.rsplit(" ", 1), f"{mean:.5f} ± {most * error:.5f}", "yes" if within[name] else "no")
        for name, (mean, error) in _means(logs).items()
    ]
    return Table(
        f"Mean of {len(logs)} million numbers of each noise; the intervals hold all means together with 95%.",
        ("noise", "drop probability", "mean", "1 within"),
        tuple(rows),
    )


def _said_of_means(logs: Sequence[RunLog]) -> str:
    _, within = _within(logs)
    off = [name for name, inside in within.items() if not inside]
    if off:
        return (
            f"Expectations. Of {len(within)} noises the mean is 1 within its interval but for {listed(off)}."
        )
    return (
        f"Expectations stay, of the layer that is dropped: the mean of each of the {len(within)} noises is 1 "
        "within its interval. Behind the next ReLU, which is not linear, they do not (exercise 7)."
    )


# Dropped units


def _units(logs: Sequence[RunLog]) -> dict[str, tuple[int, int]]:
    return {
        fate: tuple(sum(log.measured[GRADIENTS][fate][place] for log in logs) for place in (0, 1))
        for fate in ("dropped", "kept")
    }


def _of_units(logs: Sequence[RunLog]) -> Table:
    return Table(
        "Hidden units above 0, of single test images: how many have a gradient in a weight that they read or "
        "that reads them.",
        ("unit", "units", "with a gradient"),
        tuple((fate, f"{count:,}", f"{moved:,}") for fate, (count, moved) in _units(logs).items()),
    )


def _said_of_units(logs: Sequence[RunLog]) -> str:
    units = _units(logs)
    (dropped, moved), (kept, learns) = units["dropped"], units["kept"]
    start, verdict = (
        ("Dropped units.", f"{moved:,}")
        if moved
        else ("A dropped unit learns nothing from that example.", "none")
    )
    return (
        f"{start} Of {dropped:,} dropped units {verdict} had any "
        f"gradient in the weights around it; of {kept:,} that were kept, {learns:,}. The figure's network is "
        "drawn from a mask that dropout drew."
    )


@in_plain_settings
def _figure(
    probed: Sequence[RunLog],
    fits: dict[str, list[RunLog]],
    network: dict[float, tuple[Estimate, Estimate, Estimate]],
) -> Figure:
    figure = new_figure((PAGE_WIDTH, 7.6))
    (before, after), (left, right) = figure.subplots(2, 2)
    draw_before_and_after((before, after), probed[0].measured[PICTURE]["kept"])
    for (labels, logs), color, style in zip(fits.items(), (BLUE, ORANGE), ("-", "--")):
        epochs = range(1, logs[0].config.num_epochs + 1)
        for curve, width, what in (
            ([[log.measured["accuracy"][e - 1] for log in logs] for e in epochs], 2.0, "training"),
            ([[log.epochs[e - 1].test_acc for log in logs] for e in epochs], 1.0, "test"),
        ):
            each = [estimate(values) for values in curve]
            band(left, epochs, each, style, color, f"{what}, {labels} labels", linewidth=width)
    left.axhline(CHANCE, color="0.4", linewidth=0.8, linestyle=":")
    name(left, f"{_subset(fits)[0]:,} training images, no dropout; dotted: chance", "Epoch", "Accuracy")
    left.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
    left.set_ylim(-0.02, 1.02)
    left.legend(frameon=False, fontsize=10, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.17))
    right.axhspan(1 - CLOSE, 1 + CLOSE, color="0.9", zorder=0, label=f"right within {CLOSE:.0%}")
    right.axhline(1, color="0.3", linewidth=0.8)
    points(right, list(network), [ratio for *_, ratio in network.values()], "o-", BLUE, "measured")
    right.set_xscale("log")
    name(
        right, "Noise on the inputs as a penalty",
        "Noise on a pixel of 0 to 1 (standard deviation)", "Increase of the loss, in penalties",
    )  # fmt: skip
    right.legend(frameon=False, loc="upper left")
    return figure


EXERCISE = Exercise(
    name="claims",
    title="What the chapter claims",
    question="A network can fit labels that mean nothing. Noise on the inputs acts as a penalty on the "
    "network's derivatives (Bishop, 1995). Dropout leaves the expectation of an activation as it is. A "
    "dropped unit learns nothing from the example. Do these hold, and how far?",
    design="Gluon's network of the chapter, ten epochs, ten seeds, then measured: in each run means of a "
    "million numbers of each noise, gradients of single test images, the loss of 500 test images with noise "
    "on their pixels, added and taken away, 20 times each; and a linear model of 20 inputs on 60 examples "
    "that are made up. Random labels: 1,000 images, 150 epochs at learning rate 0.1 and batch size 20, "
    "initial weights of standard deviation 0.05, no dropout, forty seeds, beside the true labels.",
    shown="Above: a network of five hidden units before dropout and after it. Below, left: accuracy on "
    "training and test images with random and with true labels, over the epochs. Below, right: by "
    "how much noise on the inputs raises the loss, as a multiple of what the penalty says. Bands and bars "
    "are 95% intervals.",
    limits="That 1,000 labels can be fitted does not show that 60,000 can; that takes longer. Ten seeds had "
    "been planned for this; seen to be few, by how many labels permutations leave right, they were made "
    "forty. The penalty was held against noise on test images, not against training with it.",
    configs=configs,
    quick=quick,
    analyse=analyse,
)
