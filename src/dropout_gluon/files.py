"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from .errors import WriteError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside its target and rename it, so that no reader ever sees half of it.

    Raises:
        WriteError: it cannot be written; the target is as it was.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        raise WriteError(f"cannot write {path}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            part.unlink()
