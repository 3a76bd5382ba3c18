"""Files: read up to a size, written whole or not at all, and looked at before work is put into them."""

from __future__ import annotations

import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from .errors import WriteError
from .messages import named

MB = 1_000_000
MAX_SIZE = 64  # MB, of a file that somebody gives us to read


class TooLarge(ValueError):
    """A file goes on beyond the size up to which it is read."""


def read_up_to(file: BinaryIO, max_size: float) -> bytes:
    """All that a file has; TooLarge where that is more than `max_size` MB, or never ends."""
    blocks, size = [], 0
    while block := file.read(MB):
        blocks.append(block)
        size += len(block)
        if size > max_size * MB:
            raise TooLarge(f"larger than {max_size:g} MB, up to which it is read")
    return b"".join(blocks)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its target and rename it, so that no reader ever sees half of it.

    Where `path` is a link, the file that it names is written.

    Raises:
        WriteError: it cannot be written; the target is as it was.
    """
    target = check_target(path)
    part = _part(target)
    try:
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except OSError as error:
        raise WriteError(f"cannot write {named(path)}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            part.unlink()


def check_target(path: Path) -> Path:
    """Make sure that `write_whole` can write a file, before work depends on it; the file that it would be.

    Raises:
        WriteError: a name or a folder does not allow it, or it would take the place of what is no file, a
            device, say, or of a file that is write-protected.
    """
    try:
        target = Path(os.path.realpath(path))
        if os.path.lexists(target) and not (target.is_file() and os.access(target, os.W_OK)):
            why = "it is write-protected" if target.is_file() else "it is not a file"
            raise WriteError(f"cannot write {named(path)}: {why}")
        part = _part(target)
        part.touch()
        part.unlink()
        with suppress(FileNotFoundError):
            os.lstat(target)  # which fails of a name that is too long
    except OSError as error:
        raise WriteError(f"cannot write {named(path)}: {error.strerror}") from error
    return target


def _part(target: Path) -> Path:
    """What is written beside it first, under a name no longer than any."""
    return target.with_name(f".dropout-gluon-{os.getpid()}-{threading.get_ident()}.part")


def check_folder(folder: Path, what: Path | None = None) -> None:
    """Make sure that files can be made in a folder.

    Raises:
        WriteError: they cannot; the message names `what` was to be written, or else the folder.
    """
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise WriteError(f"cannot write {named(what or folder)}: {error.strerror}") from error
