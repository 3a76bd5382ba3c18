"""`make lab`: the notebooks are opened as copies, and what a reader makes of these stays."""

import os
import shutil
import subprocess

import pytest
from interpreters import fake
from places import ROOT

NAME = "dropout.ipynb"


@pytest.fixture
def repository(tmp_path):
    """What the script needs: a Jupyter that says what it was asked, a Python that has all it is asked for."""
    folder = tmp_path / "repository"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    (folder / "notebooks").mkdir()
    for name in (NAME, "exercises.ipynb"):
        (folder / "notebooks" / name).write_text(f"as it is: {name}")
    (folder / ".venv").mkdir()
    fake(folder / ".venv" / "bin", "python", 'echo "$*" >>"$(dirname "$0")/asked"')
    fake(folder / ".venv" / "bin", "jupyter", 'echo "jupyter $* prefers $JUPYTER_PREFER_ENV_PATH"')
    return folder


def lab(folder, *arguments):
    done = subprocess.run(
        ["scripts/lab", ".venv", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def opened(folder):
    return folder / "out" / "notebooks" / NAME


def test_copies_are_opened_with_the_kernel_of_the_environment(repository):
    before = {path: path.read_bytes() for path in repository.glob("notebooks/*")}
    fake(repository / "bin", "id", "echo 1000")
    said = "jupyter lab --notebook-dir=out/notebooks --no-browser prefers 1\n"
    assert lab(repository, "--no-browser") == said
    assert opened(repository).read_text() == f"as it is: {NAME}"
    asked = (repository / ".venv" / "bin" / "asked").read_text().splitlines()
    assert asked[-1].startswith("-m ipykernel install --sys-prefix --name python3 ")
    opened(repository).write_text("run")
    assert {path: path.read_bytes() for path in repository.glob("notebooks/*")} == before
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "out/" in ignored


def test_root_is_let_in_as_in_a_container(repository):
    fake(repository / "bin", "id", "echo 0")
    said = "jupyter lab --notebook-dir=out/notebooks --allow-root --port=9 prefers 1\n"
    assert lab(repository, "--port=9") == said


def test_make_hands_options_on():
    command = ["make", "--old-file=installed", "--dry-run", "lab", "LAB=--no-browser --port=9"]
    outer = {"MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL"}  # of a make around the tests
    mine = {name: value for name, value in os.environ.items() if name not in outer}
    done = subprocess.run(command, cwd=ROOT, env=mine, capture_output=True, text=True, timeout=60)
    assert done.stdout == "scripts/lab .venv --no-browser --port=9\n"


def test_a_copy_follows_the_repository_until_it_is_changed(repository):
    lab(repository)
    (repository / "notebooks" / NAME).write_text("newer")
    assert "delete" not in lab(repository)
    assert opened(repository).read_text() == "newer"
    opened(repository).write_text("mine")
    assert "delete" not in lab(repository)
    assert opened(repository).read_text() == "mine"
    (repository / "notebooks" / NAME).write_text("newest")
    newer = "the repository has a newer one: delete yours to get that\n"
    said = f"out/notebooks/{NAME} is as you left it, and {newer}"
    assert lab(repository).startswith(said)
    assert opened(repository).read_text() == "mine"
    opened(repository).unlink()
    lab(repository)
    assert opened(repository).read_text() == "newest"


def test_jupyterlab_is_installed_where_it_is_missing(repository):
    fake(
        repository / ".venv" / "bin",
        "python",
        """echo "$*" >>"$(dirname "$0")/asked"
[ "$1" != -c ]""",
    )
    assert lab(repository).startswith("Installing JupyterLab")
    asked = (repository / ".venv" / "bin" / "asked").read_text().splitlines()
    assert asked[1] == "-m pip install --quiet -c constraints.txt -e .[notebook]"
