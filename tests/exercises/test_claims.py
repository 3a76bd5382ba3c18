"""The chapter's claims: what speaks for them and what against is said as it was measured."""

import copy

import numpy as np
import pytest
from exercises_at_hand import never_trained
from scipy import stats

from dropout_gluon.exercises import claims
from dropout_gluon.exercises.claims import EXERCISE, EXPECTATIONS, GRADIENTS, PICTURE, RIGHT, TIKHONOV
from dropout_gluon.plotting import png

NOISES = [
    f"{name} {p}" for name in ("dropout", "gaussian", "three-point", "dropconnect") for p in ("0.2", "0.5")
]


def measured(rng):
    return {
        EXPECTATIONS: {name: [1 + 0.001 * rng.normal(), 0.001] for name in NOISES},
        GRADIENTS: {"dropped": [100, 0], "kept": [120, 120]},
        PICTURE: {"kept": [True, False, True, True, False]},
        TIKHONOV: {
            "linear": [[copies, 1 / copies**0.5 * (1 + 0.1 * rng.random())] for copies in (10, 100, 1000)],
            "network": [
                [s, s**2 * (1 + s**2) * (1 + 0.01 * rng.normal()), 1e-6, s**2] for s in (0.01, 0.1, 1.0)
            ],
        },
    }


def logs(configs=EXERCISE.configs, follows=0.8):
    """Runs whose accuracy by random labels follows the share of those that are right."""
    made = []
    for config in configs():
        rng = np.random.default_rng([config.seed, config.labels == "random"])
        test = (0.1 if config.labels == "random" else 0.7) + 0.01 * rng.normal(size=config.num_epochs)
        rise = np.linspace(0.2, 0.995, config.num_epochs).tolist()
        right = 0.1 + 0.01 * rng.normal() if config.labels == "random" else 1.0
        test += follows * (right - 0.1) * (config.labels == "random")
        made.append(
            never_trained(
                config,
                test,
                measured={"accuracy": rise, RIGHT: right} if config.num_train <= 1000 else measured(rng),
            )
        )
    return made


def changed(change):
    """The logs, with a change in what was measured in each."""
    made = copy.deepcopy(logs())
    for log in made:
        if EXPECTATIONS in log.measured:
            change(log.measured)
    return made


def test_claims_that_hold_are_said_to():
    labels, noise, means, units = EXERCISE.analyse(logs()).text
    assert "it is above 0.99 in 40 of 40 runs" in labels
    assert float(labels.split("rises with that share, ")[1].split()[0]) == pytest.approx(0.8, abs=0.5)
    assert "which cannot be told from chance." in labels
    assert "it is right within 10% at 0.01 and 0.1; it is further off at 1." in noise
    assert "At 1 the increase is 2.0" in noise
    assert "with 1,000 noisy copies" in noise
    assert "the mean of each of the 8 noises is 1 within its interval" in means
    assert "Of 1,000 dropped units none had any gradient" in units
    assert "of 1,200 that were kept, 1,200" in units


@pytest.mark.parametrize("off", [0.003, -0.003])
def test_a_biased_noise_is_named(off):
    def bias(found):
        found[EXPECTATIONS]["gaussian 0.5"][0] += off

    answer = EXERCISE.analyse(changed(bias))
    assert "but for gaussian 0.5." in answer.text[2]
    rows = {row[:2]: row[3] for row in answer.tables[3].rows}
    assert rows.pop(("gaussian", "0.5")) == "no"
    assert set(rows.values()) == {"yes"}


def test_a_dropped_unit_that_learns_is_counted():
    def leak(found):
        found[GRADIENTS]["dropped"][1] = 1

    assert "Of 1,000 dropped units 10 had any gradient" in EXERCISE.analyse(changed(leak)).text[3]


def test_labels_that_help_elsewhere_are_not_at_chance():
    made = logs()
    better = [
        never_trained(log.config, 0.3, measured=log.measured) if log.config.labels == "random" else log
        for log in made
    ]
    assert "lies +0.2000 from 0.1 (" in EXERCISE.analyse(better).text[0]
    assert "which is more than chance" in EXERCISE.analyse(better).text[0]


def test_labels_left_right_by_chance_are_no_learning():
    """Where permutations leave more than a tenth right, accuracies are above a tenth, and still chance's."""
    lucky = copy.deepcopy(logs())
    for log in lucky:
        if log.config.labels == "random":
            log.measured[RIGHT] += 0.02
    moved = [
        never_trained(log.config, [epoch.test_acc + 0.016 for epoch in log.epochs], measured=log.measured)
        if log.config.labels == "random"
        else log
        for log in lucky
    ]
    answer = EXERCISE.analyse(moved)
    assert float(answer.tables[0].rows[0][3].split()[0]) > 0.11
    assert "which cannot be told from chance." in answer.text[0]
    assert (
        "whether the accuracy rises with that share cannot be told"
        in EXERCISE.analyse(logs(follows=0)).text[0]
    )
    assert "of so few runs it cannot be told" in EXERCISE.analyse(logs(EXERCISE.quick)).text[0]


def test_where_the_interval_is_wide_nothing_is_said_to_hold():
    made = changed(lambda found: None)
    rng = np.random.default_rng(5)
    for log in made:
        if TIKHONOV in log.measured:
            log.measured[TIKHONOV]["network"][0][1] *= 1 + rng.normal()
    text = EXERCISE.analyse(made).text[1]
    assert (
        "it is right within 10% at 0.1; it is further off at 1; which of the two cannot be told at 0.01."
        in text
    )


def test_a_penalty_that_is_wrong_everywhere_is_said_to_be():
    def half(found):
        for row in found[TIKHONOV]["network"]:
            row[3] /= 2

    text = EXERCISE.analyse(changed(half)).text[1]
    assert "standard deviations of the noise: it is further off at 0.01, 0.1 and 1." in text
    assert "At 1 the increase is 4.0" in text


def test_the_arms_are_not_taken_for_each_other():
    table = EXERCISE.analyse(logs()).tables[0]
    assert [row[0] for row in table.rows] == ["random", "true"]
    assert [float(row[3].split()[0]) for row in table.rows] == pytest.approx([0.1, 0.7], abs=0.02)


@pytest.mark.parametrize("configs", [EXERCISE.configs, EXERCISE.quick])
def test_the_figure_is_drawn(configs):
    assert png(EXERCISE.analyse(logs(configs)).draw()).startswith(b"\x89PNG")


def ended(log, accuracies):
    """The run, with these for its last accuracies on the training images with nothing dropped."""
    rise = log.measured["accuracy"][: -len(accuracies)] + accuracies
    return never_trained(
        log.config, [epoch.test_acc for epoch in log.epochs], measured={**log.measured, "accuracy": rise}
    )


def test_a_run_counts_as_fitted_by_where_it_ends():
    """Not by where it was best, nor for less than 0.99."""
    made = logs()
    ends = {1: [0.999, 0.97], 2: [0.9, 0.9899], 3: [0.5, 0.9901]}
    made = [
        ended(log, ends[log.config.seed])
        if log.config.labels == "random" and log.config.seed in ends
        else log
        for log in made
    ]
    assert "it is above 0.99 in 38 of 40 runs" in EXERCISE.analyse(made).text[0]


def test_each_accuracy_of_labels_is_its_own():
    made = [
        never_trained(
            log.config,
            np.linspace(0.5, 0.123 if log.config.labels == "random" else 0.777, log.config.num_epochs),
            measured=log.measured,
        )
        if log.config.num_train <= 1000
        else log
        for log in logs()
    ]
    answer = EXERCISE.analyse(made)
    assert "the accuracy on those images is 0.9950 ± 0.0000; it is above" in answer.text[0]
    assert "On the test images it is 0.1230 ± 0.0000." in answer.text[0]
    assert answer.text[0].endswith("the same network comes to 0.7770 ± 0.0000 there.")
    cells = {row[0]: [float(cell.split()[0]) for cell in row[2:]] for row in answer.tables[0].rows}
    assert cells == {"random": [0.995, 0.123], "true": [0.995, 0.777]}


def test_what_a_permutation_left_is_said_from_the_least_to_the_most():
    made = logs()
    right = [log.measured[RIGHT] for log in made if log.config.labels == "random"]
    said = f"The permutation left from {min(right):.3f} to {max(right):.3f} of the labels right"
    assert said in EXERCISE.analyse(made).text[0]


def test_each_number_of_noise_is_its_own():
    """Means over the runs: of the loss's increase, of the penalty, of their ratio; of the distances."""
    made = logs()
    found = [log.measured[TIKHONOV] for log in made if TIKHONOV in log.measured]
    tables = EXERCISE.analyse(made).tables
    for place, row in enumerate(tables[1].rows):
        strength, grown, _, penalty = np.array([one["network"][place] for one in found]).T
        assert row[0] == f"{strength[0]:g}"
        assert row[1].startswith(f"{grown.mean():.5f} ±")
        assert row[2].startswith(f"{penalty.mean():.5f} ±")
        assert row[3].startswith(f"{(grown / penalty).mean():.2f} ±")
    distances = np.array([one["linear"] for one in found])
    assert [row[0] for row in tables[2].rows] == ["10", "100", "1,000"]
    for place, row in enumerate(tables[2].rows):
        assert row[1].startswith(f"{distances[:, place, 1].mean():.3f} ±")
        assert len({*distances[:, place, 1]}) > 1


def test_intervals_of_means_hold_together():
    """Bonferroni over the eight; each error is that of the mean of ten runs."""
    most, _ = claims._within([log for log in logs() if EXPECTATIONS in log.measured])
    assert most == pytest.approx(stats.norm.ppf(1 - 0.05 / 2 / 8))
    for row in EXERCISE.analyse(logs()).tables[3].rows:
        assert float(row[2].split(" ± ")[1]) == pytest.approx(most * 0.001 / 10**0.5, abs=6e-6)


def test_the_figure_draws_what_its_legends_say():
    made = logs()
    *_, left, right = EXERCISE.analyse(made).draw().axes
    curves = {line.get_label(): line.get_ydata() for line in left.lines}
    for labels, end in (("random", 0.1), ("true", 0.7)):
        assert curves[f"training, {labels} labels"][[0, -1]] == pytest.approx([0.2, 0.995])
        assert curves[f"test, {labels} labels"] == pytest.approx(end, abs=0.02)
    found = np.array([log.measured[TIKHONOV]["network"] for log in made if TIKHONOV in log.measured])
    (marked,) = [list(box.lines[0].get_ydata()) for box in right.containers]
    assert marked == pytest.approx((found[:, :, 1] / found[:, :, 3]).mean(axis=0))


@pytest.mark.parametrize(
    ("ratio", "said"), [(0.8, "it is further off at 1."), (0.93, "right within 10% at 0.01, 0.1 and 1")]
)
def test_a_penalty_that_says_too_much_is_off_too(ratio, said):
    def less(found):
        strength, _, error, penalty = found[TIKHONOV]["network"][2]
        found[TIKHONOV]["network"][2] = [strength, ratio * penalty, error, penalty]

    assert said in EXERCISE.analyse(changed(less)).text[1]


def test_a_penalty_at_the_limit_cannot_be_told():
    rng = np.random.default_rng(8)

    def near(found):
        strength, _, error, penalty = found[TIKHONOV]["network"][1]
        found[TIKHONOV]["network"][1] = [strength, (1.1 + 0.02 * rng.normal()) * penalty, error, penalty]

    text = EXERCISE.analyse(changed(near)).text[1]
    assert (
        "it is right within 10% at 0.01; it is further off at 1; which of the two cannot be told at 0.1."
        in text
    )
