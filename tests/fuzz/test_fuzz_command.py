"""Whatever the command is given: a status that it documents, one line where it refuses, whole output."""

import io
import json
import os
from contextlib import ExitStack
from itertools import chain
from unittest.mock import patch
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import JUDGING, share, strict, within_limits
from strategies import FILES, ODD_NUMBERS, PRINTED, STORED, STORES, edited

from dropout_gluon.cli.main import main

FORMATS = {"text": str, "json": json.loads, "markdown": str, "junit": ET.fromstring}


@pytest.fixture(scope="module", autouse=True)
def _folder(tmp_path_factory):
    """Where the command runs; it has no data, and nowhere to fetch it from."""
    path = tmp_path_factory.mktemp("fuzz")
    nowhere = {"DROPOUT_GLUON_DATA": str(path / "none"), "DROPOUT_GLUON_MIRRORS": "", "COLUMNS": "80"}
    with patch.dict(os.environ, nowhere), pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.chdir(path)
        run(["compare", "-"], b"epoch 1, loss 1, train acc 0, test acc 0", 60)  # imports take their time once
        run(["ensemble", "--dry-run"], seconds=60)
        yield


def run(argv, stdin=b"", seconds=1.0):
    """Exit status and standard output, after what holds for every call."""
    streams = [io.TextIOWrapper(io.BytesIO(content), encoding="utf-8") for content in (stdin, b"", b"")]
    with ExitStack() as stack:
        for name, stream in zip(("stdin", "stdout", "stderr"), streams):
            stack.enter_context(patch(f"sys.{name}", stream))
        with within_limits(seconds), strict():
            status = main(argv)
        out, err = (read(stream) for stream in streams[1:])
    assert status in (0, 1, 2, 3), err
    assert "out of memory" not in err
    if status == 2:
        assert err.startswith("dropout-gluon")
        assert err.count("\n") == 1
        assert err.endswith("\n")
        assert out == ""
    else:
        assert err == ""
        assert out
    return status, out


def read(stream):
    stream.flush()
    return stream.buffer.getvalue().decode("utf-8", "replace")


def arguments(*strategies, most=3):
    """Some arguments, each of them a list of words."""
    return st.lists(st.one_of(*strategies), max_size=most).map(lambda some: [*chain(*some)])


def option(name, *values):
    """An option with one of its values."""
    return st.sampled_from(values).map(lambda value: [name, *value.split(" ")])


NUMBERS = ("1", "2", "0", "-1", "0.5", "1e-3", "1e400", *ODD_NUMBERS)
JUNK = st.sampled_from(
    ["--help", "-h", "--version", "--", "", "-", "--x", "--x=1", "é", "\udc80", "a\nb", "x" * 300]
).map(lambda word: [word])
PATHS = st.sampled_from([
    *["log.txt"] * 6, "runs.jsonl", "runs.jsonl", "two\nlines", "-", "missing", ".", "", "log.txt/x",
    "x" * 300, "\udc80",
])  # fmt: skip


def put(log, store=b"", toml=""):
    """The files that there are."""
    files = {
        "log.txt": log,
        "two\nlines": log,
        "runs.jsonl": store,
        "runs.toml": toml.encode("utf-8", "surrogatepass"),
    }
    for name, content in files.items():
        with open(name, "wb") as file:
            file.write(content)


LOGS = st.one_of(PRINTED.map(str.encode), PRINTED.map(str.encode), STORED, FILES)
COMPARE = arguments(
    option("--format", *FORMATS, "xml"),
    option("--level", "0.3", "0.5", "1e-9", *NUMBERS),
    option("--split", "released", "reshuffled", "old"),
    option("--max-size", "64", "0.0001", *NUMBERS),
    option("--figure", "a.gif", "", "none/a.png"),
    JUNK,
    PATHS.map(lambda path: [path]),
    most=2,
)


@share(0.4)
@given(PATHS, st.sampled_from(list(FORMATS)), COMPARE, LOGS, LOGS)
def test_compare(path, form, words, log, other):
    put(log, other)
    status, out = run(["compare", "--format", form, path, *words], log, JUDGING)
    if status != 2 and not out.startswith(("usage", "dropout_gluon")):
        given = [form, *(value for flag, value in zip(words, words[1:]) if flag == "--format")]
        FORMATS[given[-1]](out)  # the last one counts


ONE = st.sampled_from(
    [
        "gluon",
        "scratch",
        "released",
        "1",
        "2 3",
        "256,256",
        "0.2,0.5",
        "0,1",
        "1,2,3",
        ",",
        "64 128",
        *NUMBERS,
    ]
)
FIELDS = [
    "implementation",
    "split",
    "hidden-sizes",
    "drop-probs",
    "learning-rate",
    "batch-size",
    "sigma",
    "epochs",
]
COUNTS = ["--runs", "--first-seed", "--workers", "--threads"]
MANY = ["1", "5", "100", "1000000000", "9" * 30, "0", "-1", "x"]
DRY = arguments(
    st.builds(lambda name, value: [f"--{name}", *value.split(" ")], st.sampled_from(FIELDS), ONE),
    st.builds(lambda *words: [*words], st.sampled_from(COUNTS), st.sampled_from(MANY)),
    option("--config", "runs.toml", "runs.toml", "missing"),
    option("--store", "runs.jsonl", "runs.jsonl", "log.txt", "."),
    st.sampled_from([["--retry-failed"], ["--scheduler", "x"], ["--quiet"]]),
    JUNK,
)
KEYS = [name.replace("-", "_") for name in FIELDS if name != "epochs"]
TOML_KEYS = st.sampled_from(
    [*KEYS, *KEYS, "num_epochs", "runs", "first_seed", "seed", "a.b", '"a\\nb"', "[runs]", ""]
)
TOML_VALUES = st.sampled_from([
    "1", "0", "-1", "0.5", "[1, 2]", "[0.2, 0.5]", "[[1, 2], [3, 4]]", "[]", "[[]]", "nan", "-inf",
    "1e400", "true", "1979-05-27", "{a = 1}", "[1, [2, 3]]", '"a\\nb"', "0x10", "1_0", "9" * 400,
    '"gluon"', '["gluon", "scratch"]', '"""x', "9" * 5000, "[" * 500,
])  # fmt: skip
TOML = st.lists(st.builds("{} = {}\n".format, TOML_KEYS, TOML_VALUES), max_size=3).map("".join)


@given(DRY, edited(TOML, st.text(max_size=3)), STORES)
def test_a_sweep_is_listed(words, toml, store):
    put(b"epoch 1", store, toml)
    run(["ensemble", "--dry-run", *words])


@given(PATHS, st.lists(JUNK, max_size=1), STORES, STORES)
def test_the_status_of_a_store(path, words, log, store):
    put(log, store)
    run(["ensemble", "status", path, *chain(*words)])


@given(
    st.sampled_from(["data", "reproduce", "ensemble", "compare", "dat", "é", "Compare"]),
    arguments(JUNK, DRY, COMPARE),
    arguments(JUNK, DRY, COMPARE),
)
def test_what_no_command_takes(name, before, behind):
    """Refused, or help, before any work begins."""
    run([*before, name, "--colour", *behind], seconds=JUDGING)
