"""What the tests share: the real data, found or fetched as a user's would be, a likeness, a bare machine."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from dropout_gluon.fashion_mnist import sources
from dropout_gluon.fashion_mnist.archive import (
    FILES,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    Archive,
    Member,
)

# With which kernels the tests were started is not what tests of other things ask: tests of the advice take
# this out again.
os.environ["PYTHONWARNINGS"] = "ignore:MXNet's OpenBLAS runs "

SMALL_SHAPES = {
    TRAIN_IMAGES: (600, 28, 28),
    TRAIN_LABELS: (600,),
    TEST_IMAGES: (100, 28, 28),
    TEST_LABELS: (100,),
}


def pytest_addoption(parser):
    parser.addoption("--stress", action="store_true", help="the large form of the tests that have one")
    parser.addoption("--browser", metavar="DIR", help="tests/browser too; screenshots into the folder")
    parser.addoption("--fuzz", type=int, metavar="N", help="N new examples a test in tests/fuzz")


@pytest.fixture
def stress(request) -> bool:
    """Whether the tests that have a large form take that."""
    return bool(request.config.getoption("--stress"))


@pytest.fixture(scope="session")
def archive() -> Archive:
    """The verified Fashion-MNIST of this machine."""
    return sources.locate(progress=False)


@pytest.fixture(scope="session")
def fashion_mnist_folder(archive) -> Path:
    """A folder with the four real files."""
    return archive.folder


def make_file(path: Path, member: Member, rng: np.random.Generator) -> Member:
    """Write random content, which does not compress, and give the member that recognises it."""
    pixels = rng.integers(0, 256, member.shape, dtype=np.uint8)
    content = member.header + pixels.tobytes()
    path.write_bytes(gzip.compress(content, mtime=0))
    return Member(member.shape, "0" * 40, hashlib.sha256(content).hexdigest())


@pytest.fixture(scope="session")
def small_original(tmp_path_factory) -> tuple[Path, dict[str, Member]]:
    """A small data set like Fashion-MNIST, and the members that recognise its files."""
    folder, rng = tmp_path_factory.mktemp("small"), np.random.default_rng(0)
    return folder, {
        name: make_file(folder / name, Member(shape, "", ""), rng) for name, shape in SMALL_SHAPES.items()
    }


@pytest.fixture
def small(small_original, tmp_path, monkeypatch) -> Path:
    """A folder with a copy of the small data set, which the package takes for Fashion-MNIST."""
    original, members = small_original
    for name, member in members.items():
        monkeypatch.setitem(FILES, name, member)
    return shutil.copytree(original, tmp_path / "small")


@dataclass(frozen=True)
class Machine:
    """The places of a machine, none of which exists yet."""

    home: Path
    gluon: Path
    system: Path
    cache: Path


@pytest.fixture
def machine(tmp_path, monkeypatch) -> Machine:
    """A machine without data, without apt and without mirrors, whose home is `tmp_path`/home."""
    home, commands = tmp_path / "home", tmp_path / "bin"
    home.mkdir()
    commands.mkdir()
    for name in ("MXNET_HOME", "XDG_CACHE_HOME", "DROPOUT_GLUON_DATA", "DROPOUT_GLUON_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", str(commands))
    monkeypatch.setenv("DROPOUT_GLUON_MIRRORS", "")
    monkeypatch.setattr(sources, "SYSTEM_FOLDER", tmp_path / "system")
    return Machine(
        home=home,
        gluon=home / ".mxnet" / "datasets" / "fashion-mnist",
        system=tmp_path / "system",
        cache=home / ".cache" / "dropout_gluon" / "fashion-mnist",
    )
