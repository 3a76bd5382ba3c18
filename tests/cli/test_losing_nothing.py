"""What the command does not overwrite, take for something else, or break off halfway."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from fresh import printed
from places import TESTS

from dropout_gluon.cli.main import main
from dropout_gluon.config import RunConfig
from dropout_gluon.logs import RunLog, documented_log
from dropout_gluon.runs.store import RunStore, read_store, to_line

BOOK = "\n".join(map(str, documented_log("scratch")))
TINY = ["ensemble", "--num-train", "10", "--batch-size", "10", "--epochs", "1", "--workers", "1"]


@pytest.fixture
def book(tmp_path, monkeypatch):
    """The book's log from scratch, in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "book.txt").write_text(BOOK)
    return tmp_path / "book.txt"


def refused(capsys, *arguments):
    """The one line that the command says to what it does not take."""
    assert main([*map(str, arguments)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err.removeprefix("dropout-gluon: ").rstrip()


@pytest.mark.parametrize("name", ["book.txt", "./book.txt", "link.txt"])
def test_a_report_does_not_replace_the_log_on_standard_input(book, name):
    (book.parent / "link.txt").symlink_to(book)
    run = [sys.executable, "-m", "dropout_gluon", "compare", "-", "--report", f"text:{name}"]
    with book.open() as log:
        done = subprocess.run(run, stdin=log, cwd=book.parent, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "dropout-gluon: --report would overwrite a log, -\n")
    assert book.read_text() == BOOK


@pytest.mark.parametrize("other", ["./a.txt", "folder/../a.txt", "link.txt"])
def test_two_reports_do_not_go_into_one_file(book, capsys, other):
    (book.parent / "folder").mkdir()
    (book.parent / "link.txt").symlink_to("a.txt")
    said = refused(capsys, "compare", book, "--report", "text:a.txt", "--report", f"json:{other}")
    assert said.endswith("would be written twice")


def test_an_answer_does_not_replace_what_is_none(book, capsys):
    quick = ["exercise", "3", "--quick", "--recorded", "--out", "out"]
    assert main(quick) == 0
    assert main(quick) == 0  # an answer may be written anew
    page, picture = (book.parent / "out" / f"exercise-3-quick.{form}" for form in ("md", "png"))
    answer, drawn = page.read_text(), picture.read_bytes()
    page.write_text("# notes\n")
    capsys.readouterr()
    assert refused(capsys, *quick).startswith("out/exercise-3-quick.md or the figure beside it would be lost")
    assert (page.read_text(), picture.read_bytes()) == ("# notes\n", drawn)
    page.unlink()
    assert "would be lost" in refused(capsys, *quick)  # the figure alone may be anybody's
    picture.unlink()
    page.write_text(answer)
    assert main(quick) == 0
    assert picture.read_bytes() == drawn


@pytest.mark.parametrize(
    "arguments",
    [
        [*TINY, "--config", ""],
        [*TINY, "--store", ""],
        [*TINY, "--store", "", "--dry-run"],
        ["exercise", "3", "--quick", "--recorded", "--out", ""],
        ["exercise", "3", "--quick", "--out", ""],
        ["exercise", "3", "--quick", "--store", ""],
    ],
)
def test_a_variable_of_the_shell_that_is_not_set_is_no_name(book, capsys, arguments):
    assert refused(capsys, *arguments).endswith("must be a path, not ''")
    assert {path.name for path in book.parent.iterdir()} <= {"book.txt", "out"}


def test_a_dry_run_says_what_the_run_would_of_a_store(book, capsys):
    (book.parent / "loop").symlink_to("loop")
    assert refused(capsys, *TINY, "--store", "loop", "--dry-run").startswith("loop")


def test_a_store_has_one_lock_whatever_its_name(tmp_path):
    store, link = tmp_path / "runs.jsonl", tmp_path / "link.jsonl"
    link.symlink_to(store)
    code = "import sys; from dropout_gluon.runs.store import RunStore; RunStore(sys.argv[1])"
    with RunStore(store):
        done = subprocess.run([sys.executable, "-c", code, link], capture_output=True, text=True)
    assert f"{link} is being written by another process" in done.stderr.splitlines()[-1]
    with RunStore(link):
        done = subprocess.run([sys.executable, "-c", code, store], capture_output=True, text=True)
    assert f"{store} is being written by another process" in done.stderr.splitlines()[-1]


def test_a_store_that_cannot_be_made_has_no_runs_to_boast_of(book, capsys):
    assert refused(capsys, *TINY, "--store", "/proc/no/runs.jsonl").endswith(
        "/proc/no/runs.jsonl cannot be written: No such file or directory"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--threads", "99999999999"], "--threads must be a whole number from 1 to 1000, not 99999999999"),
        (["--runs", "1000000000000"], "--runs must end with seed 2,147,483,647 at most"),
        (["--drop-probs", "-0.1,0.5"], "--drop-probs, value 1, must be a number from 0 to 1, not -0.1"),
        (["--drop-probs", "0.2,1", "--implementation", "gluon"], "--drop-probs must be below 1 where"),
        (
            ["--measure", "no_such_module:f"],
            "the measurement no_such_module:f cannot be found: no module",
        ),
        (["--measure", "no_such.module:f"], "the measurement no_such.module:f cannot be found: no module"),
        (["--measure", "no_module:f", "--runs", "100000000"], "the measurement no_module:f cannot be found"),
    ],
)
def test_what_no_run_can_be_is_said_before_the_first(book, capsys, arguments, said):
    assert refused(capsys, *TINY, "--store", "runs.jsonl", *arguments).startswith(said)
    assert not (book.parent / "runs.jsonl").exists()


def test_a_network_by_hand_may_drop_all(tmp_path):
    """MXNet crashed in the backward pass of zeros_like, not in every one."""
    run = [sys.executable, "-m", "dropout_gluon", *TINY, "--store", "runs.jsonl", "--quiet"]
    run += ["--num-train", "6000", "--drop-probs", "1,1", "1,0.5", "0.2,1", "--implementation", "scratch"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(read_store(tmp_path / "runs.jsonl")) == 3


@pytest.mark.parametrize("arguments", [["compare", "nope"], ["compare"], ["compare", "torn.jsonl"]])
def test_a_standard_error_that_is_full_changes_no_status(book, arguments):
    line = to_line(RunLog(RunConfig(), documented_log("scratch")))
    (book.parent / "torn.jsonl").write_bytes(line + line[:100])
    run = [sys.executable, "-m", "dropout_gluon", *arguments]
    status = subprocess.run(run, cwd=book.parent, capture_output=True).returncode
    with open("/dev/full", "w") as full:
        assert subprocess.run(run, cwd=book.parent, stdout=subprocess.PIPE, stderr=full).returncode == status


def test_a_sweep_goes_on_when_standard_error_is_full(tmp_path):
    run = [sys.executable, "-m", "dropout_gluon", *TINY, "--runs", "3", "--store", "runs.jsonl"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(run, cwd=tmp_path, stdout=subprocess.PIPE, stderr=full)
    assert done.returncode == 0
    assert len(read_store(tmp_path / "runs.jsonl")) == 3


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_module_is_imported_to_its_end(tmp_path, monkeypatch, capsys, number, status):
    """One of C that is interrupted is broken, and said to be a fault of the program's."""
    came = []
    slow = "import time\nfor _ in range(40): time.sleep(0.02)\nwhole = True\n"
    (tmp_path / f"slow_{status}.py").write_text(slow)
    monkeypatch.syspath_prepend(tmp_path)

    def show_data(arguments):
        threading.Timer(0.1, os.kill, (os.getpid(), number)).start()
        came.append(__import__(f"slow_{status}").whole)
        time.sleep(5)
        came.append("slept")

    monkeypatch.setattr("dropout_gluon.cli.data.show_data", show_data)
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(["data"]) == status
    finally:
        signal.signal(signal.SIGINT, heard)
    assert came == [True]
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_is_born_whole(number):
    """Of a half one nine lines said how it ended."""
    code = f"""
import multiprocessing, os, signal, sys
from contextlib import contextmanager
from dropout_gluon.config import RunConfig
from dropout_gluon.runs import workers
import runners

class Ended(BaseException): ...
def end(*_): raise Ended
signal.signal({int(number)}, end)
before = workers._environment

@contextmanager
def disturbed(threads):
    with before(threads):
        os.kill(os.getpid(), {int(number)})
        try:
            yield
        except BaseException:
            print("half", end=" ")
            raise
        print("whole", end=" ")

workers._environment = disturbed
try:
    list(workers.run_locally([RunConfig()], workers=1, runner=runners.quick))
except Ended:
    print("ended", multiprocessing.active_children())
"""
    assert printed(code, PYTHONPATH=str(TESTS)) == "whole ended []\n"


@pytest.mark.parametrize("taken", [0, 1])
def test_a_worker_that_nobody_listens_to_ends_without_a_word(taken):
    code = f"""
from multiprocessing import Pipe
from threading import Thread
from dropout_gluon.runs import workers
import runners

ours, theirs = Pipe()
def leave():
    for _ in range({taken}): ours.recv()
    ours.close()
there = Thread(target=leave)
there.start()
if not {taken}: there.join()
workers._serve(theirs, runners.quick, 1, True)
print("ended")
"""
    assert printed(code, PYTHONPATH=str(TESTS)) == "ended\n"
