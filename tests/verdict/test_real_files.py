"""Of files as people have them all logs are found, and what cannot be read is said and stops nothing else."""

import json
from dataclasses import replace

import pytest
from limits import within_limits
from places import REAL

from dropout_gluon.config import RunConfig
from dropout_gluon.errors import DropoutGluonWarning, LogError
from dropout_gluon.logs import RunLog, documented_log
from dropout_gluon.runs.store import to_line
from dropout_gluon.verdict.assembly import FROM_ZERO, KERAS, TIMED
from dropout_gluon.verdict.reading import read_file, read_logs, reading_of

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
    gap = notebook(LINES[0] + LINES[2], TEXT)
    text = "\n".join([RUN.to_json(), json.dumps(other), gap, replace(RUN, failure="out of memory").to_json()])
    reading = read_file(saved(tmp_path, text, "all"))
    assert epochs(reading.logs) == [RECORDS, RECORDS]
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
