"""The reproduction as a notebook calls it: lines as they come, logs and figures where they are asked for."""

import subprocess
import sys

import pytest

import dropout_gluon as gb
from dropout_gluon import reproduction
from dropout_gluon.config import RunConfig
from dropout_gluon.errors import ConfigError, DataError, WriteError
from dropout_gluon.logs import EpochRecord, RunLog
from dropout_gluon.reproduction import Shown, reproduce
from dropout_gluon.results import Results

QUICK = {"num_epochs": 1, "batch_size": 4096}


@pytest.mark.data
def test_a_notebook_gets_runs_verdict_and_a_page_and_nothing_is_saved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = []
    made = gb.reproduce(("gluon", "scratch"), seed=4, say=said.append, **QUICK)
    assert [(log.config.implementation, log.config.seed) for log in made.runs] == [
        ("gluon", 4),
        ("scratch", 4),
    ]
    lines = "\n".join(said)
    assert all(str(record) in lines for log in made.runs for record in log.epochs)
    assert str(made.verdict) in lines
    assert repr(made) == str(made.verdict)
    assert made.departures == "batch_size=4096"
    assert made.status == 0
    page = made._repr_html_()
    assert page.count("data:image/png;base64,") == 2
    assert page.count(">book</th>") == 2 * 3  # each value beside the book's, of both
    assert not list(tmp_path.iterdir())


@pytest.mark.data
def test_one_implementation_by_its_name(tmp_path, capsys):
    made = reproduce("gluon", out=tmp_path, split="released", **QUICK)
    assert [log.config.split for log in made.runs] == ["released"]
    name = "gluon-released-seed1-batch_size=4096-num_epochs=1"
    assert sorted(path.name for path in tmp_path.glob("[!.]*")) == [
        f"{name}-learning-curves.png", f"{name}-verdict.png", f"{name}.json",
    ]  # fmt: skip
    assert "epoch 1, loss" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"implementations": ()}, ConfigError, "must name at least one of scratch, gluon"),
        ({"implementations": "torch"}, ConfigError, "must be one of scratch, gluon, not 'torch'"),
        ({"implementation": "gluon"}, ConfigError, "implementation is not a field here|first argument"),
        ({"epochs": 3}, ConfigError, "a run has no field 'epochs': implementation, hidden_sizes"),
        ({"drop_probs": (0.2, 1.2)}, ConfigError, r"drop_probs\[1\] must be a number from 0 to 1, not 1.2"),
        ({"split": "old"}, ConfigError, "split must be one of released, reshuffled, not 'old'"),
        ({"out": 3}, ConfigError, "out must be a path, not 3"),
        ({"out": "a\0b"}, ConfigError, "out must be a path, not "),
        ({"out": "/dev/null/out"}, WriteError, "cannot write to /dev/null/out"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_data_are_looked_for(monkeypatch, arguments, error, says):
    def locate(progress):
        raise DataError("too late")

    monkeypatch.setattr(reproduction, "locate", locate)
    with pytest.raises(error, match=says):
        reproduce(**arguments)


def test_runs_side_by_side_are_shown_one_after_the_other(tmp_path):
    """The second is ahead of the first, and the first begins anew when it has lost its worker."""
    scratch, gluon = RunConfig(num_epochs=2), RunConfig(implementation="gluon", num_epochs=2)
    records = [EpochRecord(n, 0.5, 0.8, 0.7) for n in (1, 2)]
    said = []
    shown = Shown([scratch, gluon], Results(tmp_path, [scratch, gluon]), said.append)
    shown.epoch(gluon, records[0])
    assert not any(line.startswith("epoch") for line in said)
    shown.epoch(scratch, records[0])
    shown.epoch(gluon, records[1])
    shown.end(RunLog(gluon, tuple(records)))
    shown.epoch(scratch, records[0])  # the worker was lost, another one begins
    shown.epoch(scratch, records[1])
    shown.end(RunLog(scratch, tuple(records)))
    one_run = ["This", "this", "epoch", "epoch", "0.0"]
    assert [line.split()[0] for line in said] == ["From", *one_run, "Concise:", *one_run]
    assert [line[:7] for line in said if line.startswith("epoch")] == ["epoch 1", "epoch 2"] * 2
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "gluon-reshuffled-seed0-num_epochs=2.json",
        "scratch-reshuffled-seed0-num_epochs=2.json",
    ]


def test_lines_that_a_notebook_would_break_are_the_runs_alone():
    config, record = RunConfig(num_epochs=1), EpochRecord(1, 0.5, 0.8, 0.7)
    said = []
    Shown([config], None, said.append, beside=False).epoch(config, record)
    assert said[2:] == [str(record)]
    assert "|" not in "".join(said)


@pytest.mark.data
def test_a_script_without_a_guard_is_told_so_and_nothing_more(tmp_path, archive):
    script = tmp_path / "script.py"
    script.write_text("import dropout_gluon as gb\ngb.reproduce(num_epochs=1, batch_size=8192)\n")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert done.returncode == 1
    assert done.stdout.count("Fashion-MNIST, release") == 1
    assert done.stderr.count("Traceback") == 1
    assert 'a script starts runs below `if __name__ == "__main__":`' in done.stderr.splitlines()[-1]
