"""Fashion-MNIST's four files: their two releases, their digests, and how they are read.

Nothing leaves this module that has not been verified. Fashion-MNIST was released twice: on 2017-08-26,
the release that MXNet copied and the book used, and on 2017-08-31, with duplicates replaced and the
samples in another order, the release that everybody else serves (zalandoresearch/fashion-mnist, issue 44).
"""

from __future__ import annotations

import gzip
import hashlib
import math
import os
import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..config import BOOKS_RELEASE
from ..errors import DataError
from ..messages import listed, named
from .decoded import Content, DecodedFiles

Bytes = np.ndarray[Any, np.dtype[np.uint8]]

ROOM = 4096  # bytes by which a compressed file may be longer than its content
FIRST, SECOND = BOOKS_RELEASE, "2017-08-31"


@dataclass(frozen=True)
class Member:
    """One of the four files: what its header must say, and what it is recognised by.

    Attributes:
        shape: of the array of unsigned bytes inside, examples first.
        first_sha1: SHA-1 of the .gz file in the release of 2017-08-26, of which only this is known.
        second_sha256: SHA-256 of the uncompressed content in the release of 2017-08-31; Debian compressed
            the same content anew.
    """

    shape: tuple[int, ...]
    first_sha1: str
    second_sha256: str

    @property
    def header(self) -> bytes:
        """The IDX header: two zero bytes, type (8 is unsigned byte), number of axes, length of each."""
        return struct.pack(f">HBB{len(self.shape)}I", 0, 8, len(self.shape), *self.shape)

    @property
    def size(self) -> int:
        """Bytes of the uncompressed file."""
        return len(self.header) + math.prod(self.shape)


TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"

FILES = {
    TRAIN_IMAGES: Member(
        (60000, 28, 28),
        "0cf37b0d40ed5169c6b3aba31069a9770ac9043d",
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    TRAIN_LABELS: Member(
        (60000,),
        "236021d52f1e40852b06a4c3008d8de8aef1e40b",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    TEST_IMAGES: Member(
        (10000, 28, 28),
        "626ed6a7c06dd17c0eec72fa3be1740f146a2863",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
    TEST_LABELS: Member(
        (10000,),
        "17f9ab60e7257a1620f4ad76bbbaf857c3920701",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
}


@dataclass(frozen=True, eq=False)
class Verified:
    """The content of one file of a known release.

    Attributes:
        array: uint8, read-only, of the member's shape.
        release: date of the release the file belongs to.
        digest: ``sha256:`` and the SHA-256 of the uncompressed file, in hexadecimal.
    """

    array: Bytes
    release: str
    digest: str


@dataclass(frozen=True, eq=False)
class Archive:
    """The whole data set, verified; its arrays are read-only.

    Attributes:
        train_images: uint8 (60000, 28, 28).
        train_labels: uint8 (60000,), 0 to 9.
        test_images: uint8 (10000, 28, 28).
        test_labels: uint8 (10000,), 0 to 9.
        release: ``2017-08-26`` or ``2017-08-31``.
        folder: where the four files are.
        digests: file name -> ``sha256:<hex>`` of the uncompressed content.
    """

    train_images: Bytes
    train_labels: Bytes
    test_images: Bytes
    test_labels: Bytes
    release: str
    folder: Path
    digests: dict[str, str]


def read(folder: str | Path, decoded: DecodedFiles | None = None) -> Archive:
    """Verify and decode the four files of a folder.

    Args:
        folder: has the four files.
        decoded: where what was verified is kept decoded, and taken from; None inflates every file.

    Raises:
        DataError: a file is missing, cannot be read, is damaged or of no known release, or the files are
            of two releases. The message is one line that names the file, what was found and what was
            expected.
    """
    folder = Path(folder)
    try:
        if not folder.is_dir():
            raise DataError(f"{named(folder)} is not a folder, where one with Fashion-MNIST was expected")
        missing = [name for name in FILES if not (folder / name).exists()]
    except OSError as error:
        raise DataError(f"{named(folder)} cannot be read: {error.strerror}") from None
    if missing:
        raise DataError(f"{named(folder)} lacks {listed(missing)}")
    files = {name: read_file(folder / name, decoded=decoded) for name in FILES}
    releases = {file.release for file in files.values()}
    if len(releases) > 1:
        found = ", ".join(f"{name} of {file.release}" for name, file in files.items())
        raise DataError(f"{named(folder)} mixes two releases where one was expected: {found}")
    return Archive(
        train_images=files[TRAIN_IMAGES].array,
        train_labels=files[TRAIN_LABELS].array,
        test_images=files[TEST_IMAGES].array,
        test_labels=files[TEST_LABELS].array,
        release=releases.pop(),
        folder=folder,
        digests={name: file.digest for name, file in files.items()},
    )


def read_file(
    path: Path,
    name: str | None = None,
    called: str | None = None,
    decoded: DecodedFiles | None = None,
) -> Verified:
    """Verify and decode one file: first the gzip stream, then the header, then the digest.

    Args:
        path: the file.
        name: which of the four it should be, when `path` is called otherwise.
        called: what a message calls it, instead of `path`.
        decoded: see `read`.

    Raises:
        DataError: see `read`.
    """
    member, called = FILES[name or path.name], called or named(path)
    if os.path.exists(path) and not path.is_file():  # a device, say, which may have no end
        raise DataError(f"{called} is not a file, where one of Fashion-MNIST was expected")
    compressed = _digest(path, member) if decoded else None
    kept = decoded.recall(compressed) if decoded and compressed else None
    inflated = b"" if kept else _inflate(path, member, called)
    content, digest = kept or (inflated, hashlib.sha256(inflated).hexdigest())
    _check_size(content, member, called)
    release = _recognise(path, digest, member, called)
    if decoded and compressed and not kept:
        decoded.keep(compressed, inflated, digest)
    array = np.frombuffer(content, np.uint8, offset=len(member.header)).reshape(member.shape)
    return Verified(array, release, f"sha256:{digest}")


def _digest(path: Path, member: Member) -> str | None:
    """SHA-256 of the file as it is, or None where it cannot be read or is far too long: not to be kept."""
    with suppress(OSError):
        if path.stat().st_size <= member.size + ROOM:
            return hashlib.sha256(path.read_bytes()).hexdigest()
    return None


def _inflate(path: Path, member: Member, called: str) -> bytes:
    try:
        with gzip.open(path) as stream:
            # One byte too many shows that a file is too long, however much longer it may be.
            return stream.read(member.size + 1)
    except EOFError:
        raise DataError(f"{called} is truncated: its gzip stream has no end") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{called} is damaged, where a gzip file was expected: {error}") from None
    except OSError as error:
        raise DataError(f"{called} cannot be read: {error.strerror or error}") from None


def _check_size(content: Content, member: Member, called: str) -> None:
    header = content[: len(member.header)]
    if header[:4] != member.header[:4] or len(header) < len(member.header):
        raise DataError(
            f"{called} starts with {header[:4].hex() or 'nothing'}, "
            f"where {member.header[:4].hex()} and {len(member.shape)} lengths were expected"
        )
    shape = struct.unpack_from(f">{len(member.shape)}I", header, 4)
    if shape != member.shape:
        one_each = ", one label an image" if len(shape) == 1 else ""
        found, expected = " x ".join(map(str, shape)), " x ".join(map(str, member.shape))
        raise DataError(f"{called} holds {found} where {expected} was expected{one_each}")
    if len(content) != member.size:
        found = "more" if len(content) > member.size else f"only {len(content)}"
        raise DataError(f"{called} holds {found} bytes where {member.size} were expected")


def _recognise(path: Path, digest: str, member: Member, called: str) -> str:
    """The release that the file belongs to."""
    if digest == member.second_sha256:
        return SECOND
    try:
        with path.open("rb") as file:
            compressed = hashlib.sha1(file.read(member.size + ROOM)).hexdigest()
    except OSError as error:
        raise DataError(f"{called} cannot be read: {error.strerror or error}") from None
    if compressed == member.first_sha1:
        return FIRST
    raise DataError(
        f"{called} is of no known release: SHA-256 of the content is {digest}, expected "
        f"{member.second_sha256} (release of {SECOND}); SHA-1 of the file is {compressed}, "
        f"expected {member.first_sha1} (release of {FIRST})"
    )
