"""The choice of an interpreter: one that starts, in the range, or one sentence."""

import os
import subprocess
import sys

import pytest
from interpreters import fake, posing_as
from places import ROOT

SCRIPT = ROOT / "scripts" / "find-python"


def find(*folders):
    return subprocess.run(
        ["/bin/sh", str(SCRIPT)],
        env={"PATH": os.pathsep.join(map(str, folders))},
        capture_output=True,
        text=True,
    )


def test_a_shim_that_only_prints_an_error_is_passed_over(tmp_path):
    fake(tmp_path / "shims", "python3.11", "echo 'command not found' >&2; exit 127")
    good = fake(tmp_path / "bin", "python3.11", f'exec "{sys.executable}" "$@"')
    done = find(tmp_path / "shims", tmp_path / "bin")
    assert (done.stdout, done.returncode) == (f"{good}\n", 0)


def test_an_interpreter_outside_the_range_is_passed_over(tmp_path):
    """What `python3` names may be any version: the answer of the probe counts, not the name."""
    fake(tmp_path, "python3.11", posing_as("3, 15"))
    fake(tmp_path, "python3", posing_as("2, 7"))
    good = fake(tmp_path, "python", f'exec "{sys.executable}" "$@"')
    assert find(tmp_path).stdout == f"{good}\n"


@pytest.mark.parametrize(
    "name", ["python3.9", "python3.10", "python3.12", "python3.13", "python3.14", "python3"]
)
def test_other_names_are_found(tmp_path, name):
    good = fake(tmp_path, name, f'exec "{sys.executable}" "$@"')
    assert find(tmp_path).stdout == f"{good}\n"


def test_without_one_a_sentence_says_what_to_install(tmp_path):
    done = find(tmp_path)
    assert (done.stdout, done.returncode) == ("", 1)
    assert done.stderr.count("\n") == 1
    assert "needs Python 3.9 to 3.14" in done.stderr
    assert "python3-venv" in done.stderr
