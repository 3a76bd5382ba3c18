"""The content of verified files, kept as it is after inflating: the next start need not inflate again.

An entry is named for the SHA-256 of the compressed file and that of its content, so it can neither outlive
a change of the one nor be taken for the other. What is kept here only saves time: a folder that cannot be
written, or an entry that is spoilt, costs some 0.3 s and nothing else.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Union

from filelock import FileLock, Timeout

from ..errors import WriteError
from ..files import write_whole

Content = Union[bytes, mmap]


@dataclass(frozen=True)
class DecodedFiles:
    """A folder of decoded files, which any number of processes may use at once."""

    folder: Path

    def recall(self, compressed: str) -> tuple[Content, str] | None:
        """The content of the file with this SHA-256 and the content's own, or None where it is not kept.

        The content is mapped: processes that use it at once have it in memory once. An entry is only ever
        replaced by another file, so what is mapped does not change.
        """
        with suppress(OSError, ValueError):  # an empty file cannot be mapped
            for path in self.folder.glob(f"{compressed}-*"):
                digest = path.name.partition("-")[2]
                with path.open("rb") as file:
                    content = mmap(file.fileno(), 0, access=ACCESS_READ)
                if hashlib.sha256(content).hexdigest() == digest:
                    return content, digest
        return None

    def keep(self, compressed: str, content: bytes, digest: str) -> None:
        """Keep what was verified. Where another process is keeping the same, leave it to that one."""
        with suppress(OSError, WriteError, Timeout):
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / f".{compressed}.lock").acquire(timeout=0):
                for left_behind in self.folder.glob(f".{compressed}-*.part"):  # by a process that was killed
                    left_behind.unlink()
                write_whole(self.folder / f"{compressed}-{digest}", content)
