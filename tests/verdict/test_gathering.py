"""Whatever may be a log is gathered once; what cannot be judged is said; cells and logs are chosen."""

import io
from dataclasses import replace

import numpy as np
import pytest
from logs_at_hand import printed, reference_run

from dropout_gluon.config import RunConfig
from dropout_gluon.errors import ConfigError, LogError
from dropout_gluon.logs import EpochRecord, RunLog, documented_log
from dropout_gluon.verdict.compare import compare
from dropout_gluon.verdict.gathering import gather

RUN = reference_run()
TEXT = "".join(f"{record}\n" for record in documented_log("scratch"))


def take(logs):
    return gather(logs, "run", 64)


def test_logs_in_lists_in_lists_are_one_list_and_have_names():
    gathered = take([RUN, [documented_log("gluon"), [TEXT]], (printed(other(3).epochs[:3]),)])
    assert [log.source for log in gathered.logs] == [
        "run 1 (gluon, seed 77)", "run 2 1", "pasted text 2 2 1, line 1", "log.txt:1",
    ]  # fmt: skip
    assert [len(log.epochs) for log in gathered.logs] == [10, 10, 10, 3]
    assert gathered.refused == gathered.notes == []


def test_a_run_is_judged_with_all_its_digits_and_what_it_states():
    log = take(replace(RUN, data={"release": "2017-08-26"})).logs[0]
    assert (log.config, log.release, log.digits) == (RUN.config, "2017-08-26", (None,) * 3)
    assert log.epochs == RUN.epochs


def test_the_same_log_counts_once_and_another_seed_is_another():
    again = replace(printed(RUN.epochs), source="copy.txt:1")
    gathered = take([printed(RUN.epochs), again, RUN, replace(RUN, config=replace(RUN.config, seed=5))])
    assert [log.source for log in gathered.logs] == ["run 3 (gluon, seed 77)", "run 4 (gluon, seed 5)"]
    assert gathered.notes == [
        "log.txt:1 is run 3 (gluon, seed 77) as far as its digits go, and counts once.",
        "copy.txt:1 is run 3 (gluon, seed 77) as far as its digits go, and counts once.",
    ]
    gathered = take([printed(RUN.epochs), again, again])
    assert [log.source for log in gathered.logs] == ["log.txt:1"]
    assert gathered.notes == ["copy.txt:1 is log.txt:1 number for number, and counts once."] * 2
    assert take([again, again]).notes == ["copy.txt:1 is given twice, and counts once."]


def test_a_part_of_a_log_is_the_same_run():
    """Its beginning, every fifth epoch, fewer digits; not a run that states another configuration."""
    whole = printed(RUN.epochs)
    coarse = replace(whole, digits=(2, 2, 2), epochs=tuple(map(rounded, RUN.epochs)))
    for part in (replace(whole, epochs=RUN.epochs[:1]), replace(whole, epochs=RUN.epochs[::5]), coarse):
        for logs in ([whole, part], [part, whole]):
            gathered = take(logs)
            assert gathered.logs == [replace(whole, epochs=tuple(whole.epochs))]
            assert len(gathered.notes) == 1
    off = replace(RUN.epochs[2], test_acc=RUN.epochs[2].test_acc + 0.001)
    assert len(take([whole, printed([*RUN.epochs[:2], off])]).logs) == 2
    # Few digits are those of many runs.
    assert len(take([whole, replace(coarse, epochs=coarse.epochs[:1])]).logs) == 2
    fewer = replace(RUN, config=replace(RUN.config, num_epochs=8), epochs=RUN.epochs[:8])
    assert len(take([RUN, fewer]).logs) == 1
    assert len(take([RUN, replace(fewer, config=replace(fewer.config, hidden_sizes=(9, 9)))]).logs) == 2


def rounded(epoch):
    return replace(
        epoch, **{name: round(getattr(epoch, name), 2) for name in ("loss", "train_acc", "test_acc")}
    )


def other(number):
    """Another run."""
    return reference_run(index=number)


@pytest.mark.parametrize(
    ("logs", "says"),
    [
        ([], "there is no log to compare"),
        ([[], ()], "there is no log to compare"),
        ("no such file", "no such file: No such file or directory"),
        (7, "run: a log is a RunLog, EpochRecords, a path or a text, not int"),
        (b"epoch 1", "a path or a text, not bytes"),
        ({"loss": 1}, "a path or a text, not dict"),
        (np.float64(1), "a path or a text, not float64"),
        (np.array(1.0), "a path or a text, not ndarray"),
        ([documented_log("gluon"), None], "run 2: a log is .* not NoneType"),
        (RunLog(RunConfig(), ()), r"^run \(scratch, seed 0\): no epochs"),
        (replace(RUN, failure="it broke"), r"^run \(gluon, seed 77\): the run failed: it broke"),
        (replace(RUN, failure="it\n" * 9999), "the run failed: it it( it)* i…$"),
        ([EpochRecord(1, 0.5, 0.8, 1.8)], "^run: test acc of epoch 1 must be .* not 1.8"),
        ([EpochRecord(2, 0.5, 0.8, 0.8)], "^run: epoch 2 where epoch 1 is due"),
        ([EpochRecord(1, float("nan"), 0.8, 0.8)], "^run: the loss of epoch 1 is nan: training has diverged"),
        ([EpochRecord(1, 0.9, 0.7, 0.8), 3], "run 1: a log is .* not EpochRecord"),
        ("epoch 1, loss x\n", "^pasted text, line 1: .* cannot be read"),
    ],
)
def test_what_is_no_log_is_named_in_one_line(logs, says):
    with pytest.raises(LogError, match=says) as error:
        take(logs)
    assert len(str(error.value).splitlines()) == 1
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"epochs": (1, 2)}, "an epoch must be an EpochRecord, not 1"), ({"data": []}, "data must be a dict")],
)
def test_runs_that_are_made_wrongly(changes, says):
    with pytest.raises(ConfigError, match=rf"^run \(gluon, seed 77\): {says}"):
        take(replace(RUN, **changes))


def test_lists_that_hold_themselves():
    logs = []
    logs.append(logs)
    with pytest.raises(LogError, match="logs are a list at most"):
        take(logs)


def test_what_cannot_be_judged_is_refused_and_the_rest_is_kept():
    gap = [EpochRecord(1, 0.9, 0.7, 0.8), EpochRecord(3, 0.5, 0.8, 0.8)]
    broken = TEXT.replace("epoch 4, loss", "epoch 4, lost")
    gathered = take([RUN, replace(RUN, failure="out of memory"), gap, broken + "\n" + TEXT])
    assert [log.source for log in gathered.logs] == ["run 1 (gluon, seed 77)", "pasted text 4, line 12"]
    refused = {one.source: one.reason for one in gathered.refused}
    assert refused["run 2 (gluon, seed 77)"] == "the run failed: out of memory"
    assert refused["run 3"] == "epoch 3 where epoch 2 is due"
    assert len(refused) == 3


def test_epochs_in_steps_are_whole():
    every_fifth = [replace(RUN.epochs[0], epoch=n) for n in (1, 6, 11)]
    assert [e.epoch for e in take([every_fifth]).logs[0].epochs] == [1, 6, 11]
    for wrong, says in (
        ([1, 3, 5], "3 where epoch 2"),
        ([1, 1], "1 where epoch 2"),
        ([1, 4, 7], "4 where epoch 2"),
    ):
        with pytest.raises(LogError, match=f"epoch {says} is due"):
            take([[replace(RUN.epochs[0], epoch=n) for n in wrong]])
    with pytest.raises(LogError, match="epoch 12 where epoch 11 is due"):
        take([[*every_fifth[:2], replace(RUN.epochs[0], epoch=12)]])


def test_a_text_is_called_by_what_it_is():
    """As a file's are, its logs are named by their lines, in whichever form they stand."""
    stored = f"\n{RUN.to_json(indent=None)}\n"
    assert [log.source for log in take([TEXT, f"<pre>{TEXT}</pre>", stored]).logs] == [
        "pasted text 1, line 1", "pasted text 3, line 2",
    ]  # fmt: skip
    assert [log.source for log in take(f"<p>\n<pre>{TEXT}</pre>").logs] == ["pasted text, line 2"]
    rows = compare(f"{TEXT}\n{TEXT.replace('0.8', '0.7')}").rows
    assert ([row.place for row in rows], rows[0].file) == (["line 1", "line 12"], "pasted text")
    assert gather(TEXT, "against", 1).logs[0].source == "against, line 1"


def test_open_files_and_lines_in_a_list_are_texts(tmp_path):
    path = tmp_path / "log.txt"
    path.write_text(TEXT)
    for mode in ("r", "rb"):
        with path.open(mode) as open_file:
            assert [log.source for log in take(open_file).logs] == [f"{path}:1"]
    assert [log.source for log in take(io.StringIO(TEXT)).logs] == ["file:1"]
    assert take([io.StringIO(TEXT), RUN]).logs[0].source == "file 1:1"
    for lines in (TEXT.splitlines(), TEXT.splitlines(keepends=True)):
        (log,) = take(lines).logs
        assert (len(log.epochs), log.source) == (10, "pasted text, line 1")
    assert len(take(TEXT.splitlines()[0]).logs[0].epochs) == 1
    with pytest.raises(LogError, match="of closed file"):
        take(open_file)
    with pytest.raises(LogError, match=r"^file: larger than 0.0001 MB, up to which it is read$"):
        gather(io.StringIO(TEXT), "run", 1e-4)


def test_lines_that_were_left_out_and_lines_that_look_like_epochs_are_said():
    text = "epoch 1, loss 0.0405\nepoch 2, loss 0.0001\n\n" + TEXT
    gathered = take(text)
    assert gathered.notes == ["pasted text: 2 lines with a loss and no accuracies left out."]
    assert len(gathered.logs) == 1
    stray = take(TEXT + "\nThe last was epoch 7, loss x, as it says above.\n")
    assert len(stray.logs) == 1
    assert stray.refused == []
    assert [note.partition(": ")[0] for note in stray.notes] == ["pasted text, line 12 was not read"]


def chosen(cell=None, log=None):
    logs = [printed(other(n).epochs[:n], seed=n, cell=at) for n, at in ((2, 3), (3, 3), (4, 7))]
    gathered = take([*logs, printed(other(5).epochs, seed=5), [EpochRecord(1, 0.5, 0.8, 1.8)]])
    assert len(gathered.refused) == 1
    gathered.choose(cell, log)
    return gathered


def test_cells_and_logs_are_chosen():
    assert [log.source for log in chosen(cell=3).logs] == ["log.txt:2", "log.txt:3"]
    assert [log.source for log in chosen(log=3).logs] == ["log.txt:4"]
    assert [log.source for log in chosen(cell=3, log=2).logs] == ["log.txt:3"]
    assert [log.source for log in chosen(log=4).logs] == ["log.txt:5"]
    assert len(chosen().logs) == 4
    for one in (chosen(cell=7), chosen(log=1)):
        assert one.refused == one.notes == []  # of other logs
    assert len(chosen().refused) == 1


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ({"cell": 4}, "no cell 4: logs are in 3 and 7"),
        ({"log": 5}, "no log 5: there are 4 logs"),
        ({"cell": 7, "log": 2}, "no log 2: there is 1 log"),
    ],
)
def test_a_cell_without_a_log_and_a_log_that_is_not_there(choice, says):
    with pytest.raises(LogError, match=f"^{says}$"):
        chosen(**choice)


def test_cells_are_of_notebooks():
    gathered = take(TEXT)
    with pytest.raises(LogError, match="no cell 1: no log is of a notebook's cell"):
        gathered.choose(1, None)
    for wrong in (0, -1, True, 1.5, "1"):
        with pytest.raises(ConfigError, match="cell must be a whole number from 1 up"):
            gathered.choose(wrong, None)
        with pytest.raises(ConfigError, match="log must be a whole number from 1 up"):
            gathered.choose(None, wrong)


def test_a_log_whose_columns_are_swapped_is_out_of_range_or_differs():
    swapped = [EpochRecord(e.epoch, e.train_acc, e.loss, e.test_acc) for e in RUN.epochs]
    with pytest.raises(LogError, match=r"train acc of epoch 1 must be a number from 0 to 1, not 1\.1"):
        take(swapped)
