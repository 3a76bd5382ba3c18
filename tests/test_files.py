"""Files that are written whole or not at all, and read up to a size."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dropout_gluon.errors import WriteError
from dropout_gluon.files import TooLarge, check_target, read_up_to, write_whole


def test_a_file_is_written_whole(tmp_path):
    target = tmp_path / "figure.png"
    target.write_bytes(b"old")
    with target.open("rb") as reader:
        write_whole(target, b"new")
        assert reader.read() == b"old", "who reads already goes on reading the old file, whole"
    assert [path.name for path in tmp_path.iterdir()] == ["figure.png"]
    assert target.read_bytes() == b"new"


FULL = """
import resource, sys
from pathlib import Path
from dropout_gluon.files import write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
write_whole(Path(sys.argv[1]), b"x" * 2000)
"""


def test_a_disk_that_is_full_leaves_the_old_file_and_no_half_of_the_new(tmp_path):
    target = tmp_path / "log.json"
    target.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", FULL, str(target)], capture_output=True, text=True)
    assert done.stderr.endswith(f"dropout_gluon.errors.WriteError: cannot write {target}: File too large\n")
    assert [path.name for path in tmp_path.iterdir()] == ["log.json"]
    assert target.read_bytes() == b"old"


def test_where_a_link_is_written_the_file_that_it_names_is(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there" / "log.json")
    write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "log.json").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("folder", "cannot write {}: it is not a file"),
        ("pipe", "cannot write {}: it is not a file"),
        ("missing/log.json", "cannot write {}: No such file or directory"),
        ("folder/../file/log.json", "cannot write {}: Not a directory"),
        ("protected", "cannot write {}: it is write-protected"),
    ],
)
@pytest.mark.parametrize("use", [check_target, lambda path: write_whole(path, b"new")])
def test_what_cannot_be_written_is_said_before_and_nothing_is_changed(
    tmp_path, monkeypatch, use, name, message
):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    (tmp_path / "protected").write_text("mine")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.iterdir())
    if name == "protected":  # root may write to any file
        monkeypatch.setattr(os, "access", lambda path, mode: not (mode == os.W_OK and path.name == name))
    with pytest.raises(WriteError) as caught:
        use(tmp_path / name)
    assert str(caught.value) == message.format(tmp_path / name)
    assert sorted(tmp_path.iterdir()) == before


def test_a_device_is_not_replaced_by_a_file():
    with pytest.raises(WriteError, match="cannot write /dev/null: it is"):
        write_whole(Path("/dev/null"), b"new")
    assert Path("/dev/null").is_char_device()


def test_a_file_is_read_up_to_a_size():
    assert read_up_to(io.BytesIO(b"x" * 1000), 0.001) == b"x" * 1000
    with pytest.raises(TooLarge, match=r"larger than 0\.001 MB, up to which it is read"):
        read_up_to(io.BytesIO(b"x" * 1001), 0.001)
    with open("/dev/zero", "rb") as endless, pytest.raises(TooLarge):
        read_up_to(endless, 1)


@pytest.mark.parametrize("use", [check_target, lambda path: write_whole(path, b"new")])
def test_a_stream_is_no_file_whatever_it_leads_to(tmp_path, use):
    """`/dev/stdout` may be a link to a file that has lines of others."""
    path = tmp_path / "summary.md"
    path.write_text("mine")
    with open(path, "a") as file:
        own = f"fd/{file.fileno()}"
        for stream in (f"/dev/{own}", f"/proc/self/{own}", "/dev/stdout", "/dev/null"):
            with pytest.raises(WriteError, match=f"cannot write {stream}: it is not a file"):
                use(Path(stream))
    assert path.read_text() == "mine"
