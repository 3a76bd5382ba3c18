"""Exercise 3: the theory, its intervals, and what a planted departure from it looks like."""

from dataclasses import replace

import numpy as np
import pytest
from exercises_at_hand import failed, never_trained, without

from dropout_gluon.errors import LogError
from dropout_gluon.exercises import variance
from dropout_gluon.exercises.variance import BOOKS, analyse, configs, gather, over_draws, quick, theory

DRAWS = 20
NOISE = 0.0005  # relative, of one draw


def layer(rng, p, mean, var, factor):
    draws = theory(mean, var, p) * factor * (1 + NOISE * rng.standard_normal(DRAWS))
    return {"mean": mean, "var": var, "after_mean": [mean] * DRAWS, "after_var": [*map(float, draws)]}


def logs_with(runs=None, departs=None, trained_mean=0.05):
    """Runs in which the theory holds but where `departs`, (when, layer, pair) -> a factor, says.

    Networks differ by 10%, in E[h] and Var[h] alike.
    """
    departs, logs = departs or {}, []
    for config in runs or configs():
        found = {}
        for when, mean, var in (("start", 0.05, 0.003), ("trained", trained_mean, 0.1)):
            # At the start networks of a seed are one, measured with the same random numbers.
            own = [1, int(10 * sum(config.drop_probs))] if when == "trained" else [0]
            rng = np.random.default_rng([config.seed, *own])
            found[when] = [
                layer(
                    rng, p, *(np.array([mean, var]) * (1 + 0.1 * rng.standard_normal())).tolist(),
                    departs.get((when, number, config.drop_probs), 1),
                )
                for number, p in enumerate(config.drop_probs, 1)
            ]  # fmt: skip
        logs.append(never_trained(config, 0.85, measured={"activations": found}))
    return logs


@pytest.fixture(scope="module")
def logs():
    return logs_with()


def rows(table, *of):
    """The rows that begin so."""
    return [dict(zip(table.head, row)) for row in table.rows if row[: len(of)] == of]


def test_the_design():
    runs = configs()
    assert len({run.digest for run in runs}) == len(runs) == 50
    for pair in variance.PAIRS:
        assert sorted(run.seed for run in runs if run.drop_probs == pair) == [*range(1, 11)]
    assert BOOKS in variance.PAIRS
    assert {(run.num_epochs, run.measure) for run in runs} == {(10, ("activations",))}
    assert len(quick()) <= 6
    assert all(run.num_train <= 6000 and run.num_epochs <= 3 for run in quick())


def test_the_theory_is_that_of_a_mask():
    """Every mask of three activations, with its probability."""
    h, p = np.array([0.0, 0.3, 1.1]), 0.4
    masks = np.array(np.meshgrid(*[[0, 1]] * 3)).reshape(3, -1).T
    weights = np.prod(np.where(masks == 1, 1 - p, p), axis=1)
    second = weights @ (masks * h / (1 - p)) ** 2
    assert theory(h.mean(), h.var(), p) == pytest.approx(second.mean() - h.mean() ** 2)


def test_where_it_holds_it_is_in_every_interval(logs):
    answer = analyse(logs)
    table = answer.tables[0]
    assert len(table.rows) == 18  # 8 at the start, where the pair makes no difference, and 10 trained
    assert {row["theory inside"] for row in rows(table)} == {"yes"}
    assert "in the interval of every one of the 18 points" in answer.text[1]
    for row in rows(table):
        expected, measured = float(row["Var[h'], theory"]), float(row["Var[h'], measured"].split()[0])
        assert measured == pytest.approx(expected, rel=0.001)
        half = float(row["measured less theory (%)"].split(" ± ")[1])
        # Networks differ by 10%, draws by 0.05%, of which there are 200.
        assert half == pytest.approx(100 * NOISE * 3.1 / 200**0.5, rel=0.3)
        assert row["networks"] == "10"


@pytest.mark.parametrize("sign", [1, -1])
def test_a_departure_of_one_in_a_thousand_is_seen(sign):
    answer = analyse(logs_with(departs={("trained", 2, BOOKS): 1 + sign * 0.001}))
    (row,) = rows(answer.tables[0], "2", "0.5", "0.2 and 0.5")
    assert row["theory inside"] == "no"
    assert float(row["measured less theory (%)"].split()[0]) == pytest.approx(sign * 0.1, abs=0.01)
    assert sum(row["theory inside"] == "no" for row in rows(answer.tables[0])) == 1
    where = f"layer 2, p = 0.5, trained with 0.2 and 0.5: {'+' if sign > 0 else '-'}0."
    assert f"in the interval of 17 of the 18 points, and not of 1 ({where}" in answer.text[1]
    assert f"The largest departure is that of {where}" in answer.text[1]
    assert "here it is not borne out" in answer.text[1]


def test_the_largest_departure_may_be_below():
    departs = {("trained", 1, (0.8, 0.8)): 0.99, ("trained", 2, BOOKS): 1.002}
    said = analyse(logs_with(departs=departs)).text[1]
    assert "The largest departure is that of layer 1, p = 0.8, trained with 0.8 and 0.8: -" in said


def test_all_intervals_are_said_to_hold_together(monkeypatch):
    """Bonferroni over all rows, in either column; of draws so far apart that one row less would show."""
    monkeypatch.setitem(globals(), "NOISE", 0.05)
    found, answer = gather(logs := logs_with()), analyse(logs)
    halves = []
    for one, row in zip(found, rows(answer.tables[0])):
        for values, column in ((one.departure, "measured less theory (%)"), (one.after, "Var[h'], measured")):
            errors = values.var(axis=1, ddof=1) / DRAWS
            freedom = errors.sum() ** 2 / (errors**2).sum() * (DRAWS - 1)
            half = variance.stats.t.ppf(1 - 0.025 / 18, freedom) * errors.sum() ** 0.5 / len(one.seeds)
            mean, _, shown = row[column].partition(" ± ")
            digits = len(shown.partition(".")[2])
            assert digits >= 3
            assert (float(mean), float(shown)) == (round(values.mean(), digits), round(half, digits))
            if column != "Var[h'], measured":
                halves.append(half)
    assert "all 18 rows together hold with 95%" in answer.tables[0].caption
    assert f"reach {min(halves):.3f}% to {max(halves):.3f}% to either side" in answer.text[1]


def test_the_error_is_that_of_the_draws():
    """Not of the networks, however they differ."""
    values = np.array([[1.0, 1.2, 0.8], [9.0, 9.1, 8.9]])
    one = over_draws(values)
    error = ((0.2**2 + 0.1**2) / 3) ** 0.5 / 2
    freedom = (0.04 + 0.01) ** 2 / ((0.04**2 + 0.01**2) / 2)
    assert one.mean == pytest.approx(5)
    assert one.high - one.mean == pytest.approx(error * variance.stats.t.ppf(0.975, freedom))
    assert one.p == pytest.approx(2 * variance.stats.t.sf(5 / error, freedom))
    wider = over_draws(values, count=18)
    assert wider.p == pytest.approx(18 * one.p)
    assert over_draws(values - 5.01, count=18).p == 1.0
    assert wider.high - wider.mean == pytest.approx(error * variance.stats.t.ppf(1 - 0.025 / 18, freedom))


def test_the_intervals_miss_as_often_as_they_say():
    rng = np.random.default_rng(3)
    spreads = np.array([[1.0], [2.0], [0.5]])
    missed = sum(not over_draws(spreads * rng.standard_normal((3, DRAWS))).holds_0 for _ in range(2000))
    assert 60 <= missed <= 140  # 100 are expected, with a standard deviation of 10


def test_what_dropout_does_to_the_chapters_networks_comes_first(logs):
    """In a plain number, from the moments of the networks trained with 0.2 and 0.5 alone."""
    text = analyse(logs).text[0]
    mine = [one for one in gather(logs) if one.pair == BOOKS]
    factors = [np.mean(one.after.mean(axis=1) / one.var) for one in mine]
    assert text.endswith(f"by {factors[0]:.2f} in layer 1 and {factors[1]:.2f} in layer 2.")
    assert "multiplies" not in " ".join(analyse(without(logs, drop_probs=BOOKS)).text)


def test_network_by_network(logs):
    text = analyse(logs).text[2]
    assert "give 180 intervals of 95% each" in text
    held = int(text.partition("each; ")[2].split()[0])
    assert 160 <= held <= 178
    assert "out of 9 or so" in text


def test_the_share_of_the_mask():
    found = {(one.when, one.layer, one.p, one.pair): one for one in gather(logs_with())}
    for (_, _, p, _), one in found.items():
        for seed, share in one.share.items():
            place = one.seeds.index(seed)
            assert share == pytest.approx(1 - one.var[place] / one.after[place].mean())
            assert share > p
    assert {one.pair for one in found.values() if one.when == "start"} == {()}


@pytest.mark.parametrize(("trained_mean", "word"), [(0.0, "smaller at 10"), (2.0, "larger at 10")])
def test_what_training_does_to_the_share(trained_mean, word):
    """The more the mean beside the variance the larger: 0.05² / 0.003 at the start."""
    answer = analyse(logs_with(trained_mean=trained_mean))
    assert word in answer.text[3]
    sign = -1 if trained_mean == 0 else 1
    for row in rows(answer.tables[1]):
        change = float(row["difference"].split()[0])
        shares = [float(row[f"share, {when}"].split()[0]) for when in ("trained", "start")]
        assert np.sign(change) == sign
        assert change == pytest.approx(shares[0] - shares[1], abs=0.0002)
        assert row["p"] == "< 0.0001"
    assert "at 0 no change shows" in answer.text[3]


def test_shares_are_said_from_the_least_to_the_most(logs):
    answer = analyse(logs)
    layer, p, trained, *_, change, _ = max(
        answer.tables[1].rows, key=lambda row: abs(float(row[-2].split()[0]))
    )
    said = f"It changes most at layer {layer}, p = {p}, trained with {trained}: by "
    assert said + f"{float(change.split()[0]):+.3f} ±" in answer.text[3]
    shares = {one.label(): np.mean([*one.share.values()]) for one in gather(logs)}
    least, most = (pick(shares, key=shares.get) for pick in (min, max))
    assert least != most
    before, after = answer.text[3].partition("dropout is from ")[2].split("; in theory")[0].split(" to ", 1)
    assert before.startswith(f"{shares[least]:.3f}")
    assert before.endswith(f"({least})")
    assert after.startswith(f"{shares[most]:.3f}")
    assert after.endswith(f"({most})")


def test_what_training_does_is_told_seed_by_seed(logs):
    """A seed is missing here and there, at the start too: what is left is not beside another seed's."""
    some = without(without(logs, seed=3, drop_probs=BOOKS), seed=5, drop_probs=(0.5, 0.5))
    found = gather(some)
    starts = {(one.layer, one.p): one for one in found if one.when == "start"}
    trained = [one for one in found if one.when == "trained"]
    for one, row in zip(trained, rows(analyse(some).tables[1])):
        start = starts[one.layer, one.p]
        seeds = sorted({*one.seeds} & {*start.seeds})
        change = np.mean([one.share[seed] - start.share[seed] for seed in seeds])
        assert row["difference"].startswith(f"{change:+.4f} ±")
        for point, when in ((start, "start"), (one, "trained")):
            multiple = np.mean([after.mean() / var for after, var in zip(point.after, point.var)])
            assert row[f"multiple, {when}"] == f"{multiple:.3f}"
    assert {len(one.seeds) for one in trained} == {9, 10}


def test_a_seed_that_is_not_there(logs):
    """In its own pair alone; the failed one is not measured."""
    some = [
        failed(log) if (log.config.seed, log.config.drop_probs) == (3, (0.8, 0.8)) else log for log in logs
    ]
    table = analyse(some).tables[0]
    assert [row["networks"] for row in rows(table, "1", "0.8")] == ["9", "9"]
    assert {row["networks"] for row in rows(table, "1", "0.5")} == {"10"}
    assert analyse(without(logs, seed=3, drop_probs=(0.8, 0.8))).tables[0] == table


def test_nothing_measured_is_no_answer():
    with pytest.raises(LogError, match="needs a run"):
        analyse([])


def test_the_figure(logs):
    small = logs_with(quick())
    one = [replace(log) for log in small if log.config.seed == 1]
    for some in (logs, without(logs, seed=3, drop_probs=BOOKS), small, one):
        figure = analyse(some).draw()
        assert len(figure.axes) == 2
        assert all(axes.get_xlabel() and axes.get_ylabel() for axes in figure.axes)
        figure.canvas.draw()


def test_the_figure_draws_what_departs():
    figure = analyse(logs_with(departs={("trained", 2, BOOKS): 1.002})).draw()
    departures, shares = (
        {box.get_label(): box.lines[0].get_ydata() for box in axes.containers} for axes in figure.axes
    )
    assert departures["layer 2, trained with 0.2 and 0.5"] == pytest.approx([0.2], abs=0.02)
    assert departures["layer 1, trained, p in both layers"] == pytest.approx([0] * 4, abs=0.02)
    assert sum(map(len, departures.values())) == sum(map(len, shares.values())) == 18
    assert all(0 < share < 1 for of in shares.values() for share in of)
