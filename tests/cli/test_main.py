"""The command: the book's lines beside the book's numbers; bad input costs one line and status 2."""

import os
import re
import signal
import subprocess
import sys
import warnings
from dataclasses import replace

import pytest
from processes import Started

from dropout_gluon import reproduction
from dropout_gluon.cli.main import main
from dropout_gluon.config import RunConfig
from dropout_gluon.errors import DropoutGluonWarning
from dropout_gluon.fashion_mnist import sources
from dropout_gluon.logs import EpochRecord, RunLog
from dropout_gluon.results import stem
from dropout_gluon.runs.store import RunStore
from dropout_gluon.runs.workers import run_locally

QUICK = ["--epochs", "1", "--batch-size", "4096", "--implementation", "gluon"]


RUN = [sys.executable, "-m", "dropout_gluon"]


def command(*arguments, **options):
    return subprocess.run(
        [*RUN, *map(str, arguments)],
        capture_output=True, text=True, timeout=300, **options,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [[], ["data"], ["reproduce"]])
def test_help_names_what_there_is(arguments):
    done = command(*arguments, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: dropout-gluon")
    wanted = {"data": ["--root"], "reproduce": ["--implementation", "--epochs", "--seed", "--split", "--out"]}
    for word in wanted.get("".join(arguments), ["data", "reproduce"]):
        assert word in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--drop-probs", "-0.1", "0.5"], "--drop-probs, value 1, must be a number from 0 to 1, not -0.1"),
        (["--drop-probs", "0.2", "1.2"], "--drop-probs, value 2, must be a number from 0 to 1, not 1.2"),
        (["--drop-probs", "nan", "0.5"], "--drop-probs, value 1, must be a number from 0 to 1, not nan"),
        (["--drop-probs", "a", "0.5"], "argument --drop-probs: invalid float value: 'a'"),
        (["--epochs", "0"], "--epochs must be a whole number from 1 up, not 0"),
        (["--epochs", "ten"], "argument --epochs: invalid int value: 'ten'"),
        (["--batch-size", "0"], "--batch-size must be a whole number from 1 to 60000, not 0"),
        (["--batch-size", "70000"], "--batch-size must be a whole number from 1 to 60000, not 70000"),
        (["--seed", "-1"], "--seed must be a whole number from 0 to 2147483647, not -1"),
        (["--learning-rate", "0"], "--learning-rate must be a number above 0 to 3.4e+38, not 0.0"),
        (["--split", "old"], "argument --split: invalid choice: 'old'"),
        (["--implementation", "torch"], "argument --implementation: invalid choice: 'torch'"),
        (["--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_bad_value_costs_one_line_and_status_2_and_writes_nothing(tmp_path, capsys, arguments, message):
    try:
        status = main(["reproduce", *arguments, "--out", str(tmp_path / "out")])
    except SystemExit as left:  # from within argparse
        status = left.code
    assert status == 2
    out, err = capsys.readouterr()
    assert message in err
    assert (err.count("\n"), out) == (1, "")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments", [["--debug"], ["nonsense"]])
def test_missing_or_unknown_command_is_one_line(arguments):
    done = command(*arguments)
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert "one of data, reproduce, compare, ensemble" in done.stderr


def test_folder_that_cannot_be_written_is_refused_before_training(tmp_path):
    (tmp_path / "file").write_text("mine")
    done = command("reproduce", *QUICK, "--out", tmp_path / "file" / "out")
    assert done.returncode == 2
    assert done.stderr == f"dropout-gluon: cannot write to {tmp_path / 'file' / 'out'}: Not a directory\n"
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.data
def test_data_names_folder_release_and_digests(archive):
    done = command("data")
    assert done.returncode == 0
    assert f"folder    {archive.folder}" in done.stdout
    assert f"release   {archive.release}" in done.stdout
    assert all(digest in done.stdout for digest in archive.digests.values())
    assert command("data", "--quiet").stdout == ""


def test_data_says_what_is_wrong_in_one_line(tmp_path):
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"no gzip")
    done = command("data", "--root", tmp_path)
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert done.stderr.startswith("dropout-gluon: ")


def test_a_root_that_is_not_there_is_said(tmp_path):
    done = command("data", "--root", tmp_path / "none")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"dropout-gluon: {tmp_path}/none does not exist: name one that has Fashion-MNIST, or an empty one to "
        "be filled\n"
    )
    nowhere = {**os.environ, "DROPOUT_GLUON_DATA": str(tmp_path / "none")}
    done = command("data", "--root", tmp_path, env=nowhere)
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")


@pytest.mark.data
def test_reproduce_prints_saves_and_draws(tmp_path):
    done = command("reproduce", "--epochs", "2", "--batch-size", "4096", "--seed", "5", "--out", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    line = r"epoch (\d), loss \d\.\d{4}, train acc 0\.\d{3}, test acc 0\.\d{3} +\| loss (\S+), .*"
    rows = re.findall(line, done.stdout)
    assert rows == [("1", "1.1351"), ("2", "0.5803"), ("1", "1.2070"), ("2", "0.5924")]
    assert "release 2017-08-31" in done.stdout
    assert "Split: reshuffled. The book trained on the release of 2017-08-26" in done.stdout
    assert "departs from the chapter: batch_size=4096, num_epochs=2" in done.stdout
    name = "reshuffled-seed5-batch_size=4096-num_epochs=2"
    for implementation in ("scratch", "gluon"):
        log = RunLog.load(tmp_path / f"{implementation}-{name}.json")
        assert (log.config.seed, log.config.split, log.config.implementation) == (
            5,
            "reshuffled",
            implementation,
        )
        assert all(str(record) in done.stdout for record in log.epochs)
    _, headline, verdict = done.stdout.partition("2 of 2 logs DIFFER from the book's experiment")
    assert headline
    assert "departs from the chapter: batch_size=4096" in " ".join(verdict.split())
    for figure in ("learning-curves", "verdict"):
        assert (tmp_path / f"both-{name}-{figure}.png").read_bytes().startswith(b"\x89PNG")
    assert len(list(tmp_path.glob("[!.]*"))) == 4


@pytest.mark.data
@pytest.mark.parametrize(
    ("epochs", "outcomes"), [("1", ("UNDECIDED", "DIFFERS")), ("4", ("MATCHES", "DIFFERS"))]
)
def test_reproduce_ends_with_the_verdict(tmp_path, epochs, outcomes):
    """Which of two it is depends on the machine, as rounding does: 1 of 100 good runs differs."""
    done = command("reproduce", "--epochs", epochs, "--implementation", "gluon", "--quiet", "--out", tmp_path)
    shown = command("compare", *tmp_path.glob("*.json"))
    outcome = shown.stdout.partition(" ")[0].strip(":")
    assert outcome in outcomes
    statuses = {"MATCHES": 0, "DIFFERS": 1, "UNDECIDED": 3}
    assert done.returncode == shown.returncode == statuses[outcome]
    assert outcome in done.stdout or done.returncode == 0  # quiet where all is well


@pytest.mark.data
def test_reproduce_has_the_numbers_of_a_run_with_one_thread(tmp_path, archive):
    """Whatever the number of processors."""
    assert command("reproduce", "--epochs", "1", "--batch-size", "2048", "--out", tmp_path).returncode == 0
    names = ("scratch", "gluon")
    configs = [RunConfig(implementation=name, num_epochs=1, batch_size=2048, seed=1) for name in names]
    for log in run_locally(configs, workers=1, threads=1):
        saved = RunLog.load(tmp_path / f"{log.config.implementation}-{stem(log.config)}.json")
        assert saved.epochs == log.epochs
        assert saved.environment["threads"] == "1"


@pytest.mark.data
def test_quiet_prints_nothing_and_split_is_heeded(tmp_path):
    done = command("reproduce", *QUICK, "--quiet", "--split", "released", "--out", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert RunLog.load(*tmp_path.glob("gluon-released-seed1-*.json")).config.split == "released"


@pytest.mark.data
def test_another_experiment_in_the_same_folder_replaces_nothing(tmp_path):
    """Nor do two at once lose one."""
    quick = [*RUN, "reproduce", *QUICK, "--quiet", "--out", str(tmp_path)]
    probs = [*quick, "--drop-probs"]
    with Started([*probs, "0.2", "0.5"]) as first, Started([*probs, "0.5", "0.2"]) as second:
        assert (first.wait(), second.wait()) == (0, 0)
    logs = [RunLog.load(path) for path in sorted(tmp_path.glob("*.json"))]
    assert sorted(log.config.drop_probs for log in logs) == [(0.2, 0.5), (0.5, 0.2)]
    assert len(list(tmp_path.glob("*.png"))) == 4


@pytest.mark.data
def test_a_file_that_holds_another_configuration_stays_until_it_is_forced(tmp_path):
    other = RunLog(RunConfig(implementation="gluon", drop_probs=(0.5, 0.5)), ())
    path = tmp_path / f"gluon-{stem(RunConfig(num_epochs=1, batch_size=4096, seed=1))}.json"
    other.save(path)
    arguments = ["reproduce", *QUICK, "--quiet", "--out", tmp_path]
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"dropout-gluon: {path} holds another configuration (drop_probs=(0.5, 0.5)): --force (force=True) "
        "replaces it, --out names another folder\n"
    )
    assert RunLog.load(path) == other
    assert command(*arguments, "--force").returncode == 0
    assert RunLog.load(path).config.batch_size == 4096
    assert command(*arguments).returncode == 0  # and again, as it is the same experiment


@pytest.mark.data
def test_divergence_is_one_line_and_keeps_the_log(tmp_path):
    done = command("reproduce", *QUICK, "--learning-rate", "1e30", "--out", tmp_path)
    assert done.returncode == 2
    assert re.fullmatch(
        r"dropout-gluon: the training loss of epoch 1 is \w+ at learning rate 1e\+30: .*\n", done.stderr
    )
    log = RunLog.load(*tmp_path.glob("gluon-reshuffled-seed1-*.json"))
    assert log.failure in done.stderr
    assert log.epochs == ()


def default_interrupt():
    """Where the test run itself ignores SIGINT, as one in the background may, its children would too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.data
def test_interrupt_ends_with_one_line(tmp_path):
    with Started(
        [sys.executable, "-m", "dropout_gluon", "reproduce", "--epochs", "1000", "--out", str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=default_interrupt,
    ) as process:  # fmt: skip
        while not process.stdout.readline().startswith("epoch 1,"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate()
    assert process.returncode == 130
    assert stderr.endswith("dropout-gluon: interrupted\n")


@pytest.mark.data
def test_a_reader_that_leaves_is_no_error(tmp_path):
    done = subprocess.run(
        f'"{sys.executable}" -m dropout_gluon data | true', shell=True, capture_output=True, text=True
    )
    assert done.stderr == ""


@pytest.mark.data
@pytest.mark.parametrize(
    ("release", "arguments", "split"),
    [
        ("2017-08-26", [], "released"),
        ("2017-08-31", [], "reshuffled"),
        ("2017-08-31", ["--split", "released"], "released"),
    ],
)
def test_split_follows_the_release_unless_it_is_named(
    archive, tmp_path, monkeypatch, capsys, release, arguments, split
):
    monkeypatch.setattr(reproduction, "locate", lambda progress: replace(archive, release=release))
    assert main(["reproduce", *QUICK, *arguments, "--out", str(tmp_path)]) == 0
    assert list(tmp_path.glob(f"gluon-{split}-seed1-*.json"))
    assert f"Split: {split}. " in capsys.readouterr().out


def test_a_warning_is_one_line(monkeypatch, capsys):
    def locate(*arguments, **options):
        warnings.warn("a file is damaged", DropoutGluonWarning, stacklevel=1)
        warnings.warn("overflow", RuntimeWarning, stacklevel=1)
        raise KeyboardInterrupt

    monkeypatch.setattr(sources, "locate", locate)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert main(["data"]) == 130
    assert capsys.readouterr().err == "dropout-gluon: a file is damaged\ndropout-gluon: interrupted\n"


ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    ("environment", "sign"),
    [(ASCII, "+-"), ({"PYTHONIOENCODING": "latin-1"}, "\xb1"), ({"PYTHONIOENCODING": "utf-8"}, "\xc2\xb1")],
)
def test_what_the_terminal_cannot_show_is_written_plainly(tmp_path, environment, sign):
    with RunStore(tmp_path / "runs.jsonl") as store:
        for seed in (1, 2):
            store.append(RunLog(RunConfig(seed=seed, num_epochs=1), (EpochRecord(1, seed, 0.5, 0.5),)))
    (tmp_path / "\u4e2d.txt").write_text("no log", encoding="utf-8")
    env = {**os.environ, **environment}
    run = [sys.executable, "-m", "dropout_gluon"]
    done = subprocess.run(
        [*run, "ensemble", "status", "runs.jsonl"], capture_output=True, cwd=tmp_path, env=env
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert f"1.5000 {sign} 0.7071".encode("latin-1") in done.stdout
    done = subprocess.run([*run, "compare", "\u4e2d.txt"], capture_output=True, cwd=tmp_path, env=env)
    assert done.returncode == 2
    assert done.stderr.startswith(b"dropout-gluon: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.data
def test_a_home_that_cannot_be_written_costs_no_line(archive, tmp_path):
    """/proc takes no folder, not from root either."""
    env = {**os.environ, "HOME": "/proc", "DROPOUT_GLUON_DATA": str(archive.folder)}
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR", "MXNET_HOME"):
        env.pop(name, None)
    done = command("reproduce", *QUICK, "--out", tmp_path, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.glob("*-verdict.png"))
    env.pop("DROPOUT_GLUON_DATA")
    done = command("data", env={**env, "DROPOUT_GLUON_MIRRORS": ""})
    assert done.returncode in (0, 2)  # 0 where the system's package is installed
    assert done.stderr.count("\n") == (1 if done.returncode else 0)
    assert "set $XDG_CACHE_HOME to a folder that can" in done.stderr or done.returncode == 0
