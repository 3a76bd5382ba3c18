"""Files of an experiment: their names tell configurations apart, and nothing is replaced unasked."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from processes import Started

from dropout_gluon.config import RunConfig
from dropout_gluon.errors import WriteError
from dropout_gluon.logs import EpochRecord, RunLog
from dropout_gluon.results import Results, stem

CHAPTER = [RunConfig(), RunConfig(implementation="gluon")]
OTHERS = {
    "hidden_sizes": (64, 64), "drop_probs": (0.5, 0.2), "learning_rate": 0.1, "batch_size": 64,
    "num_epochs": 3, "sigma": 0.1, "split": "released", "seed": 1, "noise": "none", "weight_decay": 0.01,
    "labels": "random", "num_train": 6000,
}  # fmt: skip


def save(folder, configs):
    """What a run leaves behind."""
    with Results(folder, configs) as results:
        for config in configs:
            RunLog(config, (EpochRecord(1, 1.2, 0.5, 0.7),)).save(results.log(config))
        results.figure("verdict").write_bytes(b"a figure")


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}


def test_names_say_what_was_run():
    assert stem(RunConfig()) == "reshuffled-seed0"
    assert stem(RunConfig(split="released", seed=7, drop_probs=(0.5, 0.2), num_epochs=3)) == (
        "released-seed7-drop_probs=0.5-0.2-num_epochs=3"
    )
    everything = RunConfig(**{**OTHERS, "learning_rate": 0.1234567890123456, "sigma": 0.1234567890123456})
    assert stem(everything) == f"released-seed1-{everything.digest}"


def test_names_tell_configurations_apart():
    configs = [RunConfig(), *(RunConfig(**{name: value}) for name, value in OTHERS.items())]
    assert len({stem(config) for config in configs}) == len(configs)


def test_other_experiments_stay_and_the_same_one_is_replaced(tmp_path):
    save(tmp_path, CHAPTER)
    before = files(tmp_path)
    for name, value in OTHERS.items():
        save(tmp_path, [replace(config, **{name: value}) for config in CHAPTER])
    assert len(files(tmp_path)) == 3 * (1 + len(OTHERS))
    assert before.items() <= files(tmp_path).items()
    with Results(tmp_path, CHAPTER) as results:
        assert results.announce(CHAPTER[0]) == (
            f"Log, in place of an earlier one: {tmp_path}/scratch-reshuffled-seed0.json"
        )
    with Results(tmp_path / "new", CHAPTER) as results:
        assert results.announce(CHAPTER[0]) == f"Log: {tmp_path}/new/scratch-reshuffled-seed0.json"


def test_one_implementation_and_both_do_not_share_a_figure(tmp_path):
    figures = [Results(tmp_path, c).figure("verdict").name for c in (CHAPTER, CHAPTER[:1], CHAPTER[1:])]
    assert figures == [f"{who}-reshuffled-seed0-verdict.png" for who in ("both", "scratch", "gluon")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        # as 0.1.0 called whatever had this seed
        ("gluon-reshuffled-seed0.json", RunLog(RunConfig(drop_probs=(0.5, 0.5)), ()).to_json(),
         "gluon-reshuffled-seed0.json holds another configuration (drop_probs=(0.5, 0.5)): --force"),
        ("gluon-reshuffled-seed0.json", RunLog(RunConfig(), ()).to_json(),
         "gluon-reshuffled-seed0.json holds another configuration (the chapter's): --force"),
        ("scratch-reshuffled-seed0.json", "notes of mine",
         "scratch-reshuffled-seed0.json is there and holds no run: --force"),
        ("both-reshuffled-seed0-verdict.png", "a photograph",
         "both-reshuffled-seed0-verdict.png is there without the logs that it shows: --force"),
    ],
)  # fmt: skip
def test_what_holds_something_else_is_replaced_by_force_alone(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(WriteError) as caught, Results(tmp_path, CHAPTER):
        pass
    assert str(caught.value).startswith(f"{tmp_path}/{message} (force=True) replaces it, --out names")
    assert (tmp_path / name).read_text() == content
    with Results(tmp_path, CHAPTER, force=True):  # and the files were let go
        pass


def test_a_file_that_another_process_is_writing_is_refused(tmp_path):
    code = (
        "import sys; from pathlib import Path; from dropout_gluon.config import RunConfig\n"
        "from dropout_gluon.results import Results\n"
        "with Results(Path(sys.argv[1]), [RunConfig(implementation='gluon')]): print(flush=True); input()"
    )
    with Started(
        [sys.executable, "-c", code, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        other.stdout.readline()
        with pytest.raises(WriteError, match="is being written by another process"):
            Results(tmp_path, CHAPTER, force=True).__enter__()
        with Results(tmp_path, CHAPTER[:1]), Results(tmp_path, [replace(CHAPTER[1], seed=1)]):
            pass  # what the other does not write is free
        other.kill()
    with Results(tmp_path, CHAPTER):  # a killed process keeps nothing
        pass


@pytest.mark.parametrize("name", ["gluon-reshuffled-seed0.json", "both-reshuffled-seed0-verdict.png"])
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
@pytest.mark.parametrize("force", [True, False])
def test_what_cannot_be_replaced_is_found_before_the_training(tmp_path, name, make, force):
    make(tmp_path / name)
    with pytest.raises(WriteError, match=f"cannot write .*{name}: it is not a file"):
        Results(tmp_path, CHAPTER, force=force).__enter__()


@pytest.mark.parametrize("folder", ["/dev/null/out", "/proc/out"])
def test_a_folder_that_cannot_be_written_is_said(folder):
    from pathlib import Path

    with pytest.raises(WriteError, match=f"cannot write to {folder}: "), Results(Path(folder), CHAPTER):
        pass
