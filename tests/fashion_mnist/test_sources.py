"""sources: the order of the places, which are passed over, and the Debian package."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from processes import Started, ends

from dropout_gluon.errors import DataError
from dropout_gluon.fashion_mnist import download, sources
from dropout_gluon.fashion_mnist.archive import FILES, SECOND, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS

SOURCE = Path(sources.__file__).parents[2]
SLEEP = shutil.which("sleep")  # before a test changes the PATH


@pytest.fixture(autouse=True)
def _machine(machine):
    return machine


def locate(root=None):
    return sources.locate(root, progress=False)


def error_of(root=None):
    """The one line with which locate fails."""
    with pytest.raises(DataError) as caught:
        locate(root)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


# The order


def test_places_in_order(small, machine, tmp_path, monkeypatch):
    """With data everywhere the first place is taken; emptied one by one, each gives way to the next."""
    root, named = tmp_path / "root", tmp_path / "named"
    places = [root, named, machine.gluon, machine.system, machine.cache]
    for place in places:
        shutil.copytree(small, place)
    monkeypatch.setenv("DROPOUT_GLUON_DATA", str(named))
    for place in places:
        assert locate(root if place == root else None).folder == place
        shutil.rmtree(place)
        if place == named:
            monkeypatch.delenv("DROPOUT_GLUON_DATA")


def test_gluons_cache_follows_mxnet_home(small, tmp_path, monkeypatch):
    monkeypatch.setenv("MXNET_HOME", str(tmp_path / "mx"))
    shutil.copytree(small, tmp_path / "mx/datasets/fashion-mnist")
    assert locate().folder == tmp_path / "mx/datasets/fashion-mnist"


def test_cache_follows_xdg_cache_home(small, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    shutil.copytree(small, tmp_path / "xdg/dropout_gluon/fashion-mnist")
    assert locate().folder == tmp_path / "xdg/dropout_gluon/fashion-mnist"


def test_a_relative_xdg_cache_home_is_ignored(machine, monkeypatch):
    """As its standard says; every folder in which the command is called would get a copy of the data."""
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    there = sources.cache_folder()
    assert there.is_absolute()
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert sources.cache_folder() == there


def test_tilde_is_the_home_folder(small, machine, monkeypatch):
    shutil.copytree(small, machine.home / "data")
    assert locate("~/data").folder == machine.home / "data"
    monkeypatch.setenv("DROPOUT_GLUON_DATA", "~/data")
    assert locate().folder == machine.home / "data"


def test_full_cache_that_cannot_be_written_is_used(small, machine, monkeypatch):
    """A cache shared read-only must not need its lock."""
    shutil.copytree(small, machine.cache)
    monkeypatch.setattr(sources, "FileLock", None)
    assert locate().folder == machine.cache


# What the user named


def test_an_empty_root_is_filled(small, machine, tmp_path, capsys):
    shutil.copytree(small, machine.cache)
    root = tmp_path / "root"
    root.mkdir()
    assert sources.locate(root).folder == root
    assert capsys.readouterr().err == (f"dropout-gluon: {root} is filled with the files of {machine.cache}\n")
    assert all((root / name).read_bytes() == (small / name).read_bytes() for name in FILES)
    assert sources.locate(root).folder == root
    assert capsys.readouterr().err == ""


def test_a_root_whose_filling_was_stopped_is_filled_on(small, machine, tmp_path):
    shutil.copytree(small, machine.cache)
    root = tmp_path / "root"
    root.mkdir()
    locate(root)
    (root / TEST_LABELS).rename(root / f"{TEST_LABELS}.part")
    assert locate(root).folder == root
    assert (root / TEST_LABELS).read_bytes() == (small / TEST_LABELS).read_bytes()


def test_many_that_fill_one_root_wait_for_each_other(small, machine, tmp_path):
    shutil.copytree(small, machine.cache)
    (tmp_path / "root").mkdir()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: locate(tmp_path / "root").folder, range(16)))
    assert set(found) == {tmp_path / "root"}


def test_a_root_that_cannot_be_filled_is_an_error(small, machine, tmp_path, monkeypatch):
    shutil.copytree(small, machine.cache)
    (tmp_path / "root").mkdir()

    def full(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    assert f"{tmp_path / 'root' / TRAIN_IMAGES} cannot be written: No space left" in error_of(
        tmp_path / "root"
    )


def test_a_missing_root_is_an_error(small, machine, tmp_path):
    shutil.copytree(small, machine.cache)
    assert f"{tmp_path / 'root'} does not exist" in error_of(tmp_path / "root")
    assert not (tmp_path / "root").exists()


def test_gluons_cache_may_be_named_before_it_is_there(small, machine):
    """The book's helper names it."""
    shutil.copytree(small, machine.cache)
    assert locate(sources.gluon_cache()).folder == machine.cache


def test_root_without_any_of_the_files_is_an_error(small, machine, tmp_path):
    shutil.copytree(small, machine.cache)
    (tmp_path / "root").mkdir()
    (tmp_path / "root/notes.txt").write_text("not Fashion-MNIST")
    message = error_of(tmp_path / "root")
    for name in FILES:
        assert name in message


def test_root_that_is_a_file_is_an_error(small, machine):
    assert str(small / TEST_LABELS) in error_of(small / TEST_LABELS)


@pytest.mark.parametrize("by", ["root", "variable"])
def test_bad_or_missing_file_in_a_named_place_is_an_error(small, machine, monkeypatch, by):
    shutil.copytree(small, machine.cache)
    if by == "variable":
        monkeypatch.setenv("DROPOUT_GLUON_DATA", str(small))
    root = small if by == "root" else None
    (small / TEST_LABELS).write_bytes(b"rust")
    assert str(small / TEST_LABELS) in error_of(root)
    (small / TEST_LABELS).unlink()
    assert f"{small} lacks {TEST_LABELS}" in error_of(root)
    assert not (small / TEST_LABELS).exists()


@pytest.mark.parametrize("exists", [True, False])
def test_variable_naming_nothing_is_an_error(small, machine, tmp_path, monkeypatch, exists):
    shutil.copytree(small, machine.cache)
    if exists:
        (tmp_path / "named").mkdir()
    monkeypatch.setenv("DROPOUT_GLUON_DATA", str(tmp_path / "named"))
    assert f"$DROPOUT_GLUON_DATA: {tmp_path / 'named'}" in error_of()


# What others put there


@pytest.mark.parametrize("place", ["gluon", "system"])
@pytest.mark.parametrize("fault", ["bad", "missing"])
def test_bad_set_that_nobody_named_is_passed_over_with_one_warning(small, machine, place, fault):
    folder = getattr(machine, place)
    shutil.copytree(small, machine.cache)
    shutil.copytree(small, folder)
    if fault == "bad":
        (folder / TRAIN_LABELS).write_bytes(b"rust")
    else:
        (folder / TRAIN_LABELS).unlink()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.warns(UserWarning, match=TRAIN_LABELS) as warned:
        assert locate().folder == machine.cache
    assert len(warned) == 1
    assert str(folder) in str(warned[0].message)
    assert len(str(warned[0].message).splitlines()) == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_folder_of_other_things_that_nobody_named_is_passed_over_in_silence(small, machine):
    shutil.copytree(small, machine.cache)
    machine.gluon.mkdir(parents=True)
    (machine.gluon / "notes.txt").write_text("not Fashion-MNIST")
    assert locate().folder == machine.cache


def test_no_mxnet_is_imported():
    code = "import sys, dropout_gluon.fashion_mnist.sources; print('mxnet' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )  # fmt: skip
    assert done.stdout == "False\n"


# The Debian package

APT_GET = """#!/bin/sh
echo "$@" >> {log}
echo "W: something that must not be seen" >&2
case "$*" in
*update) {update} ;;
*download*) {download} ;;
esac
"""


@pytest.fixture
def apt(tmp_path):
    """Puts an apt-get and a dpkg-deb of our making on the PATH; the package is a folder to copy."""

    def install(update=":", download="touch it.deb", content=None):
        shell = "#!/bin/sh\nPATH=/usr/bin:/bin\n"
        target = f"$3/{sources.PACKAGED}"
        unpack = f"{shell}mkdir -p {target} && cp {content}/* {target}\n"
        script = APT_GET.format(log=tmp_path / "log", update=update, download=download)
        for name, text in (("apt-get", script.replace("#!/bin/sh\n", shell)), ("dpkg-deb", unpack)):
            (tmp_path / "bin" / name).write_text(text)
            (tmp_path / "bin" / name).chmod(0o755)

    return install


def test_debian_package_fills_the_cache(small, machine, apt, tmp_path, capfd):
    apt(content=small)
    assert locate().folder == machine.cache
    assert {path.name for path in machine.cache.iterdir()} == {*FILES, ".lock"}
    assert capfd.readouterr() == ("", "")
    for call in (tmp_path / "log").read_text().splitlines():
        lists, cache = (
            next(word for word in call.split() if word.startswith(f"Dir::{what}=")).split("=")[1]
            for what in ("State::Lists", "Cache")
        )
        assert not Path(lists).exists()
        assert not Path(cache).exists()
        assert Path(lists).parent == Path(cache).parent
        assert "APT::Sandbox::User=root" in call


def test_bar_shows_the_percentages_of_apt_and_is_a_line_off_a_terminal(
    small, machine, apt, capfd, monkeypatch
):
    lines = "".join(f"dlstatus:1:{percent}.5:Retrieving\\n" for percent in (0, 37, 100))
    apt(content=small, download=f"touch it.deb; printf '{lines}'")
    with monkeypatch.context() as terminal:
        terminal.setattr(download, "draws_bars", lambda: True)
        sources.locate(progress=True)
    stderr = capfd.readouterr().err
    assert "Debian package dataset-fashion-mnist: " in stderr
    assert "100%" in stderr
    shutil.rmtree(machine.cache)
    sources.locate(progress=True)
    assert capfd.readouterr().err == "dropout-gluon: Debian package dataset-fashion-mnist is fetched\n"


def test_broken_repository_does_not_matter_if_the_package_comes(small, machine, apt):
    apt(content=small, update="echo 'E: no network' >&2; exit 100")
    assert locate().folder == machine.cache


@pytest.mark.parametrize(
    ("update", "download", "reason"),
    [
        (":", "echo 'E: Unable to locate package' >&2; exit 100", "apt-get: E: Unable to locate package"),
        ("echo 'E: no network' >&2; exit 100", "exit 100", "apt-get: E: no network"),
        (":", ":", "is not a folder"),
    ],
)
def test_debian_package_that_does_not_come(small, machine, apt, update, download, reason):
    apt(content=small, update=update, download=download)
    message = error_of()
    assert f"Debian package {sources.PACKAGE}: " in message
    assert reason in message
    assert "must not be seen" not in message
    assert [path.name for path in machine.cache.iterdir()] == [".lock"]


def test_debian_package_with_a_bad_file_does_not_enter_the_cache(small, machine, apt):
    (small / TEST_LABELS).write_bytes(b"rust")
    apt(content=small)
    assert TEST_LABELS in error_of()
    assert [path.name for path in machine.cache.iterdir()] == [".lock"]


def test_apt_that_hangs_is_given_up(small, machine, apt, monkeypatch):
    monkeypatch.setattr(sources, "APT_LIMIT", 0.2)
    apt(content=small, update="exec sleep 5", download="exec sleep 5")
    assert "apt-get had not finished after 0.2 s" in error_of()


IMPORT = "from dropout_gluon.fashion_mnist import sources"
FETCH = "archive = sources.locate(); print(archive.release, archive.folder)"
FETCHED = f"dropout-gluon: Debian package {sources.PACKAGE} is fetched\n"
needs_apt = pytest.mark.skipif(
    not (shutil.which("apt-get") and shutil.which("dpkg-deb")), reason="no apt-get or no dpkg-deb"
)


def fetch_from_debian(home, monkeypatch, **options):
    """What a new process prints that has no other source than the system's repositories."""
    monkeypatch.setenv("PATH", os.defpath)
    elsewhere = f"sources.SYSTEM_FOLDER = sources.Path({str(home)!r})"
    return subprocess.run(
        [sys.executable, "-c", f"{IMPORT}; {elsewhere}; {FETCH}"], capture_output=True, text=True, cwd=home,
        env={**os.environ, "HOME": str(home), "PYTHONPATH": str(SOURCE)}, **options,
    )  # fmt: skip


@pytest.mark.data
@needs_apt
def test_debian_package_itself(machine, monkeypatch):
    done = fetch_from_debian(machine.home, monkeypatch)
    assert done.stdout == f"{SECOND} {machine.cache}\n", done.stderr
    assert done.stderr == FETCHED
    assert {path.name for path in machine.cache.iterdir()} == {*FILES, ".lock"}


@pytest.mark.data
@needs_apt
@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user already")
def test_debian_package_itself_as_an_ordinary_user(machine, monkeypatch):
    probe = [sys.executable, "-c", f"import sys; sys.path.append({str(SOURCE)!r}); {IMPORT}"]
    user = {"user": 65534, "group": 65534, "extra_groups": []}
    try:
        subprocess.run(probe, check=True, capture_output=True, cwd="/", **user)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"an ordinary user cannot run {sys.executable} or read {SOURCE}")
    # Pytest's own temporary folders are closed to others.
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, 65534, 65534)
        done = fetch_from_debian(home, monkeypatch, **user)
        assert done.stdout == f"{SECOND} {home}/.cache/dropout_gluon/fashion-mnist\n", done.stderr
        assert done.stderr == FETCHED


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_apt_ends_with_the_command(machine, tmp_path, number):
    """Whatever ends that; apt's own children, too, where there is a chance to end them."""
    (tmp_path / "fake").mkdir()
    fake = tmp_path / "fake" / "apt-get"
    fake.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec {SLEEP} 600\n")
    fake.chmod(0o755)
    environment = {
        **os.environ, "PATH": f"{tmp_path}/fake:{os.environ['PATH']}", "HOME": str(tmp_path),
        "DROPOUT_GLUON_MIRRORS": "", "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }  # fmt: skip
    code = (
        "import sys; from pathlib import Path; from dropout_gluon.fashion_mnist import sources\n"
        "sources.SYSTEM_FOLDER = Path('/nowhere')\n"
        "from dropout_gluon.cli.main import main; sys.exit(main(['data', '--quiet']))"
    )
    written = tmp_path / "pid"
    with Started(
        [sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:  # fmt: skip
        assert ends(lambda: written.exists() and written.read_text().strip())
        apt = int(written.read_text())
        process.send_signal(number)
        _, said = process.communicate()
    word = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}.get(number)
    assert said == (f"dropout-gluon: {word}\n" if word else "")
    assert ends(lambda: not is_running(apt)), "apt-get is left behind"


def is_running(pid):
    """Not so one that has ended and that nobody has asked about."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
