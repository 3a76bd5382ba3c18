"""Exit statuses that CI can trust: a crash is no verdict, and what is lost is said."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from dropout_gluon.cli import compare as cli_compare
from dropout_gluon.cli.main import main
from dropout_gluon.cli.statuses import TERMINATED
from dropout_gluon.logs import documented_log

BOOK = "".join(f"{epoch}\n" for epoch in documented_log("gluon"))
RUN = [sys.executable, "-m", "dropout_gluon"]


@pytest.fixture
def book(tmp_path):
    (tmp_path / "book.txt").write_text(BOOK)
    return tmp_path / "book.txt"


def shell(line, **options):
    """A line of a shell in which $dg is the command."""
    dg = " ".join(f"'{word}'" for word in RUN)
    done = subprocess.run(line.replace("$dg", dg), shell=True, capture_output=True, text=True, **options)
    return done.returncode, done.stdout, done.stderr


def test_alone_it_shows_its_help_with_two_examples():
    status, out, err = shell("$dg")
    assert (status, err) == (0, "")
    assert "dropout-gluon reproduce  " in out
    assert "dropout-gluon compare log.txt  " in out


def test_version_names_what_the_numbers_depend_on():
    status, out, err = shell("$dg --version")
    assert (status, err) == (0, "")
    assert re.fullmatch(r"dropout_gluon [\w.]+, mxnet 1\.9\.1, numpy [\d.]+, Python [\d.]+\n", out)


@pytest.mark.parametrize(
    ("typed", "near"), [("compair", "compare"), ("dta", "data"), ("Ensemble", "ensemble")]
)
def test_a_misspelt_command_gets_the_nearest_one(typed, near, capsys):
    assert main([typed]) == 2
    assert capsys.readouterr().err.endswith(f"did you mean {near}?\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
@pytest.mark.parametrize("command", ["compare book.txt", "--help", "compare --help", "--version", ""])
@pytest.mark.parametrize(("to", "why"), [(">/dev/full", "No space left on device"), (">&-", "it is closed")])
def test_standard_output_that_takes_nothing_is_no_verdict(book, command, to, why):
    said = f"dropout-gluon: standard output cannot be written: {why}\n"
    assert shell(f"$dg {command} {to}", cwd=book.parent) == (2, "", said)


def test_standard_error_that_is_closed_does_not_come_into_the_output(book):
    assert shell("$dg compare missing.txt 2>&-", cwd=book.parent) == (2, "", "")
    status, out, _ = shell("$dg compare book.txt 2>&-", cwd=book.parent)
    assert status == 0
    assert out.startswith("MATCHES")


@pytest.mark.parametrize(
    "loss",
    ["1e-310", "0." + "3" * 320, "4.439e-9999", "0." + "3" * 1_000_000, "1.7e308", "1e-400"],
    ids=["denormal", "320 decimals", "tiny exponent", "a million decimals", "huge", "zero"],
)
def test_a_number_of_any_length_gets_a_verdict(tmp_path, capsys, loss):
    path = tmp_path / "log.txt"
    path.write_text(BOOK.replace("loss 0.5924", f"loss {loss}"))
    status = main(["compare", str(path), "--figure", str(tmp_path / "f.png")])
    shown = capsys.readouterr()
    assert shown.err == ""
    # One epoch that is off, as a jump of a good run is, need not differ at this level.
    assert (status, shown.out.split()[0]) in ((0, "MATCHES"), (1, "DIFFERS"))


@pytest.fixture
def bug(monkeypatch, tmp_path):
    """A comparison that fails in a way that nobody thought of, and where temporary files go."""

    def compare_files(arguments):
        raise KeyError("a bug\nof two lines")

    monkeypatch.setattr(cli_compare, "compare_files", compare_files)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_an_error_of_ours_is_70_and_one_line_with_a_file_to_report(bug, tmp_path, capsys):
    assert main(["compare", "book.txt"]) == 70
    shown = capsys.readouterr()
    assert shown.out == ""
    said = re.fullmatch(
        r"dropout-gluon: an error of this program, KeyError: .* with the traceback in (.*)\n", shown.err
    )
    content = Path(said[1]).read_text(encoding="utf-8")
    assert "Traceback (most recent call last)" in content
    assert "compare_files" in content


@pytest.mark.parametrize(
    "arguments", [["--debug", "compare", "book.txt"], ["compare", "book.txt", "--debug"]]
)
def test_debug_shows_the_traceback(bug, arguments):
    with pytest.raises(KeyError):
        main(arguments)


def test_debug_shows_where_bad_input_was_refused_too(capsys):
    assert main(["compare", "missing.txt", "--debug"]) == 2
    error = capsys.readouterr().err
    assert "Traceback (most recent call last)" in error
    assert error.endswith("dropout-gluon: missing.txt: No such file or directory\n")


def test_where_no_file_can_be_written_the_line_comes_all_the_same(bug, monkeypatch, capsys):
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    assert main(["compare", "book.txt"]) == 70
    assert capsys.readouterr().err.endswith("Please report it, with what --debug shows\n")


def test_memory_that_runs_out_is_no_verdict(monkeypatch, capsys):
    def compare_files(arguments):
        raise MemoryError

    monkeypatch.setattr(cli_compare, "compare_files", compare_files)
    assert main(["compare", "book.txt"]) == 2
    assert capsys.readouterr().err == "dropout-gluon: out of memory\n"


def test_sigterm_is_raised_in_the_command_and_left_as_it_was(monkeypatch, capsys):
    def show_data(arguments):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("dropout_gluon.cli.data.show_data", show_data)
    assert main(["data"]) == TERMINATED == 143
    assert capsys.readouterr().err == "dropout-gluon: terminated\n"
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("after", [0.05, 0.1, 0.2])
def test_an_early_interrupt_is_one_line(book, after):
    """Once the package is being imported; before that the process is Python's own."""
    code = (
        "import os, signal, threading\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import dropout_gluon.cli\n"
        f"threading.Timer({after}, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "raise SystemExit(dropout_gluon.cli.command())"
    )
    run = [sys.executable, "-c", code, "compare", "book.txt"]
    done = subprocess.run(run, cwd=book.parent, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "dropout-gluon: interrupted\n")
