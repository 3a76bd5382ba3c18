"""The run store: what was written is there, what is damaged is named, one writes at a time."""

import json
import os
import random
import shutil
import subprocess
import sys
import zlib
from dataclasses import replace

import pytest
import runners
from places import DATA, TESTS

from dropout_gluon.config import RunConfig
from dropout_gluon.errors import DropoutGluonWarning, StoreError
from dropout_gluon.logs import EpochRecord, RunLog
from dropout_gluon.runs.ensemble import run_ensemble
from dropout_gluon.runs.store import RunStore, from_line, read_store, scan, to_line


def make_log(seed, failure=""):
    values = random.Random(seed)
    epochs = tuple(EpochRecord(n, values.random(), values.random(), values.random()) for n in range(1, 4))
    config = RunConfig(seed=seed, drop_probs=(0.1, 0.3), num_epochs=3)
    return RunLog(config, epochs, {"release": "2017-08-31"}, {"threads": "1"}, 1.5, failure)


LOGS = [make_log(seed) for seed in range(5)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.jsonl"


@pytest.fixture
def full(path):
    with RunStore(path) as store:
        for log in LOGS:
            store.append(log)
    return path


def test_runs_come_back_to_the_last_digit(full):
    assert read_store(full) == LOGS
    assert list(scan(full)) == LOGS
    with RunStore(full) as store:
        assert store.digests == {log.config.digest: False for log in LOGS}
        assert store.said == ""


def test_a_line_is_json_that_tools_can_read(full):
    lines = [json.loads(line) for line in full.read_text().splitlines()]
    assert [line["digest"] for line in lines] == [log.config.digest for log in LOGS]
    assert lines[0]["epochs"][0]["loss"] == LOGS[0].epochs[0].loss


def test_a_folder_is_made(tmp_path):
    with RunStore(tmp_path / "a" / "b" / "runs.jsonl") as store:
        store.append(LOGS[0])
    assert read_store(tmp_path / "a" / "b" / "runs.jsonl") == LOGS[:1]


def test_failed_runs_are_kept_apart_and_a_later_success_counts(path):
    with RunStore(path) as store:
        store.append(make_log(0, "diverged"))
        store.append(make_log(1, "diverged"))
        store.append(LOGS[0])
        assert store.digests == {LOGS[0].config.digest: False, LOGS[1].config.digest: True}
    assert read_store(path) == LOGS[:1]
    assert read_store(path, failed=True) == [LOGS[0], make_log(1, "diverged")]


@pytest.mark.parametrize("keep", ["one byte", "half", "all but the check sum", "all but a byte"])
def test_a_torn_last_line_is_set_aside_and_said(full, keep):
    good, last = full.read_bytes()[: -len(to_line(LOGS[-1]))], to_line(LOGS[-1])
    length = {"one byte": 1, "half": len(last) // 2, "all but the check sum": len(last) - 20}.get(
        keep, len(last) - 2
    )
    full.write_bytes(good + last[:length])
    with pytest.warns(DropoutGluonWarning) as said:
        assert read_store(full) == LOGS[:-1], "a reader passes over it"
    assert str(said[0].message) == (
        f"{full}:5: the last line is cut short after {length} bytes, or being written: passed over"
    )
    with RunStore(full) as store:
        assert full.name in store.said
        assert f"{length} bytes are set aside in {full}.torn" in store.said
        assert LOGS[-1].config.digest not in store.digests
        store.append(LOGS[-1])
    assert full.with_name("runs.jsonl.torn").read_bytes() == last[:length] + b"\n"
    assert full.read_bytes() == good + last
    with RunStore(full) as store:
        assert store.said == ""


def test_zeros_after_a_power_cut_are_set_aside(full):
    good = full.read_bytes()
    full.write_bytes(good + bytes(300))
    with RunStore(full) as store:
        assert "300 bytes are set aside" in store.said
    assert full.read_bytes() == good


@pytest.mark.parametrize("length", [1, 10, 30, 100])
def test_a_beginning_and_then_zeros_is_a_torn_line(full, length):
    """Of a line of which a part was on the disk, and room for the rest."""
    good = full.read_bytes()
    full.write_bytes(good + to_line(LOGS[0])[:length] + bytes(300))
    with pytest.warns(DropoutGluonWarning, match=f"cut short after {length + 300} bytes"):
        assert read_store(full) == LOGS
    with RunStore(full) as store:
        assert f"{length + 300} bytes are set aside" in store.said
    assert full.read_bytes() == good


def test_a_whole_last_line_without_its_end_gets_it(full):
    good = full.read_bytes()
    full.write_bytes(good[:-1])
    assert read_store(full) == LOGS
    with RunStore(full) as store:
        assert store.said == ""
        assert len(store.digests) == 5
    assert full.read_bytes() == good


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda line: line.replace(b'"seed":2', b'"seed":7'), "check sum"),
        (lambda line: line[:-30] + b"\n", "check sum"),
        (lambda line: line[: len(line) // 2] + b"#" + line[len(line) // 2 + 1 :], "check sum"),
        (lambda line: b'{"another": "program"}\n', 'this one with b\'{"another": "program"}'),
        (lambda line: b"\n", "this one with b'\\n'"),
        (lambda line: b"epoch 1, loss 1.2, train acc 0.5, test acc 0.7\n", "this one with b'epoch 1"),
    ],
)
def test_a_bad_line_in_the_middle_is_refused_by_its_number_and_nothing_is_rewritten(full, damage, reason):
    lines = full.read_bytes().splitlines(keepends=True)
    lines[2] = damage(lines[2])
    full.write_bytes(b"".join(lines) + b'{"format":"dropout_gluon run 1","torn')
    before = full.read_bytes()
    for use in (read_store, RunStore):
        with pytest.raises(StoreError) as caught:
            use(full)
        assert str(caught.value).startswith(f"{full}:3: ")
        assert reason in str(caught.value)
        assert "\n" not in str(caught.value)
    assert full.read_bytes() == before
    assert not full.with_name("runs.jsonl.torn").exists()
    full.write_bytes(lines[0])
    with RunStore(full) as store:  # the lock was let go, though `caught` still holds what had it
        assert len(store.digests) == 1
    del caught


def test_a_good_check_sum_does_not_save_a_run_that_is_none(full):
    for body, reason in (
        (b'{"format":"dropout_gluon run 1","config":{"seed":-1}', "seed must be"),
        (b'{"format":"dropout_gluon run 1","config":{}', "KeyError"),
        (to_line(LOGS[0]).rpartition(b',"digest"')[0] + b',"digest":"0123456789abcdef"', "digest"),
    ):
        with pytest.raises(StoreError, match=reason):
            from_line(body + b',"crc32":"%08x"}\n' % zlib.crc32(body))


@pytest.mark.parametrize("content", [b"# A page\n", b"no end", b"\x89PNG", b'{"format": "x"}\n'])
def test_a_file_that_is_no_store_stays_as_it_is(tmp_path, content):
    path = tmp_path / "README.md"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"README\.md:1: not a run"):
        RunStore(path)
    assert [file.name for file in tmp_path.iterdir()] == ["README.md"]
    assert path.read_bytes() == content


def test_an_empty_file_is_an_empty_store(path):
    path.write_bytes(b"")
    with RunStore(path) as store:
        assert store.digests == {}
    assert read_store(path) == []


def test_a_second_writer_is_refused_and_readers_are_not(full):
    code = (
        "import sys\nfrom dropout_gluon.runs.store import RunStore, read_store\n"
        "print(len(read_store(sys.argv[1])), flush=True)\nRunStore(sys.argv[1])\n"
    )
    with RunStore(full) as store:
        done = subprocess.run([sys.executable, "-c", code, full], capture_output=True, text=True)
        assert done.stdout == "5\n"
        assert f"StoreError: {full} is being written by another process" in done.stderr
        with pytest.raises(StoreError, match="being written"):
            RunStore(full)
        store.append(make_log(9))
    with RunStore(full) as store:
        assert len(store.digests) == 6


def test_a_reader_during_an_append_sees_whole_runs_only(full):
    half = to_line(make_log(9))[:100]
    with RunStore(full) as store, full.open("ab") as writer:
        writer.write(half)
        writer.flush()
        with pytest.warns(DropoutGluonWarning, match=":6: the last line is cut short .* or being written"):
            assert read_store(full) == LOGS
        assert store.said == ""


@pytest.mark.parametrize("length", [1, 30, 300])
def test_a_store_whose_only_line_is_torn_has_no_run_for_readers_and_begins_anew_for_writers(path, length):
    path.write_bytes(to_line(LOGS[0])[:length])
    with pytest.raises(StoreError) as caught:
        read_store(path)
    assert str(caught.value) == (
        f"{path}: its only line is cut short after {length} bytes: it has no whole run"
    )
    with RunStore(path) as store:
        assert f"{length} bytes are set aside" in store.said
        store.append(LOGS[0])
    assert read_store(path) == LOGS[:1]


def test_a_long_torn_line_is_found_from_the_end(full):
    """Over several of the blocks in which the end is looked for."""
    good = full.read_bytes()
    full.write_bytes(good + to_line(LOGS[0])[:-2].replace(b'"failure":""', b'"failure":"' + b"x" * 3_000_000))
    with RunStore(full) as store:
        assert "bytes are set aside" in store.said
    assert full.read_bytes() == good


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/"])
def test_what_is_no_file_is_no_store(path):
    """It might have no end."""
    for use in (read_store, RunStore):
        with pytest.raises(StoreError, match=f"{path} is not a file, where a run store was expected"):
            use(path)


def test_a_line_without_an_end_is_no_run(path):
    with path.open("wb") as file:
        file.truncate(10**9)  # which takes no room
    with pytest.raises(StoreError, match="1: not a run: a line of more than 64 MB"):
        read_store(path)


def test_a_run_as_json_is_no_torn_line(path):
    """It is whole, and somebody's file."""
    path.write_text(LOGS[0].to_json(None))
    for use in (read_store, RunStore):
        with pytest.raises(StoreError, match=":1: the run is damaged: its check sum is not that"):
            use(path)
    assert path.read_text() == LOGS[0].to_json(None)


@pytest.mark.parametrize("end", [b"\n", b""])
@pytest.mark.parametrize(
    "body", [b'{"format":"dropout_gluon run 1","x":"\xff"', to_line(LOGS[0]).rpartition(b',"digest"')[0]]
)
def test_a_good_check_sum_over_something_else_is_said(path, body, end):
    path.write_bytes(body + b',"crc32":"%08x"}' % zlib.crc32(body) + end)
    with pytest.raises(StoreError) as caught:
        read_store(path)
    assert str(caught.value).startswith(f"{path}:1: " if end else str(path))


FULL_DISK = """
import resource, sys
from dropout_gluon.runs.store import RunStore
sys.path[:0] = sys.argv[2:]
from test_store import make_log
with RunStore(sys.argv[1]) as store:
    size = store.path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1500, size + 1500))
    for seed in range(100, 110):
        store.append(make_log(seed))
"""


def test_a_disk_that_is_full_keeps_every_whole_run_and_no_half(full):
    import signal

    def ignore_limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    before = full.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, full, os.path.dirname(__file__), TESTS],
        capture_output=True, text=True, preexec_fn=ignore_limit,
    )  # fmt: skip
    assert (
        f"StoreError: {full} cannot be written: File too large; the runs that it has are whole" in done.stderr
    )
    after = full.read_bytes()
    assert after.startswith(before)
    assert after.endswith(b"}\n")
    assert len(read_store(full)) == 5 + (1500 // len(to_line(make_log(100))))
    with RunStore(full) as store:
        assert store.said == ""
        store.append(make_log(50))


def test_a_folder_in_its_place_and_a_missing_file(tmp_path):
    with pytest.raises(StoreError, match="is not a file, where a run store was expected"):
        RunStore(tmp_path)
    with pytest.raises(StoreError, match=r"none.jsonl cannot be read: No such file"):
        read_store(tmp_path / "none.jsonl")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match=r"cannot be (read|written): (Not a directory|File exists)"):
        RunStore(tmp_path / "file" / "runs.jsonl")


def test_what_is_appended_is_synced_before_it_counts(path, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(path.stat().st_size) or real(file))
    with RunStore(path) as store:
        synced.clear()
        store.append(LOGS[0])
        assert synced == [len(to_line(LOGS[0]))]


def test_digest_is_stable_and_differs_with_every_field():
    """The first two are typed in: a store of today must be read tomorrow."""
    assert RunConfig().digest == "44136fa355b3678a"
    assert RunConfig(implementation="gluon", seed=3).digest == "cb46a70a1b71c4df"
    others = {
        "implementation": "gluon", "hidden_sizes": (256, 128), "drop_probs": (0.5, 0.2), "seed": 1,
        "learning_rate": 0.1, "batch_size": 64, "num_epochs": 5, "sigma": 0.1, "split": "released",
        "noise": "gaussian", "weight_decay": 0.01, "labels": "random", "num_train": 6000,
        "measure": ("norms",),
    }  # fmt: skip
    assert {*others, "gammas"} == set(RunConfig().to_dict())
    digests = {replace(RunConfig(), **{name: value}).digest for name, value in others.items()}
    assert len(digests | {RunConfig().digest}) == len(others) + 1
    first, second = (RunConfig(noise="three-point", gammas=gammas).digest for gammas in ((1.5, 3), (1.5, 2)))
    assert first != second


def test_a_store_of_an_earlier_version_is_read_and_gone_on_with(tmp_path):
    """Written by the command of 0.1.0."""
    path = shutil.copy(DATA / "runs-0.1.0.jsonl", tmp_path)
    kept = read_store(path)
    found = {(log.config.implementation, log.config.seed) for log in kept}
    assert found == {("scratch", 1), ("gluon", 1)}
    assert all(log.environment["dropout_gluon"] == "0.1.0" and len(log.epochs) == 1 for log in kept)
    outcome = run_ensemble([log.config for log in kept], path, runner=runners.no_data, progress=False)
    assert (outcome.asked, outcome.kept, outcome.ran) == (2, 2, 0)
