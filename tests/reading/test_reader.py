"""Logs as people have them are read to the last digit; what is wrong with one is named, with its place."""

import io
import json
import random
import sys
import time
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace

import pytest
from places import LOGS, ROOT

from dropout_gluon.config import RunConfig
from dropout_gluon.errors import ConfigError, LogError
from dropout_gluon.logs import EpochRecord, RunLog, documented_log
from dropout_gluon.reading.reader import ReadLog, read_logs, read_notebook, read_text, reading_of
from dropout_gluon.runs.store import to_line

BOOK = documented_log("scratch")
OTHER = documented_log("gluon")
RECORDS = BOOK[:3]
LINES = [str(record) for record in RECORDS]
TEXT = "\n".join(LINES) + "\n"
RUN = RunLog(RunConfig(num_epochs=3, seed=5), RECORDS, data={"release": "2017-08-31"})


def epochs(logs):
    return [log.epochs for log in logs]


def saved(tmp_path, content, name="log.txt"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def shown(text):
    return {"output_type": "display_data", "metadata": {}, "data": {"text/plain": text}}


def code(*outputs):
    return {"cell_type": "code", "metadata": {}, "source": "", "execution_count": 1, "outputs": list(outputs)}


def notebook(*cells):
    return json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def run_json(**changes):
    return json.dumps({**json.loads(RUN.to_json()), **changes})


def line(epoch=1, loss="0.5", train_acc="0.5", test_acc="0.5"):
    return f"epoch {epoch}, loss {loss}, train acc {train_acc}, test acc {test_acc}"


# Texts that all hold the same three epochs.
ACCEPTED = json.loads((LOGS / "accepted.json").read_text("utf-8"))["text"]


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_the_books_lines_are_read_in_any_text(tmp_path, text):
    (log,) = read_logs(saved(tmp_path, text))
    assert log.epochs == RECORDS
    assert log.digits == (4, 3, 3)
    assert (log.config, log.release) == (None, None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_with_their_marks(tmp_path, encoding):
    assert epochs(read_logs(saved(tmp_path, ("Verlust ↓\r\n" + TEXT).encode(encoding)))) == [RECORDS]
    assert read_logs(saved(tmp_path, RUN.to_json().encode(encoding)))[0].config == RUN.config


def test_a_log_is_all_of_its_fields():
    expected = ReadLog(RECORDS, "text:2", (4, 3, 3), file="text", heading="training")
    assert read_text(f"training\n{TEXT}") == [expected]


@pytest.mark.parametrize(
    ("loss", "value", "decimals"),
    [
        ("1.2e-1", 0.12, 2),
        ("1.20E-01", 0.12, 3),
        ("1.25e+1", 12.5, 1),
        ("1e2", 100.0, 0),
        ("1.2345e2", 123.45, 2),
        ("5e-05", 0.00005, 5),
        ("2", 2.0, 0),
        ("0.3488888989", 0.3488888989, 10),
    ],
)
def test_numbers_and_how_they_were_rounded(loss, value, decimals):
    (log,) = read_text(line(1, loss, "1", "0"))
    assert log.epochs == (EpochRecord(1, value, 1.0, 0.0),)
    assert log.digits == (decimals, 0, 0)


def test_digits_are_the_most_of_each_column():
    text = "\n".join([line(1, "0.59", "0.7814", "0.8"), line(2, "0.5038", "0.82", "0.8471"), ""])
    assert read_text(text)[0].digits == (4, 4, 4)
    assert read_text(text + line(1, "0.5", "0.50", "0.500"))[1].digits == (1, 2, 3)


@pytest.mark.parametrize("number", [1, 5, 10, 250])
def test_any_number_of_epochs(number):
    records = tuple(EpochRecord(epoch, 1 / 8, 0.5, 0.25) for epoch in range(1, number + 1))
    assert epochs(read_text("\n".join(map(str, records)))) == [records]


FIRST = EpochRecord(1, 1.2, 0.5, 0.75)


def test_several_runs_in_one_text():
    text = TEXT + "\nnow with Gluon\n" + "\n".join(map(str, OTHER)) + "\n" + str(FIRST)
    logs = read_text(text, "log.txt")
    assert epochs(logs) == [RECORDS, OTHER, (FIRST,)]
    assert [log.source for log in logs] == ["log.txt:1", "log.txt:6", "log.txt:16"]


def test_a_run_shown_twice_is_one_run(tmp_path):
    assert epochs(read_text(TEXT + TEXT)) == [RECORDS]
    part = reading_of(f"{LINES[0]}\n{LINES[1]}\nkilled\n{TEXT}", "log.txt")
    assert epochs(part.logs) == [RECORDS]
    assert part.repeated == ("log.txt:1 is a part of log.txt:4, and counts once with it.",)
    again = notebook(code(stream(TEXT)), code(stream("\n".join(map(str, OTHER))), shown(TEXT)))
    assert [log.source for log in read_notebook(again)] == ["notebook, cell 1", "notebook, cell 2"]
    other = replace(RUN, config=replace(RUN.config, seed=6))
    store = "\n".join(run.to_json() for run in (RUN, other, RUN))
    assert [log.config.seed for log in read_logs(saved(tmp_path, store))] == [5, 6]


def test_random_logs_in_random_surroundings_come_back():
    rng = random.Random(0)
    before = [
        "",
        "# ",
        "\t",
        "100%|##|\r",
        "\x1b[2K\x1b[34m",
        "2019-03-01 12:00:01 ",
        "[INFO] ",
        ">>> ",
        "é ",
    ]
    behind = ["", ", time 3.2 sec", "\r", "\x1b[0m", " | loss 0.5", "  ", "\t# good", '",', "\\n"]
    between = ["\n", "\n\n", "\r\n", "\nepoch done\n", "\n50%|#\r100%|##\r\n", "\nlr 0.5, loss\n"]
    for _ in range(300):
        runs = []
        for _ in range(rng.randint(1, 4)):
            places = rng.choice([(4, 3, 3), (6, 5, 4), (1, 2, 3)])
            values = [[round(rng.random(), n) for n in places] for _ in range(rng.randint(1, 12))]
            runs.append((places, tuple(EpochRecord(e, *three) for e, three in enumerate(values, 1))))
        text = rng.choice(between)
        for (a, b, c), records in runs:
            for e in records:
                plain = f"epoch {e.epoch}, loss {e.loss:.{a}f}, train acc {e.train_acc:.{b}f}, "
                plain += f"test acc {e.test_acc:.{c}f}"
                plain = plain.replace(" ", rng.choice([" ", "  ", "\t"]))
                plain = rng.choice([plain, plain.upper()])
                text += rng.choice(before) + plain + rng.choice(behind) + rng.choice(between)
        assert [(log.digits, log.epochs) for log in read_text(text)] == list(dict.fromkeys(runs)), text


# JSON of ours


def test_json_of_ours_has_every_digit_and_its_configuration(tmp_path):
    exact = (EpochRecord(1, 1.20701234567891, 1 / 3, 2 / 3),)
    run = replace(RUN, config=replace(RUN.config, num_epochs=1), epochs=exact)
    run.save(tmp_path / "log.json")
    (log,) = read_logs(tmp_path / "log.json")
    path = str(tmp_path / "log.json")
    assert log == ReadLog(exact, f"{path}:1", (None, None, None), run.config, "2017-08-31", file=path)


@pytest.mark.parametrize("write", [RunLog.to_json, lambda run: to_line(run).decode()])
def test_runs_one_after_another(tmp_path, write):
    runs = [replace(RUN, config=replace(RUN.config, seed=seed)) for seed in range(3)]
    text = "\n".join(write(run).strip() for run in runs)
    logs = read_logs(saved(tmp_path, f"\n{text}\n\n", "runs"))
    assert [log.config for log in logs] == [run.config for run in runs]
    length = len(text.splitlines()) // 3
    assert [log.source for log in logs] == [f"{tmp_path / 'runs'}:{2 + i * length}" for i in range(3)]


def test_json_without_release_or_with_whole_numbers(tmp_path):
    content = run_json(data={}, epochs=[vars(EpochRecord(e, 1, 0, 1)) for e in (1, 2, 3)])
    (log,) = read_logs(saved(tmp_path, content))
    assert log.release is None
    assert all(type(value) is float for value in (log.epochs[0].loss, log.epochs[0].test_acc))


# Notebooks


def test_the_executed_notebook():
    logs = read_logs(LOGS / "executed.ipynb")
    assert epochs(logs) == [BOOK, OTHER]
    assert [log.source for log in logs] == [f"{LOGS / 'executed.ipynb'}, cell {cell}" for cell in (3, 6)]
    assert {log.digits for log in logs} == {(4, 3, 3)}


def test_the_repositorys_notebook_has_three_runs():
    """Its tables print two again, beside the book's numbers; the third is in a verdict."""
    path = ROOT / "notebooks" / "dropout.ipynb"
    logs = read_logs(path)
    assert [len(log.epochs) for log in logs] == [10, 10, 5]
    assert [log.source for log in logs] == [f"{path}, cell {number}" for number in (17, 21, 29)]


@pytest.mark.parametrize("name", ["server.log", "powershell.txt"])
def test_sample_files(name):
    assert epochs(read_logs(LOGS / name)) == [OTHER if name == "server.log" else BOOK]


OUTPUTS = {
    "stream": [stream(TEXT)],
    "stream as lines": [stream(TEXT.splitlines(keepends=True))],
    "stream in pieces": [stream(TEXT[:30]), stream(TEXT[30:])],
    "standard error": [stream(TEXT, "stderr")],
    "bars between": [o for line in LINES for o in (stream("50%|##  |\r", "stderr"), stream(line + "\n"))],
    "figures between": [o for line in LINES for o in (stream(line + "\n"), shown(["<Figure>"]))],
    "printed and logged": [o for line in LINES for o in (stream(line + "\n"), stream(line + "\n", "stderr"))],
    "shown one by one": [shown(repr(line)) for line in LINES],
    "shown without quotes": [o for line in LINES for o in (shown(line), shown("3"))],
    "shown as lines": [shown(TEXT.splitlines(keepends=True))],
    "interrupted": [
        stream(TEXT),
        {"output_type": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []},
    ],
}


@pytest.mark.parametrize(("name", "outputs"), OUTPUTS.items(), ids=OUTPUTS)
def test_outputs_of_a_cell(tmp_path, name, outputs):
    markdown = {"cell_type": "markdown", "metadata": {}, "source": line(7)}
    content = notebook(markdown, code(), code(*outputs))
    failure = "KeyboardInterrupt" if name == "interrupted" else ""
    expected = ReadLog(RECORDS, "nb.ipynb, cell 3", (4, 3, 3), file="nb.ipynb", cell=3, failure=failure)
    assert read_notebook(content, "nb.ipynb") == [expected]
    assert epochs(read_logs(saved(tmp_path, content, "named.txt"))) == [RECORDS]


def test_several_runs_in_one_cell():
    logs = read_notebook(notebook(code(stream(TEXT + "\n".join(map(str, OTHER))))))
    assert epochs(logs) == [RECORDS, OTHER]
    assert [log.source for log in logs] == ["notebook, cell 1"] * 2


def test_nbformat_3():
    bar = {"output_type": "stream", "stream": "stderr", "text": "50%"}
    printed = [{"output_type": "stream", "stream": "stdout", "text": text} for text in (TEXT[:99], TEXT[99:])]
    value = {"output_type": "pyout", "prompt_number": 2, "text": "\n".join(map(str, OTHER))}
    sheets = [{"cells": [code(printed[0], bar, printed[1])]}, {"cells": [code(value)]}]
    logs = read_notebook(json.dumps({"nbformat": 3, "worksheets": sheets}))
    assert epochs(logs) == [RECORDS, OTHER]
    assert [log.source for log in logs] == ["notebook, cell 1", "notebook, cell 2"]


# Standard input and paths


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(TEXT.encode("utf-16"))))
    assert read_logs("-")[0].source == "standard input:1"
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO()))
    with pytest.raises(LogError, match="standard input: empty"):
        read_logs("-")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(LogError, match="standard input: closed"):
        read_logs("-")


def test_a_path_may_be_text_and_its_name_may_be_strange(tmp_path):
    path = saved(tmp_path, "nothing", "two\nlines")
    assert epochs(read_logs(str(saved(tmp_path, TEXT)))) == [RECORDS]
    with pytest.raises(LogError) as caught:
        read_logs(str(path))
    assert "\n" not in str(caught.value)


# What is wrong with a log, and the message behind the file's name. The file has texts, what is changed in
# RUN, and the outputs of a notebook's cells; here are those that cannot be written so.

NEITHER = "neither a run ('dropout_gluon run 1') nor a notebook, but JSON"
INVALID = "not as a notebook has it"
MALFORMED = json.loads((LOGS / "malformed.json").read_text("utf-8"))
STORED = to_line(RUN).decode().strip()
MAKE = {
    "text": lambda text: text,
    "run": lambda changes: run_json(**changes),
    "notebook": lambda cells: notebook(*(code(*outputs) for outputs in cells)),
}
BAD = {
    f"{kind}: {name}": (MAKE[kind](content), message)
    for kind, cases in MALFORMED.items()
    for name, (content, message) in cases.items()
}
BAD |= {
    "empty": (b"", ": empty"),
    "a line of what cannot be shown": ("epoch 1, loss" + "\ue000" * 80, ":1: 'epoch 1, loss\\ue000"),
    "a failure of a book's length": (run_json(failure="why\n" * 9999), ":1: the run failed: why why why"),
    "half of UTF-16": (TEXT.encode("utf-16")[:-1], ":3: byte 0x0a is not UTF-16"),
    "UTF-16 without mark": (TEXT.encode("utf-16-le"), ": binary, not text (UTF-16 is read where it has"),
    "binary": (bytes(range(128)), ": binary, not text"),
    "picture": (b"\x89PNG\r\n", ":1: byte 0x89 is not UTF-8"),
    "huge epoch": (line("9" * 5000), ":1: 'epoch 99999"),
    "JSON of another kind": ('{"loss": [1], "b": 2}', f":1: {NEITHER} with the fields 'loss, b'"),
    "JSON list": ("\n[1, 2]", f":2: {NEITHER} of type list"),
    "empty object": ("{}", f":1: {NEITHER} of type dict"),
    "run cut short": (RUN.to_json()[:200], ":1: not valid JSON: "),
    "store cut short": (f"{run_json()}\n{run_json()[:-9]}", ":2: not valid JSON: "),
    "stranger in a store": (f"{run_json()}\n[]\n{TEXT}", f":2: {NEITHER} of type list"),
    "text behind a run": (f"{run_json()}\n{TEXT}", ":2: not valid JSON: "),
    "damaged": (STORED.replace("0.5803", "0.5804"), ":1: the run is damaged: its check sum"),
    "no check sum": (STORED.partition(',"crc32"')[0] + "}", ":1: the run is damaged: its check sum"),
    "deep": ('{"a": ' + "[" * 10**5, ":1: not valid JSON: maximum recursion depth exceeded"),
    "no config": (run_json().replace('"config"', '"c"'), ":1: this is not a run as JSON: KeyError: 'config'"),
    "too large": (
        run_json().replace("0.5803", "9" * 400),
        ":1: loss of epoch 2 must be a number from 0, not one of type int, too long to show",
    ),
    "notebook cut short": (notebook(code(stream(TEXT)))[:-30], ":1: not valid JSON: "),
    "cells not a list": ('{"cells": 3}', f": {INVALID}: TypeError"),
    "cell not an object": ('{"cells": ["a"]}', f", cell 1: {INVALID}: AttributeError"),
    "worksheets": ('{"worksheets": [{}]}', f": {INVALID}: KeyError: 'cells'"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_said_in_one_line_with_its_place(tmp_path, content, message):
    path = saved(tmp_path, content)
    with pytest.raises(LogError) as caught:
        read_logs(path)
    said = str(caught.value)
    assert said.startswith(f"{path}{message}")
    assert len(said.splitlines()) == 1
    assert len(said) - len(str(path)) < 300


def test_files_that_cannot_be_read_are_named(tmp_path):
    for path, reason in ((tmp_path, "Is a directory"), (tmp_path / "none", "No such file or directory")):
        with pytest.raises(LogError) as caught:
            read_logs(path)
        assert str(caught.value) == f"{path}: {reason}"
    with pytest.raises(ConfigError, match=r"a log must be a path, not 'a\\x00b'"):
        read_logs("a\0b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nb: not a notebook, not even valid JSON: Expecting value"),
        ("[" * 10**5, "nb: not a notebook, not even valid JSON: maximum recursion depth"),
        ("[]", "nb: not a notebook, but JSON of type list"),
        (RUN.to_json(), "nb: not a notebook, but JSON with the fields 'format, config, epochs, data"),
    ],
)
def test_what_is_not_a_notebook(text, message):
    with pytest.raises(LogError) as caught:
        read_notebook(text, "nb")
    assert str(caught.value).startswith(message)


def test_a_last_line_is_whole_where_a_line_end_or_other_digits_say_so():
    short = line(2, "0.51", "0.51", "0.8")
    assert len(read_text(f"{line(1, '0.5', '0.5', '0.75')}\n{short}\n")[0].epochs) == 2
    assert len(read_text(f"{line(1, test_acc='0.7')}\n{short}")[0].epochs) == 2
    assert len(read_text(f"{line(1, test_acc='0.75')}\n{short}\n{short.replace('2', '3', 1)}")[0].epochs) == 3
    assert len(read_text(f"{line(1, '0.5', '0.5', '0.75')}\n{short}, time 3 sec")[0].epochs) == 2
    assert len(read_text(f"{TEXT}{line(1, test_acc='0.8')}")) == 2


MILLION = 10**6
NASTY = {
    "50 MB of lines": lambda: "2019-03-01 12:00:01 INFO batch 12 of epoch 3\n" * (50 * MILLION // 45),
    "beginnings": lambda: "epoch 1, los" * MILLION,
    "digits": lambda: "epoch 1, loss " + "1" * MILLION,
    "more digits": lambda: line(1, "0." + "1" * MILLION),
    "epoch": lambda: "epoch " + "1" * MILLION + ", loss",
    "spaces": lambda: "epoch" + " " * MILLION + "1" + " " * MILLION + ", loss" + " " * MILLION,
    "spaces behind": lambda: line() + " " * MILLION + "x",
    "signs": lambda: line(1, "-" * MILLION),
    "heads": lambda: "epoch 1, loss " * (MILLION // 14),
    "labels": lambda: "epoch 1, " + "train acc" * (MILLION // 9),
    "prefixes": lambda: "epoch 1, loss 1, " + ("train " + " " * 100) * (MILLION // 100),
    "far labels": lambda: "epoch 1, loss 1, train" + " " * MILLION + "x",
    "brackets behind epoch": lambda: "epoch" + "([" * MILLION + "loss",
    "colons": lambda: "epoch 1, loss" + ":" * MILLION + "=, train acc" + "%" * MILLION,
    "commas and digits": lambda: "epoch 1, loss " + "1,1" * MILLION,
    "rewritten": lambda: "epoch 1, loss 1\r" * (MILLION // 16),
    "backspaces": lambda: "loss 1" + "\b" * MILLION + "loss 1",
    "announced": lambda: "Epoch 1/5\n" + "loss: 1 - accuracy: 0.5\r" * (MILLION // 24),
    "table": lambda: "loss,acc,val_acc\n" + "1," * MILLION,
    "names": lambda: "loss,acc," * (MILLION // 9),
    "full width": lambda: "\uff45\uff50\uff4f\uff43\uff48" * (MILLION // 5) + "loss",
    "combining": lambda: "loss" + "\u0301\u0323" * (MILLION // 2),
    "hashes": lambda: "#" * MILLION + " " * MILLION + "loss",
    "underlines": lambda: "x" * MILLION + "\n" + "=" * MILLION + "\n" + "-" * MILLION + ".",
    "many runs": lambda: "epoch 1, loss 1, train acc x, test acc 1\n" * (MILLION // 41),
    "page": lambda: "<html>" + "<pre" * MILLION,
    "tails": lambda: "test acc 1 " * (MILLION // 11),
    "escapes": lambda: "\x1b[" * MILLION + "0" * MILLION,
    "failures": lambda: "training loss of epoch 1" * (MILLION // 24),
    "cuts": lambda: "epoch 1, " * (MILLION // 9),
    "brackets": lambda: "[" * MILLION,
    "braces": lambda: "{" * MILLION,
    "one long run": lambda: "".join(
        f"epoch {n}, loss 0.5, train acc 0.8, test acc 0.8{n % 10}\n" for n in range(1, 20_000)
    ),
    "merges": lambda: "<<<<<<< HEAD\n" * (MILLION // 13),
}


@pytest.mark.parametrize("make", NASTY.values(), ids=NASTY)
def test_time_is_in_proportion_to_the_text(make):
    text, start = make(), time.process_time()
    with suppress(LogError):
        read_text(text)
    with suppress(LogError):
        read_notebook(text)
    with suppress(LogError):
        reading_of(text)
    assert time.process_time() - start < 30


def in_store(log):
    return to_line(log).decode()


def test_of_a_configuration_the_last_run_in_a_store_counts():
    again = replace(RUN, epochs=documented_log("gluon")[:3])
    other = replace(RUN, config=replace(RUN.config, seed=6), epochs=OTHER[:3])
    broken = replace(RUN, epochs=(), failure="its worker died")
    found = reading_of(in_store(broken) + in_store(other) + in_store(RUN))
    assert [log.config.seed for log in found.logs] == [6, 5]
    assert found.unread == ()
    found = reading_of(in_store(RUN) + in_store(again))
    assert epochs(found.logs) == [again.epochs]
    found = reading_of(in_store(RUN) + in_store(broken))  # which no store of ours has
    assert (len(found.logs), len(found.unread)) == (1, 1)


def test_two_versions_that_were_not_merged_are_no_log():
    """Git's marks make a notebook a text, whose code and prose would be read for logs."""
    cells = [{"cell_type": "markdown", "metadata": {}, "source": TEXT}]
    notebook = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
    mine, theirs = notebook, notebook.replace("0.", "0.1")
    within = notebook.split("\n", 1)
    for conflict in (
        f"<<<<<<< HEAD\n{mine}\n=======\n{theirs}\n>>>>>>> branch\n",
        f'{within[0]}\n<<<<<<< HEAD\n "a": 1,\n=======\n "a": 2,\n>>>>>>> branch\n{within[1]}',
        f"<<<<<<< HEAD\r\n{TEXT}=======\r\n{TEXT}>>>>>>> branch\r\n",
    ):
        with pytest.raises(LogError, match=r"^text: has two versions of a part"):
            reading_of(conflict)
    assert reading_of(f"<<<<<<< results >>>>>>>\n=======\n{TEXT}").logs  # somebody's headings
