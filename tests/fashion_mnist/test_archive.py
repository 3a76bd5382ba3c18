"""archive: what is accepted, and what is said about what is not."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import struct
import sys
from subprocess import run

import numpy as np
import pytest

from dropout_gluon.errors import DataError
from dropout_gluon.fashion_mnist import archive
from dropout_gluon.fashion_mnist.archive import (
    FILES,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    Member,
)
from dropout_gluon.fashion_mnist.decoded import DecodedFiles


def refused(folder, *words):
    """The message with which `read` refuses the folder: one line with every one of the words."""
    with pytest.raises(DataError) as caught:
        archive.read(folder)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    for word in words:
        assert str(word) in message
    return message


def rewrite(path, change):
    """Replace the uncompressed content of a file."""
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()))))


def idx(*shape):
    return Member(shape, "", "").header + bytes(int(np.prod(shape)))


def test_header_is_that_of_the_published_files():
    """The format's own description: magic 2051 for images, 2049 for labels, then the lengths."""
    assert FILES[TRAIN_IMAGES].header == struct.pack(">4I", 2051, 60000, 28, 28)
    assert FILES[TEST_LABELS].header == struct.pack(">2I", 2049, 10000)
    assert FILES[TRAIN_IMAGES].size == 47_040_016


def test_content_comes_out_as_it_went_in(small):
    found = archive.read(str(small))
    content = gzip.decompress((small / TEST_IMAGES).read_bytes())
    assert found.test_images.tobytes() == content[16:]
    assert found.train_labels.tobytes() == gzip.decompress((small / TRAIN_LABELS).read_bytes())[8:]
    assert found.train_images.shape == (600, 28, 28)
    assert found.test_labels.shape == (100,)
    assert found.digests[TEST_IMAGES] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert (found.release, found.folder) == (archive.SECOND, small)


def test_arrays_cannot_be_written_to(small):
    found = archive.read(small)
    for array in (found.train_images, found.train_labels, found.test_images, found.test_labels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_content_compressed_anew_is_the_same_release(small):
    rewrite(small / TEST_IMAGES, lambda content: content)
    assert archive.read(small).release == archive.SECOND


def make_first(folder, name, monkeypatch):
    """Give a file other content, and let it be the one that the first release had."""
    rewrite(folder / name, lambda content: content[:-1] + bytes([content[-1] ^ 1]))
    sha1 = hashlib.sha1((folder / name).read_bytes()).hexdigest()
    monkeypatch.setitem(FILES, name, Member(FILES[name].shape, sha1, FILES[name].second_sha256))


def test_first_release_is_recognised_by_the_compressed_file(small, monkeypatch):
    for name in FILES:
        make_first(small, name, monkeypatch)
    assert archive.read(small).release == archive.FIRST


def test_two_releases_do_not_mix(small, monkeypatch):
    make_first(small, TEST_IMAGES, monkeypatch)
    refused(small, f"{TEST_IMAGES} of 2017-08-26", f"{TRAIN_IMAGES} of 2017-08-31")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("keep", [0.5, 0.999])
def test_truncated_gzip(small, name, keep):
    path = small / name
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    refused(small, path, "truncated")


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_byte(small, name):
    """Wherever it is, in the gzip header, the stream or the checksum, but for name and time."""
    path = small / name
    good = path.read_bytes()
    for position in [0, 2, *range(10, len(good), max(1, len(good) // 7)), len(good) - 8]:
        path.write_bytes(good[:position] + bytes([good[position] ^ 0x55]) + good[position + 1 :])
        refused(small, path)


def test_not_a_gzip_file(small):
    (small / TEST_LABELS).write_bytes(b"<html>404 Not Found</html>")
    refused(small, small / TEST_LABELS, "gzip file was expected")


def test_empty_file(small):
    (small / TEST_LABELS).write_bytes(b"")
    refused(small, small / TEST_LABELS)


def test_other_dimensions(small):
    (small / TRAIN_IMAGES).write_bytes(gzip.compress(idx(600, 28, 27)))
    refused(small, small / TRAIN_IMAGES, "holds 600 x 28 x 27 where 600 x 28 x 28 was expected")


@pytest.mark.parametrize("count", [599, 601])
def test_counts_of_labels_and_images_that_differ(small, count):
    (small / TRAIN_LABELS).write_bytes(gzip.compress(idx(count)))
    refused(small, small / TRAIN_LABELS, f"holds {count} where 600 was expected, one label an image")


def test_labels_in_place_of_images(small):
    (small / TRAIN_IMAGES).write_bytes((small / TRAIN_LABELS).read_bytes())
    refused(small, small / TRAIN_IMAGES, "00000801", "00000803")


def test_header_cut_short(small):
    rewrite(small / TRAIN_IMAGES, lambda content: content[:10])
    refused(small, small / TRAIN_IMAGES, "3 lengths were expected")


def test_pixels_missing_behind_a_good_header(small):
    rewrite(small / TRAIN_IMAGES, lambda content: content[:-1])
    size = FILES[TRAIN_IMAGES].size
    refused(small, small / TRAIN_IMAGES, f"holds only {size - 1} bytes where {size} were expected")


def test_decompression_bomb_is_not_inflated(small):
    """A quarter of a megabyte that would become 256 MB, refused by a process with 64 MB to spare."""
    bomb = FILES[TEST_LABELS].header + bytes(1 << 28)
    (small / TEST_LABELS).write_bytes(gzip.compress(bomb))
    code = f"""
import resource
from pathlib import Path
from dropout_gluon.fashion_mnist.archive import FILES, DataError, Member, read
FILES.update({FILES!r})
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20),) * 2)
try:
    read({str(small)!r})
except DataError as error:
    print(error)
"""
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"{TEST_LABELS} holds more bytes where 108 were expected" in done.stdout


def test_other_content(small):
    """Everything fits but the digest, and the message has both, found and expected."""
    path, expected = small / TEST_LABELS, FILES[TEST_LABELS].second_sha256
    rewrite(path, lambda content: content[:-1] + bytes([content[-1] ^ 1]))
    found = hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest()
    refused(small, path, f"SHA-256 of the content is {found}, expected {expected}")


@pytest.mark.parametrize("missing", [[TEST_LABELS], [TRAIN_IMAGES, TEST_IMAGES], list(FILES)])
def test_missing_files_are_named(small, missing):
    for name in missing:
        (small / name).unlink()
    message = refused(small, small)
    assert re.findall(r"[\w-]+\.gz", message) == missing


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_what_is_no_file_is_not_read(small, kind):
    """It might have no end."""
    path = small / TEST_LABELS
    path.unlink()
    make = {
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "device": lambda: path.symlink_to("/dev/zero"),
    }
    make[kind]()
    refused(small, path, "is not a file, where one of Fashion-MNIST was expected")
    with pytest.raises(DataError, match="is not a file"):
        archive.read(small, DecodedFiles(small / "decoded"))


def test_a_file_that_does_not_let_itself_be_read(small, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(archive.gzip, "open", refuse)
    refused(small, "cannot be read", os.strerror(13))


def test_folder_that_is_a_file(small):
    refused(small / TEST_LABELS, small / TEST_LABELS, "not a folder")


@pytest.mark.data
def test_fashion_mnist_itself(fashion_mnist_folder):
    """Its known composition: 6,000 training and 1,000 test images of each of ten classes."""
    found = archive.read(fashion_mnist_folder)
    assert found.release in (archive.FIRST, archive.SECOND)
    assert found.train_images.shape == (60000, 28, 28)
    assert found.test_images.shape == (10000, 28, 28)
    assert np.bincount(found.train_labels).tolist() == [6000] * 10
    assert np.bincount(found.test_labels).tolist() == [1000] * 10
    assert all(digest.startswith("sha256:") for digest in found.digests.values())


@pytest.mark.data
@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_in_fashion_mnist_itself(fashion_mnist_folder, tmp_path, name):
    for other in FILES:
        if other != name:
            (tmp_path / other).symlink_to(fashion_mnist_folder / other)
    altered = bytearray((fashion_mnist_folder / name).read_bytes())
    altered[len(altered) // 2] ^= 1
    (tmp_path / name).write_bytes(altered)
    refused(tmp_path, tmp_path / name)
