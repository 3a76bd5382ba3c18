"""Sweeps that are killed: every run once in the end, the same numbers, and nobody left behind.

`pytest --stress` (or `make stress`) takes the large form.
"""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import runners
from places import TESTS
from processes import Started, ends

from dropout_gluon.errors import EnsembleError
from dropout_gluon.runs.ensemble import run_ensemble
from dropout_gluon.runs.grid import grid
from dropout_gluon.runs.store import RunStore, read_store, scan

SWEEP = grid({"seed": range(40)})
CODE = """
import sys, runners
from dropout_gluon.runs.ensemble import run_ensemble
from dropout_gluon.runs.grid import grid
if __name__ == "__main__":
    print(run_ensemble(grid({"seed": range(40)}), sys.argv[1], workers=2, runner=runners.quick))
"""


def expected(configs):
    return {config.digest: runners.epochs(config) for config in configs}


def check_complete(path, configs):
    """Every run once, and what an uninterrupted sweep gives."""
    logs = list(scan(path))
    assert sorted(log.config.digest for log in logs) == sorted(expected(configs))
    assert {log.config.digest: log.epochs for log in logs} == expected(configs)


def start(path, seconds, mark):
    """A sweep in a process of its own; its environment, and so that of its workers, has the mark."""
    return Started(
        [sys.executable, "-c", CODE, path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={
            **os.environ, "PYTHONPATH": str(TESTS), "MARK": mark,
            runners.SECONDS: str(seconds), runners.FOLDER: mark,
        },
    )  # fmt: skip


def alive(mark):
    """Processes, zombies apart, whose environment has the mark."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if f"MARK={mark}".encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
    return found


def test_parent_killed_again_and_again(tmp_path, stress):
    """At 30 random moments (8 in the small form), from before its first run to long after."""
    path, moments, kills = tmp_path / "runs.jsonl", random.Random(4), 0
    while kills < (30 if stress else 8):
        with start(path, 0.12, str(tmp_path)) as process:
            try:
                process.wait(moments.uniform(0, 1.5))
                path.unlink()  # it ended before it was killed: once more from the beginning
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
        assert ends(lambda: not alive(str(tmp_path))), "a worker outlived its parent"
    with start(path, 0, str(tmp_path)) as process:
        assert process.wait() == 0
    check_complete(path, SWEEP)


def test_parent_killed_while_a_run_takes_long(tmp_path):
    """The workers do not wait for the end of their runs."""
    path = tmp_path / "runs.jsonl"
    with start(path, 600, str(tmp_path)) as process:
        assert ends(lambda: len(list(tmp_path.glob("began-*"))) == 2)
        process.kill()
    assert ends(lambda: not alive(str(tmp_path)))


def test_workers_killed_again_and_again(tmp_path, stress):
    """Another worker takes over; no run counts as failed, as no run loses three."""
    path, moments, kills = tmp_path / "runs.jsonl", random.Random(5), 0
    wanted = 30 if stress else 8
    with start(path, 0.25, str(tmp_path)) as process:
        while kills < wanted and process.poll() is None:
            time.sleep(moments.uniform(0, 0.5))
            workers = [pid for pid in alive(str(tmp_path)) if pid != process.pid and is_worker(pid)]
            if workers:
                os.kill(moments.choice(workers), signal.SIGKILL)
                kills += 1
        assert process.wait() == 0
    assert kills > 3
    logs = read_store(path, failed=True)
    assert len(logs) == 40
    for log in logs:
        if log.failure:
            assert "its worker process died 3 times" in log.failure
        else:
            assert log.epochs == runners.epochs(log.config)
    assert sum(bool(log.failure) for log in logs) <= kills // 3
    run_ensemble(SWEEP, path, workers=2, runner=runners.quick, retry_failed=True, progress=False)
    assert {log.config.digest: log.epochs for log in read_store(path)} == expected(SWEEP)


def is_worker(pid):
    return b"spawn_main" in command_line(pid)


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_two_sweeps_at_once_on_one_store(tmp_path):
    path = tmp_path / "runs.jsonl"
    with start(path, 0.1, str(tmp_path)) as first:
        assert ends(path.exists)
        second = subprocess.run(
            [sys.executable, "-c", CODE, path], capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(TESTS)},
        )  # fmt: skip
        assert "is being written by another process" in second.stderr.splitlines()[-1]
        assert first.wait() == 0
    check_complete(path, SWEEP)


def test_memory_of_the_parent_stays_flat(tmp_path, stress):
    """Between the first runs and the last ones it grows by less than the runs would take (1 kB each)."""
    count = 10_000 if stress else 1000
    code = (
        "import sys, resource, runners\n"
        "from dropout_gluon.runs import ensemble, grid\n"
        "peaks = []\n"
        "class Watch(ensemble.Progress):\n"
        "    def step(self, failures):\n"
        "        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
        "ensemble.Progress = Watch\n"
        "if __name__ == '__main__':\n"
        f"    configs = grid.grid({{'seed': range({count})}})\n"
        "    ensemble.run_ensemble(configs, sys.argv[1], workers=2, runner=runners.quick)\n"
        "    print(peaks[-1] - peaks[len(peaks) // 10])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "runs.jsonl"], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )  # fmt: skip
    assert int(done.stdout) < 0.2 * count  # kilobytes
    assert sum(1 for _ in scan(tmp_path / "runs.jsonl")) == count


@contextmanager
def cluster(folder, **environment):
    """A Dask scheduler and two workers, each a process of its own; gives the address and the workers."""
    pytest.importorskip("distributed")
    file = folder / "scheduler.json"
    env = {**os.environ, "PYTHONPATH": str(TESTS), "MARK": str(folder), **environment}
    env.pop("OMP_NUM_THREADS", None)
    dask = [sys.executable, "-W", "ignore", "-m", "dask"]
    common = ["--scheduler-file", file, "--no-dashboard"]
    processes = []

    def run(*arguments):
        log = (folder / f"dask{len(processes)}.log").open("w")
        processes.append(Started([*dask, *arguments, *common], env=env, stdout=log, stderr=log))
        return processes[-1]

    try:
        run("scheduler", "--host", "127.0.0.1", "--port", "0")
        assert ends(file.exists)
        place = ["--nthreads", "1", "--local-directory", folder / "dask", "--host", "127.0.0.1"]
        workers = [run("worker", *place) for _ in range(2)]
        from distributed import Client

        with Client(scheduler_file=str(file)) as client:
            client.wait_for_workers(2, timeout=120)
            yield client, workers
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for pid in alive(str(folder)):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.data
def test_the_same_numbers_serially_with_two_workers_and_on_a_cluster(tmp_path):
    """Eight real runs each."""
    configs = grid(
        {"seed": range(2), "implementation": ["scratch", "gluon"], "split": ["released", "reshuffled"],
         "num_epochs": [1], "num_train": [6000], "batch_size": [600], "measure": [("norms",)]}
    )  # fmt: skip
    stores = {name: tmp_path / f"{name}.jsonl" for name in ("serial", "local", "cluster")}
    run_ensemble(configs, stores["serial"], workers=1, progress=False)
    run_ensemble(reversed(configs), stores["local"], workers=2, progress=False)
    with cluster(tmp_path) as (client, _):
        outcome = run_ensemble(configs, stores["cluster"], client=client, progress=False)
    assert outcome.ran == 8
    logs = [read_store(path) for path in stores.values()]
    numbers = [{log.config.digest: (log.epochs, log.measured["norms"]) for log in each} for each in logs]
    assert len(numbers[0]) == 8
    assert numbers[0] == numbers[1] == numbers[2]


def test_dask_workers_killed_and_the_sweep_interrupted(tmp_path):
    """A worker's process is killed (its nanny makes another), then a nanny too; then the rest is resumed."""
    path = tmp_path / "runs.jsonl"
    with cluster(tmp_path, **{runners.SECONDS: "0.2"}) as (client, workers):
        with Started(
            [sys.executable, "-c", DASK, path, client.scheduler.address],
            stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(TESTS)},
        ) as sweep:  # fmt: skip
            assert ends(lambda: path.exists() and path.read_bytes().count(b"\n") >= 3)
            os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
            written = path.read_bytes().count(b"\n")
            assert ends(lambda: path.read_bytes().count(b"\n") >= written + 5)
            workers[0].kill()
            sweep.kill()
        assert ends(client.nthreads)  # both may be gone for a moment
        outcome = run_ensemble(SWEEP, path, client=client, runner=runners.quick, progress=False)
        assert outcome.kept >= 8
        assert outcome.failures == ()
        check_complete(path, SWEEP)


DASK = """
import sys, runners
from distributed import Client
from dropout_gluon.runs.ensemble import run_ensemble
from dropout_gluon.runs.grid import grid
with Client(sys.argv[2]) as client:
    run_ensemble(grid({"seed": range(40)}), sys.argv[1], client=client, runner=runners.quick)
"""


def test_a_scheduler_that_dies_ends_the_sweep_in_one_line_and_costs_no_run(tmp_path):
    path = tmp_path / "runs.jsonl"
    with cluster(tmp_path, **{runners.SECONDS: "0.2"}) as (client, _):
        scheduler = next(pid for pid in alive(str(tmp_path)) if b"scheduler\0" in command_line(pid))
        killer = threading.Timer(1.5, os.kill, (scheduler, signal.SIGKILL))
        killer.start()
        with pytest.raises(EnsembleError, match="the cluster failed, the runs that ended are kept") as caught:
            run_ensemble(SWEEP, path, client=client, runner=runners.quick, progress=False)
        assert "\n" not in str(caught.value)
        killer.join()
    assert 0 < len(read_store(path)) < len(SWEEP)
    run_ensemble(SWEEP, path, workers=2, runner=runners.quick, progress=False)
    check_complete(path, SWEEP)


def test_a_run_that_kills_every_dask_worker_it_gets_is_recorded(tmp_path):
    """Dask blames every run that a worker had when it died; seven deaths are more than bad company gives,
    also where a loaded machine brings back one worker at a time."""
    path = tmp_path / "runs.jsonl"
    configs = grid({"seed": [1, 2, 3, 6, 7]})
    settings = {runners.FOLDER: str(tmp_path), "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "6"}
    with cluster(tmp_path, **settings) as (client, _):
        outcome = run_ensemble(configs, path, client=client, runner=runners.mixed, progress=False)
    reasons = {log.config.seed: log.failure for log in outcome.failures}
    assert set(reasons) == {1, 2, 3}
    assert reasons[3].startswith("it lost its worker: ")
    assert sorted(log.config.seed for log in read_store(path)) == [6, 7]


def test_a_cluster_without_data_or_with_other_threads_says_so(tmp_path):
    path = tmp_path / "runs.jsonl"
    with cluster(tmp_path) as (client, _):
        with pytest.raises(EnsembleError, match="Fashion-MNIST is nowhere"):
            run_ensemble(SWEEP, path, client=client, runner=runners.no_data, progress=False)
        with pytest.raises(EnsembleError, match="OMP_NUM_THREADS=1, where 2 was asked for"):
            run_ensemble(SWEEP, path, client=client, threads=2, runner=runners.quick, progress=False)
    with RunStore(path) as store:
        assert store.digests == {}
