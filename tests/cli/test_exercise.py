"""dropout-gluon exercise: its page and figure, what it refuses, and that it goes on where it was."""

import re
from dataclasses import replace

import pytest
from exercises_at_hand import never_trained
from places import ROOT

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


def test_list_names_all_and_says_which_are_recorded(capsys):
    assert main(["exercise", "list"]) == 0
    table, _, below = capsys.readouterr().out.partition("\n\n")
    lines = {line.split()[0]: line for line in table.splitlines()}
    assert re.fullmatch(r"All of them from nothing: 1,\d{3} runs, about [\d.]+ \w+; stopped, .*\n", below)
    assert list(lines) == list(MODULES)
    assert max(map(len, lines.values())) <= 110
    for name, line in lines.items():
        status = main(["exercise", name, "--recorded", "--quiet"])
        left = r"(quick form|\d+ runs) recorded; all is \d+ runs, about [\d.]+ \w+"
        found = re.search(rf"  (recorded, \d+ runs|{left})$", line)
        assert found[0].startswith("  recorded") == (status == 0)


@pytest.mark.parametrize("form", [[], ["--quick"]])
def test_a_recorded_answer_is_written_where_a_folder_is_named(tmp_path, monkeypatch, capsys, form):
    monkeypatch.chdir(tmp_path)
    assert main(["exercise", "3", "--recorded", *form]) == 0
    shown = capsys.readouterr().out
    assert ("This is a small form, of 2 seeds and 3 epochs" in shown) == bool(form)
    assert not list(tmp_path.iterdir())
    assert main(["exercise", "3", "--recorded", "--out", "folder", *form]) == 0
    stem = "folder/exercise-3-quick" if form else "folder/exercise-3"
    assert capsys.readouterr().out == f"{shown}page: {stem}.md, figure: {stem}.png\n"
    assert (tmp_path / f"{stem}.png").read_bytes().startswith(b"\x89PNG")
    kept = (ROOT / "docs/exercises/3.md").read_text(encoding="utf-8").replace("(3.png)", "(exercise-3.png)")
    assert ((tmp_path / f"{stem}.md").read_text(encoding="utf-8") == kept) != bool(form)
    assert main(["exercise", "3", "--recorded", "--quiet", *form]) == 0
    assert capsys.readouterr() == ("", "")


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
        (["1", "--workers", "0"], "--workers must be a whole number from 1 to 1000, not 0"),
        (["1", "--scheduler", "tcp://localhost:9", "--quick"], "no Dask scheduler answers"),
        (
            ["1", "--quick", "--store", "other.jsonl"],
            "other.jsonl has runs of something else than exercise 1",
        ),
        (["1", "--quick", "--store", "folder"], "folder"),
        (["1", "--quick", "--out", "other.jsonl"], "cannot write"),
        (["1", "--recorded", "--workers", "2"], "--workers is for runs, and --recorded runs nothing"),
        (["1", "--recorded", "--store", "other.jsonl"], "--store is for runs, and --recorded runs nothing"),
        (["1", "--recorded", "--scheduler", "tcp://a:1"], "--scheduler is for runs, and"),
        (["3", "--recorded", "--out", "other.jsonl"], "cannot write"),
        ([], "which exercise? 1 to 8, or claims (dropout-gluon exercise list names them)"),
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
