"""Checks and tests on every supported interpreter: `nox`, or `nox -s tests-3.9 tests-3.13` for the ends."""

from pathlib import Path

import nox

nox.options.sessions = ["check", "tests", "numpy2"]


def run(session: nox.Session, *more: str) -> None:
    """What `make test` installs, what comes on top of it, and the tests."""
    session.run("scripts/install", f"{session.bin}/python", external=True, silent=True)
    if more:
        session.install("--no-deps", *more)
    session.run("dropout-gluon", "data", "--quiet")
    session.run("pytest", "-n", "2", "--dist", "worksteal", *session.posargs)


@nox.session(python=["3.9", "3.10", "3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """The tests, on the pinned versions: NumPy 1.23, from Python 3.12 on 1.26, from 3.13 on 2.5."""
    run(session)


@nox.session(python=["3.9", "3.10", "3.11", "3.12", "3.13"])
def check(session: nox.Session) -> None:
    """What `make check` runs: the stubs by which mypy judges are those of the interpreter's NumPy."""
    session.run("scripts/install", f"{session.bin}/python", external=True, silent=True)
    # In this session's environment, which is set up.
    here = f"VENV={session.virtualenv.location}"
    session.run("make", "--old-file=installed", "check", here, external=True)


@nox.session(python=["3.9", "3.10", "3.11", "3.12", "3.13"])
def probe(session: nox.Session) -> None:
    """What of MXNet's API works, into docs/compatibility.md."""
    session.run("scripts/install", f"{session.bin}/python", external=True, silent=True)
    session.run("python", "benchmarks/probe.py", "--record")


@nox.session(python=["3.9", "3.10", "3.11", "3.12", "3.13"])
def book(session: nox.Session) -> None:
    """The book, as `make book` builds it."""
    session.run("scripts/install", f"{session.bin}/python", "docs", external=True, silent=True)
    session.run("python", "book/make_book.py", "out/book")


@nox.session(python=["3.12", "3.13"])
def hosted(session: nox.Session) -> None:
    """The notebooks' first cell beside NumPy 2, as hosted notebook services have it."""
    session.install("numpy>=2", "matplotlib")
    session.run("pip", "wheel", "--quiet", "--no-deps", "-w", session.create_tmp(), ".")
    (wheel,) = Path(session.create_tmp()).glob("*.whl")
    session.run("python", "tests/notebooks/hosted.py", str(wheel.resolve()))


@nox.session(python="3.12")
def numpy2(session: nox.Session) -> None:
    """The tests where a later `pip install` has raised NumPy to 2, MXNet or not."""
    run(session, "numpy==2.2.6")
