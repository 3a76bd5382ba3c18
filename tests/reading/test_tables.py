"""Tables of epochs in CSV."""

import pytest

from dropout_gluon.logs import documented_log
from dropout_gluon.reading.assembly import FROM_ZERO, PERCENT
from dropout_gluon.reading.reader import read_text, reading_of

RECORDS = documented_log("scratch")[:3]


def table(names, separator=",", first=1, scale=1):
    """RECORDS under names, which say what is in a column; of others there is an x."""
    rows = [names]
    for e in RECORDS:
        loss, train, test = f"{e.loss:.4f}", f"{e.train_acc * scale:.3f}", f"{e.test_acc * scale:.3f}"
        known = {"epoch": str(e.epoch - 1 + first), "loss": loss, "train_loss": loss}
        known |= dict.fromkeys(("train_acc", "accuracy", "acc", "Train Acc"), train)
        known |= dict.fromkeys(("test_acc", "val_acc", "val_accuracy", "Test Acc"), test)
        rows.append([known.get(name.strip('"'), "x") for name in names])
    return "".join(separator.join(row) + "\n" for row in rows)


@pytest.mark.parametrize("separator", [",", ";", "\t", ", "])
@pytest.mark.parametrize(
    "names",
    [
        ["epoch", "loss", "train_acc", "test_acc"],
        ["epoch", "accuracy", "loss", "lr", "val_accuracy", "val_loss"],
        ["val_acc", "acc", "train_loss"],
        ['"epoch"', '"loss"', '"Train Acc"', '"Test Acc"'],
        ["time", "test_acc", "epoch", "train_acc", "train_loss", "seed"],
    ],
)
def test_tables(names, separator):
    reading = reading_of(f"# Run\n\n{table(names, separator)}done, saved; \n")
    (log,) = reading.logs
    assert (log.epochs, log.digits) == (RECORDS, (4, 3, 3))
    assert (log.source, log.heading, log.remarks) == ("text:4", "Run", ())
    assert (reading.unread, reading.left_out) == ((), 0)


def test_tables_as_keras_and_pandas_write_them():
    (log,) = read_text(table(["epoch", "accuracy", "loss", "val_accuracy", "val_loss"], first=0))
    assert (log.epochs, log.remarks) == (RECORDS, (FROM_ZERO,))
    (log,) = read_text(table(["", "loss", "train_acc", "test_acc"]).replace("x,", "0,"))
    assert log.epochs == RECORDS
    (log,) = read_text(table(["loss", "train_acc", "test_acc"], scale=100))
    assert (log.epochs, log.remarks) == (RECORDS, (PERCENT,))


def test_several_tables_and_runs():
    one = table(["epoch", "loss", "train_acc", "test_acc"])
    rows = one.partition("\n")[2].replace("0.5", "0.6")
    logs = read_text(f"A\n{one}{rows}\nB\n{one.replace('0.8', '0.7')}")
    assert [(len(log.epochs), log.heading) for log in logs] == [(3, "A"), (3, ""), (3, "B")]
    assert len(read_text(one + one.replace("0.8", "0.7"))) == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2,0.5,0.5", "'2,0.5,0.5' has 3 columns, and the line of names has 4"),
        ("2,0.5,0.5,", "test acc is not a number but '', in '2,0.5,0.5,'"),
        ("2,0,5,0,5,0,5", "'2,0,5,0,5,0,5' has 7 columns, and the line of names has 4"),
        ("3,0.5,0.5,0.5", "epoch 3 where epoch 2 is due"),
        ("-2,0.5,0.5,0.5", "epoch is not a whole number but '-2', in '-2,0.5,0.5,0.5'"),
        ("2,0.5,0.5,1.5", "test acc of epoch 2 must be a number from 0 to 1, not 1.5"),
    ],
)
def test_a_row_that_is_none(row, reason):
    text = f"epoch,loss,train_acc,test_acc\n1,0.5,0.5,0.5\n{row}\n1,0.7,0.7,0.7\n"
    reading = reading_of(text, "log.csv")
    assert [log.epochs[0].loss for log in reading.logs] == [0.7]
    (unread,) = reading.unread
    assert unread.source == "log.csv:3"
    assert unread.reason.startswith(reason)


def test_a_long_line_is_no_line_of_names():
    assert len(read_text("loss,acc," * 10**5 + f"\n{RECORDS[0]}\n")) == 1


NAMES = ["epoch", "loss", "train_acc", "test_acc"]
MARKDOWN = "| epoch | loss | train acc | test acc |\n| --- | ---: | :-: | --- |\n" + "".join(
    f"| {e.epoch} | {e.loss} | {e.train_acc} | {e.test_acc} |\n" for e in RECORDS
)


@pytest.mark.parametrize("form", ["{}.0", "{}.000e+00", " {} ", "{}e0"])
def test_epochs_as_programs_write_numbers(form):
    rows = [f"{form.format(e.epoch)},{e.loss:.18e},{e.train_acc:.18e},{e.test_acc:.18e}\n" for e in RECORDS]
    assert read_text("".join([",".join(NAMES), "\n", *rows]))[0].epochs == RECORDS


@pytest.mark.parametrize("epoch", ["0.5", "1e-1", "nan", "inf", "x", "", "1e300", "\u0661"])
def test_epochs_that_are_no_whole_numbers(epoch):
    (unread,) = reading_of(f"{','.join(NAMES)}\n{epoch},0.5,0.5,0.5\n").unread
    assert unread.reason.startswith(f"epoch is not a whole number but {epoch!r}, in ")


def test_what_stands_between_rows_does_not_end_a_table():
    names, *rows = table(NAMES).splitlines(keepends=True)
    for between in ("\n", "\n\n", "WARNING: the learning rate has changed\n", "   \n"):
        (log,) = reading_of(f"{names}{between}{between.join(rows)}{between}").logs
        assert log.epochs == RECORDS
    # Words that are as wide end it, where something came between.
    other = MARKDOWN.replace("0.5", "0.6")
    reading = reading_of(f"{names}{''.join(rows)}\nThis, that, these, those\n\nA\n{other}")
    assert [(len(log.epochs), log.heading) for log in reading.logs] == [(3, ""), (3, "A")]
    assert reading.unread == ()
    (unread,) = reading_of(f"{names}{''.join(rows)}\n4,x,0.5,0.5\n").unread
    assert unread.reason == "loss is not a number but 'x', in '4,x,0.5,0.5'"


@pytest.mark.parametrize("before", ["", "Columns: "])
def test_names_above_lines_that_name_their_values_begin_no_table(before):
    names = f"{before}epoch, loss, train acc, test acc"
    lines = "".join(f"{record}\n" for record in RECORDS)
    for between in ("", "\n", "as below\n"):
        reading = reading_of(f"{names}\n{between}{lines}")
        assert [log.epochs for log in reading.logs] == [RECORDS]
        assert reading.unread == ()


def test_tables_of_markdown():
    (log,) = reading_of(f"## Run ##\n\n{MARKDOWN}\nThat | is all\n").logs
    assert (log.epochs, log.heading) == (RECORDS, "Run")
    bare = MARKDOWN.replace("\n| ", "\n").replace(" |\n", "\n")[2:]
    assert reading_of(bare).logs[0].epochs == RECORDS
    summary = "| network | loss | train acc | test acc |\n|---|---|---|---|\n| MLP | 0.35 | 0.87 | 0.86 |\n"
    (log,) = reading_of(f"{summary}\n{MARKDOWN}\n{summary}").logs
    assert log.epochs == RECORDS
