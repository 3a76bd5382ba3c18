"""Exercise 8: noise on {0, γ/2, γ}, and Gaussian noise, in place of binary dropout's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..chapter.moments import three_point_probs, three_point_variance
from ..config import RunConfig
from ..logs import RunLog
from ..plotting import PAGE_WIDTH, Figure, in_plain_settings, new_figure
from .arms import (
    COLUMNS,
    SMALL,
    arms_table,
    compare,
    differences_table,
    price,
    ratio_table,
    ratios,
    runs,
    sentences,
    short,
    some,
)
from .drawing import BLACK, BLUE, GREEN, ORANGE, differences, name, three_panels
from .effects import Estimate
from .exercise import Answer, Exercise, Table, chosen

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DROPPED = (0.2, 0.5)
MIDDLE = 1.5  # γ (1 - p), between 1 and 2, at which three-point noise varies most
ZEROS = (0.0, 0.2, 0.5)  # probabilities of 0 in the table
PLACES = (1.0, 1.25, 1.5, 1.75, 2.0)  # γ (1 - p) in the table
SEEDS = range(1, 21)
TIMES = "dropout_gluon.exercises.noise_probes:noises_times"
STEPS = {"none": "without noise", "three-point": "with three points", "gaussian": "with Gaussian noise"}


def zeros_of_equal_variance(drop_prob: float) -> float:
    """The probability of 0 at which three-point noise in the middle varies as binary dropout does.

    In the middle, γ = 1.5 / (1 - q), the variance is 1.125 / (1 - q) - 1; dropout's is p / (1 - p).
    """
    return round(1 - MIDDLE**2 / 2 * (1 - drop_prob), 12)


EQUAL = tuple(map(zeros_of_equal_variance, DROPPED))
ARMS: dict[str, dict[str, Any]] = {
    "with binary dropout": {"noise": "dropout", "drop_probs": DROPPED},
    "with three points of dropout's variance": {"noise": "three-point", "drop_probs": EQUAL},
    "with three points, 0 as often as dropout": {"noise": "three-point", "drop_probs": DROPPED},
    "with two points, never 0": {"noise": "three-point", "drop_probs": (0.0, 0.0)},
    "with Gaussian noise of dropout's variance": {"noise": "gaussian", "drop_probs": DROPPED},
}
BINARY, *OTHERS = ARMS


MEASURED = [{**arm, "measure": (TIMES,) if called == BINARY else ()} for called, arm in ARMS.items()]


def configs() -> list[RunConfig]:
    return runs(MEASURED, SEEDS)


def quick() -> list[RunConfig]:
    """On a tenth of the images, for fewer epochs."""
    return runs(MEASURED, range(1, 3), **SMALL)


def analyse(logs: Sequence[RunLog]) -> Answer:
    arms = {name: chosen(logs, **arm) for name, arm in ARMS.items()}
    found = compare(arms, [(other, BINARY) for other in OTHERS])
    times = ratios(logs, TIMES)
    return Answer(
        some([_theory(), *(sentences(found, column) for column in COLUMNS), _verdict(found, times)]),
        (
            _probabilities(), _variances(), arms_table(arms), differences_table(found),
            ratio_table(times, STEPS),
        ),
        lambda: _figure(found),
        len(logs),
    )  # fmt: skip


def _variance(noise: str, drop_prob: float) -> float:
    if noise == "three-point":
        return three_point_variance(drop_prob, MIDDLE / (1 - drop_prob))
    return drop_prob / (1 - drop_prob)


def _theory() -> str:
    return (
        "Noise that is 0 with probability p has a mean of 1 where γ has probability 2 / γ - (1 - p) and γ/2 "
        "what is left, 2 (1 - p) - 2 / γ. Neither is below 0 for γ from 1 / (1 - p) to 2 / (1 - p), and at "
        "both ends the noise is binary dropout's. Its variance is 3 γ / 2 - γ² (1 - p) / 2 - 1: p / (1 - p) "
        "at the ends, as dropout has it, and above that between them, at most 1.125 / (1 - p) - 1, in the "
        "middle. So of all these noises that are 0 as often, binary dropout varies least."
    )


def _verdict(found: Mapping[tuple[str, str, str], Estimate], times: Mapping[str, Estimate]) -> str:
    """Whether anything is better than binary dropout, and its price."""
    accuracy = {one: differs for (one, _, column), differs in found.items() if column == "test_acc"}
    if not accuracy:
        return price(times, STEPS)
    better, worse = ([arm for arm, one in accuracy.items() if one.side == sign] for sign in (1, -1))
    said = (
        f"Shown to be better than binary dropout by test accuracy: {len(better) or 'none'} of "
        f"{len(accuracy)} noises; shown to be worse: {len(worse) or 'none'}."
    )
    if better:
        best = max(better, key=lambda arm: accuracy[arm].mean)
        said += f" The best of them is that {best}, by {accuracy[best].mean:.4f}."
    return f"{said} {price(times, STEPS)}".strip()


def _probabilities() -> Table:
    rows = []
    for drop_prob in ZEROS:
        for place in PLACES:
            gamma = place / (1 - drop_prob)
            values = (gamma, *three_point_probs(drop_prob, gamma), three_point_variance(drop_prob, gamma))
            rows.append((f"{drop_prob:g}", *(f"{round(value, 9):.4f}" for value in values)))
    return Table(
        "Noise on {0, γ/2, γ}: the probabilities at which its mean is 1, and its variance. The first and the "
        "last γ of each probability of 0 give binary dropout.",
        ("P(0)", "γ", "P(γ/2)", "P(γ)", "variance"),
        tuple(rows),
    )


def _variances() -> Table:
    rows = []
    for called, arm in ARMS.items():
        variances = (_variance(arm["noise"], drop_prob) for drop_prob in arm["drop_probs"])
        zeros = ("0" if arm["noise"] == "gaussian" else f"{p:g}" for p in arm["drop_probs"])
        gammas = (
            f"{MIDDLE / (1 - p):.4g}" if arm["noise"] == "three-point" else "" for p in arm["drop_probs"]
        )
        rows.append((short(called), *zeros, *gammas, *(f"{variance:.3f}" for variance in variances)))
    return Table(
        "The noise of the runs on the first and the second hidden layer.",
        (
            "arm", "P(0), first", "P(0), second", "γ, first", "γ, second", "variance, first",
            "variance, second",
        ),
        tuple(rows),
    )  # fmt: skip


@in_plain_settings
def _figure(found: Mapping[tuple[str, str, str], Estimate]) -> Figure:
    figure = new_figure((PAGE_WIDTH, 7.6))
    above, left, right = three_panels(figure, "aa", "bc")
    _draw_variance(above)
    names = {
        "test_acc": ("Accuracy, less binary dropout", "Difference of test accuracy"),
        "loss": ("Loss, less binary dropout", "Difference of training loss (nats)"),
    }
    for axes, (column, words) in zip((left, right), names.items()):
        each = {_broken(one): of for (one, _, kind), of in found.items() if kind == column}
        differences(axes, each, *words)
    right.set_yticklabels([])
    return figure


def _draw_variance(axes: Axes) -> None:
    """Variance over γ, a curve a probability of 0, with the noises of the runs."""
    of_three = {p for arm in ARMS.values() if arm["noise"] == "three-point" for p in arm["drop_probs"]}
    styles = zip((BLUE, ORANGE, GREEN, BLACK, "0.5"), ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))))
    for drop_prob, (color, line) in zip(sorted(of_three), styles):
        gammas = np.linspace(1 / (1 - drop_prob), 2 / (1 - drop_prob), 101)
        values = [three_point_variance(drop_prob, gamma) for gamma in gammas]
        axes.plot(gammas, values, color=color, linestyle=line)
        axes.plot(MIDDLE / (1 - drop_prob), _variance("three-point", drop_prob), "o", color=color, zorder=3)
        axes.annotate(
            f"P(0) = {drop_prob:g}", (gammas[-1], values[-1]), (7, 0), textcoords="offset points",
            va="center", fontsize=10, color="0.15",
        )  # fmt: skip
    for drop_prob in DROPPED:
        ends = [end / (1 - drop_prob) for end in (1, 2)]
        axes.plot(ends, [_variance("dropout", drop_prob)] * 2, "s", color="0.15", markersize=7, mfc="white")
    axes.plot([], [], "o", color="0.15", label="three or two points, as run")
    axes.plot([], [], "s", color="0.15", mfc="white", label="binary dropout, as run")
    name(axes, "Noise on {0, γ/2, γ} with a mean of 1", "γ", "Variance of the noise")
    axes.set_xlim(right=5)  # the labels end there
    axes.legend(frameon=False, fontsize=10, loc=(0.37, 0.42))


def _broken(arm: str) -> str:
    """On two lines."""
    words = short(arm)
    for start in ("of dropout", "0 as often", "never"):
        words = words.replace(f" {start}", f"\n{start}")
    return words


EXERCISE = Exercise(
    name="8",
    title="Other noise on the activations",
    question="What of noise on {0, γ/2, γ} with a mean of 1 in place of binary dropout's: which "
    "probabilities make it unbiased, and how does its variance depend on both parameters? Is any noise "
    "better than binary dropout, Gaussian noise too, by how much, and at what price?",
    design="The network by hand on the reshuffled split, ten epochs, twenty seeds a noise: binary dropout of "
    "0.2 and 0.5; three points with 0 as often, and γ where the variance is the largest; three points of "
    "dropout's variance, which are 0 less often; the two points γ/2 and γ, never 0; and Gaussian noise of "
    "dropout's variance (Srivastava et al., 2014, section 10). The time of a step is taken within the runs "
    "with dropout, in alternating turns.",
    shown="Above: the variance of noise on {0, γ/2, γ} over γ, a curve for each probability of 0, with the "
    "noises of the runs; both squares of a curve are the same noise. Below: test accuracy and training loss "
    "with each noise less those with binary dropout. Bars are 95% intervals; a filled marker is a difference "
    "that shows.",
    limits="One network, one learning rate, ten epochs, in which noise has little to prevent: a noise that "
    "pays in long runs or on few images would not show. Each noise has the probabilities of the chapter or "
    "those of equal variance, not the ones that suit it best. The times are those of one machine.",
    configs=configs,
    quick=quick,
    analyse=analyse,
)
