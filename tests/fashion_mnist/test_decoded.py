"""Decoded files that are kept: taken only where they are what the compressed file says, never in the way."""

import gzip
import hashlib
import subprocess
import sys
from contextlib import ExitStack

import numpy as np
import pytest
from filelock import FileLock
from processes import Started

from dropout_gluon.errors import DataError
from dropout_gluon.fashion_mnist import archive
from dropout_gluon.fashion_mnist.archive import FILES, TRAIN_IMAGES
from dropout_gluon.fashion_mnist.decoded import DecodedFiles


@pytest.fixture
def decoded(tmp_path):
    return DecodedFiles(tmp_path / "decoded")


def entries(decoded):
    return sorted(path for path in decoded.folder.iterdir() if not path.name.startswith("."))


def no_inflating(monkeypatch):
    def refuse(*_):
        raise AssertionError("a file is inflated")

    monkeypatch.setattr(gzip, "open", refuse)


def same(one, other):
    fields = ("train_images", "train_labels", "test_images", "test_labels")
    equal = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in fields)
    return equal and one.release == other.release and one.digests == other.digests


def test_second_start_inflates_nothing_and_reads_the_same(small, decoded, monkeypatch):
    first = archive.read(small, decoded)
    assert len(entries(decoded)) == len(FILES)
    no_inflating(monkeypatch)
    second = archive.read(small, decoded)
    assert same(first, second)
    assert not second.train_images.flags.writeable


def test_a_changed_file_is_still_found_out(small, decoded):
    """What is kept of the file before its change is not taken for it."""
    archive.read(small, decoded)
    path = small / TRAIN_IMAGES
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=TRAIN_IMAGES):
        archive.read(small, decoded)
    assert len(entries(decoded)) == len(FILES), "nothing that is not verified is kept"


@pytest.mark.parametrize("damage", [lambda old: b"", lambda old: old[:-1] + bytes([old[-1] ^ 1])])
def test_a_spoilt_entry_is_passed_over_and_made_anew(small, decoded, monkeypatch, damage):
    first = archive.read(small, decoded)
    whole = [path.read_bytes() for path in entries(decoded)]
    for path in entries(decoded):
        path.write_bytes(damage(path.read_bytes()))
    assert same(first, archive.read(small, decoded))
    assert [path.read_bytes() for path in entries(decoded)] == whole
    no_inflating(monkeypatch)
    archive.read(small, decoded)


def test_a_folder_that_cannot_be_made_is_no_error(small, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert same(archive.read(small), archive.read(small, DecodedFiles(tmp_path / "file" / "decoded")))


def test_a_disk_that_is_full_is_no_error(small, tmp_path):
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from dropout_gluon.fashion_mnist.decoded import DecodedFiles\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "DecodedFiles(Path(sys.argv[1])).keep('0' * 64, bytes(2000), '1' * 64)\n"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "decoded"], check=True)
    assert [path.name for path in (tmp_path / "decoded").iterdir()] == [f".{'0' * 64}.lock"]


def test_what_a_killed_process_left_behind_goes(decoded):
    decoded.folder.mkdir()
    left, of_another = decoded.folder / f".{'a' * 64}-b.123.part", decoded.folder / f".{'c' * 64}-d.1.part"
    for part in (left, of_another):
        part.write_bytes(b"half")
    decoded.keep("a" * 64, b"whole", "b")
    assert not left.exists()
    assert of_another.exists(), "it may be being written"


def test_who_comes_second_leaves_the_writing_to_the_first(small, decoded):
    decoded.folder.mkdir()
    compressed = hashlib.sha256((small / TRAIN_IMAGES).read_bytes()).hexdigest()
    with FileLock(decoded.folder / f".{compressed}.lock"):
        archive.read(small, decoded)
        assert len(entries(decoded)) == len(FILES) - 1
    archive.read(small, decoded)
    assert len(entries(decoded)) == len(FILES)


@pytest.mark.data
def test_processes_at_once_all_read_fashion_mnist_and_leave_it_whole(fashion_mnist_folder, decoded):
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from dropout_gluon.fashion_mnist import archive\n"
        "from dropout_gluon.fashion_mnist.decoded import DecodedFiles\n"
        "print(*archive.read(sys.argv[1], DecodedFiles(Path(sys.argv[2]))).digests.values())\n"
    )
    command = [sys.executable, "-c", code, fashion_mnist_folder, decoded.folder]
    with ExitStack() as started:
        processes = [
            started.enter_context(Started(command, stdout=subprocess.PIPE, text=True)) for _ in range(4)
        ]
        said = {process.communicate()[0] for process in processes}
    assert said == {" ".join(archive.read(fashion_mnist_folder).digests.values()) + "\n"}
    assert len(entries(decoded)) == len(FILES)
    for path in entries(decoded):
        compressed = path.name.partition("-")[0]
        assert decoded.recall(compressed) is not None
