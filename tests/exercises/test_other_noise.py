"""Exercise 8: the theory of the noise, the arms against binary dropout, and the price."""

import re

import numpy as np
import pytest
from exercises_at_hand import drawn, failed, without

from dropout_gluon.exercises.other_noise import (
    ARMS,
    BINARY,
    DROPPED,
    EQUAL,
    EXERCISE,
    TIMES,
    zeros_of_equal_variance,
)
from dropout_gluon.plotting import png

POINTS = "with three points of dropout's variance"
OFTEN = "with three points, 0 as often as dropout"
NEVER = "with two points, never 0"
GAUSS = "with Gaussian noise of dropout's variance"
ACCURACY = {BINARY: 0.870, POINTS: 0.873, OFTEN: 0.866, NEVER: 0.870, GAUSS: 0.876}
LOSS = {BINARY: 0.35, POINTS: 0.35, OFTEN: 0.37, NEVER: 0.30, GAUSS: 0.34}


def arm_of(config):
    (name,) = (
        name
        for name, arm in ARMS.items()
        if (config.noise, config.drop_probs) == (arm["noise"], arm["drop_probs"])
    )
    return name


def times(config, rng):
    return {TIMES: {"none": 0.8, "three-point": 1.1 + 0.01 * rng.standard_normal(), "gaussian": 1.6}}


def runs(configs, accuracy=ACCURACY, **other):
    return drawn(configs, lambda c: accuracy[arm_of(c)], lambda c: LOSS[arm_of(c)], measured=times, **other)


@pytest.fixture(scope="module")
def logs():
    return runs(EXERCISE.configs(), draw=1)


@pytest.fixture(scope="module")
def answer(logs):
    return EXERCISE.analyse(logs)


def moments(values, probs):
    values, probs = np.array(values), np.array(probs)
    mean = float(values @ probs)
    return mean, float(values**2 @ probs) - mean**2


def test_each_arm_has_twenty_seeds():
    configs = EXERCISE.configs()
    assert len(configs) == len({config.digest for config in configs}) == 100
    for name in ARMS:
        mine = [c for c in configs if arm_of(c) == name]
        assert [c.seed for c in mine] == [*range(1, 21)]
        assert {c.measure for c in mine} == {(TIMES,) if name == BINARY else ()}
        assert {c.implementation for c in mine} == {"scratch"}
        for c in mine:
            middle = tuple(1.5 / (1 - p) for p in c.drop_probs)
            assert c.gammas == (middle if c.noise == "three-point" else ())


def test_quick_is_small():
    configs = EXERCISE.quick()
    assert len(configs) == 10
    assert sum(c.num_train * c.num_epochs for c in configs) < 7 * 60_000


@pytest.mark.parametrize("p", [0.2, 0.5, 0.75])
def test_the_variance_is_that_of_dropout(p):
    """From the definition: on {0, γ/2, γ} with γ = 1.5 / (1 - q), where γ/2 and γ make the mean 1."""
    q = zeros_of_equal_variance(p)
    gamma = 1.5 / (1 - q)
    whole = 2 / gamma - (1 - q)
    mean, variance = moments([0, gamma / 2, gamma], [q, 1 - q - whole, whole])
    assert mean == pytest.approx(1)
    assert variance == pytest.approx(p / (1 - p))


def test_the_formulas_of_the_text_are_right(answer):
    """As they are written, beside moments from the definition."""
    text = answer.text[0]
    whole, half, lowest, highest, variance, ends, most = (
        re.sub(r"(?<=[\d²γ]) (?=[γ(])", " * ", formula).replace("²", "**2")
        for formula in re.search(
            r"γ has probability (.+?) and γ/2 what is left, (.+?)\. Neither is below 0 for γ from (.+?) to "
            r"(.+?), and .* variance is (.+?): (.+?) at the ends, .* at most (.+?), in the middle",
            text,
        ).groups()
    )
    for p in (0.0, 0.2, 0.5):
        low, high = (eval(formula, {"p": p}) for formula in (lowest, highest))
        found = []
        for γ in np.linspace(low, high, 9):
            names = {"p": p, "γ": γ}
            probs = [p, eval(half, names), eval(whole, names)]
            assert min(probs) >= -1e-12
            assert sum(probs) == pytest.approx(1)
            mean, spread = moments([0, γ / 2, γ], probs)
            assert (mean, spread) == (pytest.approx(1), pytest.approx(eval(variance, names)))
            found.append(spread)
        assert [found[0], found[-1]] == pytest.approx([eval(ends, {"p": p})] * 2)
        assert max(found) == found[4] == pytest.approx(eval(most, {"p": p}))
        assert min(found) == pytest.approx(found[0])
    assert text.endswith("binary dropout varies least.")


def test_the_table_of_probabilities_holds_what_it_says(answer):
    table = answer.tables[0]
    assert table.head == ("P(0)", "γ", "P(γ/2)", "P(γ)", "variance")
    assert len(table.rows) == 15
    for row in table.rows:
        zero, gamma, half, whole, variance = map(float, row)
        mean, found = moments([0, gamma / 2, gamma], [zero, half, whole])
        assert zero + half + whole == pytest.approx(1, abs=2e-4)
        assert mean == pytest.approx(1, abs=3e-4)
        assert found == pytest.approx(variance, abs=1e-3)
        assert variance >= zero / (1 - zero) - 1e-4
        assert variance <= 1.125 / (1 - zero) - 1 + 1e-4


def test_the_table_of_the_runs_noise(answer):
    rows = {row[0]: row[1:] for row in answer.tables[1].rows}
    assert rows[BINARY.replace("with ", "")] == ("0.2", "0.5", "", "", "0.250", "1.000")
    assert rows[POINTS.replace("with ", "")] == ("0.1", "0.4375", "1.667", "2.667", "0.250", "1.000")
    assert rows[OFTEN.replace("with ", "")] == ("0.2", "0.5", "1.875", "3", "0.406", "1.250")
    assert rows[NEVER.replace("with ", "")] == ("0", "0", "1.5", "1.5", "0.125", "0.125")
    assert rows[GAUSS.replace("with ", "")] == ("0", "0", "", "", "0.250", "1.000")
    assert EQUAL == (0.1, 0.4375)


def test_differences_from_dropout_come_out(answer):
    rows = {row[0]: row for row in answer.tables[3].rows}
    assert len(rows) == 4
    for arm in (POINTS, OFTEN, NEVER, GAUSS):
        row = rows[f"{arm.replace('with ', '')} less binary dropout"]
        assert row[1] == "20"
        assert float(row[2].split()[0]) == pytest.approx(ACCURACY[arm] - ACCURACY[BINARY], abs=0.0004)
        assert float(row[4].split()[0]) == pytest.approx(LOSS[arm] - LOSS[BINARY], abs=0.0004)
    assert "p by Holm over 8" in answer.tables[3].caption
    accuracy, loss, verdict = answer.text[1:]
    assert "With three points of dropout's variance, the test accuracy is higher by 0.00" in accuracy
    assert "With three points, 0 as often as dropout, the test accuracy is lower by 0.00" in accuracy
    assert "With two points, never 0, the test accuracy cannot be told from that with binary" in accuracy
    assert "With two points, never 0, the loss while training is lower by 0.0" in loss
    assert verdict.startswith(
        "Shown to be better than binary dropout by test accuracy: 2 of 4 noises; shown to be worse: 1. The "
        "best of them is that with Gaussian noise of dropout's variance, by "
        f"{rows[GAUSS.replace('with ', '') + ' less binary dropout'][2].split()[0].lstrip('+')}."
    )


def test_nothing_is_better_where_nothing_is():
    for gain, worse in ((0, "none"), (-0.004, "4")):
        accuracy = {arm: 0.87 + gain * (arm != BINARY) for arm in ARMS}
        verdict = EXERCISE.analyse(runs(EXERCISE.configs(), accuracy, draw=1)).text[3]
        assert f"by test accuracy: none of 4 noises; shown to be worse: {worse}." in verdict
        assert "The best" not in verdict


def test_the_price_is_a_ratio(answer):
    assert [(row[0], row[1]) for row in answer.tables[4].rows] == [
        ("without noise", "20"), ("with three points", "20"), ("with Gaussian noise", "20")
    ]  # fmt: skip
    for words in ("0.80 ± 0.00 times as long without", "1.60 ± 0.00 times as long with Gaussian noise"):
        assert words in answer.text[3]


def test_differences_are_seed_by_seed(logs):
    exact = without(runs([log.config for log in logs], scatter=0), seed=7, noise="dropout")
    rows = EXERCISE.analyse(exact).tables[3].rows
    assert [row[1] for row in rows] == ["19"] * 4
    assert all(row[2].endswith("± 0.0000") and row[4].endswith("± 0.0000") for row in rows)


def test_lost_arms_and_seeds_are_left_out(logs):
    lost = [failed(log) if log.config.seed == 4 else log for log in without(logs, noise="gaussian")]
    answer = EXERCISE.analyse(lost)
    assert [row[1] for row in answer.tables[3].rows] == ["19"] * 3
    assert " of 3 noises" in answer.text[3]
    assert png(answer.draw())
    of_none = EXERCISE.analyse(without(logs, noise="dropout"))
    assert len(of_none.text) == 1
    assert png(of_none.draw())


def test_the_figure_shows_variance_and_arms(answer):
    variance, accuracy, loss = answer.draw().axes
    assert (variance.get_xlabel(), variance.get_ylabel()) == ("γ", "Variance of the noise")
    curves = [line for line in variance.lines if len(line.get_xdata()) == 101]
    assert [line.get_xdata()[0] for line in curves] == pytest.approx(
        [1 / (1 - p) for p in sorted({0, *EQUAL, *DROPPED})]
    )
    assert len({(line.get_color(), line.get_linestyle()) for line in curves}) == 5
    tops = [max(line.get_ydata()) for line in curves]
    assert tops == pytest.approx([0.125, 0.25, 0.40625, 1, 1.25])
    assert accuracy.get_xlabel().startswith("Difference of test accuracy")
    assert loss.get_xlabel().startswith("Difference of training loss (nats)")
    for axes, column in ((accuracy, 2), (loss, 4)):
        marked = [box.lines[0].get_xdata()[0] for box in axes.containers]
        assert marked == pytest.approx(
            [float(row[column].split()[0]) for row in answer.tables[3].rows], abs=6e-5
        )
    assert accuracy.get_yticklabels()[0].get_text() == "three points\nof dropout's variance"


def test_quick_is_digested_and_drawn():
    answer = EXERCISE.analyse(runs(EXERCISE.quick()))
    assert {row[1] for row in answer.tables[3].rows} == {"2"}
    assert png(answer.draw())
