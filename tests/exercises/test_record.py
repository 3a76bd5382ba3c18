"""Recorded runs: what the analyses read comes back, and what is no record is named."""

import json
import re
from dataclasses import replace

import pytest
from exercises_at_hand import diverged, failed, never_trained
from places import ROOT

from dropout_gluon.config import RunConfig
from dropout_gluon.errors import LogError
from dropout_gluon.exercises import record
from dropout_gluon.exercises.catalogue import MODULES, find
from dropout_gluon.logs import RunLog

CONFIGS = [
    RunConfig("gluon", seed=3, num_epochs=2, measure=["norms"]),
    RunConfig(noise="three-point", hidden_sizes=(9,), drop_probs=(0.25,), seed=4, num_epochs=1),
    RunConfig("gluon", weight_decay=0.001, labels="random", num_train=1000, seed=5, num_epochs=3),
]


def made(config):
    log = never_trained(
        config, 0.87654321, 0.9123456, 0.34567891, measured={"norms": {"all": [1.23456789, 3]}}
    )
    return RunLog(log.config, log.epochs, {"release": "2017-08-31"}, {"threads": "1"}, 1800, "", log.measured)


LOGS = [made(config) for config in CONFIGS]
TEXT = record.record(find("1"), LOGS, "the command")


def test_runs_come_back_in_the_digits_that_are_kept():
    head, logs = record.parse(TEXT, "1.jsonl")
    assert {log.config for log in logs} == set(CONFIGS)
    for log in logs:
        assert {(one.loss, one.train_acc, one.test_acc) for one in log.epochs} == {(0.3457, 0.9123, 0.8765)}
        assert [one.epoch for one in log.epochs] == [*range(1, log.config.num_epochs + 1)]
        assert log.measured == {"norms": {"all": [1.23457, 3]}}
    assert head["command"] == "the command"
    assert (head["seeds"], head["hours"]) == ([3, 5], 1.5)
    assert head["with"] == {"threads 1": 3}
    assert head["data"] == {"release 2017-08-31": 3}
    assert record.record(find("1"), LOGS[::-1], "the command") == TEXT


def test_what_is_recorded_later_is_added():
    """To hours, machines and data, too; a run that is there is not counted again."""
    known = record.parse(record.record(find("1"), LOGS[:2], "the command"), "1.jsonl")
    assert known[0]["hours"] == 1.0
    head, logs = record.parse(record.record(find("1"), LOGS[1:], "the command", known), "1.jsonl")
    assert {log.config for log in logs} == set(CONFIGS)
    assert (head["hours"], head["seeds"]) == (1.5, [3, 5])
    assert (head["with"], head["data"]) == ({"threads 1": 3}, {"release 2017-08-31": 3})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1.jsonl:1: "),
        ("hello\n", "1.jsonl:1: "),
        (json.dumps({"format": "dropout_gluon run 1"}) + "\n", "1.jsonl:1: its format is not"),
        (TEXT.replace('"seed":4', '"seed":-4'), "seed must be a whole number"),
        (TEXT[: len(TEXT) - 40], "1.jsonl:4: "),
        (TEXT.replace('"epochs":[[', '"epochs":[[1,'), "1.jsonl:2: "),
    ],
)
def test_what_is_no_record_is_named_with_its_line(text, said):
    with pytest.raises(LogError) as caught:
        record.parse(text, "1.jsonl")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_failed_or_is_of_something_else_is_left_out():
    logs = [*LOGS[:2], failed(LOGS[2])]
    assert record.of(CONFIGS, logs) == LOGS[:2]
    assert record.of(CONFIGS[1:], logs) == LOGS[1:2]


def test_a_run_that_diverged_is_recorded():
    """That is what comes out, and no accident: run again it would come out again."""
    logs = [*LOGS[:2], replace(diverged(LOGS[2]), data=LOGS[2].data)]
    kept = record.parse(record.record(find("1"), record.of(CONFIGS, logs), "the command"), "1.jsonl")[1]
    (one,) = (log for log in kept if log.config == CONFIGS[2])
    assert one.diverged
    assert (len(one.epochs), len(kept)) == (1, 3)
    assert not any(log.diverged for log in kept if log.config != CONFIGS[2])


def test_of_what_is_not_recorded_there_are_no_runs():
    assert record.load("nothing") == ({}, [])


def test_how_long_all_of_it_takes_is_said():
    """The recorded hours are those of each run's process."""
    said = [
        re.search(r"\((\d+) to (\d+) hours on two cores; ", (ROOT / file).read_text(encoding="utf-8"))
        for file in ("Makefile", "CONTRIBUTING.md")
    ]
    assert said[0].groups() == said[1].groups()
    low, high = map(int, said[0].groups())
    assert low <= sum(record.load(name)[0]["hours"] for name in MODULES) / 2 <= high
