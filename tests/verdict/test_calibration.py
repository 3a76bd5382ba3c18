"""The verdict's recorded error rates are what was asked for, and a part of them comes out again."""

import json
import re
from importlib import resources

import calibrate
import numpy as np
import pytest
from planted import BUGS, HARMLESS

from dropout_gluon.config import IMPLEMENTATIONS, SPLITS

RECORDED = json.loads(resources.files("dropout_gluon.reference").joinpath("power.json").read_text())
(NO_BUG,) = HARMLESS


def cell(split, implementation, epochs, logs=1):
    wanted = {"split": split, "implementation": implementation, "epochs": epochs, "logs": logs}
    return next(c for c in RECORDED["false_alarms"] if wanted.items() <= c.items())


@pytest.mark.parametrize("epochs", range(1, 11))
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_false_alarms_on_the_reshuffled_split(implementation, epochs):
    found = cell("reshuffled", implementation, epochs)
    assert found["verdicts"] >= 200
    assert found["alarms"]["0.01"] <= 0.02
    assert 0.03 <= found["alarms"]["0.05"] <= 0.08


@pytest.mark.parametrize("epochs", range(1, 11))
def test_false_alarms_on_the_released_split(epochs):
    """200 verdicts: at 5%, 20 alarms or more have a chance of 0.2%; at 1%, 7 or more of 0.4%."""
    found = cell("released", "both", epochs)
    assert found["verdicts"] >= 200
    assert found["alarms"]["0.01"] <= 6 / 200
    assert found["alarms"]["0.05"] <= 19 / 200


def test_fourteen_bugs_show_in_one_log():
    found = {name: RECORDED["detected"][name]["0.01"]["1"]["10"] for name in BUGS}
    assert sum(share >= 0.95 for share in found.values()) >= 14


def test_dropout_left_on_shows_in_five_logs():
    """Of 100 runs, so that the twenty sets of five have no run in common."""
    assert len(calibrate.planted()["dropout left on at test time"].seeds) == 100
    found = RECORDED["detected"]["dropout left on at test time"]["0.01"]
    assert found["5"]["10"] >= 0.95
    assert found["10"]["10"] >= 0.95


def test_what_is_no_bug_is_called_different_no_more_often_than_chance():
    """100 runs: at 1%, five alarms or more have a chance of 0.4%; at 5%, twelve or more of 0.4%.

    20 sets of several: at 1%, two or more have a chance of 1.7%.
    """
    assert len(calibrate.planted()[NO_BUG].seeds) == 100
    found = RECORDED["detected"][NO_BUG]
    for epochs in range(1, 11):
        assert found["0.01"]["1"][str(epochs)] <= 4 / 100
        assert found["0.05"]["1"][str(epochs)] <= 11 / 100
    for logs in ("3", "5", "10"):
        assert found["0.01"][logs]["10"] <= 1 / 20


def test_judged_runs_teach_the_verdict_nothing():
    """Neither their own bug's typical curve nor that of another bug has a run of a judged seed."""
    names = list(calibrate.load_mistakes().names)
    judged = {9000, 9013}
    mistakes = calibrate.mistakes_without(judged, names)
    for name, values in zip(mistakes.names, mistakes.values):
        runs = calibrate.planted()[name]
        kept = [i for i, seed in enumerate(runs.seeds) if seed not in judged]
        assert len(kept) >= len(runs.seeds) - 2
        assert values == pytest.approx(np.median(runs.values[kept], axis=0))
    everything = calibrate.mistakes_without(set(), names)
    assert everything.values == pytest.approx(calibrate.load_mistakes().values, abs=1e-4)


@pytest.mark.parametrize(("logs", "runs"), [(1, 20), (5, 100), (5, 20), (10, 20), (3, 40)])
def test_sets_of_runs(logs, runs):
    sets = calibrate.sets_of(logs, runs)
    assert len(sets) == (runs if logs == 1 else 20)
    assert all(len(set(chosen)) == logs and set(chosen) <= set(range(runs)) for chosen in sets)
    apart = sets[: runs // logs]
    assert len({run for chosen in apart for run in chosen}) == logs * len(apart)


def test_power_grows_with_epochs_and_logs():
    found = RECORDED["found"]["0.01"]
    assert found["1"]["1"] < found["1"]["3"] < found["1"]["10"] < found["3"]["10"] <= found["10"]["10"]
    assert RECORDED["found"]["0.001"]["1"]["10"] < found["1"]["10"] <= RECORDED["found"]["0.05"]["1"]["10"]


@pytest.mark.parametrize("name", ["only the second layer drops", "weight decay 0.001", NO_BUG])
def test_recorded_power_comes_out_again(name):
    p = calibrate.bug((name, 10, 1, True))
    for level, shares in RECORDED["detected"][name].items():
        # Another processor rounds a p-value that lies on a level to its other side, now and then.
        assert calibrate.share(p, float(level)) == pytest.approx(shares["1"]["10"], abs=0.051)


@pytest.mark.parametrize("split", SPLITS)
def test_recorded_false_alarms_come_out_again(split):
    cells = calibrate.false_alarms({(split, 4, 1): calibrate.good((split, 4, 1))})
    for again in cells:
        known = cell(split, again["implementation"], 4)
        assert again["verdicts"] == known["verdicts"]
        for level, share in known["alarms"].items():
            assert again["alarms"][level] == pytest.approx(share, abs=0.011)


def test_page_has_what_the_verdict_says_of_known_logs():
    """To the digits that another processor may print differently."""
    page = calibrate.PAGE.read_text().split("<!-- public -->\n")[1].split("<!-- end")[0].strip()
    known, again = page.splitlines(), calibrate.public_section().strip().splitlines()
    assert len(known) == len(again) == 2 + 9
    for old, new in zip(known, again):
        numbers = r"p [=<] ([\d.]+)"
        assert re.sub(r"\*|" + numbers, "", old) == re.sub(r"\*|" + numbers, "", new)
        p, recorded = ([float(value) for value in re.findall(numbers, line)] for line in (new, old))
        assert p == pytest.approx(recorded, rel=0.1)


def test_page_has_the_recorded_numbers():
    page = calibrate.PAGE.read_text()
    for name in BUGS:
        share = RECORDED["detected"][name]["0.01"]["1"]["10"]
        row = next(line for line in page.splitlines() if line.startswith(f"| {name} |"))
        assert row.split(" | ")[5] == calibrate.percent(share)
    for path in ("verdict-power.png", "verdict-bands.png"):
        assert f"({path})" in page
        assert (calibrate.PAGE.parent / path).stat().st_size > 10_000
