"""Exercise 2: planted curves come out with their sign, size, crossing and best epochs."""

import numpy as np
import pytest
from exercises_at_hand import diverged, drawn, failed, never_trained, without

from dropout_gluon.errors import LogError
from dropout_gluon.exercises import epochs as exercise
from dropout_gluon.exercises import stopping
from dropout_gluon.exercises.effects import certainty, estimate
from dropout_gluon.exercises.epochs import CHAPTERS, COMPARED, DROPOUT, NONE, analyse, configs, quick

RISE = 0.0004  # an epoch, of the difference that is planted: 0 between epochs 25 and 26


def epochs(config):
    return np.arange(1, config.num_epochs + 1)


def planted(config, sign=1):
    """Without dropout 0.87; with it below at first, above at last."""
    return 0.87 + sign * RISE * (epochs(config) - 25.5) * (config.drop_probs == DROPOUT)


def measured(config, rng):
    gap = {DROPOUT: 0.001, NONE: 0.002}[config.drop_probs] * epochs(config)
    return {"accuracy": [*map(float, planted(config) + gap + 0.0003 * rng.standard_normal(len(gap)))]}


@pytest.fixture(scope="module")
def logs():
    return drawn(configs(), planted, measured=measured)


@pytest.fixture(scope="module")
def answer(logs):
    return analyse(logs)


def rows(table):
    return {row[0]: dict(zip(table.head, row)) for row in table.rows}


def test_the_design():
    runs = configs()
    assert len({run.digest for run in runs}) == len(runs) == 80
    for pair in (DROPOUT, NONE):
        for rate in (CHAPTERS, COMPARED):
            mine = [run for run in runs if (run.drop_probs, run.learning_rate) == (pair, rate)]
            assert sorted(run.seed for run in mine) == [*range(1, 21)]
    assert {(run.num_epochs, run.measure, run.implementation) for run in runs} == {
        (60, ("accuracy",), "gluon")
    }
    assert len(quick()) <= 6
    assert all(run.num_train <= 6000 and run.num_epochs <= 8 for run in quick())


def test_differences_have_their_sign_and_size(answer):
    test = rows(answer.tables[1])
    grown = test.pop("60 less 10")
    assert [*test] == ["10", "20", "40", "60"]
    assert float(grown["with dropout"].split()[0]) == pytest.approx(
        float(test["60"]["with dropout"][:6]) - float(test["10"]["with dropout"][:6]), abs=0.00011
    )
    assert grown["with dropout"] in answer.text[1]
    assert grown["without dropout"] in answer.text[1]
    for mark, one in test.items():
        expected = RISE * (int(mark) - 1 - 25.5)  # of the last three epochs the middle one
        mean, _, half = one["difference"].partition(" ± ")
        assert float(mean) == pytest.approx(expected, abs=0.0004)
        assert float(half) < 0.0005  # what the seeds share is 0.003
        assert float(one["with dropout"][:6]) - float(one["without dropout"][:6]) == pytest.approx(
            float(mean), abs=0.00011
        )
        assert one["p"] == "< 0.0001"
    first, last = answer.text[1].split("After 60")
    assert "is lower by 0.006" in first
    assert "is higher by 0.013" in last
    assert "20 seeds" in last


def test_the_gap(logs, answer):
    last = rows(answer.tables[2])["60"]
    assert float(last["gap with dropout"][:6]) == pytest.approx(0.059, abs=0.003)
    assert float(last["gap without dropout"][:6]) == pytest.approx(0.118, abs=0.003)
    assert float(last["difference of the gap"].split()[0]) == pytest.approx(-0.059, abs=0.001)
    assert answer.text[2].endswith(
        "Beside that without dropout, the gap with dropout is smaller after 10, 20, 40 and 60 epochs, all "
        "comparisons counted; after 60 the difference is "
        f"{last['difference of the gap'].split()[0]} ({certainty(gaps(logs)[60])})."
    )


def gaps(logs):
    """Mark -> the difference of the gaps, p by Holm, from the runs themselves."""
    dropout, none = stopping.paired(logs, DROPOUT, NONE)
    return exercise._differences([10, 20, 40, 60], dropout.gap - none.gap)


def test_where_the_gaps_differ_is_said_mark_by_mark():
    """Smaller at first, larger at last, the same between."""

    def crossing(config, rng):
        less = np.interp(epochs(config), [10, 17, 41, 60], [-0.02, 0, 0, 0.02])
        own = planted(config) + 0.1 + (config.drop_probs == DROPOUT) * less
        return {"accuracy": [*map(float, own + 0.0003 * rng.standard_normal(len(own)))]}

    said = analyse(drawn(configs(), planted, measured=crossing)).text[2]
    assert (
        "is smaller after 10 epochs, is larger after 60 epochs and is not told from it after 20 and 40 epochs"
        in said
    )


def amount(difference):
    """Of a table's cell, as a sentence that says higher or lower has it."""
    return difference.split()[0].lstrip("+-")


@pytest.fixture(scope="module")
def apart():
    """Analysed where no two numbers are the same: best in epochs 20 and 40, and far apart at the end."""

    def curve(config):
        best, falls = {DROPOUT: (40, 0.005), NONE: (20, 0.02)}[config.drop_probs]
        return 0.87 + 0.003 * (best == 40) - falls * np.abs(epochs(config) - best) / 20

    def train(config, rng):
        return {
            "accuracy": [
                *map(float, 0.9 + {DROPOUT: 0.0002, NONE: 0.001}[config.drop_probs] * epochs(config))
            ]
        }

    return analyse(drawn(configs(), curve, measured=train, scatter=0.001))


def test_the_text_says_what_the_tables_say(apart):
    (_, test, gap, stopped, gains) = apart.tables
    test, gap, gains = rows(test), rows(gap), rows(gains)
    _, by_the_others, by_their_own = stopped.rows
    grown = test["60 less 10"]
    for mark in ("10", "60"):
        said = f"After {mark} epochs test accuracy with dropout, {test[mark]['with dropout']}, is higher by "
        assert said + amount(test[mark]["difference"]) in apart.text[1]
    assert apart.text[1].endswith(
        f"From epoch 10 to epoch 60 it changes by {grown['with dropout']} with dropout and "
        f"{grown['without dropout']} without dropout."
    )
    at, last = gap["10"], gap["60"]
    assert (
        f"accuracy is then {last['training with dropout']} with dropout and "
        f"{last['training without dropout']} without dropout. The gap between it and test accuracy is "
        f"{at['gap with dropout']} with dropout and {at['gap without dropout']} without dropout after 10 "
        "epochs, and "
        f"{last['gap with dropout']} and {last['gap without dropout']} after 60. "
    ) in apart.text[2]
    # The halves choose epochs near the best ones, which differ.
    _, _, when_none, _, when, stopped_by, _ = by_the_others
    chosen = [
        " and ".join(sorted({*one.partition("(")[2].rstrip(")").split(" to ")})) for one in (when_none, when)
    ]
    assert f"in epoch {chosen[0]} without dropout and {chosen[1]} with dropout" in apart.text[4]
    said = "Of the two, both stopped, test accuracy with dropout is higher by "
    assert said + amount(stopped_by) in apart.text[4]
    assert len({amount(row[5]) for row in stopped.rows}) == 3
    for label, start in (
        (
            "without dropout: stopped less to the end",
            "Stopped so, test accuracy without dropout is higher by ",
        ),
        ("with dropout: stopped less to the end", "That with dropout is higher by "),
    ):
        assert start + amount(gains[label]["difference"]) in apart.text[4]
    _, own_none, _, own, *_ = by_their_own
    assert f"gives {own} with dropout and {own_none} without dropout." in apart.text[5]
    assert own != own_none


def test_a_gap_is_training_less_test(apart):
    test, gap = rows(apart.tables[1]), rows(apart.tables[2])
    for mark, one in gap.items():
        for which in ("with dropout", "without dropout"):
            train, less = (float(one[f"{what} {which}"].split()[0]) for what in ("training", "gap"))
            assert train - less == pytest.approx(float(test[mark][which].split()[0]), abs=0.00011)
            assert train == pytest.approx(
                0.9 + {"with dropout": 0.0002, "without dropout": 0.001}[which] * (int(mark) - 1), abs=0.00006
            )


def test_where_they_cross_is_said_with_its_interval():
    end = estimate([0.01, 0.011, 0.012])
    said = exercise._crossing_text(stopping.Crossing(1, 26.0, 23, 27.0, 24.0, 31.0), end, 60)
    assert "from epoch 26 on (95% interval by a bootstrap over the seeds: epoch 24 to epoch 31)" in said
    assert "; of the 25 epochs before, it is below in 23." in said
    assert "stays on that side from epoch 27 on" in said
    beyond = exercise._crossing_text(stopping.Crossing(1, 26.0, 23, np.inf, 24.0, np.inf), end, 60)
    assert "epoch 24 to beyond epoch 60)" in beyond
    assert "does not end there" in beyond


def test_a_difference_at_first_alone_is_no_crossing_that_shows():
    """With dropout 0.01 less in the first fifteen epochs, and the same after."""
    early = drawn(
        configs(),
        lambda config: 0.87 - 0.01 * (config.drop_probs == DROPOUT) * (epochs(config) <= 15),
        measured=measured,
    )
    found = analyse(early)
    assert "is lower by 0.01" in found.text[1]
    assert "so neither can where they cross" in found.text[3]


def test_the_crossing(logs, answer):
    dropout, none = stopping.paired(logs, DROPOUT, NONE)
    crossing = stopping.cross(dropout.test - none.test)
    assert crossing.leads == 1
    assert 25 <= crossing.epoch <= 27
    assert crossing.low <= crossing.epoch <= crossing.high <= crossing.low + 5
    assert f"with dropout stays above that without dropout from epoch {crossing.epoch:.0f}" in answer.text[3]
    assert abs(crossing.of_median - crossing.epoch) <= 1
    assert f"stays on that side from epoch {crossing.of_median:.0f} on." in answer.text[3]
    back = stopping.cross(none.test - dropout.test)
    assert (back.leads, back.epoch) == (-1, crossing.epoch)


def test_the_interval_is_that_of_means_over_seeds_drawn_again(monkeypatch):
    """Of so few resamples that it matters which of two neighbours is taken: the outer one."""
    monkeypatch.setattr(stopping, "RESAMPLES", 50)
    rng = np.random.default_rng(6)
    picks = np.random.default_rng(0).integers(10, size=(50, 10))
    intervals = []
    for _ in range(10):
        differences = 0.0004 * (np.arange(1, 41) - 20.5) + rng.normal(0, 0.003, (10, 40))
        differences[0] += 0.02  # far out, it counts in a mean
        smoothed = stopping.smooth(differences)
        starts = []
        for pick in picks:
            mean = sum(smoothed[one] for one in pick)
            below = np.flatnonzero(mean <= 0)
            starts.append(below.max() + 2 if len(below) else 1)
        found = stopping.cross(differences)
        starts.sort()  # at 0.025 of the 49 steps from the first to the last is one between 1 and 2
        assert (found.low, found.high) == (starts[1], starts[48])
        intervals += [(starts[1], starts[2]), (starts[47], starts[48])]
    assert any(one != other for one, other in intervals[::2])
    assert any(one != other for one, other in intervals[1::2])


def test_when_is_the_median_epoch_and_the_range():
    assert stopping.Stop(np.array([1, 10, 1]), np.zeros(3)).when() == "1 (1 to 10)"


def test_the_end_is_the_last_three_epochs():
    curves = np.array([[0.5, 0.8, 0.83, 0.89]])
    assert stopping.at_the_end(stopping.Arm(curves, curves)).accuracies == pytest.approx([0.84])


def test_curves_that_cross_again_cross_the_last_time():
    differences = np.full((5, 30), 0.01)
    differences[:, 18:21] = -0.01
    found = stopping.cross(differences)
    assert (found.epoch, found.low, found.high) == (22, 22, 22)
    assert found.below == 3  # of 21: it was above before
    assert stopping.cross(np.full((5, 30), 0.01)).epoch == 1
    assert stopping.cross(np.zeros((5, 30))).epoch == np.inf


def test_a_run_far_out_moves_the_crossing_of_the_mean_alone():
    differences = np.tile(np.where(np.arange(40) < 30, -0.002, 0.002), (20, 1))
    differences[3, 20:] += 0.2
    found = stopping.cross(differences)
    assert (found.epoch, found.of_median) == (20, 31)
    differences[3:14] = 0.002
    differences[3, 20:] = -0.5
    found = stopping.cross(differences)
    assert (found.leads, found.of_median) == (-1, np.inf)


def test_the_interval_of_the_crossing_holds_it_mostly():
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(60):
        slope = 0.0004 * (np.arange(1, 41) - 20.5)
        found = stopping.cross(slope + 0.002 * rng.standard_normal((20, 1)) + rng.normal(0, 0.002, (20, 40)))
        held += found.low <= 21 <= found.high
    assert held >= 50  # of 60, of which 57 are expected where it is one of 95%


def test_the_other_way_round(logs):
    text = analyse(drawn(configs(), lambda config: planted(config, -1), measured=measured)).text
    assert "is higher by 0.006" in text[1].split("After 60")[0]
    assert "is lower by 0.013" in text[1].split("After 60")[1]
    assert "without dropout stays above that with dropout" in text[3]


def test_nothing_planted_is_not_told_apart():
    text = analyse(drawn(configs(), lambda config: 0.87 + 0 * epochs(config), measured=measured)).text
    assert text[1].count("cannot be told from that without dropout") == 2
    assert "so neither can where they cross" in text[3]
    assert "is higher" not in text[1] + text[4]
    assert "is lower" not in text[1] + text[4]


def test_above_in_all_epochs_is_no_crossing():
    text = analyse(
        drawn(configs(), lambda config: 0.87 + 0.01 * (config.drop_probs == DROPOUT), measured=measured)
    ).text
    assert (
        "No crossing is seen: the mean test curve with dropout is above that without dropout from the"
        in text[3]
    )


def peaked(config):
    """Without dropout best in epoch 20 and 0.01 less at the end; with it level."""
    down = 0.01 * np.abs(epochs(config) - 20) / 40
    return 0.87 - down * (config.drop_probs == NONE)


def test_early_stopping():
    answer = analyse(drawn(configs(), peaked, measured=measured, scatter=0.0002))
    at_the_end, by_the_others, _ = answer.tables[3].rows
    assert at_the_end[2] == at_the_end[4] == "60 (60 to 60)"
    assert 17 <= float(by_the_others[2].split()[0]) <= 23
    assert float(at_the_end[5].split()[0]) == pytest.approx(0.0097, abs=0.0004)
    assert float(by_the_others[5].split()[0]) == pytest.approx(0, abs=0.0005)
    gains = rows(answer.tables[4])
    gain = float(gains["without dropout: stopped less to the end"]["difference"].split()[0])
    assert gain == pytest.approx(0.0097, abs=0.0005)
    assert "test accuracy without dropout is higher by 0.009" in answer.text[4]
    assert "That with dropout cannot be told from that at the end" in answer.text[4]
    turned = analyse(drawn(configs(), lambda config: 1.74 - peaked(config), measured=measured))
    assert "both stopped, test accuracy with dropout is lower by 0.00" in turned.text[4]


def test_what_stopping_gains_has_its_sign():
    """Without dropout the best is in epoch 20; with it in epoch 40, and 0.005 less at the end."""

    def both(config):
        falls = 0.005 * np.abs(epochs(config) - 40) / 20
        return peaked(config) - falls * (config.drop_probs == DROPOUT)

    answer = analyse(drawn(configs(), both, measured=measured, scatter=0.0002))
    gains = [float(row[1].split()[0]) for row in answer.tables[4].rows]
    assert gains == pytest.approx([0.0097, 0.0047, 0.0047], abs=0.0006)
    assert "That with dropout is higher by 0.00" in answer.text[4]
    assert "without dropout, stopped, is higher by 0.00" in answer.text[4]


def test_level_curves_gain_nothing_by_stopping():
    """The t test of a gain keeps its error rate of 5%, give or take what 400 cases can tell."""
    rng = np.random.default_rng(8)
    shown = 0
    for _ in range(400):
        curves = rng.normal(0, 0.003, (20, 60))
        arm = stopping.Arm(curves, curves)
        gain = stopping.by_the_others(arm).accuracies - stopping.at_the_end(arm).accuracies
        shown += estimate(gain).shows
    assert 6 <= shown <= 40


def test_a_run_does_not_choose_its_own_epoch():
    curves = np.full((4, 20), 0.8)
    curves[:, 9:12] = 0.85
    curves[0, 2] = 0.99
    arm = stopping.Arm(curves, curves)
    others, own = stopping.by_the_others(arm), stopping.by_its_own(arm)
    assert (others.epochs[0], others.accuracies[0]) == (11, pytest.approx(0.85))
    assert (own.epochs[0], own.accuracies[0]) == (3, 0.99)
    assert stopping.at_the_end(arm).accuracies[0] == pytest.approx(0.8)


def test_the_bound_is_named_as_one(answer):
    assert "upper bound" in answer.text[5]
    own = rows(answer.tables[3])["at its own best epoch (upper bound)"]["with dropout"]
    assert own in answer.text[5]


def test_a_seed_that_one_arm_lacks_does_not_count(logs, answer):
    fewer = without(logs, seed=7, drop_probs=NONE)
    found = analyse([*fewer, *map(failed, logs[:0])])
    assert "19 seeds" in found.text[1]
    assert found.tables[1].rows != answer.tables[1].rows
    assert found.tables[1].rows == analyse(without(logs, seed=7)).tables[1].rows
    broken = [failed(log) if (log.config.seed, log.config.drop_probs) == (7, NONE) else log for log in logs]
    assert analyse(broken).tables == found.tables


def test_one_seed_is_no_answer(logs):
    with pytest.raises(LogError, match="1 of the seeds have all arms"):
        analyse([log for log in logs if log.config.seed == 3])


def test_the_figure(logs):
    small = drawn(quick(), planted, measured=measured)
    for some in (logs, without(logs, seed=7, drop_probs=NONE), small, without(small, seed=1)):
        figure = analyse(some).draw()
        assert len(figure.axes) == 3
        assert all(axes.get_xlabel() and axes.get_ylabel() for axes in figure.axes)
        figure.canvas.draw()


def test_the_figure_draws_what_its_legends_say(logs):
    dropout, none = stopping.paired(logs, DROPOUT, NONE)
    curves, gaps, differences = (
        {line.get_label(): line.get_ydata() for line in axes.lines} for axes in analyse(logs).draw().axes
    )
    for label, arm in (("with dropout", dropout), ("without dropout", none)):
        assert curves[f"test, {label}"] == pytest.approx(arm.test.mean(axis=0))
        assert curves[f"training, {label}"] == pytest.approx(arm.train.mean(axis=0))
        assert gaps[label] == pytest.approx(arm.gap.mean(axis=0))
    crossing = stopping.cross(dropout.test - none.test)
    below = analyse(logs).draw().axes[2]
    (line,) = [line for line in below.lines if line.get_label().endswith("above from here on")]
    assert line.get_label() == "with dropout above from here on"
    assert line.get_xdata() == pytest.approx([crossing.epoch] * 2)
    (span,) = [patch for patch in below.patches if patch.get_label() == "95% interval of that"]
    assert crossing.low < crossing.high
    assert span.get_extents().width > 0
    assert below.transData.inverted().transform(span.get_extents())[:, 0] == pytest.approx(
        [crossing.low, crossing.high]
    )
    drawn_difference = differences["difference, three epochs' mean"]
    assert drawn_difference == pytest.approx(stopping.smooth(dropout.test - none.test).mean(axis=0))


def lose(logs, seeds, epoch=17, pair=NONE, rate=CHAPTERS):
    """These diverge in that epoch."""
    return [
        diverged(log, epoch + log.config.seed)
        if log.config.seed in seeds and (log.config.drop_probs, log.config.learning_rate) == (pair, rate)
        else log
        for log in logs
    ]


def unlearn(logs, seeds, at, rate=CHAPTERS, accuracy=0.1):
    """Without dropout these have what chance has, or so much, in the epochs `at`."""
    made = []
    for log in logs:
        config = log.config
        if config.seed in seeds and (config.drop_probs, config.learning_rate) == (NONE, rate):
            curve = np.array([epoch.test_acc for epoch in log.epochs])
            curve[at] = accuracy
            log = never_trained(config, curve, measured=log.measured)
        made.append(log)
    return made


def test_runs_that_are_lost_are_counted(logs, answer):
    assert answer.text[0] == (
        "At a learning rate of 0.5, within 60 epochs 0 of 20 runs without dropout are lost, and 0 of 20 with "
        "dropout (p = 1 by an exact sign test). At a learning rate of 0.25, within 60 epochs 0 of 20 runs "
        "without dropout are lost, and 0 of 20 with dropout (p = 1 by an exact sign test). What follows is "
        "at 0.25."
    )
    bad = unlearn(unlearn(lose(logs, {1, 2, 3}), {4, 5, 6}, slice(40, None)), {7, 8}, slice(30, 31))
    found = analyse(bad)
    assert (
        "At a learning rate of 0.5, within 60 epochs 6 of 20 runs without dropout are lost (3 diverged, in "
        "epoch 18 to 20, and 3 ended with what chance has), and 0 of 20 with dropout (p = 0.031 by an"
        in found.text[0]
    )
    assert found.tables[0].rows[0] == ("0.5", "with dropout", "20", "0", "0", "0", "0.031")
    assert found.tables[0].rows[1] == (
        "0.5",
        "without dropout",
        "20",
        "3 (epoch 18 to 20)",
        "3",
        "2",
        "0.031",
    )
    assert found.tables[1:] == answer.tables[1:]  # the comparison is at the other rate
    both = analyse(lose(lose(logs, {*range(1, 8)}), {1}, pair=DROPOUT))
    assert both.tables[0].rows[0][-1] == "0.031"  # of six seeds the arm without is lost alone; one, in both


def test_a_seed_without_a_pair_is_no_pair(logs):
    """Of six seeds that are lost without dropout, one has no run with dropout to be beside."""
    fewer = without(lose(logs, {*range(1, 7)}), seed=6, drop_probs=DROPOUT, learning_rate=CHAPTERS)
    found = analyse(fewer).tables[0].rows[1]
    assert (found[2], found[3], found[-1]) == ("20", "6 (epoch 18 to 23)", "0.062")


@pytest.mark.parametrize(
    ("at", "accuracy", "counts"),
    [
        (slice(40, None), 0.15, "1 0"),
        (slice(40, None), 0.3, "0 1"),
        (slice(30, 31), 0.75, "0 0"),
        (slice(30, 31), 0.65, "0 1"),
    ],
)
def test_what_is_lost_and_what_fell(logs, at, accuracy, counts):
    *_, at_chance, fell, _ = analyse(unlearn(logs, {3}, at, accuracy=accuracy)).tables[0].rows[1]
    assert f"{at_chance} {fell}" == counts


def test_a_fall_in_the_first_epochs_is_none(logs):
    assert analyse(unlearn(logs, {3}, slice(0, 10))).tables[0].rows[1][5] == "0"
    assert analyse(unlearn(logs, {3}, slice(10, 11))).tables[0].rows[1][5] == "1"


def test_runs_that_diverge_where_arms_are_compared_are_left_out(logs):
    found = analyse(lose(logs, {4}, rate=COMPARED))
    assert "19 seeds" in found.text[1]
    assert "1 of 20 runs without dropout are lost (1 diverged, in epoch 21)" in found.text[0]
