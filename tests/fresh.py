"""Code in a fresh interpreter, where nothing is imported yet."""

import os
import subprocess
import sys


def python(code, *arguments, **variables):
    """Run code; the variables go into its environment, those that are None out of it."""
    environment = {**os.environ, **variables}
    return subprocess.run(
        [sys.executable, *arguments, "-c", code],
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=120,
    )


def printed(code, *arguments, **variables):
    """What the code prints; it must end well, and say nothing on standard error."""
    done = python(code, *arguments, **variables)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout
