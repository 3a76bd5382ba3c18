"""What can go wrong while Fashion-MNIST is fetched, each fault made to happen by a real server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading

import mirror as faults
import pytest
from mirror import Mirror
from processes import Started, ends

from dropout_gluon.errors import ConfigError, DataError, DropoutGluonWarning
from dropout_gluon.fashion_mnist import archive, download, sources
from dropout_gluon.fashion_mnist.archive import FILES, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS

QUICK = 1.0  # seconds


@pytest.fixture(autouse=True)
def _machine(machine):
    return machine


def locate(*mirrors, timeout=QUICK):
    return sources.locate(
        mirrors=[getattr(mirror, "url", mirror) for mirror in mirrors], timeout=timeout, progress=False
    )


def failed(*mirrors):
    """The message, one line, of a call for which no source was good enough."""
    with pytest.raises(DataError) as caught:
        locate(*mirrors)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert TRAIN_IMAGES in message
    return message


def contents(folder):
    """Every file below a folder, but for the lock."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


def start_fetching(mirror):
    """Another process that fills the same cache."""
    code = f"""
from dropout_gluon.fashion_mnist import sources
from dropout_gluon.fashion_mnist.archive import FILES, Member
FILES.update({FILES!r})
sources.SYSTEM_FOLDER = sources.Path({str(sources.SYSTEM_FOLDER)!r})
print(sources.locate(mirrors=[{mirror.url!r}], timeout=20).release)
"""
    return Started([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


# Servers that are odd but good


@pytest.mark.parametrize("manner", ["with_ranges", "without_length", "as_encoding"])
def test_cache_is_filled_from_a_mirror(small, machine, manner):
    with Mirror(small, getattr(faults, manner)) as mirror:
        found = locate(mirror)
    assert found.folder == machine.cache
    assert contents(machine.cache) == contents(small)


def test_filled_cache_asks_no_mirror(small):
    with Mirror(small) as mirror:
        locate(mirror)
        mirror.asked.clear()
        locate(mirror)
    assert mirror.asked == []


def test_mirrors_and_timeout_come_from_the_environment(small, monkeypatch):
    with Mirror(small, faults.not_found) as bad, Mirror(small) as good:
        monkeypatch.setenv("DROPOUT_GLUON_MIRRORS", f"{bad.url}  {good.url.rstrip('/')}")
        monkeypatch.setenv("DROPOUT_GLUON_TIMEOUT", str(QUICK))
        sources.locate(progress=False)
    assert [name for name, _ in bad.asked] == [TRAIN_IMAGES]
    assert [name for name, _ in good.asked] == list(FILES)


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan", "inf"])
def test_timeout_that_is_no_time(small, monkeypatch, text):
    monkeypatch.setenv("DROPOUT_GLUON_TIMEOUT", text)
    with pytest.raises(ConfigError, match=rf"\$DROPOUT_GLUON_TIMEOUT must be a number above 0.*{text}"):
        sources.locate(progress=False)


def test_progress_goes_to_standard_error_and_only_when_wanted(small, machine, capfd):
    with Mirror(small) as mirror:
        locate(mirror)
        assert capfd.readouterr() == ("", "")
        (machine.cache / TRAIN_IMAGES).unlink()
        sources.locate(mirrors=[mirror.url], progress=True)
    assert capfd.readouterr() == ("", f"dropout-gluon: {TRAIN_IMAGES} is fetched\n")


def test_a_terminal_has_a_bar_and_of_what_did_not_come_nothing_is_said(small, machine, capfd, monkeypatch):
    with Mirror(small, faults.not_found) as mirror, pytest.raises(DataError):
        sources.locate(mirrors=[mirror.url], progress=True)
    assert capfd.readouterr() == ("", "")
    monkeypatch.setattr(download, "draws_bars", lambda: True)
    with Mirror(small) as mirror:
        sources.locate(mirrors=[mirror.url], progress=True)
    err = capfd.readouterr().err
    assert TRAIN_IMAGES in err
    assert "100%" in err
    assert "fetched" not in err


# Mirrors that do not deliver


FAULTS = {
    "not_found": "answered 404",
    "wrong_bytes": "damaged",
    "page_of_a_portal": "gzip file was expected",
    "silence": "did not answer in time",
    "stall": f"sent nothing for {QUICK:g} s",
    "drip": "less than 1000 bytes a second",
    "cut": "broke off",
    "endless": "sent more than",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_mirror_that_does_not_deliver_is_passed_over(small, machine, fault):
    with Mirror(small, getattr(faults, fault)) as bad, Mirror(small) as good:
        locate(bad, good)
    assert len(bad.asked) == 1
    assert contents(machine.cache) == contents(small)


@pytest.mark.parametrize("fault", FAULTS)
def test_mirror_that_does_not_deliver_is_named_with_the_reason(small, machine, fault):
    with Mirror(small, getattr(faults, fault)) as bad:
        message = failed(bad)
    assert f"{bad.url}{TRAIN_IMAGES}" in message
    assert FAULTS[fault] in message
    assert set(contents(machine.cache)) <= {f"{TRAIN_IMAGES}.part"}


@pytest.mark.parametrize("fault", ["wrong_bytes", "page_of_a_portal", "endless"])
def test_nothing_is_kept_of_wrong_bytes(small, machine, fault):
    with Mirror(small, getattr(faults, fault)) as bad:
        failed(bad)
    assert contents(machine.cache) == {}


def test_endless_answer_is_cut_off(small):
    with Mirror(small, faults.endless) as bad:
        failed(bad)
    # What lies in the sockets' buffers was sent, though nobody read it.
    assert bad.sent < FILES[TRAIN_IMAGES].size + (16 << 20)


def test_no_source_reachable(small, machine):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        refusing = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        message = failed(refusing, "ftp://nowhere.invalid/", "http://nowhere.invalid/")
    for name in FILES:
        assert name in message
    assert f"{refusing}{TRAIN_IMAGES} cannot be reached: Connection refused" in message
    assert message.count("cannot be reached") == 3
    assert "no apt-get" in message
    assert "Install the Debian package dataset-fashion-mnist" in message
    assert "$DROPOUT_GLUON_DATA" in message
    assert contents(machine.cache) == {}


def test_two_mirrors_share_the_work(small, machine):
    """The first delivers two files and then dies; those are not asked for again."""
    with Mirror(small, faults.cut, only=[TEST_IMAGES]) as first, Mirror(small) as second:
        locate(first, second)
    assert [name for name, _ in first.asked] == [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES]
    assert [name for name, _ in second.asked] == [TEST_IMAGES, TEST_LABELS]
    assert contents(machine.cache) == contents(small)


def test_what_was_delivered_stays_for_the_next_call(small, machine):
    with Mirror(small, faults.not_found, only=[TEST_IMAGES]) as first:
        with pytest.raises(DataError, match=f"no source delivers {TEST_IMAGES} and {TEST_LABELS}:"):
            locate(first)
        assert set(contents(machine.cache)) == {TRAIN_IMAGES, TRAIN_LABELS}
        first.fault = None
        first.asked.clear()
        locate(first)
    assert [name for name, _ in first.asked] == [TEST_IMAGES, TEST_LABELS]


# Downloads that break off


@pytest.fixture
def killed(small, machine):
    """A mirror, and the bytes that a process killed half way left of the training images."""
    part = machine.cache / f"{TRAIN_IMAGES}.part"
    half = (small / TRAIN_IMAGES).stat().st_size // 2
    with Mirror(small, faults.stall) as mirror:
        with start_fetching(mirror) as process:
            # The last few kilobytes may still be in the buffer of the file.
            assert ends(lambda: part.exists() and part.stat().st_size > half - 8192)
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
        assert set(contents(machine.cache)) == {part.name}
        mirror.fault, mirror.sent = None, 0
        mirror.asked.clear()
        yield mirror, part.stat().st_size


def test_killed_download_is_resumed(small, machine, killed):
    mirror, kept = killed
    locate(mirror)
    assert mirror.asked == [
        (TRAIN_IMAGES, f"bytes={kept}-"), (TRAIN_LABELS, None), (TEST_IMAGES, None), (TEST_LABELS, None)
    ]  # fmt: skip
    assert mirror.sent == sum(map(len, contents(small).values())) - kept
    assert contents(machine.cache) == contents(small)


@pytest.mark.parametrize("manner", ["without_ranges", "refusing_ranges", "other_range"])
def test_killed_download_starts_over_where_ranges_are_not_served(small, machine, killed, manner):
    mirror, kept = killed
    mirror.fault = getattr(faults, manner)
    locate(mirror)
    assert mirror.asked[0] == (TRAIN_IMAGES, f"bytes={kept}-")
    assert contents(machine.cache) == contents(small)


def test_resumed_file_that_turns_out_wrong_is_fetched_once_more(small, machine):
    machine.cache.mkdir(parents=True)
    (machine.cache / f"{TRAIN_IMAGES}.part").write_bytes(b"left by something else")
    with Mirror(small) as mirror:
        locate(mirror)
    assert mirror.asked[:2] == [(TRAIN_IMAGES, "bytes=22-"), (TRAIN_IMAGES, None)]
    assert contents(machine.cache) == contents(small)


def test_resumed_file_that_stays_wrong_gives_the_mirror_up(small, machine):
    machine.cache.mkdir(parents=True)
    (machine.cache / f"{TRAIN_IMAGES}.part").write_bytes(b"left by something else")
    with Mirror(small, faults.wrong_bytes) as mirror:
        failed(mirror)
    assert [wanted for _, wanted in mirror.asked] == ["bytes=22-", None]
    assert contents(machine.cache) == {}


def test_part_longer_than_the_file_is_thrown_away(small, machine):
    machine.cache.mkdir(parents=True)
    (machine.cache / f"{TRAIN_IMAGES}.part").write_bytes(bytes(1 << 20))
    with Mirror(small) as mirror:
        locate(mirror)
    assert contents(machine.cache) == contents(small)


# The cache


def test_two_processes_at_once_fetch_each_file_once(small, machine):
    second_waits = threading.Event()

    def held(handler, content):
        second_waits.wait(20)
        faults.with_ranges(handler, content)

    with Mirror(small, held) as mirror, start_fetching(mirror) as first:
        assert ends(lambda: mirror.asked)
        with start_fetching(mirror) as second:
            line = second.stderr.readline()
            assert line == f"dropout-gluon: waiting for another process that is filling {machine.cache}\n"
            second_waits.set()
            outputs = [process.communicate(timeout=120) for process in (first, second)]
    assert [out for out, _ in outputs] == [f"{archive.SECOND}\n"] * 2, outputs
    assert [name for name, _ in mirror.asked] == list(FILES)
    assert contents(machine.cache) == contents(small)


def test_bad_file_in_the_cache_is_fetched_again(small, machine):
    with Mirror(small) as mirror:
        locate(mirror)
        (machine.cache / TEST_LABELS).write_bytes(b"rust")
        mirror.asked.clear()
        with pytest.warns(DropoutGluonWarning, match="it is fetched again") as said:
            sources.locate(mirrors=[mirror.url], progress=True)
    assert len(said) == 1
    assert str(machine.cache / TEST_LABELS) in str(said[0].message)
    assert mirror.asked == [(TEST_LABELS, None)]
    assert contents(machine.cache) == contents(small)


def test_bad_file_in_the_cache_stays_until_there_is_a_better_one(small, machine):
    with Mirror(small) as mirror:
        locate(mirror)
    (machine.cache / TRAIN_IMAGES).write_bytes(b"rust")
    before = contents(machine.cache)
    failed()
    assert contents(machine.cache) == before


def test_file_of_another_release_does_not_enter_the_cache(small, machine, monkeypatch):
    """A mirror with the first release cannot complete a cache that has the second."""
    with Mirror(small) as second:
        locate(second)
    (machine.cache / TEST_LABELS).unlink()
    before = contents(machine.cache)
    good, member = (small / TEST_LABELS).read_bytes(), FILES[TEST_LABELS]
    other = archive.Member(member.shape, archive.hashlib.sha1(good).hexdigest(), "0" * 64)
    monkeypatch.setitem(FILES, TEST_LABELS, other)
    with Mirror(small) as first, pytest.raises(DataError, match="of the release of 2017-08-26"):
        locate(first)
    assert contents(machine.cache) == before


def test_unwritable_cache(small, machine, monkeypatch):
    """Below a regular file nobody can write, root neither."""
    (machine.home / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(machine.home / "file"))
    with Mirror(small) as mirror, pytest.raises(DataError) as caught:
        locate(mirror)
    assert str(machine.home / "file/dropout_gluon/fashion-mnist") in str(caught.value)
    assert os.strerror(20) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert mirror.asked == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full to stand in for a full disk")
def test_full_disk(small, machine):
    machine.cache.mkdir(parents=True)
    (machine.cache / f"{TEST_IMAGES}.part").symlink_to("/dev/full")
    with Mirror(small) as mirror, Mirror(small) as spare, pytest.raises(DataError) as caught:
        locate(mirror, spare)
    assert f"{machine.cache / TEST_IMAGES} cannot be written: {os.strerror(28)}" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    # Names only: if the link were still there, reading it would never end.
    assert set(os.listdir(machine.cache)) == {TRAIN_IMAGES, TRAIN_LABELS, ".lock"}
    assert spare.asked == []  # another mirror would not make room


def test_bad_files_elsewhere_are_left_as_they_are(small, machine, monkeypatch):
    """Not repaired, completed or locked: not one byte changes in a place that is not ours."""
    for folder in (machine.gluon, machine.system):
        folder.mkdir(parents=True)
        (folder / TRAIN_IMAGES).write_bytes(b"rust")
    with Mirror(small) as mirror, pytest.warns(UserWarning, match="passed over") as warned:
        assert locate(mirror).folder == machine.cache
    assert len(warned) == 2
    for folder in (machine.gluon, machine.system):
        assert [path.name for path in folder.iterdir()] == [TRAIN_IMAGES]
        assert (folder / TRAIN_IMAGES).read_bytes() == b"rust"
    monkeypatch.setenv("DROPOUT_GLUON_DATA", str(machine.gluon))
    with Mirror(small) as mirror, pytest.raises(DataError, match=str(machine.gluon)):
        locate(mirror)
    assert [path.name for path in machine.gluon.iterdir()] == [TRAIN_IMAGES]
    assert mirror.asked == []
