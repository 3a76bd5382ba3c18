"""Exercise 4: planted qualities of samples come out with their sign, size and words."""

import numpy as np
import pytest
from exercises_at_hand import failed, never_trained, without

from dropout_gluon.config import BINS
from dropout_gluon.errors import LogError
from dropout_gluon.exercises import test_time
from dropout_gluon.exercises.reliability import pooled, ratio
from dropout_gluon.exercises.test_time import BOOKS, HALVES, KEPT, analyse, configs, quick
from dropout_gluon.runs.measurements import SAMPLES, SHARES

NONE = {"acc": 0.87, "nll": 0.36, "ece": 0.02}
# What a mean of n samples is more than nothing dropped: the first number over n, and the second.
MORE = {"acc": (-0.012, 0.0), "nll": (0.03, -0.01), "ece": (0.0, 0.005)}


def quality(rng, more, shared, sureness):
    values = {kind: NONE[kind] + more[kind] + shared + 0.0004 * rng.standard_normal() for kind in NONE}
    centres = (np.arange(BINS) + 0.5) / BINS
    bins = [[600, float(one), float(np.clip(one - sureness, 0, 1))] for one in centres[2:]]
    return {**{kind: float(value) for kind, value in values.items()}, "bins": bins}


def samples(config, sign, tenth):
    rng = np.random.default_rng([config.seed, int(10 * config.drop_probs[0])])
    shared = 0.004 * rng.standard_normal()
    mean_of = {
        str(n): quality(
            rng,
            {kind: sign * (over / n + always) for kind, (over, always) in MORE.items()},
            shared,
            0.03 / n,
        )
        for n in SAMPLES
    }
    errors = np.linspace(0, 0.4, SHARES) + shared
    scattered = errors + 0.001 * rng.standard_normal(SHARES)
    scattered[-1] += sign * tenth
    return {
        "none": quality(rng, dict.fromkeys(NONE, 0.0), shared, 0.0),
        "mean_of": mean_of,
        "accuracies": [*map(float, 0.858 + shared + 0.002 * rng.standard_normal(SAMPLES[-1]))],
        "errors": scattered.tolist(),
        "errors_none": errors.tolist(),
    }


def logs_with(runs=None, sign=1, tenth=-0.02):
    return [
        never_trained(config, 0.87, measured={"samples": samples(config, sign, tenth)})
        for config in runs or configs()
    ]


@pytest.fixture(scope="module")
def logs():
    return logs_with()


def rows(table):
    """First cell -> the others: of a quality table accuracy, difference, p, and so on for NLL and ECE."""
    return {row[0]: row[1:] for row in table.rows}


def number(cell):
    return float(cell.split()[0])


def test_the_design():
    runs = configs()
    assert len({run.digest for run in runs}) == len(runs) == 40
    for pair in (BOOKS, HALVES):
        assert sorted(run.seed for run in runs if run.drop_probs == pair) == [*range(1, 21)]
    assert {(run.num_epochs, run.measure) for run in runs} == {(10, ("samples",))}
    assert len(quick()) <= 2
    assert all(run.num_train <= 6000 and run.num_epochs <= 8 for run in quick())


@pytest.mark.parametrize("sign", [1, -1])
def test_differences_from_nothing_dropped(sign):
    answer = analyse(logs_with(sign=sign))
    table = rows(answer.tables[1])
    assert [*table] == ["nothing dropped", "one sample", *(f"mean of {n}" for n in SAMPLES[1:])]
    for n, cells in zip(SAMPLES, list(table.values())[1:]):
        for place, (kind, (over, always)) in enumerate(MORE.items()):
            value, difference = cells[3 * place : 3 * place + 2]
            assert number(difference) == pytest.approx(sign * (over / n + always), abs=0.0006), kind
            assert float(difference.split(" ± ")[1]) < 0.001  # networks differ by 0.004
            own = number(value) - number(table["nothing dropped"][3 * place])
            assert own == pytest.approx(number(difference), abs=0.0002)
    assert table["one sample"][2] == "< 0.0001"


def test_the_words(logs):
    accuracy = analyse(logs).text[1]
    assert "That of one sample is lower by 0.01" in accuracy
    assert "mean of 100 cannot be told from" in accuracy
    price = analyse(logs).text[0]
    assert (
        "the mean of 100 is better in negative log likelihood, and worse in expected calibration error, and "
        "not told apart in accuracy, for 100 passes in place of one" in price
    )
    assert (
        "that one sample costs accuracy, and that no mean of many is shown to win back more than that"
        in price
    )
    assert "is the largest whose mean is shown to be below nothing dropped" in accuracy
    turned = analyse(logs_with(sign=-1))
    assert "So in accuracy something can be gained" in turned.text[0]
    assert "is the largest whose mean is shown to be above nothing dropped" in turned.text[1]
    assert "That of one sample is higher by 0.01" in turned.text[1]
    assert "better in expected calibration error, and worse in negative log" in turned.text[0]


@pytest.mark.parametrize(("sign", "side"), [(1, "below"), (-1, "above")])
def test_the_largest_mean_that_is_apart_is_the_largest(sign, side):
    answer = analyse(logs_with(sign=sign))
    apart = [
        n
        for n, cells in zip(SAMPLES, answer.tables[1].rows[1:])
        if float(cells[3].lstrip("< ")) < 0.05 and sign * number(cells[2]) < 0
    ]
    assert len(apart) > 1
    assert f"{apart[-1]} is the largest whose mean is shown to be {side} nothing dropped" in answer.text[1]


def test_errors_by_entropy(logs):
    answer = analyse(logs)
    table = rows(answer.tables[2])
    assert [*table] == [*map(str, range(1, 11)), KEPT]
    assert number(table["10"][2]) == pytest.approx(-0.02, abs=0.001)
    assert table["10"][3] == "< 0.0001"
    assert number(table[KEPT][0]) == pytest.approx(np.linspace(0, 0.4, 10)[:9].mean(), abs=0.004)
    assert number(table["10"][1]) - number(table["10"][0]) == pytest.approx(-0.02, abs=0.001)
    assert "errors are fewer in tenth 10." in answer.text[1]
    assert "errors are more in tenth 10." in analyse(logs_with(sign=-1)).text[1]
    assert "errors are not shown to differ in any." in analyse(logs_with(tenth=0)).text[1]
    assert number(rows(analyse(logs_with(sign=-1)).tables[2])["10"][2]) > 0.019


def test_errors_of_what_is_kept_are_those_of_nine_tenths(logs):
    """More in these, fewer in the tenth: each is told of its own."""
    some = []
    for log in logs:
        own = log.measured["samples"]
        errors = [*(np.array(own["errors"][:-1]) + 0.005), own["errors"][-1]]
        some.append(never_trained(log.config, 0.87, measured={"samples": {**own, "errors": errors}}))
    answer = analyse(some)
    kept = rows(answer.tables[2])[KEPT][2]
    assert number(kept) == pytest.approx(0.005, abs=0.0005)
    assert f"the share of errors in the others, by that mean, is higher by {kept[1:7]}" in answer.text[1]
    assert "fewer in tenth 10." in answer.text[1]


def test_the_spreads_are_those_of_networks_and_of_samples(logs):
    spread = rows(analyse(logs).tables[0])
    for pair, name in ((BOOKS, "0.2 and 0.5"), (HALVES, "0.5 and 0.5")):
        own = [log.measured["samples"] for log in logs if log.config.drop_probs == pair]
        within = np.mean([np.std(one["accuracies"], ddof=1) for one in own])
        assert spread[name][1].startswith(f"{within:.4f} ±")
        assert spread[name][3] == f"{np.std([one['none']['acc'] for one in own], ddof=1):.4f}"


def test_few_samples_deviate_by_their_own_mean():
    one = test_time.Sampled(BOOKS, {seed: {"accuracies": [0.85, 0.86, 0.87 + seed / 100]} for seed in (0, 3)})
    within, _ = test_time._spreads(one)
    assert within.mean == pytest.approx((0.01 + np.std([0.85, 0.86, 0.9], ddof=1)) / 2, abs=1e-9)


def test_the_spread_of_single_samples(logs):
    answer = analyse(logs)
    spread = rows(answer.tables[0])["0.2 and 0.5"]
    assert number(spread[0]) == pytest.approx(0.858, abs=0.003)
    assert number(spread[1]) == pytest.approx(0.002, abs=0.0002)
    assert 0.008 < number(spread[2]) < 0.012
    assert 0.002 < number(spread[3]) < 0.007
    assert spread[1] in answer.text[1]


def test_a_seed_that_is_not_there(logs):
    fewer = analyse(without(logs, seed=5, drop_probs=BOOKS))
    assert "19 seeds" in fewer.text[1]
    assert "20 seeds" in fewer.text[2]
    assert "19 networks and 20 networks, in this order" in fewer.tables[0].caption
    assert fewer.tables[1] != analyse(logs).tables[1]
    some = [failed(log) if (log.config.seed, log.config.drop_probs) == (5, BOOKS) else log for log in logs]
    assert analyse(some).tables == fewer.tables


def test_one_pair_alone_and_none(logs):
    answer = analyse(without(logs, drop_probs=HALVES))
    assert len(answer.tables) == 3
    assert "0.5 and 0.5" not in " ".join(answer.text)
    with pytest.raises(LogError, match="needs a run"):
        analyse([])


def test_bins_are_pooled_by_their_images():
    """Two networks in one bin: 100 images of accuracy 0.9 and 300 of 0.7, where confidence is 0.8."""
    ((sure, one),) = pooled([[[100, 0.81, 0.9]], [[300, 0.81, 0.7], [1, 0.2, 0.0]]])
    assert sure == pytest.approx(0.81)
    assert one.mean == pytest.approx(0.75 - 0.81)
    assert one.low < one.mean < one.high
    too_sure, _ = pooled([[[100, 0.25, 0.1], [100, 0.95, 1.0]]] * 2)
    assert (too_sure[0], too_sure[1].mean) == (0.25, pytest.approx(-0.15))
    ((_, full),) = pooled([[[100, 1.0, 1.0]]])
    assert full.mean == 0


def test_the_interval_of_a_ratio_is_that_of_its_mean_where_all_weigh_the_same():
    rng = np.random.default_rng(2)
    values = rng.normal(0.3, 0.1, 12)
    one = ratio(50 * values, np.full(12, 50.0))
    half = 2.201 * values.std(ddof=1) / 12**0.5
    assert (one.mean, one.high - one.mean) == (pytest.approx(values.mean()), pytest.approx(half, rel=1e-4))


def test_the_interval_of_a_ratio_is_cochrans():
    """With the residuals from the line through 0, by hand: y = 1, 4, 4 at x = 1, 2, 3."""
    one = ratio(np.array([1.0, 4.0, 4.0]), np.array([1.0, 2.0, 3.0]))
    residuals = np.array([1 - 1.5, 4 - 3, 4 - 4.5])
    error = (residuals @ residuals / 2 * 3) ** 0.5 / 6
    assert (one.mean, one.high - one.mean) == (1.5, pytest.approx(4.303 * error, rel=1e-4))


def test_the_figure(logs):
    small = logs_with(quick())
    one = [log for log in small if log.config.seed == 1]
    for some in (logs, without(logs, seed=5, drop_probs=BOOKS), without(logs, drop_probs=BOOKS), small, one):
        figure = analyse(some).draw()
        assert len(figure.axes) == 3
        assert all(axes.get_xlabel() and axes.get_ylabel() for axes in figure.axes)
        figure.canvas.draw()


def test_the_figure_draws_what_its_legends_say(logs):
    reliability, _, accuracy = (
        {line.get_label(): line.get_ydata() for line in axes.lines} for axes in analyse(logs).draw().axes
    )
    # One sample is too sure by 0.03, nothing dropped by nothing: what is drawn has that sign.
    assert np.mean(reliability["one sample"]) == pytest.approx(-0.03, abs=0.005)
    assert np.mean(reliability["nothing dropped"]) == pytest.approx(0, abs=0.005)
    assert accuracy["trained with 0.2 and 0.5"][0] == pytest.approx(-0.012, abs=0.001)
    # The last tenth has 0.02 less errors by samples.
    (marked,) = [box.lines[0].get_ydata() for box in analyse(logs).draw().axes[1].containers]
    assert len(marked) == 10
    assert marked[-1] == pytest.approx(-0.02, abs=0.001)
    assert marked[:-1] == pytest.approx(0, abs=0.001)


def test_who_is_too_sure_is_said():
    assert test_time._less_confidence([[100, 0.8, 0.9], [300, 0.6, 0.5]]) == pytest.approx(-0.05)
    one = samples(configs()[0], 1, 0)
    for away, said in (
        (0.05, "is -0.0500 with nothing"),
        (-0.05, "is +0.0487 with nothing"),
    ):  # above 1 is cut
        each = {
            seed: {**one, "none": quality(np.random.default_rng(seed), dict.fromkeys(NONE, 0.0), 0, away)}
            for seed in range(5)
        }
        text = test_time._sureness(test_time.Sampled(BOOKS, each))
        assert said in text
        most = [test_time._less_confidence(one["mean_of"]["100"]["bins"]) for _ in each]
        assert f"{most[0]:+.4f} by the mean of 100 ({test_time.certainty(test_time.estimate(most))})" in text


def test_a_gain_of_any_number_of_samples_is_a_gain(logs):
    """Not of the most alone: no mean of many is to be said to win where one does."""
    found = [test_time.Sampled(pair, test_time._measured(logs, pair)) for pair in (BOOKS, HALVES)]
    against = [one.against_none() for one in found]
    assert "no mean of many is shown" in test_time._bargain(found, against)
    against[0]["acc", 20] = test_time.estimate([0.01, 0.011, 0.012])
    assert "something can be gained" in test_time._bargain(found, against)
    against[0]["acc", 20] = test_time.estimate([0.01, -0.011, 0.004])
    assert against[0]["acc", 20].mean > 0
    assert "no mean of many is shown" in test_time._bargain(found, against)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (0.005, "it costs: of the images kept, more"),
        (-0.005, "gains something"),
        (0, "no gain shows, either"),
    ],
)
def test_what_doubt_by_samples_is_worth_is_said(logs, more, said):
    """By the errors of the images that are kept, whatever the tenth has that is set aside."""
    some = []
    for log in logs:
        own = log.measured["samples"]
        errors = [*(np.array(own["errors"][:-1]) + more), own["errors"][-1]]
        some.append(never_trained(log.config, 0.87, measured={"samples": {**own, "errors": errors}}))
    assert said in analyse(some).text[0].partition("As a measure of doubt")[2]


def test_a_cost_that_one_pair_does_not_show_is_not_everywhere(logs):
    found = [test_time.Sampled(pair, test_time._measured(logs, pair)) for pair in (BOOKS, HALVES)]
    against = [one.against_none() for one in found]
    against[1]["acc", 1] = test_time.estimate([-0.01, 0.01, -0.001])
    assert "does not show everywhere, nor that it gains any" in test_time._bargain(found, against)
