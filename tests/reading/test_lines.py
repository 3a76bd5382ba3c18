"""Epochs as people's programs spell them; what looks like one and is none is said, or counted."""

import pytest

from dropout_gluon.errors import LogError
from dropout_gluon.logs import documented_log
from dropout_gluon.reading.assembly import (
    FRACTIONS,
    FROM_ZERO,
    KERAS,
    PERCENT,
    SOME_EPOCHS,
    SWAPPED,
    TIMED,
    UNTRAINED,
)
from dropout_gluon.reading.reader import read_text, reading_of

BOOK = documented_log("scratch")
RECORDS = BOOK[:3]
TEXT = "".join(f"{record}\n" for record in RECORDS)


def wide(text):
    """The text in full-width letters, digits and punctuation."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "\u3000" if c == " " else c for c in text)


def written(form, records=RECORDS, first=1):
    """A line an epoch; `form` may ask for accuracies as shares, t and u, or as percentages, T and U."""
    return "".join(
        form.format(
            n=e.epoch - 1 + first,
            loss=f"{e.loss:.4f}",
            t=f"{e.train_acc:.3f}",
            u=f"{e.test_acc:.3f}",
            T=f"{100 * e.train_acc:.1f}",
            U=f"{100 * e.test_acc:.1f}",
        )
        + "\n"
        for e in records
    )


SPELT = {
    "colons": "epoch: {n} train loss: {loss} train acc: {t} test acc: {u}",
    "underscores": "Epoch [{n}/3] train_loss={loss} train_acc={t} test_acc={u}",
    "another order": "epoch {n}, train acc {t}, loss {loss}, test acc {u}",
    "words in full": "Epoch {n}/3: training loss: {loss}|training accuracy: {t}|validation accuracy: {u}",
    "epoch behind": "loss {loss}, train acc {t}, test acc {u} in epoch {n}",
    "other values": "epoch {n}: val_loss 9, loss {loss}, top5_acc 0.9, acc {t}, test loss 7, test acc {u}",
    "value of the same name": "epoch {n}, acc 0.1, loss {loss}, train acc {t}, val acc 0.2, test acc {u}",
    "full width": wide("epoch ")
    + "{n}"
    + wide(", loss: ")
    + "{loss}"
    + wide(", train acc: ")
    + "{t}"
    + wide(", test acc: ")
    + "{u}"
    + wide(";"),
    "Chinese": "第 {n} 轮, 损失: {loss}, 训练准确率: {t}, 测试准确率: {u}。".translate(
        {44: 0xFF0C, 58: 0xFF1A}
    ),
    "Chinese in brief": "轮次 {n}: 损失 {loss}、训练集精度 {t}、测试集精度 {u}",
    "Chinese and English": "第 {n} 个 epoch: loss = {loss}, train acc = {t}, test acc = {u}",
    "an object": "{{'epoch': {n}, 'loss': {loss}, 'train_acc': {t}, 'test_acc': {u}}}",
    "Markdown": "* epoch {n}, loss **{loss}**, train acc `{t}`, test acc `{u}`",
    "rewritten": "epoch {n}, loss 9.9, train acc 0.1\repoch {n}, loss 9.9, train acc 0.1, test acc 0.1\r"
    "epoch {n}, loss {loss}, train acc {t}, test acc {u}",
}


@pytest.mark.parametrize("form", SPELT.values(), ids=SPELT)
def test_other_spellings_of_the_books_line(form):
    reading = reading_of(written(form))
    assert [(log.epochs, log.digits) for log in reading.logs] == [(RECORDS, (4, 3, 3))]
    assert (reading.unread, reading.left_out, reading.logs[0].remarks) == ((), 0, ())


@pytest.mark.parametrize("sign", ["%", " %", ""])
def test_percentages(sign):
    (log,) = read_text(written(f"epoch {{n}}, loss {{loss}}, train acc {{T}}{sign}, test acc {{U}}{sign}"))
    assert log.epochs == RECORDS
    assert log.digits == (4, 3, 3)
    assert log.remarks == (PERCENT,)


@pytest.mark.parametrize(
    ("accuracies", "reason"),
    [
        (("0.9", "76.9"), "must be a number from 0 to 1, not 76.9; it is no percentage"),
        (("1.2", "1.4"), "must be a number from 0 to 1, not 1.2; it is no percentage"),
        (("53.4", "101"), "must be a number from 0 to 1, not 53.4; it is no percentage"),
        (("53.4%", "101%"), "must be a number from 0 to 1, not 1.01"),
        (("53.4%", "76.9"), "some of its accuracies are percentages, and others are not"),
    ],
)
def test_what_may_be_no_percentage_is_not_guessed(accuracies, reason):
    train, test = accuracies
    (unread,) = reading_of(f"epoch 1, loss 1.2, train acc {train}, test acc {test}").unread
    assert unread.source == "text:1"
    assert reason in unread.reason


def test_digits_of_full_width():
    assert read_text(wide(TEXT))[0].epochs == RECORDS


def test_percentages_in_a_part_of_a_log():
    text = "epoch 1, loss 1, train acc 9%, test acc 9%\nepoch 2, loss 1, train acc 9, test acc 9\n"
    (unread,) = reading_of(text).unread
    assert unread.source == "text:2"


def test_a_log_counted_from_0():
    text = "Net 1\n" + written("epoch {n}. loss: {loss}, train acc {t}, test acc {u}", first=0)
    (log,) = read_text(text + text)
    assert log.epochs == RECORDS
    assert (log.source, log.heading, log.remarks) == ("text:2", "Net 1", (FROM_ZERO,))


@pytest.mark.parametrize(("first", "step"), [(0, 5), (1, 5), (0, 10), (1, 10)])
def test_some_epochs_only(first, step):
    lines = written("epoch {n}, loss {loss}, train acc {t}, test acc {u}", BOOK, first).splitlines()
    long = [line.replace(f"epoch {first + i}", f"epoch {first + i * step}") for i, line in enumerate(lines)]
    (log,) = read_text("\n".join(long) + "\n")
    assert [record.epoch for record in log.epochs] == [1 + i * step for i in range(10)]
    assert [record.loss for record in log.epochs] == [record.loss for record in BOOK]
    assert log.step == step
    assert log.remarks[-1] == SOME_EPOCHS[step]
    with pytest.raises(LogError, match=f"epoch {first + 3 * step} where epoch {first + 2 * step} is due"):
        read_text("\n".join(long[:2] + long[3:]))


def test_a_time_at_the_end_of_the_lines():
    for end in (", time 58.2 sec", " 3.2s", ", 12 seconds"):
        (log,) = read_text(TEXT.replace("\n", f"{end}\n"))
        assert log.epochs == RECORDS
        assert log.remarks == (TIMED,)
    assert read_text(TEXT.replace("\n", ", lr 0.5\n"))[0].remarks == ()


# Keras

BAR = "60000/60000 [==============================] - 2s 28us/sample - "
STATE = "loss: {loss} - {acc}: {t} - val_loss: 0.4 - val_{acc}: {u}"


def keras(behind_head="\n", before=BAR, acc="accuracy"):
    form = f"Epoch {{n}}/3{behind_head}{before}{STATE}".replace("{acc}", acc)
    return written(form)


FORMS = {
    "lines": keras(),
    "old names": keras(acc="acc"),
    "blank lines and other lines": keras("\n\nEpoch 00001: saving\nWARNING: callbacks are slow\n"),
    "carriage returns": keras("\n\r 1/235 - loss: 2.3 - accuracy: 0.1\r 9/235 - loss: 2 - accuracy: 0.2\r"),
    "backspaces": keras("\n 1/235 - loss: 2.3 - accuracy: 0.1" + "\b" * 40),
    "a whole state before": keras("\n" + BAR + "loss: 9 - accuracy: 0.1 - val_accuracy: 0.1\r"),
    "colours": keras("\n\x1b[1m235/235\x1b[0m \x1b[32m━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m1s\x1b[0m "),
    "one line": keras(" "),
    "evaluated": keras() + "10000/10000 [====] - 1s - loss: 0.5 - accuracy: 0.8\n",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_keras(text):
    reading = reading_of("Training\n" + text)
    (log,) = reading.logs
    assert (log.epochs, log.digits, log.source) == (RECORDS, (4, 3, 3), "text:2")
    assert (log.heading, log.remarks) == ("Training", (KERAS,))
    assert (reading.unread, reading.left_out) == ((), 0)


def test_keras_without_test_accuracies():
    text = keras().replace(" - val_loss: 0.4 - val_accuracy", " - other")
    reading = reading_of(TEXT + text)
    assert len(reading.logs) == 1
    (unread,) = reading.unread
    assert unread.source == "text:5"
    assert unread.reason.startswith(f"'{BAR}loss: 1.1351")
    assert unread.reason.endswith("cannot be read: it has no test acc (and 2 more like it)")
    assert reading_of(TEXT + text.replace(" - accuracy", " - other")).left_out == 3


def test_keras_with_a_value_that_is_none():
    (unread,) = reading_of(keras().replace("0.830", "x")).unread
    assert unread.source == "text:4"
    assert unread.reason.startswith("test acc is not a number but 'x'")


# What stands above

SETEXT = {"": "", "Dropout\n=======\n\n": "Dropout", "Dropout\n---\nWords.\n": "Dropout", "---\n": ""}


@pytest.mark.parametrize(
    ("above", "heading"),
    [
        *SETEXT.items(),
        ("# A\n\n## Dropout ##\n\nSome words,\nin lines.\n\n", "Dropout"),
        ("The second\n", "The second"),
        ("before\n\nThe second\n", "The second"),
        ("The second\n\n", ""),
        ("in two\nlines\n", ""),
        ("--- 1 ---\n", ""),
        ("# A\nThe second\n", "A"),
        ("# A\n```\n# no heading\n```\n", "A"),
        ("#hashtag\n\n", ""),
        ("# epoch 1, loss 0.3\n", ""),
        ("x" * 100 + "\n", "x" * 79 + "…"),
        ("# \x1b[1mBold\x1b[0m\x07\n", "Bold"),
    ],
)
def test_the_heading_above(above, heading):
    (log,) = read_text(above + TEXT)
    assert log.heading == heading


def test_a_bar_of_progress_is_no_heading():
    for line in ("  0%|          | 0/235 [00:00<00:03, 70.1it/s]", "sep=;"):
        assert read_text(f"A\n{line}\n{TEXT}")[0].heading == "A"


def test_each_log_has_its_own_heading():
    other = TEXT.replace("0.5", "0.6")
    assert [log.heading for log in read_text(f"The first\n{TEXT}The second\n{other}")] == [
        "The first",
        "The second",
    ]
    assert [log.heading for log in read_text(f"# A\n{TEXT}\n# B\n{other}")] == ["A", "B"]


# What is not read


def test_lines_of_other_sections_are_left_out_and_counted():
    regression = "".join(f"epoch {n}, loss 0.0405\n" for n in range(1, 6))
    for text in (regression + TEXT, TEXT + regression, regression + TEXT + regression):
        reading = reading_of(text)
        assert [log.epochs for log in reading.logs] == [RECORDS]
        assert reading.unread == ()
        assert reading.left_out == text.count("0.0405")
    with pytest.raises(LogError, match="; 5 lines with a loss and no accuracies left out"):
        reading_of(regression)


def test_lines_between_the_epochs_do_not_spoil_a_log():
    batches = "".join(f"epoch {e.epoch} batch 100 loss 0.9 acc 0.5\n{e}\n" for e in RECORDS)
    reading = reading_of(batches, "log.txt")
    assert [log.epochs for log in reading.logs] == [RECORDS]
    (unread,) = reading.unread
    assert unread.stray
    assert (unread.source, unread.reason) == (
        "log.txt:1",
        "'epoch 1 batch 100 loss 0.9 acc 0.5' cannot be read: it has no test acc (and 2 more like it)",
    )
    assert len(read_text(batches)) == 1
    losses = "".join(f"epoch {e.epoch} batch 100 loss 0.9\n{e}\n" for e in RECORDS)
    assert (len(reading_of(losses).logs), reading_of(losses).left_out) == (1, 3)


@pytest.mark.parametrize(
    "line", ["epoch 4, loss 0.4", "epoch 4, loss 0.4, train acc", "epoch 4, loss 0.4, acc 0.8"]
)
def test_a_log_that_ends_in_a_line_without_all_values_is_not_read(line):
    reading = reading_of(TEXT + line + "\n")
    assert reading.logs == ()
    assert [unread.source for unread in reading.unread] == ["text:4"]
    assert "cannot be read: it has no" in reading.unread[0].reason


LOG = "epoch 1, loss 0.7, train acc 0.7, test acc 0.7\n"
SPOILT = {
    "a gap": ("{0}{2}", 2, "epoch 3 where epoch 2 is due"),
    "twice": (
        "{0}{1}epoch 2, loss 1, train acc 0.5, test acc 0.5\n{2}",
        3,
        "epoch 2 is there twice, with other",
    ),
    "no number": ("{0}epoch 2, loss x, train acc 0.5, test acc 0.5\n{2}", 2, "loss is not a number but 'x'"),
    "no epoch": ("{0}epoch 2.5, loss 1, train acc 0.5, test acc 0.5\n{2}", 2, "'epoch 2.5, loss 1, train"),
    "out of range": ("{0}epoch 2, loss 1, train acc 0.5, test acc 2\n{2}", 2, "test acc of epoch 2 must be"),
    "diverged": ("{0}epoch 2, loss nan, train acc 0.5, test acc 0.5\n{2}", 2, "the loss of epoch 2 is nan"),
    "two lines": ("{0}" + "epoch 2, loss 1, train acc x, test acc 1\n" * 2, 2, "train acc is not a number"),
    "two things": ("{0}epoch 2, loss 1, train acc -1, test acc 1\n{1}", 2, "train acc of epoch 2 must be"),
}


@pytest.mark.parametrize(("form", "number", "reason"), SPOILT.values(), ids=SPOILT)
def test_a_log_that_cannot_be_read_does_not_stop_the_others(form, number, reason):
    bad = form.format(*TEXT.splitlines(keepends=True))
    reading = reading_of(LOG + bad + LOG.replace("7", "8"))
    assert [log.epochs[0].loss for log in reading.logs] == [0.7, 0.8]
    (unread,) = reading.unread
    assert unread.source == f"text:{1 + number}"
    assert unread.reason.startswith(reason)
    assert not unread.stray
    with pytest.raises(LogError) as caught:
        read_text(LOG + bad + LOG)
    assert str(caught.value) == f"{unread.source}: {unread.reason}"


REPEATS = {
    "each line": "{0}{0}{1}{1}{2}{2}",
    "the last": "{0}{1}{2}final: {2}",
    "the best": "{0}{1}{2}Best: {1}",
    "in a sentence": "{0}{1}{2}So it ends with `{2}`.\n",
    "the same words": "{0}{1}{2}{2}\nThe end\n{0}",
}


@pytest.mark.parametrize("form", REPEATS.values(), ids=REPEATS)
def test_epochs_that_are_there_again_add_nothing(form):
    lines = TEXT.splitlines(keepends=True)
    reading = reading_of(form.format(*lines))
    assert [log.epochs for log in reading.logs] == [RECORDS]
    assert reading.unread == ()


def test_an_epoch_of_another_run_behind_a_log_leaves_it_whole():
    other = "epoch 2, loss 0.9, train acc 0.5, test acc 0.5\n"
    reading = reading_of(f"{TEXT}{other}{TEXT.replace('loss 0', 'loss 1')}", "log.txt")
    assert [log.epochs[1].loss for log in reading.logs] == [0.5803, 1.5803]
    assert [(u.source, u.reason) for u in reading.unread] == [("log.txt:4", "epoch 2 where epoch 1 is due")]


@pytest.mark.parametrize("end", [".", "!", ". ", "。", " …"])
def test_a_line_may_end_as_a_sentence_does(end):
    assert reading_of(TEXT.replace("\n", f"{end}\n")).logs[0].epochs == RECORDS


def test_the_best_accuracy_so_far_is_not_that_of_the_epoch():
    text = written(
        "epoch {n}: best test acc 0.999 | loss {loss}, train acc {t}, max. test acc 0.9, test acc {u}"
    )
    assert reading_of(text).logs[0].epochs == RECORDS
    text = written("epoch {n}: softmax loss {loss}, softmax train acc {t}, Softmax-test acc {u}")
    assert reading_of(text).logs[0].epochs == RECORDS
    (unread,) = reading_of(written("epoch {n}: loss {loss}, train acc {t}, best_test acc {u}")).unread
    assert "cannot be read: it has no test acc" in unread.reason


def test_epoch_0_before_training_is_left_out():
    before = "epoch 0, loss 2.3026, train acc 0.100, test acc 0.102\n"
    (log,) = read_text(before + TEXT)
    assert (log.epochs, log.remarks) == (RECORDS, (UNTRAINED,))
    for other in (
        "epoch 0, loss 2.3026, train acc 0.500, test acc 0.102\n",
        before.replace("2.3026", "1.3026"),
    ):
        (log,) = read_text(other + TEXT)
        assert (len(log.epochs), log.remarks) == (4, (FROM_ZERO,))
    fifth = "epoch 5, loss 0.42, train acc 0.844, test acc 0.862\n"
    assert [e.epoch for e in read_text(before + fifth)[0].epochs] == [1, 6]
    never = written("epoch {n}, loss 2.303, train acc 0.100, test acc 0.100", first=0)
    assert len(read_text(never)[0].epochs) == 3  # and not one of them before training


def test_fractions_with_a_percent_sign():
    (log,) = read_text(written("epoch {n}, loss {loss}, train acc {t}%, test acc {u}%"))
    assert (log.epochs, log.remarks) == (RECORDS, (FRACTIONS,))


ERROR = (
    'Traceback (most recent call last):\n  File "train.py", line 3\nmxnet.base.MXNetError: out of memory\n'
)
IPYTHON = "-----\nKeyboardInterrupt      Traceback (most recent call last)\n<ipython-input-3> in <module>\n"


@pytest.mark.parametrize(
    ("behind", "failure"),
    [
        (ERROR, "mxnet.base.MXNetError: out of memory"),
        (f"WARNING {ERROR}\nand so on\n", "mxnet.base.MXNetError: out of memory"),
        (IPYTHON, "KeyboardInterrupt"),
        (ERROR.partition("  ")[0], "an error"),
        (ERROR + TEXT.replace("loss 0", "loss 1"), "mxnet.base.MXNetError: out of memory"),
        (ERROR + "epoch 4, loss 0.4, train acc 0.83, test acc 0.86\n", ""),
        ("no Traceback\n", ""),
    ],
)
def test_a_log_that_an_error_ends(behind, failure):
    assert read_text(TEXT + behind)[0].failure == failure
    assert not read_text(behind.partition("epoch")[0] + TEXT)[0].failure


def test_lines_that_name_no_epoch_and_tables_of_spaces_are_said():
    for text, count, why in (
        (written("loss {loss}, train acc {t}, test acc {u}"), 3, "it names no epoch"),
        (written("iter {n}: loss {loss}, test acc {u}"), 3, "it names no epoch"),
        (
            "  epoch    loss  train_acc  test_acc\n0  1  1.1351  0.558  0.789\n",
            1,
            "names columns that spaces",
        ),
    ):
        reading = reading_of(f"{TEXT}\n{text}", "log.txt")
        assert [log.epochs for log in reading.logs] == [RECORDS]
        (unread,) = reading.unread
        assert (unread.source, unread.stray) == ("log.txt:5", True)
        assert why in unread.reason
        assert (f"(and {count - 1} more like it)" in unread.reason) == (count > 1)


def test_values_without_their_last_zeros_are_not_cut_short():
    lines = [
        "epoch 1, loss 1.1, train acc 0.5, test acc 0.789\n",
        "epoch 2, loss 0.58, train acc 0.785, test acc 0.83",
    ]
    assert (
        len(read_text("".join([*lines, "\nepoch 3, loss 0.4939, train acc 0.82, test acc 0.8"]))[0].epochs)
        == 3
    )


def test_a_run_that_says_its_failure_is_cut_short_by_it():
    failure = "training loss of epoch 4 is nan at learning rate 5: training has diverged"
    reading = reading_of(f"{TEXT}the {failure}\n{LOG}")
    assert [(len(log.epochs), log.failure) for log in reading.logs] == [(3, failure), (1, "")]
    (unread,) = reading_of(f"the {failure}\n").unread
    assert unread.reason == repr(failure)
    (unread,) = reading_of(f"{TEXT}the {failure}\nepoch 4, loss 1, train acc 0, test acc 0\n").unread
    assert unread.reason == "epoch 4 where epoch 1 is due"


def test_columns_that_are_exchanged():
    text = written("epoch {n}, loss {t}, train acc {loss}, test acc {u}")
    (unread,) = reading_of(text).unread
    assert unread.reason == f"train acc of epoch 1 must be a number from 0 to 1, not 1.1351; {SWAPPED}"
    (log,) = read_text(written("epoch {n}, loss {t}, train acc {loss}, test acc {u}", BOOK[1:], 0))
    assert SWAPPED in log.remarks


@pytest.mark.parametrize(
    "line", ["epoch 1, loss x", "epoch 3, loss", "epoch 2, train acc 0.5", "loss 1, acc 1 in epoch 2"]
)
def test_lines_that_look_like_an_epoch_are_said(line):
    reading = reading_of(f"{TEXT}\n{line}\n\n", "log.txt")
    assert [log.epochs for log in reading.logs] == [RECORDS]
    (unread,) = reading.unread
    assert (unread.source, unread.stray) == ("log.txt:5", True)
    assert unread.reason.startswith(f"{line!r} cannot be read: it has no ")


@pytest.mark.parametrize(
    "line",
    [
        "We train for epoch 10 in all; the loss falls.",
        "Epoch 00001: val_accuracy improved from -inf to 0.83, saving model",
        "print('epoch', 1, 'loss', loss, 'train acc', acc)",
        "the loss of 3 epochs",
        "epoch 3",
        "num_epochs, lr = 5, 0.5  # loss",
        "print('loss %.4f, train acc %.3f, test acc %.3f' % (loss, train_acc, test_acc))",
        "the test acc is 0.87",
    ],
)
def test_words_alone_are_no_epoch(line):
    reading = reading_of(f"{line}\n{TEXT}{line}\n")
    assert [log.epochs for log in reading.logs] == [RECORDS]
    assert (reading.unread, reading.left_out) == ((), 0)
