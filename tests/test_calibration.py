"""The verdict's recorded error rates are what was asked for, and a part of them comes out again."""

import json
import sys
from importlib import resources
from pathlib import Path

import pytest
from planted import BUGS, HARMLESS

from dropout_gluon.config import IMPLEMENTATIONS, SPLITS

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

import calibrate

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


def test_dropout_left_on_shows_in_several_logs():
    found = RECORDED["detected"]["dropout left on at test time"]["0.01"]
    assert found["5"]["10"] >= 0.75
    assert found["10"]["10"] >= 0.95


def test_what_is_no_bug_is_called_different_no_more_often_than_chance():
    """20 runs: at 1%, two or more alarms have a chance of 1.7%; at 5%, five or more of 0.3%."""
    found = RECORDED["detected"][NO_BUG]
    for epochs in range(1, 11):
        assert found["0.01"]["1"][str(epochs)] <= 1 / 20
        assert found["0.05"]["1"][str(epochs)] <= 4 / 20


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


def test_page_has_the_recorded_numbers():
    page = (Path(__file__).parents[1] / "docs/verdict.md").read_text()
    for name in BUGS:
        share = RECORDED["detected"][name]["0.01"]["1"]["10"]
        row = next(line for line in page.splitlines() if line.startswith(f"| {name} |"))
        assert row.split(" | ")[5] == calibrate.percent(share)
    for path in ("verdict-power.png", "verdict-bands.png"):
        assert f"({path})" in page
        assert (calibrate.PAGE.parent / path).stat().st_size > 10_000
