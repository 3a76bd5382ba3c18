"""make and its virtual environment: made once, never half, on the Python that is named."""

import ast
import os
import platform
import pty
import re
import shutil
import signal
import subprocess
import sys

import pytest
from interpreters import fake, posing_as
from places import ROOT
from processes import Started, ends

THIS = platform.python_version()
STARTS = f"Setting up .venv with Python {THIS} (1 to 3 minutes)\n"
# pip's part takes a minute and the network: every fresh clone and every session of nox runs that one.
INSTALL = "scripts/install"


@pytest.fixture
def copy(tmp_path):
    """What make needs of the repository; its install step only writes down that it ran."""
    folder = tmp_path / "copy"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    for name in ("Makefile", "setup.cfg", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    install(folder, 'echo "$1" >>ran')
    return folder


def install(folder, script):
    return fake(folder, INSTALL, script)


def environment(**variables):
    # A make around these tests would pass its own variables on to the one in them.
    outer = {"MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "PYTHON", "VENV", "VIRTUAL_ENV"}
    return {**{k: v for k, v in os.environ.items() if k not in outer}, **variables}


def make(folder, *arguments, **variables):
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
    )


def make_here(folder, *arguments):
    """make with the Python that runs this test, short of the seconds that pip takes to get into a venv."""
    return make(folder, "installed", f"PYTHON={quick(folder)}", *arguments)


def quick(folder):
    return fake(
        folder.parent,
        "quick-python",
        f"""if [ "$1 $2" = "-m venv" ]; then shift 2; exec "{sys.executable}" -m venv --without-pip "$@"; fi
pose="import sys; sys.base_prefix, sys.executable = sys.prefix, '$0'; exec(sys.argv[1])"
[ "$1" = -c ] && exec "{sys.executable}" -c "$pose" "$2\"""",
    )


def ran(folder):
    path = folder / "ran"
    return len(path.read_text().splitlines()) if path.exists() else 0


def said(done):
    """What is on standard error, without make's own word on it."""
    return "".join(line for line in done.stderr.splitlines(keepends=True) if not line.startswith("make: "))


@pytest.mark.parametrize(
    ("name", "script", "says"),
    [
        ("python3.99", None, "does not exist"),
        ("python-of-nobody", "", "is no command on the PATH"),
        ("a-folder", None, "is a folder: name the interpreter in it"),
        ("text", None, "cannot be executed"),
        ("shim", "echo 'shim: not installed\nsee --help' >&2; exit 127",
         "does not run as Python (it says: shim: not installed)"),
        ("shims/python3.12", "echo 'pyenv: python3.12: command not found' >&2; exit 127",
         "does not run as Python (it says: pyenv: python3.12: command not found); a version manager put it "
         "there: activate that version, or give its path"),
        ("silent", "exit 0", "does not run as Python"),
        ("parrot", 'echo "$@"', "does not run as Python (it says: -c import sys)"),
        ("python2.7", posing_as("2, 7"), "is Python 2.7, too old: dropout_gluon needs Python 3.9 to 3.14"),
        ("python3.8", posing_as("3, 8"), "is Python 3.8, too old: dropout_gluon needs Python 3.9 to 3.14"),
        ("python3.15", posing_as("3, 15"),
         "is Python 3.15, too new: dropout_gluon is tried with Python 3.9 to 3.14"),
        ("python3", posing_as("3, 12", lacking="ensurepip"),
         "is Python 3.12 without its module ensurepip: on Debian or Ubuntu, install the package "
         "python3.12-venv"),
    ],
    ids=["missing path", "missing name", "folder", "no program", "shim", "version manager's", "silent",
         "no Python", "2.7", "3.8", "3.15", "no ensurepip"],
)  # fmt: skip
def test_bad_interpreter_is_one_line_and_leaves_nothing(copy, tmp_path, name, script, says):
    machine = tmp_path / "machine"
    (machine / "a-folder").mkdir(parents=True)
    (machine / "text").write_text("no program\n")
    named = name if script == "" else machine / name
    if script:
        (machine / name).parent.mkdir(exist_ok=True)
        fake(machine, name, script)
    before = sorted(copy.iterdir())
    done = make(copy, "setup", f"PYTHON={named}")
    assert (done.stdout, said(done)) == ("", f"PYTHON={named} {says}\n")
    assert done.returncode != 0
    assert sorted(copy.iterdir()) == before


def test_it_is_made_once_and_brought_up_to_date(copy):
    done = make(copy, "installed", f"PYTHON={sys.executable}")
    assert (done.returncode, said(done)) == (0, "")
    assert (copy / ".venv" / "bin" / "pip").exists()
    first, last = done.stdout.splitlines(keepends=True)
    assert first == STARTS
    assert last.startswith(".venv is set up (")
    for again in (make_here(copy), make(copy, "installed"), make(copy, "installed", PYTHON=sys.executable)):
        assert (again.returncode, again.stdout, said(again)) == (0, "", "")
    assert ran(copy) == 1

    (copy / ".venv" / "mine").touch()
    (copy / "constraints.txt").write_text("numpy==1.26.4\n")
    done = make(copy, "installed")
    assert done.stdout.startswith(f"Bringing .venv up to date with Python {THIS}")
    assert ran(copy) == 2
    assert (copy / ".venv" / "mine").exists()


def test_an_environment_of_another_name_has_another_extra(copy):
    install(copy, 'echo "$@" >>ran')
    done = subprocess.run(
        ["scripts/set-up", ".venv-book", "docs"],
        cwd=copy,
        env=environment(PYTHON=str(quick(copy))),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (copy / "ran").read_text() == ".venv-book/bin/python docs\n"
    assert not (copy / ".venv").exists()
    assert "\nbook:\n\t@scripts/set-up $(VENV)-book docs\n" in (copy / "Makefile").read_text()


def test_failed_set_up_names_the_log_and_is_begun_anew(copy):
    install(copy, "echo Collecting numpy; echo 'ERROR: no such wheel' >&2; echo; echo '  ^'; exit 1")
    done = make_here(copy)
    assert (done.returncode, done.stdout) == (2, STARTS)
    assert said(done) == (
        "dropout_gluon: the set-up failed (ERROR: no such wheel); all that pip said is in .venv.log\n"
    )
    assert (copy / ".venv.log").read_text() == "Collecting numpy\nERROR: no such wheel\n\n  ^\n"

    install(copy, 'echo "$1" >>ran')
    # As in a shell where the half-made environment is active: the interpreter is in what is to be removed.
    done = make(copy, "installed", "PYTHON=.venv/bin/python")
    assert (done.returncode, said(done)) == (0, "")
    assert ".venv anew" in done.stdout
    assert "its set-up did not finish" in done.stdout
    assert make_here(copy).stdout == ""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "killed"])
def test_interrupted_set_up_is_begun_anew(copy, how):
    install(copy, "touch started; exec sleep 60")
    with Started(
        ["make", "installed", f"PYTHON={quick(copy)}"],
        cwd=copy,
        env=environment(),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        started = ends((copy / "started").exists)
        os.killpg(process.pid, how)
        assert process.wait() != 0
    assert started

    install(copy, 'echo "$1" >>ran')
    assert "its set-up did not finish" in make_here(copy).stdout
    assert ran(copy) == 1


def test_another_interpreter_or_place_makes_it_anew(copy):
    make_here(copy)
    (copy / ".venv" / "bin" / "python").unlink()
    fake(copy / ".venv" / "bin", "python", posing_as("3, 10"))
    done = make_here(copy)
    assert (
        done.stdout.splitlines()[0]
        == f"Setting up .venv anew with Python {THIS} (1 to 3 minutes): it has Python 3.10.0"
    )
    assert ran(copy) == 2

    moved = copy.rename(copy.parent / "with a space")
    done = make_here(moved)
    assert "it was made in another folder" in done.stdout
    assert ran(moved) == 3
    assert (moved / "ran").read_text().splitlines()[-1] == ".venv/bin/python"


def test_a_folder_that_is_no_environment_is_left_alone(copy):
    (copy / "precious").mkdir()
    (copy / "precious" / "work.txt").write_text("years of it\n")
    done = make_here(copy, "VENV=precious")
    assert done.returncode != 0
    assert said(done).startswith("dropout_gluon: precious is there and is no virtual environment: remove it")
    assert [path.name for path in (copy / "precious").iterdir()] == ["work.txt"]


def test_a_terminal_sees_what_pip_does(copy):
    install(copy, "echo Collecting numpy; sleep 2.5")
    ours, theirs = pty.openpty()
    with Started(
        ["make", "installed", f"PYTHON={quick(copy)}"], cwd=copy, env=environment(), stdout=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 1024)
            except OSError:  # the terminal's other end is closed
                break
        assert process.wait() == 0
    os.close(ours)
    assert b" s  Collecting numpy" in shown
    last = shown.decode().rstrip().rpartition("\r\x1b[K")[2]
    assert last.startswith(".venv is set up (")


def test_two_at_once_wait_for_each_other(copy):
    install(copy, "echo begin >>ran; sleep 2; echo end >>ran")
    command = ["make", "installed", f"PYTHON={quick(copy)}"]
    options = {"cwd": copy, "env": environment(), "text": True, "stdout": subprocess.PIPE}
    with Started(command, **options) as first, Started(command, **options) as second:
        printed = sorted(process.communicate()[0] for process in (first, second))
        assert (first.returncode, second.returncode) == (0, 0)
    assert (copy / "ran").read_text().split() == ["begin", "end"]
    assert printed[0] == "Another command is setting up .venv: waiting for it\n"
    assert printed[1].startswith(STARTS)
    assert not (copy / ".venv.lock").exists()


def test_a_lock_that_a_killed_set_up_left_behind_is_no_hindrance(copy):
    with Started(["true"]) as gone:
        pass
    (copy / ".venv.lock").mkdir()
    (copy / ".venv.lock" / "pid").write_text(f"{gone.pid}\n")
    assert make_here(copy).returncode == 0
    assert ran(copy) == 1


def test_the_same_folder_by_another_name_is_the_same(copy, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(copy)
    assert make_here(copy).returncode == 0
    assert make_here(link).stdout == ""
    assert ran(copy) == 1


def test_nox_runs_the_checks_of_make_in_an_environment_of_its_own(tmp_path):
    """So that types are held to the NumPy of every interpreter; nothing is set up again."""
    (called,) = re.findall(
        r'session\.run\(("make".*), here, external=True\)', (ROOT / "noxfile.py").read_text()
    )
    words = ast.literal_eval(f"[{called}]")
    command = [*words, "--dry-run", f"VENV={tmp_path}"]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert [re.match(rf"{tmp_path}/bin/([\w-]+)", line)[1] for line in lines] == [
        "ruff", "ruff", "mypy", "lint-imports",
    ]  # fmt: skip
