"""The test run on every supported interpreter: `nox`, or `nox -s tests-3.9 tests-3.12` for the ends."""

import nox


@nox.session(python=["3.9", "3.10", "3.11", "3.12"])
def tests(session: nox.Session) -> None:
    """The tests, on the pinned versions."""
    session.install("-c", "constraints.txt", "-e", ".[test]")
    session.install("--no-deps", "-c", "constraints.txt", "d2l")
    session.run("dropout-gluon", "data", "--quiet")
    session.run("pytest", *session.posargs)
