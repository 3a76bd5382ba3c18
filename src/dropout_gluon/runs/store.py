"""The run store: one run a line, synced before it counts, so that what interrupts a sweep costs no run.

A line is a RunLog as JSON with its configuration's digest and a check sum. Lines are only ever appended. A
last line without an end is what a killed writer leaves: whoever writes next sets it aside, readers pass over
it, and both say so. Any other line that is not whole is an error that names it.
"""

from __future__ import annotations

import json
import os
import warnings
import zlib
from collections.abc import Container, Iterator
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from ..config import RunConfig, check_path
from ..errors import DropoutGluonError, DropoutGluonWarning, StoreError
from ..files import MB
from ..logs import FORMAT, RunLog
from ..messages import named

START = b'{"format":' + json.dumps(FORMAT).encode()
CHECK = b',"crc32":"'
LONGEST = 64 * MB  # line; a run of a thousand epochs has a tenth of one


def to_line(log: RunLog) -> bytes:
    """The run as a line of a store, its end included."""
    text = log.to_json(indent=None)[:-1] + f',"digest":"{log.config.digest}"'
    body = text.encode()
    return body + CHECK + b'%08x"}\n' % zlib.crc32(body)


def from_line(line: bytes) -> RunLog:
    """The run that `to_line` wrote; StoreError says why a line is none."""
    if not line.startswith(START):
        raise StoreError(_foreign(line))
    body, _, check = line.rstrip(b"\n").rpartition(CHECK)
    if check != b'%08x"}' % zlib.crc32(body):
        raise StoreError("the run is damaged: its check sum is not that of its content")
    try:
        text = body.decode() + "}"
        log = RunLog.from_json(text)
    except (UnicodeDecodeError, DropoutGluonError) as error:
        raise StoreError(str(error)) from None
    if json.loads(text).get("digest") != log.config.digest:
        raise StoreError("the run's digest is not that of its configuration")
    return log


def scan(path: str | os.PathLike[str]) -> Iterator[RunLog]:
    """The runs of a store, one at a time, in the order in which they were written; a torn last line is none.

    Raises:
        StoreError: the file cannot be read, or a line is not a run; the message has its number. Or the only
            line is torn, and the store has no run at all.

    Warns:
        DropoutGluonWarning: the last line is torn and passed over.
    """
    for number, (line, log) in enumerate(_lines(path), 1):
        if log is not None:
            yield log
        else:
            warn_of_torn_line(named(path), len(line), number)


def warn_of_torn_line(source: str, size: int, number: int) -> None:
    """Say that the last line, of so many bytes, is torn and passed over; StoreError where it is the only."""
    if number == 1:
        raise StoreError(f"{source}: its only line is cut short after {size} bytes: it has no whole run")
    warnings.warn(
        f"{source}:{number}: the last line is cut short after {size} bytes, or being written: passed over",
        DropoutGluonWarning,
        stacklevel=3,
    )


def check_is_file(path: str | os.PathLike[str]) -> None:
    """Raise StoreError for a folder, and for a device or a pipe, which may have no end."""
    if os.path.exists(path) and not os.path.isfile(path):
        raise StoreError(f"{named(path)} is not a file, where a run store was expected")


def _lines(path: str | os.PathLike[str]) -> Iterator[tuple[bytes, RunLog | None]]:
    """Each line with its run, which a torn last line does not have."""
    check_is_file(path)
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(LONGEST), b""), 1):
                if len(line) == LONGEST:
                    raise StoreError(
                        f"{named(path)}:{number}: not a run: a line of more than {LONGEST // MB} MB"
                    )
                try:
                    if not line.endswith(b"\n") and is_torn(line):
                        yield line, None
                        return
                    log = from_line(line)
                except StoreError as error:
                    raise StoreError(f"{named(path)}:{number}: {error}") from None
                yield line, log
    except OSError as error:
        raise StoreError(f"{named(path)} cannot be read: {error.strerror}") from None


def read_store(path: str | os.PathLike[str], *, failed: bool = False) -> list[RunLog]:
    """The runs of a store, each configuration once, in the order of their first appearance.

    Args:
        path: the store; another process may be writing to it.
        failed: with the runs that failed.

    Raises:
        StoreError: see `scan`.
    """
    check_path("the store", path)
    latest = {log.config.digest: log for log in scan(path)}
    return [log for log in latest.values() if failed or not log.failure]


def is_torn(line: bytes) -> bool:
    """Whether a line without its end is the beginning of one of ours, or zeros where one was to be.

    Not so whole JSON without a check sum, as `RunLog.to_json` writes it: that is no line of a store.
    """
    return _may_be_ours(line) and not _is_whole(line) and not _is_json(line)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _is_whole(line: bytes) -> bool:
    try:
        from_line(line)
    except StoreError:
        return False
    return True


def _foreign(line: bytes) -> str:
    return f"not a run: a line starts with {START.decode()}, this one with {line[:24]!r}"


def _may_be_ours(line: bytes) -> bool:
    # Room that was made and not written to is zeros, behind any beginning or none.
    return line.startswith(START) or START.startswith(line.rstrip(b"\0"))


class RunStore:
    """A store open for writing, by one process at a time; use it with `with`.

    Args:
        path: the file; it is made if it does not exist, its folder too.
        wanted: the configurations that matter; None is all.

    Attributes:
        digests: digest of each wanted configuration that was run -> whether the run failed.
        said: what was repaired, as one line; empty where nothing was.

    Raises:
        StoreError: another process writes to it, it cannot be written, or a line is not a run.
    """

    def __init__(self, path: str | os.PathLike[str], wanted: Container[RunConfig] | None = None) -> None:
        self.path, self._wanted = Path(path), wanted
        self.said = ""
        self._lock = FileLock(f"{os.path.realpath(self.path)}.lock")  # whatever name it goes by
        self._refuse_foreign()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise StoreError(
                f"{named(self.path)} is being written by another process: wait until that ends, or use "
                "another store"
            ) from None
        except OSError as error:
            raise self._unwritable(error) from None
        try:
            self.digests = self._index()
            self._file = self._open()
        except BaseException:
            self._lock.release()
            raise

    def _refuse_foreign(self) -> None:
        """Before anything is put beside it: a file that is no store stays as it is."""
        check_is_file(self.path)
        try:
            with self.path.open("rb") as file:
                start = file.readline(1 << 20)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(f"{named(self.path)} cannot be read: {error.strerror}") from None
        if not _may_be_ours(start):
            raise StoreError(f"{named(self.path)}:1: {_foreign(start)}")

    def _index(self) -> dict[str, bool]:
        if not os.path.exists(self.path):
            return {}
        return {
            log.config.digest: bool(log.failure)
            for _, log in _lines(self.path)
            if log and (self._wanted is None or log.config in self._wanted)
        }

    def _open(self) -> int:
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
            self._end_last_line(file)
            _sync_folder(self.path.parent)
        except OSError as error:
            raise self._unwritable(error) from None
        return file

    def _end_last_line(self, file: int) -> None:
        """Give a whole last line its end; set a torn one aside, beside the store."""
        if not (line := _last_line(file)):
            return
        if _is_whole(line):
            _write(file, b"\n")
        else:
            aside = self.path.with_name(self.path.name + ".torn")
            with aside.open("ab") as torn:
                torn.write(line + b"\n")
                torn.flush()
                os.fsync(torn.fileno())
            os.ftruncate(file, os.fstat(file).st_size - len(line))
            size, name = len(line), named(self.path)
            self.said = f"{name}: its last line was torn, {size} bytes are set aside in {named(aside)}"
        os.fsync(file)

    def append(self, log: RunLog) -> None:
        """Write a run; when this returns, it is on the disk.

        Raises:
            StoreError: it cannot be written; the store is as it was.
        """
        size = os.fstat(self._file).st_size
        try:
            _write(self._file, to_line(log))
            os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, size)
            raise self._unwritable(error) from None
        self.digests[log.config.digest] = bool(log.failure)

    def _unwritable(self, error: OSError) -> StoreError:
        has_runs = os.path.exists(self.path) and os.path.getsize(self.path)
        kept = "; the runs that it has are whole, and the same command goes on from them" if has_runs else ""
        return StoreError(f"{named(self.path)} cannot be written: {error.strerror}{kept}")

    def close(self) -> None:
        """Let others write."""
        os.close(self._file)
        self._lock.release()

    def __enter__(self) -> RunStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _write(file: int, content: bytes) -> None:
    """Write all of it; a disk that fills up in the middle raises, as it should."""
    while content:
        content = content[os.write(file, content) :]


def _last_line(file: int) -> bytes:
    """What stands behind the last line end, read from the end, as a store may be long."""
    start, tail = os.fstat(file).st_size, b""
    while start and b"\n" not in tail:
        step = min(start, MB)
        start -= step
        tail = os.pread(file, step, start) + tail
    return tail[tail.rfind(b"\n") + 1 :]


def _sync_folder(folder: Path) -> None:
    """So that a new file's name is on the disk, not only its content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
