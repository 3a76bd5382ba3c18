"""Files: read up to a size, written whole or not at all, and looked at before work is put into them."""

from __future__ import annotations

import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, AnyStr

from .errors import WriteError
from .messages import named

MB = 1_000_000
MAX_SIZE = 64  # MB, of a file that somebody gives us to read


class TooLarge(ValueError):
    """A file goes on beyond the size up to which it is read."""


def read_up_to(file: IO[AnyStr], max_size: float) -> AnyStr:
    """All that a file has, bytes or text; TooLarge where that is more than `max_size` MB, or never ends."""
    blocks, size = [], 0
    while block := file.read(MB):
        blocks.append(block)
        size += len(block)
        if size > max_size * MB:
            raise TooLarge(f"larger than {max_size:g} MB, up to which it is read")
    return block.join(blocks)  # the last is empty


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its target and rename it, so that no reader ever sees half of it.

    Where `path` is a link, the file that it names is written.

    Raises:
        WriteError: it cannot be written; the target is as it was.
    """
    target = _target(path)
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


def check_target(path: Path) -> None:
    """Make sure that `write_whole` can write a file, before work depends on it.

    Raises:
        WriteError: a name or a folder does not allow it, or it would take the place of what is no file, a
            device, say, or of a file that is write-protected.
    """
    target = _target(path)
    part = _part(target)
    try:
        part.touch()
        part.unlink()
        with suppress(FileNotFoundError):
            os.lstat(target)  # which fails of a name that is too long
    except OSError as error:
        raise WriteError(f"cannot write {named(path)}: {error.strerror}") from error


def _target(path: Path) -> Path:
    """The file that writing to `path` would make or replace; WriteError where that is not to be replaced."""
    try:
        target = Path(os.path.realpath(path))
    except OSError as error:  # in a folder that is gone
        raise WriteError(f"cannot write {named(path)}: {error.strerror}") from error
    folder = os.path.realpath(path.parent)
    if folder == "/dev" or f"{folder}/".startswith("/proc/"):  # /dev/stdout may be a link to a file in use
        raise WriteError(f"cannot write {named(path)}: it is not a file")
    if os.path.lexists(target) and not (target.is_file() and os.access(target, os.W_OK)):
        why = "it is write-protected" if target.is_file() else "it is not a file"
        raise WriteError(f"cannot write {named(path)}: {why}")
    return target


def _part(target: Path) -> Path:
    """What is written beside it first, under a name no longer than any."""
    return target.with_name(f".dropout-gluon-{os.getpid()}-{threading.get_ident()}.part")


def make_folder(folder: Path) -> None:
    """Make a folder in which files can be made; WriteError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except FileExistsError as error:
        raise WriteError(f"cannot write to {named(folder)}: it is not a folder") from error
    except OSError as error:
        raise WriteError(f"cannot write to {named(folder)}: {error.strerror}") from error
