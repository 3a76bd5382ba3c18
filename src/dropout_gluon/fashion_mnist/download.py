"""One file over HTTP: gone on with where a killed download stopped, verified, and only then renamed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Any

import requests
import urllib3
from tqdm import tqdm

from ..errors import DataError
from ..machine import draws_bars
from ..messages import named, say

BLOCK = 1 << 16
SLOWEST = 1000  # bytes a second


class Bar(tqdm):  # type: ignore[type-arg]
    """A progress bar that goes where nothing came: an empty one over an error would say nothing.

    Where no bar can be drawn, it is one line, when what it is of has come.
    """

    def __init__(self, *, progress: bool, desc: str, **options: Any) -> None:
        self._line = f"{desc} is fetched" if progress and not draws_bars() else ""
        # Drawn at once in a terminal; in a notebook, which takes nothing back, with the first that comes.
        delay = 0 if sys.stderr.isatty() else 1e-9
        super().__init__(disable=not progress or bool(self._line), delay=delay, desc=desc, **options)

    def __exit__(self, kind: type[BaseException] | None, *others: Any) -> None:
        if self._line and kind is None:
            say(self._line)
        super().__exit__(kind, *others)

    def close(self) -> None:
        """End it."""
        if not self.disable:
            self.leave = self.n > self.initial
        super().close()


class SourceFailed(Exception):
    """A source did not deliver; the text is the reason in brief, on one line."""


def fetch(
    url: str,
    target: Path,
    verify: Callable[[Path], object],
    *,
    size_limit: int,
    timeout: float,
    progress: bool,
) -> None:
    """Bring the file at a URL to `target`, or leave `target` as it is.

    The bytes go to ``<target>.part``. That file outlives a process that is killed and a server that breaks
    off, and the next call asks only for what it lacks. Should the whole then be wrong, it is fetched once
    more from the first byte.

    Args:
        url: http or https.
        target: in a folder that exists and into which no other process fetches at the same time.
        verify: raises DataError if the file at the given path is not the one that is wanted.
        size_limit: bytes; what a server sends beyond them is not read.
        timeout: seconds. A server has a third of it to accept the connection; it must send something
            within it, and 1 kB/s on average over it.
        progress: draw a bar on standard error.

    Raises:
        SourceFailed: the server cannot be reached, refuses, stalls, breaks off or sends wrong bytes.
        DataError: the file cannot be written.
    """
    with replacing(target) as part:
        while True:
            resumed = _transfer(url, part, size_limit, timeout, progress)
            try:
                if part.stat().st_size > size_limit:
                    raise DataError(f"{url} sent more than {size_limit} bytes")
                verify(part)
                return
            except DataError as error:
                part.unlink()
                if not resumed:
                    raise SourceFailed(str(error)) from None


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Give a path beside `target` to write to; what was written there is synced and becomes `target`.

    Raises:
        DataError: it cannot be written, for want of space or permission; nothing is left of it.
    """
    part = target.with_name(target.name + ".part")
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(part, target)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise DataError(f"{named(target)} cannot be written: {error.strerror or error}") from None


def _transfer(url: str, part: Path, size_limit: int, timeout: float, progress: bool) -> bool:
    """Append to `part` what it lacks, or write it anew; tells whether earlier bytes were kept."""
    start = part.stat().st_size if part.exists() else 0
    with _request(url, start, timeout) as response:
        resumed = response.status_code == HTTPStatus.PARTIAL_CONTENT
        start = start if resumed else 0
        rest = response.raw.length_remaining
        with (
            part.open("ab" if resumed else "wb") as sink,
            Bar(
                total=None if rest is None else start + rest,
                initial=start,
                desc=part.stem,
                unit="B",
                unit_scale=True,
                progress=progress,
            ) as bar,
        ):
            for block in _blocks(response, timeout):
                sink.write(block)
                bar.update(len(block))
                if sink.tell() > size_limit:
                    break
    return resumed


def _request(url: str, start: int, timeout: float) -> requests.Response:
    """The answer to a request for the bytes from `start` on: 200 with all of them, or 206 with those."""
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        response = requests.get(url, headers=headers, stream=True, timeout=(timeout / 3, timeout))
    except requests.Timeout:
        raise SourceFailed(f"{url} did not answer in time") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise SourceFailed(f"{url} cannot be reached: {_brief(error)}") from None
    status = response.status_code
    if status == HTTPStatus.OK or (status == HTTPStatus.PARTIAL_CONTENT and start):
        return response
    response.close()
    if start and status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        return _request(url, 0, timeout)
    raise SourceFailed(f"{url} answered {status}")


def _blocks(response: requests.Response, timeout: float) -> Iterator[bytes]:
    """The body as it comes, undecoded: some servers call the gzip file itself an encoding."""
    since, received = time.monotonic(), 0
    while True:
        try:
            block = response.raw.read1(BLOCK, decode_content=False)
        except urllib3.exceptions.ReadTimeoutError:
            raise SourceFailed(f"{response.url} sent nothing for {timeout:g} s") from None
        except (urllib3.exceptions.HTTPError, HTTPException, OSError) as error:
            raise SourceFailed(f"{response.url} broke off: {_brief(error)}") from None
        if not block:
            return
        yield block
        received += len(block)
        elapsed = time.monotonic() - since
        if elapsed >= timeout:
            if received < SLOWEST * elapsed:
                raise SourceFailed(f"{response.url} sent less than {SLOWEST} bytes a second")
            since, received = time.monotonic(), 0


def _brief(error: BaseException) -> str:
    """The innermost cause, on one line: what the socket said, without the layers above it."""
    while error.__context__ is not None:
        error = error.__context__
    return " ".join(str(getattr(error, "strerror", None) or error).split())
