"""Files: read up to a size, written whole or not at all, and looked at before work is put into them."""

from __future__ import annotations

import os
import tempfile
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
    limit = int(max_size * MB)
    content = file.read(limit + 1)
    if len(content) > limit:
        raise TooLarge(f"larger than {max_size:g} MB, up to which it is read")
    return content


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its target and rename it, so that no reader ever sees half of it.

    Where `path` is a link, the file that it names is written.

    Raises:
        WriteError: it cannot be written; the target is as it was.
    """
    target = Path(os.path.realpath(path))
    _refuse(target, path)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
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
    """Make sure that `write_whole` can write a file, before work depends on it; WriteError."""
    target = Path(os.path.realpath(path))
    _refuse(target, path)
    check_folder(target.parent, path)


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


def _refuse(target: Path, path: Path) -> None:
    """Raise WriteError for what a new file would take the place of: a device, a file that is protected."""
    if os.path.lexists(target) and not (target.is_file() and os.access(target, os.W_OK)):
        why = "it is write-protected" if target.is_file() else "it is not a file"
        raise WriteError(f"cannot write {named(path)}: {why}")
