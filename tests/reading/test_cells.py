"""A log of a notebook says where it stands, what the code above it set, and how its cell ended."""

import json
import time

import pytest

from dropout_gluon.errors import LogError
from dropout_gluon.logs import documented_log
from dropout_gluon.reading.reader import read_notebook, reading_of

RECORDS = documented_log("scratch")[:3]
TEXT = "".join(f"{record}\n" for record in RECORDS)
OTHER = "".join(f"{record}\n" for record in documented_log("gluon"))
BOOKS_CODE = (
    "num_epochs, lr, batch_size = 3, 0.5, 256\ndrop_prob1, drop_prob2 = 0.2, 0.5\n"
    "num_inputs, num_hiddens1, num_hiddens2 = 784, 256, 256\nsigma = 0.01"
)


def code(source="", text="", *outputs):
    printed = [{"output_type": "stream", "name": "stdout", "text": text}] if text else []
    return {"cell_type": "code", "source": source, "outputs": [*printed, *outputs]}


def markdown(source):
    return {"cell_type": "markdown", "source": source}


def failed(name="ValueError", value="shapes (2, 3) and (4,) do not match"):
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": [value]}


def notebook(*cells):
    return json.dumps({"cells": cells, "nbformat": 4})


def logs(*cells):
    return reading_of(notebook(*cells), "nb.ipynb").logs


def test_file_cell_and_nearest_heading():
    found = logs(
        code(text=OTHER),
        markdown(["# Dropout\n", "\n", "Words.\n"]),
        code("# not a heading", TEXT),
        markdown("Only words"),
        code(text=f"A line above\n{TEXT.replace('0.5', '0.6')}"),
        markdown("## From zero\n\n```\n# a comment\n```\n"),
        code(text=TEXT.replace("0.5", "0.7")),
    )
    assert {log.file for log in found} == {"nb.ipynb"}
    assert [(log.cell, log.source, log.heading) for log in found] == [
        (1, "nb.ipynb, cell 1", ""),
        (3, "nb.ipynb, cell 3", "Dropout"),
        (5, "nb.ipynb, cell 5", "Dropout"),
        (7, "nb.ipynb, cell 7", "From zero"),
    ]


SETS = {
    "the book's": (BOOKS_CODE, ()),
    "probabilities": ("drop_prob1, drop_prob2 = 0.5, 0.2", (("drop_probs", "0.5, 0.2"),)),
    "one probability": ("drop_prob2 = 0", (("drop_probs", "0.2, 0"),)),
    "the rate": (
        "num_epochs, lr, batch_size = 3, 0.1, 128",
        (("learning_rate", "0.1"), ("batch_size", "128")),
    ),
    "sizes": ("num_hiddens1 = num_hiddens2 = 512", (("hidden_sizes", "512, 512"),)),
    "one layer": ("num_hiddens = 128", (("num_hiddens", "128"),)),
    "the sigma": ("[sigma] = [1e-3]", (("sigma", "0.001"),)),
    "epochs that are not there": ("num_epochs = 10", (("num_epochs", "10"),)),
    "magics": ("%matplotlib inline\n!pip install mxnet\nlr = 0.1\n  %time 1", (("learning_rate", "0.1"),)),
    "percent in code": ("x = (3\n% 2)\nlr = 0.1", (("learning_rate", "0.1"),)),
    "comment and text": ("# lr = 0.1\n'''\nlr = 0.1\n'''", ()),
    "set twice": ("lr = 0.1\nlr = 0.5", ()),
    "no number": ("lr = 0.1\nlr = args.lr", ()),
    "no numbers": ("lr, sigma = 0.1, 1\nlr, sigma = f()", ()),
    "true": ("sigma = True", ()),
    "in a function": ("def f():\n    lr = 0.1", ()),
    "does not parse": ("lr = 0.1\nif", ()),
    "deep": ("lr = " + "(" * 500 + "0.1" + ")" * 500, ()),
    "deeper": ("lr = 0.1" + "+1" * 9000, ()),
    "a chain": ("lr = a" + ".b" * 9000, ()),
    "signs": ("lr = " + "-" * 15_000 + "1", ()),
    "very long": ("lr = 0.1\n" + "#" * 10**6, ()),
    "huge": ("batch_size = 1e999", (("batch_size", "inf"),)),
    "escapes": ("'\\d'\nlr = 0.1", (("learning_rate", "0.1"),)),
}
NINE = {"learning_rate": "0.1", "num_epochs": "9"}
HANDED = {
    "a configuration": ("gb.run(gb.RunConfig(drop_probs=(0, 0), num_epochs=3))", {"drop_probs": "0, 0"}),
    "by name": ("run(RunConfig(learning_rate=lr, num_epochs=num_epochs))", NINE),
    "a list": ("train(hidden_sizes=[9, 9], num_epochs=3, learning_rate=0.5)", {"hidden_sizes": "9, 9"}),
    "one layer": ("train(hidden_sizes=(64,), num_epochs=3, learning_rate=0.5)", {"hidden_sizes": "64"}),
    "the book's": ("run(RunConfig(num_epochs=3, batch_size=256))", {}),
    "all epochs": ("run(RunConfig())", {"num_epochs": "10"}),
    "not known": ("train(num_epochs=int(x), learning_rate=rates[0], drop_probs=(0.1, p))", {}),
    "two runs": ("train(learning_rate=0.5, batch_size=32, num_epochs=3); train(batch_size=64)", {}),
    "of the same": ("train(sigma=1, learning_rate=0.5, num_epochs=3); test(sigma=1)", {"sigma": "1"}),
}


@pytest.mark.parametrize(("source", "sets"), SETS.values(), ids=SETS)
def test_what_the_code_above_sets_beside_the_books_values(source, sets):
    (log,) = logs(code(source), code("train()", TEXT))
    assert log.sets == sets
    (log,) = logs(code(source, TEXT))
    assert log.sets == sets


@pytest.mark.parametrize(("source", "sets"), HANDED.values(), ids=HANDED)
def test_what_a_call_is_handed_counts_more_than_what_was_set_above(source, sets):
    found = logs(code("num_epochs, lr = 9, 0.1"), code(source, TEXT), code("", OTHER))
    assert dict(found[0].sets) == sets
    assert dict(found[1].sets) == NINE  # what a call is handed is over then


def test_what_was_set_stays_until_it_is_set_again():
    found = logs(
        code("drop_prob1, drop_prob2 = 0, 0"),
        code("lr = 0.1", OTHER),
        markdown("drop_prob1 = 0.9"),
        code("drop_prob2 = 0.5", TEXT),
        code(BOOKS_CODE),
        code("", TEXT.replace("0.5", "0.6")),
        code("lr = 5"),
    )
    assert [dict(log.sets) for log in found] == [
        {"drop_probs": "0, 0", "learning_rate": "0.1"},
        {"drop_probs": "0, 0.5", "learning_rate": "0.1"},
        {},
    ]


def test_epochs_set_and_not_all_printed():
    every_fifth = TEXT.replace("epoch 2", "epoch 6").replace("epoch 3", "epoch 11")
    (log,) = logs(code("num_epochs = 11", every_fifth))
    assert log.sets == ()


def test_a_cell_that_ended_in_an_error():
    found = logs(code("", OTHER + TEXT, failed()), code("", TEXT.replace("0.5", "0.6")))
    assert [log.failure for log in found] == ["", "ValueError: shapes (2, 3) and (4,) do not match", ""]
    for error in (
        failed("KeyboardInterrupt", ""),
        {**failed("KeyboardInterrupt", ""), "output_type": "pyerr"},
    ):
        (log,) = logs(code("", TEXT, error))
        assert log.failure == "KeyboardInterrupt"
    (log,) = logs(code("", TEXT, failed("E", "a\nb\x1b" + "x" * 1000)))
    assert log.failure == "E: a b" + "x" * 73 + "…"
    (log,) = logs(code("", TEXT, {"output_type": "error"}))
    assert log.failure == "an error"


def test_lines_in_the_words_of_an_error_are_no_log():
    (log,) = logs(code("", TEXT, failed("KeyError", OTHER)))
    assert log.epochs == RECORDS
    with pytest.raises(LogError, match=r"nb, cell 1: it ended in 'KeyError: .*, and no cell shows a log"):
        read_notebook(notebook(code("", "", failed("KeyError", OTHER))), "nb")


def test_what_a_notebook_quotes_is_not_what_it_shows():
    """A log in Markdown, in code, or in the words of an error is no log of the notebook's own."""
    prose = {"cell_type": "markdown", "source": TEXT}
    quoted = [prose, code(f"# {TEXT}", "hello\n")]
    with pytest.raises(LogError, match="nb: no line like"):
        reading_of(notebook(*quoted), "nb")
    (unread,) = reading_of(notebook(*quoted, code("", "", failed("E", "why"))), "nb").unread
    assert (unread.source, unread.reason) == ("nb, cell 3", "it ended in 'E: why', and no cell shows a log")
    assert not reading_of(notebook(*quoted, code("", "", failed("E", "why")), code("", TEXT)), "nb").unread


def test_a_cell_that_diverged():
    failure = failed("Diverged", "the training loss of epoch 1 is nan at learning rate 5: and so on")
    reading = reading_of(notebook(code("", "", failure), code("", TEXT)), "nb.ipynb")
    assert len(reading.logs) == 1
    (unread,) = reading.unread
    assert unread.source == "nb.ipynb, cell 1"
    assert unread.reason == "'training loss of epoch 1 is nan at learning rate 5: and so on'"
    with pytest.raises(LogError, match="cell 1: the run failed: Diverged: the training loss of epoch 4"):
        read_notebook(
            notebook(code("", TEXT, {**failure, "evalue": failure["evalue"].replace("1", "4")})), "nb"
        )


def test_a_cell_that_cannot_be_read_does_not_stop_the_others():
    gap = "".join(TEXT.splitlines(keepends=True)[::2])
    strange = {"cell_type": "code", "source": 3, "outputs": [{}]}
    reading = reading_of(
        notebook(code("", gap), strange, code("", TEXT), code("", "epoch 1, loss 0.1\n")), "nb"
    )
    assert [log.cell for log in reading.logs] == [3]
    assert [unread.source for unread in reading.unread] == ["nb, cell 1, line 2", "nb, cell 2"]
    assert reading.left_out == 1


def test_a_source_may_be_anything():
    for source in (None, 3, [TEXT, 3], {"lr": 1}):
        (log,) = logs({**code("", TEXT), "source": source}, {**markdown(""), "source": source})
        assert log.epochs == RECORDS


def test_a_thousand_cells_take_a_second():
    start = time.process_time()
    cells = [code(f"lr = {n}\n" + "x = 1\n" * 50, TEXT.replace("0.5", f"0.{n}")) for n in range(100, 1100)]
    assert len(logs(*cells)) == 1000
    assert time.process_time() - start < 20
