"""Records as the book prints them, runs as JSON, and what the book printed."""

import json

import pytest

from dropout_gluon.config import RunConfig
from dropout_gluon.errors import ConfigError, LogError
from dropout_gluon.logs import EpochRecord, RunLog, beside_book, documented_log, documented_sample

LOG = RunLog(
    config=RunConfig(implementation="gluon", seed=3),
    epochs=(EpochRecord(1, 1.20701234567891, 0.5341, 0.7694), EpochRecord(2, 0.1 + 0.2, 1 / 3, 2 / 3)),
    data={"release": "2017-08-31"},
    environment={"mxnet": "1.9.1"},
    seconds=1.5,
)


def test_record_prints_as_the_books_line():
    assert (
        str(EpochRecord(1, 1.13507, 0.5581, 0.789)) == "epoch 1, loss 1.1351, train acc 0.558, test acc 0.789"
    )


def test_documented_logs_print_as_the_book_prints_them():
    scratch, gluon = documented_log("scratch"), documented_log("gluon")
    assert [record.epoch for record in scratch] == [record.epoch for record in gluon] == list(range(1, 11))
    assert str(scratch[0]) == "epoch 1, loss 1.1351, train acc 0.558, test acc 0.789"
    assert str(scratch[9]) == "epoch 10, loss 0.3583, train acc 0.869, test acc 0.875"
    assert str(gluon[6]) == "epoch 7, loss 0.3922, train acc 0.858, test acc 0.855"
    assert str(gluon[9]) == "epoch 10, loss 0.3489, train acc 0.872, test acc 0.880"
    assert documented_sample().count("<NDArray 2x8 @cpu(0)>") == 3


def test_json_gives_back_every_digit(tmp_path):
    assert RunLog.from_json(LOG.to_json()) == LOG
    LOG.save(tmp_path / "log.json")
    assert RunLog.load(tmp_path / "log.json") == LOG


def changed(**fields):
    return json.dumps({**json.loads(LOG.to_json()), **fields})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "epoch 1, loss 1.1351",
        LOG.to_json()[:200],
        changed(format="something else"),
        changed(epochs=[{"epoch": 1}]),
        changed(epochs=3),
        changed(config={"seed": -1}),
        changed(config={"colour": "red"}),
        "{}",
    ],
)
def test_what_is_not_a_run_is_refused_by_name_in_one_line(tmp_path, text):
    path = tmp_path / "log.json"
    path.write_text(text)
    with pytest.raises(LogError) as caught:
        RunLog.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert path.read_text() == text


def with_field(old, new):
    assert old in LOG.to_json()
    return LOG.to_json().replace(old, new, 1)


# What fuzzing found: errors of Python's own, at once or when the run was shown, summed up or compared.
FOUND = {
    "a field of two lines": (with_field('"seed"', '"a\\nb"'), "unexpected keyword argument 'a b'"),
    "a long field": (with_field('"seed"', f'"{"x" * 5000}"'), "unexpected keyword argument 'xxx"),
    "5000 digits": (with_field("1.5", "9" * 5000), "not a run as JSON: ValueError: Exceeds the limit"),
    "lists in lists": ("[" * 10**5, "this is not a run as JSON: RecursionError"),
    "deep data": (with_field('"1.9.1"', "[" * 10**5 + "]" * 10**5), "this is not a run as JSON: Recursion"),
    "seconds in words": (with_field("1.5", '"long"'), "seconds must be a number from 0, not 'long'"),
    "seconds beyond floats": (
        with_field("1.5", "9" * 400),
        "seconds must be a number from 0, not one of type",
    ),
    "no failure": (with_field('"failure": ""', '"failure": null'), "failure must be a text, not None"),
    "percent": (
        with_field("0.5341", '"53%"'),
        "train acc of epoch 1 must be a number from 0 to 1, not '53%'",
    ),
    "loss beyond floats": (
        with_field("1.20701234567891", "9" * 400),
        "loss of epoch 1 must be a number from 0",
    ),
    "no data": (changed(data=None), "data must hold the release as text, and is None"),
    "environment as a list": (changed(environment=[]), "environment must be an object, not []"),
}


@pytest.mark.parametrize(("text", "message"), FOUND.values(), ids=FOUND)
def test_what_is_almost_a_run_is_refused_in_one_line(text, message):
    with pytest.raises(LogError) as caught:
        RunLog.from_json(text)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 250


def test_a_run_that_went_wrong_is_loaded_with_the_losses_that_it_had():
    log = RunLog.from_json(with_field("1.20701234567891", "Infinity"))
    assert str(log.epochs[0]) == "epoch 1, loss inf, train acc 0.534, test acc 0.769"


def test_missing_and_binary_files_are_refused_by_name(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("missing", "binary"):
        with pytest.raises(LogError, match=name):
            RunLog.load(tmp_path / name)


def test_html_has_a_row_an_epoch():
    assert LOG._repr_html_().count("<tr>") == 1 + 2
    assert ">1.2070</td>" in LOG._repr_html_()


def test_each_value_of_a_run_stands_beside_the_books():
    table = beside_book(LOG)
    assert table.head == ("epoch", "loss", "book", "train acc", "book", "test acc", "book")
    # As it happens, the run's first epoch is printed as the book's.
    assert table.rows[0] == ("1", "1.2070", "1.2070", "0.534", "0.534", "0.769", "0.769")
    assert table.rows[1][1::2] == ("0.3000", "0.333", "0.667")
    book = documented_log("gluon")[1]
    assert tuple(map(float, table.rows[1][2::2])) == (book.loss, book.train_acc, book.test_acc)
    longer = RunLog(LOG.config, tuple(EpochRecord(n, 0.3, 0.9, 0.8) for n in range(1, 13)))
    assert beside_book(longer).rows[11] == ("12", "0.3000", "-", "0.900", "-", "0.800", "-")
    with pytest.raises(ConfigError, match="the run must be a RunLog, not 3"):
        beside_book(3)
