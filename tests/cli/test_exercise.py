"""dropout-gluon exercise: its page and figure, what it refuses, and that it goes on where it was."""

from dataclasses import replace

import pytest
from exercises_at_hand import never_trained

from dropout_gluon.cli.main import main
from dropout_gluon.config import RunConfig
from dropout_gluon.exercises import drop_probs
from dropout_gluon.exercises.catalogue import MODULES
from dropout_gluon.runs.store import RunStore, read_store

FIELDS = {"num_train": 200, "batch_size": 100, "num_epochs": 1, "implementation": "gluon"}


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """The first exercise on very few images."""
    pairs = [(0.2, 0.5), (0.5, 0.2), (0.0, 0.0)]
    quick = [RunConfig(drop_probs=pair, seed=seed, **FIELDS) for pair in pairs for seed in (1, 2)]
    monkeypatch.setattr(drop_probs, "EXERCISE", replace(drop_probs.EXERCISE, quick=lambda: quick))
    monkeypatch.chdir(tmp_path)
    return quick


def test_list_names_all(capsys):
    assert main(["exercise", "list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(MODULES)


@pytest.mark.data
def test_a_quick_form_leaves_page_figure_and_store(tiny, tmp_path, capsys):
    assert main(["exercise", "1", "--quick"]) == 0
    out = capsys.readouterr().out
    assert "Exercise 1: Other drop probabilities" in out
    assert out.splitlines()[-1] == "page: out/exercise-1-quick.md, figure: out/exercise-1-quick.png"
    page = (tmp_path / "out/exercise-1-quick.md").read_text()
    assert "![Other drop probabilities, and the two swapped](exercise-1-quick.png)" in page
    assert (tmp_path / "out/exercise-1-quick.png").read_bytes().startswith(b"\x89PNG")
    assert len(read_store(tmp_path / "out/exercise-1-quick.jsonl")) == 6
    assert main(["exercise", "1", "--quick", "--quiet", "--workers", "1"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.data
@pytest.mark.filterwarnings("always")
def test_a_killed_one_goes_on(tiny, tmp_path, capsys):
    """With what a killed writer leaves: some runs, and a last line that is cut."""
    assert main(["exercise", "1", "--quick", "--quiet"]) == 0
    store = tmp_path / "out/exercise-1-quick.jsonl"
    page, lines = (
        (tmp_path / "out/exercise-1-quick.md").read_bytes(),
        store.read_bytes().splitlines(keepends=True),
    )
    store.write_bytes(b"".join(lines[:2]) + lines[2][:50])
    capsys.readouterr()
    assert main(["exercise", "1", "--quick"]) == 0
    said = [line for line in capsys.readouterr().err.splitlines() if "50 bytes" in line]
    assert len(said) == 1
    assert (tmp_path / "out/exercise-1-quick.md").read_bytes() == page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["9"], "an exercise is one of 1, 2, 3, 4, 5, 6, 7, 8, claims, not '9'"),
        (["0", "--quick"], "an exercise is one of 1, 2, "),
        (["1", "--workers", "0"], "workers must be a whole number from 1 to 1000, not 0"),
        (["1", "--scheduler", "tcp://localhost:9", "--quick"], "no Dask scheduler answers"),
        (["1", "--quick", "--store", "other.jsonl"], "other.jsonl has runs that are none of exercise 1's"),
        (["1", "--quick", "--store", "folder"], "folder"),
        (["1", "--quick", "--out", "other.jsonl"], "cannot write"),
        ([], "the following arguments are required: N"),
    ],
)
def test_bad_input_is_one_line_before_anything_is_run(tiny, tmp_path, capsys, arguments, said):
    (tmp_path / "folder").mkdir()
    with RunStore(tmp_path / "other.jsonl") as opened:
        opened.append(never_trained(RunConfig(seed=77), 0.8))
    before = (tmp_path / "other.jsonl").read_bytes()
    assert main(["exercise", *arguments]) == 2
    out = capsys.readouterr()
    assert said in out.err
    assert (out.out, out.err.count("\n")) == ("", 1)
    assert (tmp_path / "other.jsonl").read_bytes() == before
    assert not list(tmp_path.glob("out/*.md"))


@pytest.mark.data
def test_a_measurement_that_raises_is_status_2_and_the_runs_are_kept(tiny, tmp_path, capsys, monkeypatch):
    bad = RunConfig(seed=3, measure=["own_measurements:no_json"], **FIELDS)
    monkeypatch.setattr(drop_probs, "EXERCISE", replace(drop_probs.EXERCISE, quick=lambda: [*tiny[:2], bad]))
    assert main(["exercise", "1", "--quick"]) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert (
        "1 run failed, the others are in out/exercise-1-quick.jsonl: the measurement own_measurements:no_json"
        in err
    )
    assert len(read_store(tmp_path / "out/exercise-1-quick.jsonl")) == 2
