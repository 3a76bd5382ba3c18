"""Where Fashion-MNIST comes from: places on this machine, then this package's cache, which is filled.

Places that belong to somebody else are only ever read. The cache is filled, under a lock and file by file,
from HTTP mirrors, or else from the Debian package, which needs no root.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import warnings
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from ..config import check_number, check_path
from ..errors import DataError, DropoutGluonWarning
from ..machine import end_with_parent
from ..messages import listed, named, say
from . import archive
from .archive import FILES, ROOM, Archive
from .decoded import DecodedFiles
from .download import Bar, SourceFailed, fetch, replacing

PACKAGE, PACKAGED = "dataset-fashion-mnist", Path("usr/share/datasets/fashion-mnist")
SYSTEM_FOLDER = "/" / PACKAGED

MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)
TIMEOUT, DAY = 30.0, 86400.0  # seconds
APT_LIMIT = 1800.0  # seconds
LOCK = ".lock"  # in a folder that is being filled, and from then on
PERCENT = "{desc}: {percentage:3.0f}%|{bar}| [{elapsed}]"


def locate(
    root: str | os.PathLike[str] | None = None,
    *,
    mirrors: Iterable[str] | None = None,
    timeout: float | None = None,
    progress: bool = True,
) -> Archive:
    """Find Fashion-MNIST, verified, and fetch it if it is nowhere.

    Looked at in order: `root`; ``$DROPOUT_GLUON_DATA``; Gluon's cache, ``datasets/fashion-mnist`` in
    ``$MXNET_HOME``; the system package's folder; this package's cache, which is filled when need be.

    Args:
        root: folder to look in first. An empty one is filled, as the book's helper fills it: from where the
            data are found otherwise.
        mirrors: URLs of folders that hold the four files; None is ``$DROPOUT_GLUON_MIRRORS``, divided by
            spaces, or where that is not set, Zalando's site and repository.
        timeout: seconds that a mirror may be silent; None is ``$DROPOUT_GLUON_TIMEOUT``, or 30.
        progress: say on standard error what is being fetched.

    Raises:
        DataError: `root` or ``$DROPOUT_GLUON_DATA`` does not exist or holds a bad or incomplete set, or no
            source delivers, or what is to be filled cannot be written. The message is one line.
        ConfigError: the timeout is no number of seconds above 0.

    Warns:
        DropoutGluonWarning: Gluon's cache or the system's folder holds a bad or incomplete set and is passed
            over.
    """
    decoded = DecodedFiles(decoded_folder())
    if root is not None:
        folder = _expand(check_path("root", root))
        # The book's helper names Gluon's cache, which need not be there yet.
        if folder != gluon_cache() or os.path.lexists(folder):
            if _is_to_be_filled(folder):
                found = locate(mirrors=mirrors, timeout=timeout, progress=progress)
                _fill_root(folder, found.folder, progress)
            return archive.read(folder, decoded)
    if data := os.environ.get("DROPOUT_GLUON_DATA"):
        try:
            return archive.read(_expand(data), decoded)
        except DataError as error:
            raise DataError(f"$DROPOUT_GLUON_DATA: {error}") from None
    for folder in (gluon_cache(), SYSTEM_FOLDER):
        if any(os.path.lexists(folder / name) for name in FILES):
            try:
                return archive.read(folder, decoded)
            except DataError as error:
                warnings.warn(f"{error}; {named(folder)} is passed over", DropoutGluonWarning, stacklevel=2)
    with suppress(DataError):
        return archive.read(cache_folder(), decoded)
    return _fill_cache(cache_folder(), mirrors, timeout, progress)


def gluon_cache() -> Path:
    """Where Gluon's own FashionMNIST class keeps its copy."""
    return _expand(os.environ.get("MXNET_HOME") or "~/.mxnet") / "datasets" / "fashion-mnist"


def cache_folder() -> Path:
    """This package's cache: ``dropout_gluon/fashion-mnist`` in ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    return _caches() / "fashion-mnist"


def decoded_folder() -> Path:
    """Where verified files are kept decoded, wherever they are: ``dropout_gluon/decoded`` beside it."""
    return _caches() / "decoded"


def _caches() -> Path:
    """In ``$XDG_CACHE_HOME``, unless that is relative: such a value is to be ignored, says its standard."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    return _expand(given if os.path.isabs(os.path.expanduser(given)) else "~/.cache") / "dropout_gluon"


def _expand(folder: str | os.PathLike[str]) -> Path:
    return Path(os.path.expanduser(folder))


def _is_to_be_filled(folder: Path) -> bool:
    """Whether a folder is empty, or being filled, or was when its process was killed."""
    try:
        names = set(os.listdir(folder))
    except FileNotFoundError:
        raise DataError(
            f"{named(folder)} does not exist: name one that has Fashion-MNIST, or an empty one to be filled"
        ) from None
    except OSError:
        return False  # What is the matter with it is for archive.read to say.
    return not names or (LOCK in names and not names.issuperset(FILES))


def _fill_root(folder: Path, source: Path, progress: bool) -> None:
    """Copy the files into a folder of the user's."""
    try:
        with _lock(folder, progress):
            _copy([name for name in FILES if not (folder / name).exists()], source, folder)
    except OSError as error:
        raise DataError(f"{named(folder)} cannot be filled: {error.strerror or error}") from None
    if progress:
        say(f"{named(folder)} is filled with the files of {named(source)}")


def _copy(names: Iterable[str], source: Path, folder: Path) -> None:
    for name in names:
        with replacing(folder / name) as part:
            shutil.copyfile(source / name, part)


def _fill_cache(cache: Path, mirrors: Iterable[str] | None, timeout: float | None, progress: bool) -> Archive:
    if mirrors is None:
        urls = os.environ.get("DROPOUT_GLUON_MIRRORS")
        mirrors = MIRRORS if urls is None else urls.split()
    timeout = _patience(timeout)
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _lock(cache, progress):
            releases = _keep_good(cache, progress)
            if len(releases) < len(FILES):
                _fetch_missing(cache, releases, mirrors, timeout, progress)
            return archive.read(cache)
    except OSError as error:
        raise DataError(
            f"the cache {named(cache)} cannot be written ({error.strerror or error}): set $XDG_CACHE_HOME "
            "to a folder that can, or $DROPOUT_GLUON_DATA to one that has the four files of Fashion-MNIST"
        ) from None


def _patience(timeout: float | None) -> float:
    if timeout is not None:
        return check_number("timeout", timeout, 0, DAY, above=True)
    value: str | float = os.environ.get("DROPOUT_GLUON_TIMEOUT") or TIMEOUT
    with suppress(ValueError):
        value = float(value)
    return check_number("$DROPOUT_GLUON_TIMEOUT", value, 0, DAY, above=True)


def _lock(folder: Path, progress: bool) -> AbstractContextManager[object]:
    lock = FileLock(folder / LOCK)
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        if progress:
            say(f"waiting for another process that is filling {named(folder)}")
        return lock.acquire()


def _keep_good(cache: Path, progress: bool) -> dict[str, str]:
    """The releases of the files in the cache that can stay, all one; says why the others cannot."""
    releases: dict[str, str] = {}
    for name in FILES:
        if os.path.lexists(cache / name):
            try:
                _admit(name, str(cache / name), releases, cache / name)
            except DataError as error:
                if progress:
                    warnings.warn(f"{error}; it is fetched again", DropoutGluonWarning, stacklevel=2)
    return releases


def _admit(name: str, called: str, releases: dict[str, str], path: Path) -> None:
    """Note the release of a verified file, or raise DataError if it is not the one of the others."""
    release = archive.read_file(path, name, called).release
    for other, expected in releases.items():
        if release != expected:
            raise DataError(f"{called} is of the release of {release}, {other} of {expected}")
    releases[name] = release


def _fetch_missing(
    cache: Path, releases: dict[str, str], mirrors: Iterable[str], timeout: float, progress: bool
) -> None:
    reasons = []
    for mirror in mirrors:
        try:
            return _fetch_from_mirror(mirror, cache, releases, timeout, progress)
        except SourceFailed as error:
            reasons.append(str(error))
    try:
        return _fetch_from_debian(cache, timeout, progress)
    except SourceFailed as error:
        reasons.append(f"Debian package {PACKAGE}: {error}")
    lacking = listed(name for name in FILES if name not in releases)
    raise DataError(
        f"no source delivers {lacking}: {'; '.join(reasons)}. Install the Debian package {PACKAGE}, "
        "or set $DROPOUT_GLUON_DATA to a folder that has the four files"
    )


def _fetch_from_mirror(
    mirror: str, cache: Path, releases: dict[str, str], timeout: float, progress: bool
) -> None:
    for name, member in FILES.items():
        if name not in releases:
            url = f"{mirror.rstrip('/')}/{name}"
            fetch(
                url,
                cache / name,
                partial(_admit, name, url, releases),
                size_limit=member.size + ROOM,
                timeout=timeout,
                progress=progress,
            )


def _fetch_from_debian(cache: Path, timeout: float, progress: bool) -> None:
    bar = Bar(desc=f"Debian package {PACKAGE}", total=100, bar_format=PERCENT, progress=progress)
    with tempfile.TemporaryDirectory() as temporary, bar:
        try:
            folder = _unpack_debian(Path(temporary), timeout, bar)
            archive.read(folder)
        except (DataError, OSError) as error:
            raise SourceFailed(str(error)) from None
        _copy(FILES, folder, cache)


def _unpack_debian(folder: Path, timeout: float, bar: Bar) -> Path:
    """Download and unpack the package below `folder`; gives where the files are.

    The package lists and the cache are private, so that no root is needed and nothing of the system's
    changes. Root gives up apt's sandbox user, who could not write to `folder`.
    """
    (folder / "lists" / "partial").mkdir(parents=True)
    (folder / "cache" / "archives" / "partial").mkdir(parents=True)
    options = [
        f"Dir::State::Lists={folder / 'lists'}",
        f"Dir::Cache={folder / 'cache'}",
        "APT::Sandbox::User=root",
        "Acquire::Languages=none",
        f"Acquire::http::Timeout={max(1, round(timeout))}",
        f"Acquire::https::Timeout={max(1, round(timeout))}",
        "APT::Status-Fd=1",
    ]
    apt = ["apt-get", *(word for option in options for word in ("-o", option))]
    # One broken repository among several fails the update, but not the download from another.
    stale = None
    try:
        _run([*apt, "update"], folder)
    except SourceFailed as error:
        stale = error
    try:
        _run([*apt, "download", PACKAGE], folder, bar)
    except SourceFailed as error:
        raise stale or error from None
    for package in folder.glob("*.deb"):
        _run(["dpkg-deb", "-x", package.name, "unpacked"], folder)
    return folder / "unpacked" / PACKAGED


def _run(command: list[str], folder: Path, bar: Bar | None = None) -> None:
    """Run a command quietly; the percentages that apt gives of its download go to the bar."""
    with tempfile.TemporaryFile("w+", errors="replace") as stderr:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                errors="replace",
                start_new_session=True,  # apt has children of its own, which end with it
                preexec_fn=end_with_parent,
            )
        except FileNotFoundError:
            raise SourceFailed(f"no {command[0]}") from None
        gave_up = threading.Event()  # a timer's thread may live on for a moment after it has killed

        def give_up() -> None:
            gave_up.set()
            _kill(process)

        watchdog = threading.Timer(APT_LIMIT, give_up)
        watchdog.daemon = True
        watchdog.start()
        with process:
            try:
                for line in process.stdout or ():
                    if bar is not None and (percent := re.match(r"dlstatus:\d+:(\d+)", line)):
                        bar.update(int(percent[1]) - bar.n)
            except BaseException:
                _kill(process)  # else leaving the block would wait for it
                raise
            finally:
                watchdog.cancel()
        if gave_up.is_set():
            raise SourceFailed(f"{command[0]} had not finished after {APT_LIMIT:g} s")
        if process.returncode != 0:
            stderr.seek(0)
            said = stderr.read().strip().splitlines() or [f"exit status {process.returncode}"]
            raise SourceFailed(f"{command[0]}: {said[-1]}")


def _kill(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
