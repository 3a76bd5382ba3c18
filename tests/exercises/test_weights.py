"""Exercise 7: dropped weights beside dropped activations; bias and times as the runs measured them."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from exercises_at_hand import drawn, failed, never_trained, without
from scipy import stats

from dropout_gluon.exercises import arms as arms_of
from dropout_gluon.exercises import record, weights
from dropout_gluon.exercises.effects import certainty, estimate
from dropout_gluon.exercises.weights import BIAS, EXERCISE, TIMES
from dropout_gluon.plotting import png

ACCURACY = {"dropconnect": 0.871, "dropout": 0.875, "none": 0.868}
LOSS = {"dropconnect": 0.33, "dropout": 0.35, "none": 0.30}


def measured(mean=0.0, square=0.0, relu=0.03, times=(0.8, 1.25, 60.0)):
    def of(config, rng):
        def layer(mean, square):
            return {
                "mean": mean + 1e-4 * rng.standard_normal(),
                "square": square + 1e-5 * rng.standard_normal(),
                "noise": 0.2 + 0.001 * rng.standard_normal(),
                "relu": relu + 0.001 * rng.standard_normal(),
            }

        return {
            BIAS: {"dropconnect": [layer(mean, square)] * 2, "dropout": [layer(0, 0), layer(0, 0)]},
            TIMES: dict(zip(("none", "batch", "each"), (t + 0.01 * rng.standard_normal() for t in times))),
        }

    return of


def runs(configs, accuracy=ACCURACY, loss=LOSS, scatter=0.0005, **other):
    return drawn(
        configs,
        lambda c: accuracy[c.noise],
        lambda c: loss[c.noise],
        measured=measured(**other),
        scatter=scatter,
    )


@pytest.fixture(scope="module")
def logs():
    return runs(EXERCISE.configs())


@pytest.fixture(scope="module")
def answer(logs):
    return EXERCISE.analyse(logs)


def test_each_noise_has_twenty_seeds():
    configs = EXERCISE.configs()
    assert len(configs) == len({config.digest for config in configs}) == 60
    for noise in ("dropconnect", "dropout", "none"):
        mine = [c for c in configs if c.noise == noise]
        assert [c.seed for c in mine] == [*range(1, 21)]
        assert {c.implementation for c in mine} == {"scratch"}
        assert {c.drop_probs for c in mine} == {(0.0, 0.0) if noise == "none" else (0.2, 0.5)}
        assert {c.measure for c in mine} == {tuple(sorted((BIAS, TIMES))) if noise == "dropconnect" else ()}


def test_quick_is_small():
    configs = EXERCISE.quick()
    assert len(configs) == 6
    assert sum(c.num_train * c.num_epochs for c in configs) < 4 * 60_000


def test_differences_come_out(answer):
    rows = {row[0]: row for row in answer.tables[1].rows}
    for one, other, accuracy, loss in (
        ("DropConnect (one mask a batch)", "dropout", -0.004, -0.02),
        ("DropConnect (one mask a batch)", "nothing dropped", 0.003, 0.03),
        ("dropout", "nothing dropped", 0.007, 0.05),
    ):
        row = rows[f"{one} less {other}"]
        assert row[1] == "20"
        assert float(row[2].split()[0]) == pytest.approx(accuracy, abs=0.0004)
        assert float(row[4].split()[0]) == pytest.approx(loss, abs=0.0004)
    assert "p by Holm over 6" in answer.tables[1].caption
    assert answer.text[0].startswith(
        "With DropConnect (one mask a batch), the test accuracy is lower by 0.00"
    )
    assert "With dropout, the test accuracy is higher by 0.00" in answer.text[0]
    assert answer.text[1].startswith(
        "With DropConnect (one mask a batch), the loss while training is lower by 0.0"
    )
    means = {row[0]: float(row[2].split()[0]) for row in answer.tables[0].rows}
    assert means["dropout"] - means["nothing dropped"] == pytest.approx(0.007, abs=0.0004)
    losses = {row[0]: float(row[3].split()[0]) for row in answer.tables[0].rows}
    assert losses["dropout"] == pytest.approx(0.35, abs=0.002)
    assert losses["nothing dropped"] == pytest.approx(0.30, abs=0.002)


def test_what_does_not_differ_is_not_told_apart():
    said = EXERCISE.analyse(runs(EXERCISE.configs(), dict.fromkeys(ACCURACY, 0.87))).text[0]
    assert said.count("cannot be told from") == 3
    assert "higher" not in said
    assert "lower" not in said


def test_no_bias_shows_where_there_is_none(answer):
    said = answer.text[3]
    assert "No bias shows" in said
    assert "After the ReLU, which is not linear, the mean is above the plain one, by 0.0303" in said
    table = answer.tables[2]
    assert [row[0] for row in table.rows] == [
        "DropConnect, second hidden layer", "dropout, second hidden layer", "DropConnect, logits",
        "dropout, logits",
    ]  # fmt: skip
    assert all(abs(float(row[2].split()[0])) < 1e-4 for row in table.rows)
    assert all(float(row[6].split()[0]) == pytest.approx(0.2, abs=0.002) for row in table.rows)
    assert [bool(row[7]) for row in table.rows] == [True, True, False, False]


@pytest.mark.parametrize("planted", [{"mean": 0.001}, {"mean": -0.001}, {"square": 0.0001}])
def test_a_bias_shows_in_the_mean_or_the_square(planted):
    said = EXERCISE.analyse(runs(EXERCISE.configs(), **planted)).text[3]
    assert "So a bias shows in the second hidden layer and the logits" in said
    assert "No bias" not in said


def test_a_square_below_zero_is_no_bias():
    """It cannot be: the estimate is of a square."""
    assert "No bias shows" in EXERCISE.analyse(runs(EXERCISE.configs(), square=-0.0001)).text[3]


def test_all_that_is_tested_counts(logs, answer):
    """Two layers and noises, mean and square of each, and the ReLU of the layer that has one."""
    assert "p by Holm over 10." in answer.tables[2].caption
    raw = min(
        estimate(weights.measured(logs, BIAS, noise, layer, part).values()).p
        for noise in ("dropconnect", "dropout")
        for layer, part in ((0, "mean"), (0, "square"), (0, "relu"), (1, "mean"), (1, "square"))
    )
    means = weights._means(logs)
    shown = [one.p for each in means.values() for one in (each.mean, each.square)]
    shown += [each.relu.p for (_, layer), each in means.items() if layer == weights.READERS[0]]
    assert min(shown) == pytest.approx(10 * raw, rel=1e-6, abs=0)


def test_each_moment_stands_in_its_own_cell():
    """All of them planted apart: by the noise, by the layer, by what is measured."""
    every = {
        (noise, layer): {"mean": 1e-3 * k, "square": 1e-4 * k, "noise": 0.1 * k, "relu": 0.02 * k}
        for k, (noise, layer) in enumerate([*itertools.product(("dropconnect", "dropout"), (0, 1))], 1)
    }

    def apart(config, rng):
        bias = {
            noise: [
                {
                    name: value * (1 + 0.01 * rng.standard_normal())
                    for name, value in every[noise, layer].items()
                }
                for layer in (0, 1)
            ]
            for noise in ("dropconnect", "dropout")
        }
        return {BIAS: bias, TIMES: {}}

    logs = drawn(EXERCISE.configs(), lambda c: ACCURACY[c.noise], measured=apart)
    answer = EXERCISE.analyse(logs)
    rows = {row[0]: row for row in answer.tables[2].rows}
    for (noise, layer), planted in every.items():
        name = {"dropconnect": "DropConnect", "dropout": "dropout"}[noise]
        row = rows[f"{name}, {weights.READERS[layer]}"]
        found = [float(row[place].split()[0]) for place in (2, 4, 6)]
        assert found == pytest.approx([planted[part] for part in ("mean", "square", "noise")], rel=0.01)
        if layer == 0:
            assert float(row[7].split()[0]) == pytest.approx(planted["relu"], rel=0.01)
    means = weights._means(logs)
    for layer in weights.READERS:
        one = means["dropconnect", layer].mean
        said = f"of the {layer} {one.mean:+.5f} times their spread ({certainty(one, 5)})"
        assert said in answer.text[3]
        assert rows[f"DropConnect, {layer}"][2].startswith(f"{one.mean:+.5f} ±")
    relu = means["dropconnect", weights.READERS[0]].relu
    assert f"above the plain one, by {relu.mean:.4f} of the same spread ({certainty(relu)})" in answer.text[3]
    other = means["dropout", weights.READERS[0]].relu
    assert f"; with dropout it is {other.mean:+.4f} ({certainty(other)})." in answer.text[3]


def test_what_a_bias_may_be_is_the_root_of_the_larger_square():
    none = estimate([1e-6, -1e-6, 2e-6])
    squares = [estimate([1e-4, -1e-4, 2e-5]), estimate([4e-4, -5e-4, 3e-4])]
    means = {
        ("dropconnect", layer): weights.Mean(none, square, none, none)
        for layer, square in zip(weights.READERS, squares)
    }
    most = squares[1].high ** 0.5
    assert squares[0].high < squares[1].high
    assert f"room for one of up to {most:.4f} of their spread" in weights._unbiased(means)[0]


def test_a_relu_that_changes_nothing_is_not_spoken_of():
    assert "ReLU" not in EXERCISE.analyse(runs(EXERCISE.configs(), relu=0.0)).text[3]


def test_times_are_ratios(logs, answer):
    assert [(row[0], row[1]) for row in answer.tables[3].rows] == [
        ("with nothing dropped", "20"),
        ("with one mask of weights a batch", "20"),
        ("with one mask of weights an example", "20"),
    ]
    ratios = [float(row[2].split()[0]) for row in answer.tables[3].rows]
    assert ratios == pytest.approx([0.8, 1.25, 60], abs=0.011)
    said = answer.text[4]
    for ratio, row in zip(ratios, answer.tables[3].rows):
        assert f"{ratio:.2f} ± " in said
        assert row[0] in said
    assert "The runs draw a mask a batch; Wan et al. (2013) draw one an example." in said
    assert " s " not in said
    for row in answer.tables[3].rows:
        mean, half = map(float, row[2].split(" ± "))
        low, high = map(float, row[3].split(" to "))
        assert (low, high) == (pytest.approx(mean - half, abs=0.011), pytest.approx(mean + half, abs=0.011))
        assert low <= mean <= high
    wide = EXERCISE.analyse(
        [
            replace(log, measured={**log.measured, TIMES: {"none": 0.8 + 0.1 * (log.config.seed % 2)}})
            for log in [log for log in logs if log.config.noise == "dropconnect"]
        ]
    )
    assert wide.tables[3].rows == (("with nothing dropped", "20", "0.85 ± 0.02", "0.83 to 0.87"),)


def test_a_run_that_failed_measures_nothing(logs):
    """It may have measured before it failed."""
    some = [replace(log, failure="stopped") if log.config.seed == 4 else log for log in logs]
    assert all(TIMES in log.measured for log in some if log.config.noise == "dropconnect")
    answer = EXERCISE.analyse(some)
    assert {row[1] for row in (*answer.tables[2].rows, *answer.tables[3].rows)} == {"19"}


def test_both_columns_are_one_family(logs):
    """Holm over three differences of accuracy and three of the loss, small ones, by hand."""
    little = {"dropconnect": 0.8702, "dropout": 0.87, "none": 0.8704}
    some = runs(
        EXERCISE.configs(), little, {name: 1 - value for name, value in little.items()}, scatter=0.001
    )
    arms = {name: weights.chosen(some, noise=noise) for name, noise in weights.NOISES.items()}
    found = weights.compare(arms, weights.COMPARED)
    raw = []
    for one, other, column in found:
        first, second = (arms_of.lates(arms[arm], column) for arm in (one, other))
        raw.append(stats.ttest_rel([*first.values()], [*second.values()]).pvalue)
    worst = 0.0
    for place, at in enumerate(np.argsort(raw)):
        worst = max(worst, min(1.0, raw[at] * (6 - place)))
        assert [*found.values()][at].p == pytest.approx(worst)
    assert min(raw) < 0.01


def test_differences_are_seed_by_seed(logs):
    exact = without(runs([log.config for log in logs], scatter=0), seed=7, noise="none")
    rows = EXERCISE.analyse(exact).tables[1].rows
    assert [row[1] for row in rows] == ["20", "19", "19"]
    assert all(row[2].endswith("± 0.0000") and row[4].endswith("± 0.0000") for row in rows)


def test_lost_arms_and_seeds_are_left_out(logs):
    lost = [failed(log) if log.config.seed == 4 else log for log in without(logs, noise="dropout")]
    answer = EXERCISE.analyse(lost)
    assert [row[:2] for row in answer.tables[1].rows] == [
        ("DropConnect (one mask a batch) less nothing dropped", "19")
    ]
    assert png(answer.draw())
    of_none = EXERCISE.analyse(without(logs, noise="dropconnect"))
    assert len(of_none.text) == 3
    assert png(of_none.draw())


def test_one_run_tells_no_bias(logs):
    answer = EXERCISE.analyse([log for log in logs if log.config.seed == 1])
    assert "Whether that is a bias one run does not tell." in answer.text[2]
    assert png(answer.draw())


def test_the_figure_names_axes_and_arms(answer):
    accuracy, loss, bias = answer.draw().axes
    assert accuracy.get_xlabel().startswith("Difference of test accuracy")
    assert loss.get_xlabel().startswith("Difference of training loss (nats)")
    assert bias.get_xlabel().startswith("Mean difference (spreads)")
    assert accuracy.get_yticklabels()[0].get_text() == "DropConnect\nless dropout"
    points = [line.get_xdata()[0] for line in accuracy.lines if len(line.get_xdata()) == 1]
    assert min(points) == pytest.approx(-0.004, abs=0.0005)


def test_quick_is_digested_and_drawn():
    answer = EXERCISE.analyse(runs(EXERCISE.quick()))
    assert {row[1] for row in answer.tables[1].rows} == {"2"}
    assert png(answer.draw())


def test_the_record_keeps_what_was_measured():
    logs = [replace(log, data={"release": "of the test"}) for log in runs(EXERCISE.quick())]
    again = record.parse(record.record(EXERCISE, logs, "command"), "text")[1]
    for table, kept in zip(EXERCISE.analyse(logs).tables[2:], EXERCISE.analyse(again).tables[2:]):
        for row, other in zip(table.rows, kept.rows):
            numbers = [[float(cell.split()[0]) for cell in one[1:3]] for one in (row, other)]
            assert numbers[0] == pytest.approx(numbers[1], abs=2e-5, rel=1e-3)


def test_runs_that_measured_nothing_are_no_means():
    config = next(c for c in EXERCISE.configs() if c.noise == "dropconnect")
    assert weights._means([never_trained(config, 0.8)]) == {}


def test_runs_that_still_learn_are_said_to(logs):
    """The accuracy of DropConnect's last five epochs is 0.05 above, and of one run it is far below."""
    grown = []
    for log in logs:
        later = 0.05 - 0.3 * (log.config.seed == 7) if log.config.noise == "dropconnect" else 0.0
        epochs = [replace(one, test_acc=one.test_acc + later * (one.epoch > 5)) for one in log.epochs]
        grown.append(replace(log, epochs=tuple(epochs)))
    said = EXERCISE.analyse(grown).text[2]
    assert said.startswith("In epoch 10 the runs with DropConnect so drawn lie between 0.62")
    assert "since epoch 5 the accuracy there has changed by +0.034" in said
    assert "95% interval +0.00" in said
    assert "changed by +0.000" in EXERCISE.analyse(logs).text[2].replace("-0.000", "+0.000")
    early = [
        replace(
            log, epochs=tuple(replace(one, test_acc=0.5 + 0.05 * min(5, one.epoch)) for one in log.epochs)
        )
        for log in logs
    ]
    assert "since epoch 5 the accuracy there has changed by +0.0000" in EXERCISE.analyse(early).text[2]
