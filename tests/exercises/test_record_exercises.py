"""The record of an exercise grows: what is there stays and is not run again; when all is, it has a page."""

from functools import partial

import pytest
import runners

from dropout_gluon.config import RunConfig
from dropout_gluon.errors import EnsembleError, LogError
from dropout_gluon.exercises import answered, drop_probs, record
from dropout_gluon.exercises.exercise import Answer, Exercise
from dropout_gluon.plotting import new_figure
from dropout_gluon.runs.store import read_store
from scripts import load_script

script = load_script("record-exercises")


def analyse(logs):
    return Answer((f"{len(logs)} runs.",), (), lambda: new_figure((2, 1)), len(logs))


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """An exercise of three runs and a quick form of one, that take no time, recorded in `tmp_path`."""
    made = Exercise(
        *("1", "A title", "A question?", "A design.", "A picture.", "A limit."),
        configs=lambda: [RunConfig(seed=seed, num_epochs=1) for seed in (11, 12, 13)],
        quick=lambda: [RunConfig(seed=10, num_epochs=1)],
        analyse=analyse,
    )
    monkeypatch.setattr(drop_probs, "EXERCISE", made)
    monkeypatch.setattr(script, "RECORDS", tmp_path)
    monkeypatch.setattr(script, "PAGES", tmp_path)
    monkeypatch.setattr(script, "AT_A_TIME", 2)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # which the runners read
    runs(monkeypatch, runners.quick)

    def load(name):
        file = tmp_path / f"{name}.jsonl"
        return record.parse(file.read_text(), file.name) if file.exists() else ({}, [])

    monkeypatch.setattr(record, "load", load)
    return made


def runs(monkeypatch, runner):
    run = partial(script.run_ensemble, runner=runner, progress=False)
    monkeypatch.setattr(script, "run_ensemble", run)


def seeds(logs):
    return sorted(log.config.seed for log in logs)


def test_it_goes_on_from_the_record_with_no_store(asked, tmp_path):
    first = tmp_path / "first.jsonl"
    ended = [runners.quick(config, lambda epoch: None) for config in [*asked.quick(), *asked.configs()[:1]]]
    script.keep(asked, ended)
    assert answered.standing("1").startswith("1 run recorded; all is 3 runs")
    with pytest.raises(LogError, match="the answer to exercise 1 is not recorded, but for 1 run of it: drop"):
        answered.exercise(1)
    script.go_on(asked, first, workers=1)
    assert seeds(read_store(first)) == [12, 13]
    head, logs = record.load("1")
    assert seeds(logs) == [10, 11, 12, 13]
    assert head["seeds"] == [10, 13]
    assert (sum(head["with"].values()), head["data"]) == (4, {"release none": 4})
    whole = (tmp_path / "1.jsonl").read_bytes()
    script.go_on(asked, first, workers=1)
    assert (tmp_path / "1.jsonl").read_bytes() == whole


def test_a_page_is_written_when_all_is_recorded(asked, tmp_path):
    store = tmp_path / "runs.jsonl"
    script.keep(asked, [runners.quick(config, lambda epoch: None) for config in asked.configs()[1:]])
    script.write_page(asked)
    assert not (tmp_path / "1.md").exists()
    script.go_on(asked, store, workers=1)
    script.write_page(asked)
    assert "3 runs." in (tmp_path / "1.md").read_text()
    assert (tmp_path / "1.png").read_bytes().startswith(b"\x89PNG")


def test_what_had_ended_when_it_was_interrupted_is_recorded(asked, tmp_path, monkeypatch):
    run = script.run_ensemble

    def interrupted(configs, store, workers):
        run(configs[:1], store, workers=workers)
        raise KeyboardInterrupt

    monkeypatch.setattr(script, "run_ensemble", interrupted)
    with pytest.raises(KeyboardInterrupt):
        script.go_on(asked, tmp_path / "runs.jsonl", workers=1)
    assert seeds(record.load("1")[1]) == [10]


def test_a_run_that_fails_is_said_and_the_others_are_recorded(asked, tmp_path, monkeypatch):
    runs(monkeypatch, runners.mixed)
    for ends in ([], [12]):
        configs = [RunConfig(seed=seed, num_epochs=1) for seed in (2, *ends)]
        monkeypatch.setattr(script, "every", lambda asked, configs=configs: configs)
        with pytest.raises(EnsembleError, match=r"exercise 1: .*a bug"):
            script.go_on(asked, tmp_path / "runs.jsonl", workers=1)
        assert seeds(record.load("1")[1]) == ends
