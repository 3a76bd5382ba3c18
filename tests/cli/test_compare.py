"""dropout-gluon compare: exit statuses, formats, figures, and what is refused in one line."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from places import DATA

from dropout_gluon.cli.compare import FORMATS
from dropout_gluon.cli.main import main
from dropout_gluon.logs import documented_log
from dropout_gluon.verdict.compare import compare
from dropout_gluon.verdict.views import VIEWS

BOOK = "".join(f"{epoch}\n" for epoch in documented_log("gluon"))
OFF = "".join(f"epoch {n}, loss 0.6000, train acc 0.785, test acc 0.830\n" for n in range(1, 11))


@pytest.fixture
def logs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "book.txt").write_text(BOOK)
    (tmp_path / "scratch.txt").write_text("".join(f"{epoch}\n" for epoch in documented_log("scratch")))
    (tmp_path / "off.txt").write_text(OFF)
    (tmp_path / "off.svg").write_text(OFF)
    (tmp_path / "link.svg").symlink_to("off.svg")
    (tmp_path / "short.txt").write_text(BOOK.splitlines()[0] + "\n")
    (tmp_path / "gap.txt").write_text(BOOK.replace("epoch 4", "epoch 5"))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["book.txt"], 0, "MATCHES"),
        (["off.txt"], 1, "DIFFERS"),
        (["short.txt"], 3, "UNDECIDED"),
        (["off.txt", "book.txt"], 1, "1 of 2 logs DIFFERS"),
        (["book.txt", "scratch.txt"], 0, "Logs 1 and 2 as one: matches"),
        (["book.txt", "gap.txt"], 3, "Not read: gap.txt:4: epoch 5 where epoch 4 is due"),
        (["off.txt", "--level", "0.3"], 1, "level 0.3"),
    ],
)
def test_status_is_the_verdict(logs, capsys, arguments, status, says):
    assert main(["compare", *arguments]) == status
    out = capsys.readouterr()
    assert says in " ".join(out.out.split())
    assert out.err == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gap.txt"], "gap.txt:4: epoch 5 where epoch 4 is due"),
        (["book.txt", "--cell", "1"], "no cell 1: no log is of a notebook's cell"),
        (["book.txt", "--log", "2"], "no log 2: there is 1 log"),
        (["book.txt", "--log", "0"], "--log must be a whole number from 1"),
        (["book.txt", "--cell", "first"], "argument --cell: invalid int value: 'first'"),
        (["book.txt", "--joint"], "to be judged as one takes several logs, and there is one"),
        (["book.txt", "--against", "off.txt"], "to be held against takes 40 runs, and there is 1 run"),
        (["book.txt", "--against", "missing.txt"], "missing.txt: No such file or directory"),
        (["book.txt", "--against", "a\nb.txt"], r"'a\nb.txt': No such file or directory"),
        (["book.txt", "--against", ""], "--against must be a path, not ''"),
        (["book.txt", "--against", "off.txt", "--split", "released"], "not with runs of your own"),
        (["book.txt", "--against", "off.svg", "--figure", "off.svg"], "--figure would overwrite a log"),
        (["missing.txt"], "missing.txt: No such file or directory"),
        (["book.txt", "--level", "0"], "--level must be a number above 0 to 0.5, not 0.0"),
        (["book.txt", "--figure", "a.gif"], "--figure must end in .png, .svg, .pdf, not 'a.gif'"),
        (["book.txt", "--figure", "no/folder/a.png"], "no/folder/a.png"),
        (["book.txt", "./book.txt", "book.txt"], "book.txt is given 2 times"),
        ([""], "a log must be a path, not ''"),
        (["a\nb.txt"], r"'a\nb.txt': No such file or directory"),
        (["."], ".: Is a directory"),
        (["/dev/zero"], "/dev/zero: larger than 64 MB, up to which it is read"),
        (["/dev/full"], "/dev/full: larger than 64 MB, up to which it is read"),
        (["book.txt", "--max-size", "0.0001"], "book.txt: larger than 0.0001 MB, up to which it is read"),
        (["book.txt", "--figure", "x" * 300 + ".png"], ".png: File name too long"),
        (["x" * 300, "--figure", "off.svg"], "xxx: File name too long"),
        (["book.txt", "--max-size", "0"], "--max-size must be a number above 0, not 0.0"),
        (["book.txt", "--max-size", "inf"], "--max-size must be a number above 0, not inf"),
        (["off.svg", "--figure", "off.svg"], "--figure would overwrite a log, off.svg"),
        (["off.svg", "--figure", "./link.svg"], "--figure would overwrite a log, off.svg"),
        (["off.svg", "--report", "text:./link.svg"], "--report would overwrite a log, off.svg"),
        (["book.txt", "--against", "off.svg", "--report", "text:off.svg"], "--report would overwrite a log"),
        (["book.txt", "--report", "text:no/folder/a.txt"], "no/folder/a.txt"),
        (["book.txt", "--report", "verdict.xml"], "'verdict.xml' is not FORMAT:FILE, with one of text, json"),
        (["book.txt", "--report", "pdf:a.pdf"], "'pdf:a.pdf' is not FORMAT:FILE, with one of text, json, "),
        (["book.txt", "--report", "junit:"], "'junit:' is not FORMAT:FILE"),
        (["book.txt", "--report", "text:a.svg", "--figure", "a.svg"], "a.svg would be written twice"),
    ],
)
def test_bad_input_is_one_line(logs, capsys, arguments, says):
    assert main(["compare", *arguments]) == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err.count("\n") == 1
    assert says in out.err
    assert (logs / "off.svg").read_text() == OFF


@pytest.mark.parametrize("size", ["1e13", "1e300", "1e8"])
def test_a_great_size_takes_no_memory(logs, capsys, size):
    assert main(["compare", "book.txt", "--max-size", size]) == 0
    assert capsys.readouterr().err == ""


def test_a_figure_has_a_name_as_long_as_any(logs, capsys):
    name = "x" * 251 + ".png"
    assert main(["compare", "book.txt", "--figure", name]) == 0
    assert (logs / name).exists()


@pytest.mark.parametrize(
    ("settings", "environment", "status"),
    [
        (b"text.usetex: True", {}, 0),
        (b"\xff\xfe", {}, 2),
        (b"", {"MPLBACKEND": "nonsense"}, 2),
        (b"", {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}, 0),
    ],
)
def test_a_figure_does_not_depend_on_the_users_settings(logs, settings, environment, status):
    """Where matplotlib cannot even be imported under them, that is said."""
    assert main(["compare", "book.txt", "--figure", "plain.png"]) == 0
    (logs / "settings").write_bytes(settings)
    done = subprocess.run(
        [sys.executable, "-m", "dropout_gluon", "compare", "book.txt", "--figure", "own.png"],
        env={**os.environ, "MATPLOTLIBRC": str(logs / "settings"), **environment},
        capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (status, status // 2)
    if status == 0:
        assert (logs / "own.png").read_bytes() == (logs / "plain.png").read_bytes()
    else:
        assert done.stderr.startswith("dropout-gluon: matplotlib cannot be imported: ")


def test_in_a_folder_that_is_gone_the_line_is_about_that(logs):
    code = (
        "import os, sys; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')\n"
        "from dropout_gluon.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "compare", str(logs / "book.txt"), "--figure", "x.png"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=logs)
    assert done.returncode == 2
    assert done.stderr == "dropout-gluon: cannot write x.png: No such file or directory\n"


@pytest.mark.parametrize("figure", ["none/a.png", "a.gif", "book.txt/a.png", "folder.png", "a"])
def test_a_figure_that_cannot_be_written_is_found_before_the_work(logs, capsys, monkeypatch, figure):
    (logs / "folder.png").mkdir()
    monkeypatch.setattr("dropout_gluon.verdict.compare.compare", None)
    assert main(["compare", "book.txt", "--figure", figure]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.filterwarnings("default::dropout_gluon.errors.DropoutGluonWarning")
def test_a_store_that_is_cut_is_said_by_all_who_read_it(logs, capsys):
    lines = (DATA / "runs-0.1.0.jsonl").read_bytes()
    (logs / "cut.jsonl").write_bytes(lines[:-100])
    (logs / "zeros.jsonl").write_bytes(lines + bytes(100))
    (logs / "first.jsonl").write_bytes(lines[:300])
    for name, number in (("cut.jsonl", 2), ("zeros.jsonl", 3)):
        said = []
        for arguments in (["compare", name], ["ensemble", "status", name]):
            assert main(arguments) in (0, 1, 3)
            said.append(capsys.readouterr().err)
        assert said[0] == said[1]
        assert re.fullmatch(rf"dropout-gluon: {name}:{number}: the last line is cut short .*\n", said[0])
    for arguments in (["compare", "first.jsonl"], ["ensemble", "status", "first.jsonl"]):
        assert main(arguments) == 2
        assert capsys.readouterr().err == (
            "dropout-gluon: first.jsonl: its only line is cut short after 300 bytes: it has no whole run\n"
        )


def test_a_store_that_is_damaged_before_its_end_is_refused(logs, capsys):
    first, second = (DATA / "runs-0.1.0.jsonl").read_bytes().splitlines(keepends=True)
    (logs / "damaged.jsonl").write_bytes(first[:500] + second)
    for arguments in (["compare", "damaged.jsonl"], ["ensemble", "status", "damaged.jsonl"]):
        assert main(arguments) == 2
        assert capsys.readouterr().err.startswith("dropout-gluon: damaged.jsonl:1: ")


@pytest.fixture
def notebook(logs):
    """Three logs in two cells: the book's, one that is off, the book's other one."""
    scratch = (logs / "scratch.txt").read_text()
    shown = ([BOOK], [OFF, scratch])
    cells = [
        {"cell_type": "code", "source": "", "outputs": [{"output_type": "stream", "text": t} for t in texts]}
        for texts in ([], *shown)
    ]
    (logs / "nb.ipynb").write_text(json.dumps({"cells": cells, "nbformat": 4}))
    return "nb.ipynb"


def places(capsys):
    """Where the logs of the printed verdict stand in their file, and what came of each."""
    content = json.loads(capsys.readouterr().out)
    return [(log["cell"], log["epochs"][0]["loss"], log["outcome"]) for log in content["rows"]]


def test_one_cell_and_one_log_are_chosen(notebook, capsys):
    book, off, scratch = (2, 1.207, "matches"), (3, 0.6, "differs"), (3, 1.1351, "matches")
    for flags, (chosen, status) in {
        (): [(book, off, scratch), 1],
        ("--cell", "2"): [(book,), 0],
        ("--cell", "3"): [(off, scratch), 1],
        ("--log", "2"): [(off,), 1],
        ("--log", "3"): [(scratch,), 0],
        ("--cell", "3", "--log", "2"): [(scratch,), 0],
    }.items():
        assert main(["compare", notebook, "--format", "json", *flags]) == status
        assert places(capsys) == list(chosen)


def test_joint_judges_all_as_one_and_none_by_itself(logs, capsys):
    assert main(["compare", "book.txt", "scratch.txt", "--format", "json", "--joint"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert [log["outcome"] for log in content["rows"]] == ["as one", "as one"]
    assert [one["members"] for one in content["joint"]] == [[1, 2]]
    assert content["p"] == content["joint"][0]["p"]
    (logs / "again.txt").write_text(OFF.replace("0.785", "0.786"))
    assert main(["compare", "again.txt", "off.txt", "--joint"]) == 1
    assert re.search("^Logs 1 and 2 as one: DIFFERS", capsys.readouterr().out, re.MULTILINE)


def test_logs_are_held_against_ones_own_runs(logs, capsys):
    """Runs whose loss is 0.2 higher than the book's: of these a log is one, and the book's is not."""
    random = np.random.default_rng(4)
    book = np.array([[e.loss + 0.2, e.train_acc, e.test_acc] for e in documented_log("gluon")[:5]])
    runs = book + random.normal(0, 0.003, (41, 5, 3))
    text = [
        "".join(
            f"epoch {n}, loss {a:.4f}, train acc {b:.3f}, test acc {c:.3f}\n"
            for n, (a, b, c) in enumerate(run, 1)
        )
        for run in runs
    ]
    (logs / "one.txt").write_text(text[0])
    (logs / "own.txt").write_text("\n".join(text[1:]))
    for name, status, says in (
        ("one.txt", 0, "MATCHES the runs it was held against"),
        ("book.txt", 1, "DIFFERS from the runs it was held against"),
    ):
        assert main(["compare", name, "--against", "own.txt", "--level", "0.05"]) == status
        out = capsys.readouterr().out
        assert out.startswith(says)
        assert "ranked among 40 runs of your own" in out
        assert "planted" not in out


def test_table_shows_every_epoch_in_its_band(logs, capsys):
    lines = {}
    for flags in ((), ("--table",)):
        assert main(["compare", "book.txt", "scratch.txt", *flags]) == 0
        lines[flags] = re.findall(r"^ +(\d+)   \d\.\d+ \[", capsys.readouterr().out, re.MULTILINE)
    assert lines == {(): [], ("--table",): [str(n) for n in range(1, 11)] * 2}


def test_table_leaves_the_formats_for_programs_as_they_are(logs, capsys):
    for name in ("json", "markdown", "junit"):
        shown = []
        for flags in ((), ("--table",)):
            assert main(["compare", "off.txt", "--format", name, *flags]) == 1
            shown.append(capsys.readouterr().out)
        assert shown[0] == shown[1]


def test_help_says_that_each_log_is_judged_by_itself(capsys):
    assert main(["compare", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "each log by itself" in said
    assert "judged jointly" not in said
    for flag in ("--table", "--cell N", "--log N", "--joint", "--against FILE"):
        assert flag in said


def test_unknown_format_is_refused_in_one_line(logs, capsys):
    assert main(["compare", "book.txt", "--format", "xml"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_every_view_is_a_format():
    assert set(FORMATS) == set(VIEWS)


def test_formats(logs, capsys):
    shown = {}
    for name in ("text", "json", "markdown", "junit"):
        assert main(["compare", "off.txt", "--format", name]) == 1
        shown[name] = capsys.readouterr().out
        assert shown[name].endswith("\n")
    assert json.loads(shown["json"])["outcome"] == "differs"
    assert shown["markdown"].startswith("#")
    assert shown["junit"].startswith("<?xml")


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf", "PNG", "Svg"])
def test_figure(logs, capsys, suffix):
    path = logs / f"figure.{suffix}"
    assert main(["compare", "book.txt", "--figure", str(path)]) == 0
    content = path.read_bytes()
    assert content.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix.lower()])
    if suffix == "png":
        assert matplotlib.image.imread(path).std() > 0.05


def test_standard_input(logs):
    command = [sys.executable, "-m", "dropout_gluon", "compare", "-"]
    done = subprocess.run(command, input=BOOK, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "standard input" in done.stdout


def test_comparing_needs_no_mxnet(logs):
    code = (
        "import sys; from dropout_gluon.cli.main import main; status = main(['compare', 'book.txt']);"
        "sys.exit(status or 'mxnet' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_reports_are_what_would_be_printed(logs, capsys):
    options = [f"--report={form}:report.{form}" for form in FORMATS]
    assert main(["compare", "off.txt", *options, "--format", "markdown"]) == 1
    assert (logs / "report.markdown").read_text(encoding="utf-8") == capsys.readouterr().out
    verdict = compare(Path("off.txt"))
    for form in FORMATS:
        assert (logs / f"report.{form}").read_text(encoding="utf-8") == VIEWS[form](verdict)
