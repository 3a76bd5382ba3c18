"""Ensembles: each run once, failures recorded, the same numbers however many work."""

import fcntl
import multiprocessing
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from dataclasses import replace
from pathlib import Path

import nbclient
import nbformat
import pytest
import runners
from places import TESTS
from processes import Started, ends

from dropout_gluon.cli import main as cli
from dropout_gluon.compat import hook
from dropout_gluon.config import RunConfig
from dropout_gluon.errors import ConfigError, EnsembleError, StoreError
from dropout_gluon.logs import EpochRecord, RunLog
from dropout_gluon.messages import duration
from dropout_gluon.runs import ensemble, workers
from dropout_gluon.runs.ensemble import expected_seconds, run_ensemble
from dropout_gluon.runs.grid import grid
from dropout_gluon.runs.store import RunStore, read_store

CONFIGS = grid({"seed": range(6, 12), "implementation": ["scratch", "gluon"]})


@pytest.fixture
def store(tmp_path):
    return tmp_path / "runs.jsonl"


@pytest.fixture(autouse=True)
def folder_for_runners(tmp_path, monkeypatch):
    monkeypatch.setenv(runners.FOLDER, str(tmp_path))


def numbers(path):
    return {log.config.digest: log.epochs for log in read_store(path)}


def test_every_run_once_in_a_store_that_has_all_of_it(store, capsys):
    outcome = run_ensemble([*CONFIGS, *CONFIGS], store, workers=2, runner=runners.quick)
    assert (outcome.asked, outcome.kept, outcome.ran, outcome.failures) == (12, 0, 12, ())
    assert numbers(store) == {config.digest: runners.epochs(config) for config in CONFIGS}
    assert len(store.read_text().splitlines()) == 12
    assert str(outcome) == "12 runs: 0 there before, 12 ran now, 0 failed"


def test_what_is_there_is_not_run_again(store):
    run_ensemble(CONFIGS[:5], store, workers=1, runner=runners.quick, progress=False)
    before = store.read_bytes()
    outcome = run_ensemble(CONFIGS, store, workers=1, runner=runners.quick, progress=False)
    assert (outcome.asked, outcome.kept, outcome.ran) == (12, 5, 7)
    assert store.read_bytes().startswith(before)
    assert len(numbers(store)) == 12
    outcome = run_ensemble(CONFIGS, store, runner=runners.no_data, progress=False)
    assert (outcome.kept, outcome.ran) == (12, 0)


def test_no_worker_hears_an_interrupt_not_even_the_first_of_a_process(store):
    code = (
        "import sys, runners\nfrom dropout_gluon.runs.ensemble import run_ensemble\n"
        "from dropout_gluon.runs.grid import grid\n"
        "run_ensemble(grid({'seed': range(8)}), sys.argv[1], workers=2, runner=runners.quick)\n"
    )
    path = {**os.environ, "PYTHONPATH": str(TESTS), runners.SECONDS: "0.05"}
    subprocess.run([sys.executable, "-c", code, store], env=path, check=True, capture_output=True)
    assert [log.environment["deaf to interrupts"] for log in read_store(store)] == ["True"] * 8


@pytest.mark.parametrize("threads", [1, 2])
def test_workers_get_their_threads_and_the_parent_keeps_its_own(store, monkeypatch, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MXNET_CPU_WORKER_NTHREADS", raising=False)
    run_ensemble(CONFIGS[:2], store, workers=2, threads=threads, runner=runners.quick, progress=False)
    assert {log.environment["threads"] for log in read_store(store)} == {str(threads)}
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MXNET_CPU_WORKER_NTHREADS" not in os.environ


def test_failures_are_recorded_with_their_reason_and_the_rest_goes_on(store):
    configs = grid({"seed": range(1, 9)})
    outcome = run_ensemble(configs, store, workers=2, runner=runners.mixed, progress=False)
    assert (outcome.asked, outcome.ran, len(outcome.failures)) == (8, 4, 4)
    reasons = {log.config.seed: log.failure for log in outcome.failures}
    assert re.match("the training loss of epoch 2 is nan", reasons[1])
    assert reasons[2] == "ValueError: a bug"
    assert reasons[3] == "its worker process died 3 times, the last time by signal 9"
    assert reasons[5] == "its worker process died 3 times, the last time by exit status 7"
    assert sorted(log.config.seed for log in read_store(store)) == [4, 6, 7, 8]
    assert len(read_store(store, failed=True)) == 8
    diverged = next(log for log in outcome.failures if log.config.seed == 1)
    assert diverged.epochs == runners.epochs(configs[0])[:1]
    assert "failed: " in str(outcome)

    again = run_ensemble(configs, store, workers=2, runner=runners.quick, progress=False)
    assert (again.kept, again.ran, len(again.failures)) == (8, 0, 4)
    retried = run_ensemble(configs, store, workers=2, runner=runners.quick, progress=False, retry_failed=True)
    assert (retried.kept, retried.ran, retried.failures) == (4, 4, ())
    assert len(read_store(store)) == 8


def test_what_no_worker_can_do_without_ends_it(store):
    with pytest.raises(EnsembleError, match="Fashion-MNIST is nowhere"):
        run_ensemble(CONFIGS, store, workers=2, runner=runners.no_data, progress=False)
    assert read_store(store, failed=True) == []
    assert multiprocessing.active_children() == []


def test_a_script_without_a_guard_is_told_so(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from dropout_gluon.runs.ensemble import run_ensemble\nfrom dropout_gluon.runs.grid import grid\n"
        f"run_ensemble(grid({{'seed': [1]}}), {str(tmp_path / 'runs.jsonl')!r}, workers=1)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert 'below `if __name__ == "__main__":`' in done.stderr.splitlines()[-1]


def test_a_store_in_use_is_refused(store):
    with RunStore(store), pytest.raises(StoreError, match="being written by another process"):
        run_ensemble(CONFIGS, store, runner=runners.quick)


@pytest.mark.parametrize("bad", [{"workers": 0}, {"threads": 0}, {"workers": 1.5}, {"workers": 10**6}])
def test_bad_numbers_are_refused_before_a_store_is_made(store, bad):
    with pytest.raises(ConfigError):
        run_ensemble(CONFIGS, store, **bad)
    assert not store.exists()


def test_a_worker_with_other_threads_is_refused(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    monkeypatch.setattr(hook, "_read", None)  # MXNet may have been loaded by a test before
    with pytest.raises(ConfigError, match="OMP_NUM_THREADS=4, where 1 was asked for"):
        workers.attempt(runners.quick, CONFIGS[0], 1)


def test_what_the_environment_says_after_mxnet_was_loaded_does_not_count(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(hook, "_read", {"OMP_NUM_THREADS": "4"})
    with pytest.raises(ConfigError, match="OMP_NUM_THREADS=4, where 1 was asked for"):
        workers.attempt(runners.quick, CONFIGS[0], 1)


def test_a_worker_leaves_the_environment_as_it_was(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(hook, "_read", None)
    assert workers.attempt(runners.quick, CONFIGS[0], 3).environment["threads"] == "3"
    assert "OMP_NUM_THREADS" not in os.environ


def test_runs_in_threads_of_one_process_take_turns(monkeypatch):
    """Two at once would draw from the one generator that MXNet has in a process."""
    monkeypatch.setattr(hook, "_read", {"OMP_NUM_THREADS": "1"})
    inside, most = [0], [0]

    def watch(config, report):
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.02)
        inside[0] -= 1
        return config

    threads = [threading.Thread(target=workers.attempt, args=(watch, CONFIGS[0], 1)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_progress_without_a_terminal_is_a_line_now_and_then(store, capsys, monkeypatch):
    monkeypatch.setattr(ensemble, "LINE_EVERY", 0)
    run_ensemble(CONFIGS[:3], store, workers=1, runner=runners.quick)
    lines = capsys.readouterr().err.splitlines()
    assert [re.sub(r"runs,.*", "runs", line) for line in lines] == [f"{n} of 3 runs" for n in (1, 2, 3)]
    assert re.fullmatch(r"2 of 3 runs, [\d.e+]+ a minute, [\d.]+ min left", lines[1])
    run_ensemble(CONFIGS, store, workers=1, runner=runners.quick, progress=False)
    assert capsys.readouterr().err == ""


def test_progress_in_a_terminal_is_a_bar_with_rate_time_left_and_failures(store):
    code = (
        "import runners\nfrom dropout_gluon.runs.ensemble import run_ensemble\n"
        "from dropout_gluon.runs.grid import grid\n"
        f"run_ensemble(grid({{'seed': range(1, 9)}}), {str(store)!r}, workers=1, runner=runners.mixed)\n"
    )
    shown = in_a_terminal(["-c", code])
    assert "8/8" in shown
    assert "4 failed" in shown
    assert re.search(r"\[\d\d:\d\d<\d\d:\d\d, ", shown)


def test_progress_in_a_notebook_is_a_bar(store):
    """In a real kernel, where there is no terminal either."""
    code = (
        f"import sys; sys.path.insert(0, {str(TESTS)!r})\n"
        "import runners, dropout_gluon as gb\n"
        f"print(gb.run_ensemble(gb.grid({{'seed': range(4)}}), {str(store)!r}, runner=runners.quick))"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, kernel_name="python3").execute()
    shown = dict.fromkeys(("stdout", "stderr"), "")
    for output in notebook.cells[0].outputs:
        shown[output.name] += output.text
    assert shown["stdout"] == "4 runs: 0 there before, 4 ran now, 0 failed\n"
    assert "4/4 [" in shown["stderr"]


def in_a_terminal(arguments):
    """What a Python process with these arguments prints in a terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 100, 0, 0))
    with Started(
        [sys.executable, *arguments], stdin=theirs, stdout=theirs, stderr=theirs,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 4096)
            except OSError:
                break
        assert process.wait() == 0, shown
    os.close(ours)
    return shown.decode()


def written_over(line):
    """What a terminal shows of a line in which the cursor went back: in each column what came last."""
    shown = ""
    for part in line.split("\r"):
        shown = part + shown[len(part) :]
    return shown.rstrip()


def test_no_empty_bar_stands_over_an_error(store):
    code = (
        "import runners, dropout_gluon as gb\n"
        f"try: gb.run_ensemble(gb.grid({{'seed': [1, 2]}}), {str(store)!r}, runner=runners.no_data)\n"
        "except gb.EnsembleError as error: print(error)"
    )
    shown = in_a_terminal(["-c", code])
    assert "0/2" in shown
    lines = [written_over(line) for line in shown.replace("\r\n", "\n").rstrip("\n").split("\n")]
    assert lines == ["Fashion-MNIST is nowhere"]


def command(*arguments):
    return cli.main(["ensemble", *map(str, arguments)])


def test_command_lists_what_would_run_and_how_long(store, capsys, tmp_path):
    toml = tmp_path / "sweep.toml"
    toml.write_text(
        'implementation = ["scratch", "gluon"]\ndrop_probs = [[0.2, 0.5], [0.5, 0.2]]\n'
        "hidden_sizes = [128, 64]\nruns = 3\nfirst_seed = 10\n"
    )
    run_ensemble(
        [RunConfig(seed=10, hidden_sizes=(128, 64), drop_probs=(0.5, 0.2))], store, runner=runners.quick
    )
    assert command("--config", toml, "--store", store, "--epochs", 5, "--dry-run") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert lines[0] == (
        "gluon, reshuffled split, hidden_sizes=(128, 64), drop_probs=(0.5, 0.2), num_epochs=5: "
        "seeds 10 to 12, 3 runs, 0 of them there"
    )
    assert lines[-1].startswith("12 runs to do, about 43 s (at 1.4 s an epoch; 2 workers)")
    assert command("--config", toml, "--store", store, "--dry-run") == 0
    said = capsys.readouterr().out
    assert "3 runs, 1 of them there" in said
    assert "\n11 runs to do, about " in said


def test_estimates_grow_with_the_network_and_the_images():
    """The chapter's epoch takes 2.1 s with one thread (docs/ensembles.md); docs/performance.md, growth."""

    def an_epoch(**fields):
        return expected_seconds(RunConfig(**fields)) / RunConfig(**fields).num_epochs

    assert an_epoch() == pytest.approx(2.1, rel=0.01)
    assert an_epoch(num_epochs=60) == an_epoch()
    assert an_epoch(measure=("accuracy",)) > 1.2 * an_epoch()  # all training images once more
    assert an_epoch(batch_size=64) == pytest.approx(2.1 * 2.69 / 1.20, rel=0.25)
    assert an_epoch(hidden_sizes=(64, 64)) == pytest.approx(2.1 * 0.60 / 1.20, rel=0.2)
    assert an_epoch(hidden_sizes=(1024, 1024)) == pytest.approx(2.1 * 5.77 / 1.20, rel=0.2)
    assert an_epoch(num_train=6000) == pytest.approx(2.1 * 0.18 / 1.20, rel=0.2)


def test_an_estimate_follows_the_pace_of_the_runs_that_are_there(store, capsys, tmp_path):
    """Whatever their size: twice as slow as expected, so will the others be."""
    small = RunConfig(hidden_sizes=(16, 16), num_train=1000, num_epochs=2)
    epochs = (EpochRecord(1, 0.4, 0.8, 0.8), EpochRecord(2, 0.4, 0.8, 0.8))
    with RunStore(store) as opened:
        opened.append(RunLog(small, epochs, seconds=2 * expected_seconds(small)))
    arguments = ("--implementation", "scratch", "--store", store, "--runs", 3, "--workers", 1, "--dry-run")
    assert command(*arguments) == 0
    (line,) = capsys.readouterr().out.splitlines()[1:]
    assert line == "3 runs to do, about 2 min (at 4.2 s an epoch like the runs there; 1 worker)"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1, "1 s"), (89, "89 s"), (90, "2 min"), (5399, "90 min"), (5400, "1.5 h"), (129_599, "36.0 h"),
     (129_600, "1.5 days"), (40_000_000, "463.0 days"), (50_000_000, "1.6 years")],
)  # fmt: skip
def test_a_duration_has_a_unit_that_suits_it(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize("runs", ["10000000", "1000000000"])
def test_a_great_many_runs_are_counted_and_not_made(store, capsys, runs):
    assert command("--runs", runs, "--implementation", "gluon", "scratch", "--store", store, "--dry-run") == 0
    *groups, total = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[2] for line in groups] == [
        f" seeds 1 to {runs}, {runs} runs, 0 of them there"
    ] * 2
    assert re.match(rf"{2 * int(runs)} runs to do, about [\d.]+ years ", total)
    assert not store.exists()


def test_of_a_great_many_the_first_ones_are_run_at_once(store, tmp_path):
    code = (
        "import runners, sys, dropout_gluon as gb\n"
        "gb.run_ensemble(gb.grid({'seed': range(10**9)}), sys.argv[1], workers=2, runner=runners.quick)"
    )
    with Started(
        [sys.executable, "-c", code, store], stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    ):  # fmt: skip
        assert ends(lambda: store.exists() and store.read_bytes().count(b"\n") > 20)
    # One of the workers may have been slow to start.
    assert {RunLog.from_json(line).config.seed for line in store.read_text().splitlines()[:20]} < set(
        range(30)
    )


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("batch_sizes = 3", "'batch_sizes' is none of implementation, split"),
        ('"a\\nb" = 3', r"'a\\nb' is none of implementation, split"),
        ("runs = 100_000_000_000", "runs must end with seed 2,147,483,647 at most"),
        ("runs = 'many'", "sweep.toml: runs must be a whole number from 1 up, not 'many'"),
        ("drop_probs = [0.2, 1.2]", r"sweep.toml: drop_probs\[1\] must be a number from 0 to 1, not 1.2"),
        ("drop_probs = [", "Invalid value"),
        ("implementation = []", "there is nothing to run"),
    ],
)
def test_command_refuses_a_bad_file(store, tmp_path, capsys, toml, message):
    (tmp_path / "sweep.toml").write_text(toml)
    assert command("--config", tmp_path / "sweep.toml", "--store", store) == 2
    error = capsys.readouterr().err
    assert re.search(message, error)
    assert error.count("\n") == 1
    assert not store.exists()


def test_command_runs_sums_up_and_says_how_many_failed(store, capsys, monkeypatch):
    kwdefaults = dict(run_ensemble.__kwdefaults__)
    monkeypatch.setattr(ensemble.run_ensemble, "__kwdefaults__", {**kwdefaults, "runner": runners.mixed})
    assert command("--runs", 8, "--epochs", 2, "--store", store, "--workers", 2) == 1
    said = capsys.readouterr()
    assert "8 runs: 0 there before, 4 ran now, 4 failed" in said.out
    assert f"store: {store}" in said.out

    assert command("status", store) == 0
    said = capsys.readouterr().out
    assert f"{store}: 8 runs, 4 of them failed" in said
    good = [log.epochs[-1].loss for log in read_store(store)]
    assert f"training loss      {sum(good) / 4:.4f} ± " in said
    assert "failed 1: its worker process died 3 times, the last time by signal 9" in said


def test_status_of_odd_runs(store, capsys):
    """What other runners may have left in a store."""
    config = RunConfig(num_epochs=1)
    odd = [
        RunLog(replace(config, seed=1), (EpochRecord(1, float("inf"), 0.1, 0.1),), {}, {"a": [1, {"b": 2}]}),
        RunLog(replace(config, seed=2), (EpochRecord(1, float("nan"), 0.1, 0.1),), {}, {"a": {"c": 1}}),
        RunLog(replace(config, seed=3), ()),
        RunLog(replace(config, seed=4), (), failure="two\nlines \x1b[31m"),
    ]
    with RunStore(store) as opened:
        for log in odd:
            opened.append(log)
    assert command("status", store) == 0
    said = capsys.readouterr().out
    assert "4 runs, 1 of them failed" in said
    assert "training loss      nan ± nan" in said
    assert r"failed 1: two\nlines \x1b[31m" in said


def test_runs_of_one_seed_that_measure_something_else_are_counted_apart(store, capsys):
    """As with --measure norms calibration, which is a run for each."""
    measures = [(), ("norms",), ("calibration", "norms")]
    with RunStore(store) as opened:
        for measure in measures[:2]:
            for seed in (1, 2):
                config = RunConfig(seed=seed, measure=measure)
                opened.append(RunLog(config, (EpochRecord(1, 0.5, 0.8, 0.8),), seconds=1.0))
    assert command("status", store) == 0
    named = [line for line in capsys.readouterr().out.splitlines() if line.startswith("scratch")]
    assert named == [
        "scratch, reshuffled split: 2 runs", "scratch, reshuffled split, measure=norms: 2 runs",
    ]  # fmt: skip
    asked = ["--measure", "norms", "norms,calibration", "--runs", 3, "--dry-run", "--store", store]
    assert command(*asked) == 0
    *lines, total = capsys.readouterr().out.splitlines()
    assert [re.search(r"measure=(\S+): .* (\d) of them there", line).groups() for line in lines] == [
        ("calibration,norms", "0"), ("norms", "2"),
    ]  # fmt: skip
    assert total.startswith("4 runs to do")


@pytest.mark.parametrize("losses", [(1.7e308, 1.7e308), (1.7e308, 0.5)])
def test_status_of_losses_that_have_run_away(store, capsys, losses):
    with RunStore(store) as opened:
        for seed, loss in enumerate(losses):
            config = RunConfig(seed=seed, num_epochs=1)
            opened.append(RunLog(config, (EpochRecord(1, loss, 0.1, 0.1),)))
    assert command("status", store) == 0
    assert f"training loss      {losses[0] / 2 + losses[1] / 2:.4f} ± " in capsys.readouterr().out


@pytest.mark.parametrize("name", runners.WRONG)
def test_a_runner_that_gives_no_log_of_its_run_has_failed(store, name):
    outcome = run_ensemble(
        [RunConfig(seed=1)], store, workers=1, runner=getattr(runners, name), progress=False
    )
    (failed,) = outcome.failures
    assert failed.config == RunConfig(seed=1)
    assert re.search(runners.WRONG[name], failed.failure)
    assert read_store(store, failed=True) == [failed]


@pytest.mark.parametrize(
    "runner", [lambda config, report: None, pytest.param(threading.Lock().acquire, id="a lock")]
)
def test_a_runner_that_no_worker_can_have_is_said(store, runner):
    with pytest.raises(EnsembleError, match="a worker cannot start: "):
        run_ensemble([RunConfig(seed=1)], store, workers=1, runner=runner, progress=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workers", "-1", "--dry-run"], "--workers must be a whole number from 1 to 1000, not -1"),
        (["--workers", "0", "--dry-run"], "--workers must be a whole number from 1 to 1000, not 0"),
        (["--threads", "0", "--dry-run"], "--threads must be a whole number from 1 to 1000, not 0"),
        (["--scheduler", ""], "--scheduler must be an address, as tcp://host:8786 is, not ''"),
        (
            ["--scheduler", "foo", "--dry-run"],
            "--scheduler must be an address, as tcp://host:8786 is, not 'foo'",
        ),
        (["--scheduler", "tls://localhost:9"], "no Dask scheduler answers at tls://localhost:9"),
        (
            ["--scheduler", "tcp://a\nb:1"],
            "--scheduler must be an address, as tcp://host:8786 is, not 'tcp://a",
        ),
        (["--drop-probs", "0.2,1.2"], "--drop-probs, value 2, must be a number from 0 to 1, not 1.2"),
        (["--epochs", "0"], "--epochs must be a whole number from 1 up, not 0"),
        (["--first-seed", "-1"], "--first-seed must be a whole number from 0 up, not -1"),
        (
            ["--measure", "num_epochs"],
            "--measure must be of accuracy, activations, calibration, norms, samples, or",
        ),
        (["--num-train", "100"], "--batch-size must be at most --num-train, 100, not 256"),
        (
            ["--hidden-sizes", "9"],
            "--drop-probs must have a value for each of --hidden-sizes (9,), not (0.2, 0.5)",
        ),
        (["--store", ""], "--store must be a path, not ''"),
        (["--epochs", "9" * 5000], "argument --epochs: invalid int value"),
    ],
)
def test_what_a_run_would_refuse_is_refused_in_one_line(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert command(*arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert len(error) < 500


def test_status_of_what_is_no_store(tmp_path, capsys):
    assert command("status", tmp_path / "none.jsonl") == 2
    assert "cannot be read: No such file" in capsys.readouterr().err


def is_gone(group):
    """Whether every process of the group is."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize(
    ("number", "send", "status", "word"),
    [
        (signal.SIGINT, os.killpg, 130, "interrupted"),  # Ctrl-C, as a terminal sends it: to all of the group
        (signal.SIGTERM, os.kill, 143, "terminated"),  # as a batch system or a container's end sends it
    ],
)
def test_a_signal_ends_all_and_says_how_to_go_on(store, tmp_path, number, send, status, word):
    code = (
        "import sys, runners\nfrom dropout_gluon.cli import main as cli\n"
        "from dropout_gluon.runs import ensemble\n"
        "ensemble.run_ensemble.__kwdefaults__['runner'] = runners.quick\n"
        "sys.exit(cli.main(sys.argv[1:]))\n"
    )
    with Started(
        [sys.executable, "-c", code, "ensemble", "--runs", "40", "--workers", "2", "--store", store],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        env={**os.environ, "PYTHONPATH": str(TESTS), runners.SECONDS: "0.3"},
    ) as process:  # fmt: skip
        assert ends(lambda: store.exists() and store.read_bytes().count(b"\n") >= 4)
        send(process.pid, number)
        _, err = process.communicate()
    assert process.returncode == status
    lines = err.splitlines()
    assert lines == [
        f"dropout-gluon: the runs that ended are in {store}; the same command goes on",
        f"dropout-gluon: {word}",
    ]
    assert ends(lambda: is_gone(process.pid))
    with RunStore(store) as opened:
        assert 4 <= len(opened.digests) < 40
        assert opened.said == ""
    assert Path(f"{store}.torn").exists() is False
