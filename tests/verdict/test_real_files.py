"""Of files as people have them all logs are found, and what cannot be read is said and stops nothing else."""

import json
from dataclasses import replace

import numpy as np
import pytest
from limits import within_limits
from places import REAL

from dropout_gluon.config import RunConfig
from dropout_gluon.errors import ConfigError, DropoutGluonWarning, LogError
from dropout_gluon.logs import EpochRecord, RunLog, documented_log
from dropout_gluon.reading.assembly import FROM_ZERO, KERAS, TIMED
from dropout_gluon.reading.reader import read_file, read_logs, reading_of
from dropout_gluon.runs.store import to_line
from dropout_gluon.verdict.compare import compare
from dropout_gluon.verdict.record import DIFFERS, MATCHES, UNDECIDED
from dropout_gluon.verdict.references import load
from dropout_gluon.verdict.telling import about_the_loss

RECORDS = documented_log("scratch")[:3]
LINES = [f"{record}\n" for record in RECORDS]
TEXT = "".join(LINES)
RUN = RunLog(RunConfig(num_epochs=3, seed=5), RECORDS)


def epochs(logs):
    return [log.epochs for log in logs]


def saved(tmp_path, content, name="log.txt"):
    (tmp_path / name).write_text(content, "utf-8")
    return tmp_path / name


def notebook(*texts):
    """A cell a text."""
    streams = ({"output_type": "stream", "name": "stdout", "text": text} for text in texts)
    return json.dumps({"cells": [{"cell_type": "code", "outputs": [stream]} for stream in streams]})


EXPECTED = json.loads((REAL / "expected.json").read_text("utf-8"))
MIXED = ["Drop probabilities 0.5 and 0.2"] * 2 + ["No dropout"] + ["Four hidden layers"] * 3
HEADINGS = {
    "mixed-1.ipynb": MIXED,
    "pair.txt": ["The first", "The second"],
    "chapter-notes.md": ["Softmax regression", "Multilayer perceptron", "Dropout"],
}
REMARKS = {"first-edition.txt": FROM_ZERO, "keras.txt": KERAS, "other-chapter.txt": TIMED}


@pytest.mark.parametrize("name", EXPECTED)
def test_real_files(name):
    reading = read_file(REAL / name)
    assert len(reading.logs) == len(EXPECTED[name])
    assert (reading.unread, reading.repeated) == ((), ())
    assert reading.left_out == (3 if name == "chapter-notes.md" else 0)
    assert {log.file for log in reading.logs} == {reading.file} == {str(REAL / name)}
    assert [log.heading for log in reading.logs] == HEADINGS.get(name, [""] * len(reading.logs))
    assert {log.remarks for log in reading.logs} == {(REMARKS[name],) if name in REMARKS else ()}
    sets = (("drop_probs", "0.5, 0.2"),) if name == "mixed-1.ipynb" else ()
    assert {log.sets for log in reading.logs} == {sets}
    assert read_logs(REAL / name) == list(reading.logs)


STARTED = "starts already trained"  # and no mistake is named
# Of each log what `expected.json` says: that it matches, or differs, by which mistake where that is known.
VERDICTS = {
    "mixed-1.ipynb": [
        STARTED,
        "probabilities swapped",
        "no dropout",
        "four hidden layers",
        DIFFERS,
        "probabilities swapped",
    ],
    "mixed-2.ipynb": [STARTED, MATCHES, "no dropout"],
    "mixed-3.ipynb": [MATCHES, "no dropout", "probabilities swapped"],
    "continued.txt": [STARTED],
    "pair.txt": ["no dropout", "weight decay 0.005"],
    "chapter-notes.md": ["softmax regression", "one hidden layer, no dropout", MATCHES],
    "other-chapter.txt": [MATCHES],
    "other-spelling.txt": [MATCHES],
    "keras.txt": ["Adam at 0.001"],
    "below-all.txt": [DIFFERS],
}


@pytest.mark.parametrize("name", VERDICTS)
def test_verdicts_on_real_files(name):
    verdict = compare(REAL / name)
    assert verdict.refused == ()
    assert len(verdict.rows) == len(VERDICTS[name])
    for row, expected in zip(verdict.rows, VERDICTS[name]):
        assert row.outcome == (MATCHES if expected == MATCHES else DIFFERS)
        assert row.reason.startswith(STARTED) == (expected == STARTED)
        if expected in (MATCHES, STARTED):
            assert row.mistake == ""
        elif expected != DIFFERS:
            named = row.mistake.split(" or ")
            # Keras's initialisation is none of those recorded, and a layer less is as near.
            assert expected in (named if name == "keras.txt" else named[:1])
        assert set(row.remarks) >= ({REMARKS[name]} if name in REMARKS else set())
        assert row.sets == ((("drop_probs", "0.5, 0.2"),) if name == "mixed-1.ipynb" else ())
        assert row.heading in HEADINGS.get(name, [""])


def test_below_all_runs_at_seven_epochs_is_said():
    row = compare(REAL / "below-all.txt").rows[0]
    assert row.reason.startswith("trains faster than any of the ")
    assert sum(band.above == len(load("reshuffled")) for band in row.bands) >= 7


def test_a_ports_loss_is_said_and_its_accuracies_are_judged():
    """Both test curves are lower than almost all good ones: on the released split they lie nearer."""
    verdict = compare(REAL / "port-loss-scale.txt")
    for row in verdict.rows:
        assert row.remarks == (about_the_loss("1/256", "the book's"),)
        assert "trains" not in row.reason
    assert verdict.outcome == DIFFERS
    released = compare(REAL / "port-loss-scale.txt", split="released")
    for row, there in zip(verdict.rows, released.rows):
        assert there.curves[0].p > 0.05
        off = [
            sum(band.median - band.value for band in one.bands if band.column == "test_acc")
            for one in (row, there)
        ]
        assert 0 < off[1] < off[0]


def test_the_first_editions_log_differs_in_its_test_curve_alone():
    row = compare(REAL / "first-edition.txt").rows[0]
    training, test = row.curves
    assert test.p <= 0.01 < 0.05 < training.p
    assert row.remarks == (FROM_ZERO,)
    assert row.reason.endswith(
        "it fits the released split, which most copies of the data have: try --split released"
    )
    assert row.mistake == ""  # the split explains it
    assert [band.column for band in row.bands if not band.inside and band.epoch > 2] == ["test_acc"] * 3


def test_a_thousand_files(tmp_path):
    rng = np.random.default_rng(0)
    good = load("reshuffled").values
    names = []
    for number in range(1000):
        values = good[number % len(good)] + rng.normal(0, 1e-4, good[0].shape)
        names.append(tmp_path / f"{number}.txt")
        names[-1].write_text("".join(f"{EpochRecord(n, *row)}\n" for n, row in enumerate(values, 1)))
    with within_limits(60):
        verdict = compare(names)
    assert [row.source for row in verdict.rows[::999]] == [f"{names[0]}:1", f"{names[-1]}:1"]
    assert sum(row.differs for row in verdict.rows) <= 10
    assert verdict.joint[0].logs >= 990


def test_the_same_log_under_two_names(tmp_path):
    paths = [saved(tmp_path, TEXT, name) for name in ("a.txt", "b.txt")]
    verdict = compare(paths)
    assert [row.source for row in verdict.rows] == [f"{paths[0]}:1"]
    assert verdict.notes == (f"{paths[1]}:1 is {paths[0]}:1 number for number, and counts once.",)


def test_columns_that_are_swapped(tmp_path):
    rows = [(e.epoch, e.train_acc, e.loss, e.test_acc) for e in documented_log("gluon")]
    lines = ["epoch,loss,train_acc,test_acc", *(",".join(map(str, row)) for row in rows)]
    path = saved(tmp_path, "\n".join(lines) + "\n", "log.csv")
    with pytest.raises(
        LogError, match=r"log\.csv:2: train acc of epoch 1 must be .* 0 to 1, not 1\.2"
    ) as error:
        compare(path)
    assert len(str(error.value).splitlines()) == 1
    accuracies = [(e.epoch, e.loss, e.test_acc, e.train_acc) for e in documented_log("gluon")]
    lines[1:] = [",".join(map(str, row)) for row in accuracies]
    assert compare(saved(tmp_path, "\n".join(lines) + "\n", "log.csv")).outcome == DIFFERS


def test_an_empty_choice_of_cells():
    notebook_path = REAL / "mixed-1.ipynb"
    assert [row.source for row in compare(notebook_path, cell=6).rows] == [f"{notebook_path}, cell 6"]
    with pytest.raises(LogError, match=r"^no cell 7: logs are in 3, 4, 6, 8, 9 and 10$"):
        compare(notebook_path, cell=7)
    with pytest.raises(ConfigError, match="cell must be a whole number from 1 up, not 0"):
        compare(notebook_path, cell=0)


def test_failed_runs_of_a_store_are_said_and_the_others_judged(tmp_path):
    runs = [replace(RUN, config=replace(RUN.config, seed=seed)) for seed in range(3)]
    runs[1] = replace(runs[1], failure="diverged", epochs=RECORDS[:1])
    path = saved(tmp_path, "".join(to_line(run).decode() for run in runs), "runs.jsonl")
    verdict = compare(path)
    assert [row.source for row in verdict.rows] == [f"{path}:1", f"{path}:3"]
    assert [one.source for one in verdict.refused] == [f"{path}:2"]
    assert verdict.outcome == UNDECIDED


def test_a_store_with_failed_runs(tmp_path):
    runs = [replace(RUN, config=replace(RUN.config, seed=seed)) for seed in range(4)]
    failed = replace(runs[1], failure="diverged\nwidely", epochs=RECORDS[:1])
    lines = [to_line(run).decode() for run in (runs[0], failed, *runs[2:])]
    lines[2] = lines[2].replace("0.5803", "0.5804")
    path = saved(
        tmp_path, "".join([*lines, lines[0].replace(",", ",,"), lines[0], lines[0][:99]]), "runs.jsonl"
    )
    with pytest.warns(DropoutGluonWarning, match=":7: the last line is cut short"):
        reading = read_file(path)
    assert [(log.config.seed, log.source) for log in reading.logs] == [(0, f"{path}:1"), (3, f"{path}:4")]
    assert [(unread.source, unread.reason[:16]) for unread in reading.unread] == [
        (f"{path}:2", "the run failed: "),
        (f"{path}:3", "the run is damag"),
        (f"{path}:5", "not valid JSON: "),
    ]
    assert reading.repeated == (f"{path}:6 is {path}:1 number for number, and counts once.",)


def test_files_with_several_things_in_them(tmp_path):
    other = {"loss": [1]}
    gap = notebook(LINES[0] + LINES[2], TEXT.replace("loss 0", "loss 1"))
    text = "\n".join([RUN.to_json(), json.dumps(other), gap, replace(RUN, failure="out of memory").to_json()])
    reading = read_file(saved(tmp_path, text, "all"))
    assert epochs(reading.logs)[0] == RECORDS
    assert len(reading.logs) == 2
    assert [unread.reason.partition(",")[0] for unread in reading.unread] == [
        "neither a run ('dropout_gluon run 1') nor a notebook",
        "epoch 3 where epoch 2 is due",
        "the run failed: out of memory",
    ]


def test_another_programs_objects_a_line_are_read_as_text():
    names = ("epoch", "loss", "train_acc", "test_acc")
    lines = [json.dumps(dict(zip(names, (e.epoch, e.loss, e.train_acc, e.test_acc)))) for e in RECORDS]
    assert epochs(reading_of("\n".join(lines) + "\n").logs) == [RECORDS]


def test_what_is_no_file_of_logs():
    for text, message in (
        ("", "text: empty"),
        (" \n", "text: empty"),
        ("epoch 1", "text: no line like"),
        ("epoch 1, loss 0.5", "no line like .*; 1 line with a loss and no accuracies left out"),
        ("<html><pre>nothing</pre></html>", "text: no line like"),
        ("[12:00:01] nothing", "text: no line like"),
    ):
        with pytest.raises(LogError, match=message):
            reading_of(text)


def test_a_log_that_stands_there_twice_is_said():
    reading = reading_of(TEXT + "again\n" + TEXT, "log.txt")
    assert epochs(reading.logs) == [RECORDS]
    assert reading.repeated == ("log.txt:5 is log.txt:1 number for number, and counts once.",)


def test_a_hundred_megabytes_without_a_line(tmp_path):
    line = "2019-03-01 12:00:01 INFO batch 12 of the training of a network\n"
    path = saved(tmp_path, line * (100 * 10**6 // len(line)))
    with within_limits(60), pytest.raises(LogError, match="no line like"):
        read_file(path, max_size=101)
    with pytest.raises(LogError, match="larger than 64 MB"):
        read_file(path)
