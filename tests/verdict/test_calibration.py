"""The verdict's recorded error rates are what was asked for, and a part of them comes out again."""

import json
import re
from importlib import resources

import calibrate
import numpy as np
import pytest
from planted import BUGS, HARMLESS, KNOWN, UNKNOWN
from scipy.stats import binom

from dropout_gluon.config import IMPLEMENTATIONS, SPLITS
from dropout_gluon.verdict.references import load_mistakes, load_ranks, located

RECORDED = json.loads(resources.files("dropout_gluon.reference").joinpath("power.json").read_text())
(NO_BUG,) = HARMLESS
RARE = 1e-3  # the rate at which a cell of these tests may be off by chance


def cell(split, implementation, epochs, logs=1):
    wanted = {"split": split, "implementation": implementation, "epochs": epochs, "logs": logs}
    return next(c for c in RECORDED["false_alarms"] if wanted.items() <= c.items())


def within(share, count, level):
    """Whether so many alarms are what a level gives."""
    alarms = round(share * count)
    return binom.sf(alarms - 1, count, level) > RARE and binom.cdf(alarms, count, level) > RARE


@pytest.mark.parametrize("epochs", range(1, 11))
@pytest.mark.parametrize("implementation", [*IMPLEMENTATIONS, "both"])
@pytest.mark.parametrize("split", SPLITS)
def test_false_alarms_are_within_binomial_error(split, implementation, epochs):
    found = cell(split, implementation, epochs)
    names = load_ranks(split).implementations
    assert found["verdicts"] == (len(names) if implementation == "both" else names.count(implementation))
    for level in ("0.01", "0.05"):
        assert within(found["alarms"][level], found["verdicts"], float(level)), level


@pytest.mark.parametrize("epochs", [1, 10])
@pytest.mark.parametrize("logs", [3, 10])
@pytest.mark.parametrize("split", SPLITS)
def test_false_alarms_of_sets_are_no_more_than_asked_for(split, logs, epochs):
    """Sets drawn from few runs share those that they are ranked among, so the bounds are wide."""
    found = cell(split, "both", epochs, logs)
    for level in ("0.01", "0.05"):
        alarms = round(found["alarms"][level] * found["verdicts"])
        assert binom.sf(alarms - 1, found["verdicts"], float(level)) > RARE, level


def test_power_of_single_logs():
    found = RECORDED["found"]["0.01"]["1"]
    for epochs, least in (("1", 0.47), ("3", 0.72), ("5", 0.88), ("10", 0.89)):
        assert found[epochs] >= least, epochs
        # And no less of the runs that were recorded when all was chosen, but for chance: of 400 runs.
        assert RECORDED["fresh"]["found"][epochs] >= max(least, found[epochs] - 0.03), epochs
    assert RECORDED["detected"]["128 hidden units"]["0.01"]["1"]["10"] >= 0.8
    # Nor does it take that a bug is known.
    unknown = RECORDED["detected_unknown"]
    assert list(unknown) == list(BUGS)
    assert sum(unknown.values()) / len(unknown) >= 0.87
    assert RECORDED["fresh"]["unknown"] >= 0.87


def test_dropout_left_on():
    found = RECORDED["detected"]["dropout left on at test time"]["0.01"]
    assert found["1"]["10"] >= 0.35
    assert found["3"]["10"] >= 0.8
    assert found["5"]["10"] >= 0.95


def test_what_is_no_bug_is_called_different_no_more_often_than_chance():
    count = RECORDED["judged"][NO_BUG]
    assert count == 100
    found = RECORDED["detected"][NO_BUG]
    for level in ("0.01", "0.05"):
        for epochs in range(1, 11):
            assert binom.sf(round(found[level]["1"][str(epochs)] * count) - 1, count, float(level)) > RARE
    for logs in ("3", "5", "10"):
        assert found["0.01"][logs]["10"] <= 1 / 20


def test_mixed_sets():
    for kind, least in (("one of five", 0.7), ("three of ten", 0.75)):
        bad, good = calibrate.MIXED[kind]
        sets, found, wrong, right = RECORDED["mixed"][kind]
        assert sets >= 10 * len(BUGS)
        assert min(found / sets, wrong / sets / bad) >= least
        assert right / sets / good <= 0.005


def test_names():
    for epochs, least, of_few in (("3", 0.91, 0.94), ("5", 0.92, 0.96), ("10", 0.94, 0.96)):
        named = RECORDED["named"][epochs]
        assert named["right"] >= least, epochs
        assert named["right_of_few"] >= of_few, epochs
        # And no less of the runs that were recorded when all was chosen, but for chance: of 370 runs.
        assert named["right_fresh"] >= least - 0.03, epochs
        assert named["right_of_few_fresh"] >= of_few - 0.03, epochs
        assert named["unknown_is"] <= 0.15


def test_judged_runs_teach_the_verdict_nothing():
    """Of the bug, a verdict knows all other runs than the judged ones; of the others, all there are."""
    mistakes = load_mistakes()
    assert set(mistakes.names) <= set(KNOWN)
    assert not set(mistakes.names) & set(UNKNOWN)
    for name in ("sigmoid", "leaky ReLU"):
        own = mistakes.names.index(name)
        seen = calibrate.ground("reshuffled", 10, bug=name, judged=(0, 7)).mistakes
        left = [run for run in range(len(calibrate.runs_with(name))) if run not in (0, 7)]
        middle, scale = located(calibrate.runs_with(name)[left])
        np.testing.assert_array_equal(seen.values[own], middle)
        np.testing.assert_array_equal(seen.spread[own], scale)
        assert (seen.values[own] != mistakes.values[own]).all()
        others = [other != name for other in mistakes.names]
        np.testing.assert_array_equal(seen.values[others], mistakes.values[others])
        without = calibrate.ground("reshuffled", 10, bug=name, judged=None).mistakes
        assert without.names == tuple(other for other in mistakes.names if other != name)
    assert calibrate.ground("reshuffled", 10, bug="tanh", judged=(0,)).mistakes.names == mistakes.names
    few = calibrate.ground("reshuffled", 10, bug="sigmoid", judged=(0,), few=True).mistakes
    assert few.names == tuple(BUGS)


def test_every_verdict_on_a_bug_is_by_one_that_has_not_seen_the_run(monkeypatch):
    """What is asked for, of single logs, of sets, of names and of mixed sets."""
    asked, ground = [], calibrate.ground

    def spied(split, epochs, half=None, bug="", judged=(), few=False):
        asked.append(judged)
        return ground(split, epochs, half, bug, judged, few)

    monkeypatch.setattr(calibrate, "ground", spied)
    name, runs = "Adam at 0.001", 20
    calibrate.bug((name, 1, 1, True))
    calibrate.naming((name, 3))
    assert asked == [(run,) for run in range(runs)] + [of for run in range(runs) for of in ((run,), None)]
    for task in (lambda: calibrate.bug((name, 3, 3, True)), lambda: calibrate.mixed((name, "three of ten"))):
        asked.clear()
        task()
        assert set(asked) == {tuple(chosen) for chosen in calibrate.sets_of(3, runs)}


@pytest.mark.parametrize(("logs", "runs"), [(1, 20), (5, 100), (5, 20), (10, 20), (3, 40)])
def test_sets_of_runs(logs, runs):
    sets = calibrate.sets_of(logs, runs)
    assert len(sets) == (runs if logs == 1 else max(runs, 20))
    assert all(len(set(chosen)) == logs and set(chosen) <= set(range(runs)) for chosen in sets)
    apart = sets[: runs // logs]
    assert len({run for chosen in apart for run in chosen}) == logs * len(apart)


def test_power_grows_with_epochs_and_logs():
    found = RECORDED["found"]["0.01"]
    assert found["1"]["1"] < found["1"]["3"] < found["1"]["10"] < found["3"]["10"] <= found["10"]["10"]
    assert RECORDED["found"]["0.001"]["1"]["10"] <= found["1"]["10"] <= RECORDED["found"]["0.05"]["1"]["10"]


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


def test_recorded_sets_come_out_again():
    sets, *named = calibrate.mixed(("probabilities swapped", "one of five"))
    assert sets == calibrate.SETS
    assert named[0] >= named[1] >= 0.7 * sets
    assert named[2] == 0
    p = calibrate.bug(("weight decay 0.001", 10, 5, True))
    known = RECORDED["detected"]["weight decay 0.001"]["0.01"]["5"]["10"]
    assert calibrate.share(p, 0.01) == pytest.approx(known, abs=0.051)


def test_page_has_what_the_verdict_says_of_known_logs():
    """To the digits that another processor may print differently."""
    page = calibrate.PAGE.read_text().split("<!-- public -->\n")[1].split("<!-- end")[0].strip()
    known, again = page.splitlines(), calibrate.public_section().strip().splitlines()
    assert len(known) == len(again) == 2 + 9
    for old, new in zip(known, again):
        numbers = r"p [=<] ([\d.]+)"
        assert re.sub(r"\*|" + numbers, "", old) == re.sub(r"\*|" + numbers, "", new)
        p, recorded_p = ([float(value) for value in re.findall(numbers, line)] for line in (new, old))
        assert p == pytest.approx(recorded_p, rel=0.1, abs=0.01)


def test_page_has_the_table_of_what_is_found_word_for_word():
    """And explains the marks that its rows have, no other ones."""
    page = calibrate.PAGE.read_text().split("<!-- power -->\n")[1].split("<!-- end power -->")[0]
    assert page.strip() == calibrate.power_section(RECORDED).strip()
    explained = {mark.replace("\\", "") for mark in re.findall(r"(?:^|; )((?:\\\*)+) ", page, re.MULTILINE)}
    assert explained == set(re.findall(r" (\*+) \|", page))


def test_page_has_the_recorded_numbers():
    page = calibrate.PAGE.read_text()
    for name in BUGS:
        share = RECORDED["detected"][name]["0.01"]["1"]["10"]
        row = next(line for line in page.splitlines() if line.startswith(f"| {name} |"))
        assert row.split(" | ")[5] == calibrate.percent(share)
    for path in ("verdict-power.png", "verdict-bands.png"):
        assert f"({path})" in page
        assert (calibrate.PAGE.parent / path).stat().st_size > 10_000
