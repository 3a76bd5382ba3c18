"""action.yml: its scripts, as a runner runs them, on logs that match, that differ and that cannot be read."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
import yaml
from interpreters import fake
from places import DATA, REAL, ROOT
from workflow import annotations

from dropout_gluon.logs import documented_log

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"]}
BOOK = "".join(f"{epoch}\n" for epoch in documented_log("gluon"))
SCRATCH = "".join(f"{epoch}\n" for epoch in documented_log("scratch"))
OFF = "".join(f"epoch {n}, loss 0.6000, train acc 0.785, test acc 0.830\n" for n in range(1, 11))
GAP = BOOK.replace("epoch 4", "epoch 5")
MINE = "$(touch stolen) `touch stolen` \"x\" 'y';touch stolen #{} ${{ inputs.level }} 100%25.txt"
JUNIT = xmlschema.XMLSchema(DATA / "junit.xsd")


class Runner:
    """A job of a runner: its folders, its workspace, and the files by which steps speak to it."""

    def __init__(self, folder):
        self.temp, self.action, self.workspace = folder / "temp", folder / "action", folder / "work space"
        for one in (self.temp, self.action, self.workspace):
            one.mkdir()
        self.summary, self.output = folder / "summary.md", folder / "output"

    def run(self, name, inputs, **variables):
        """A step's script, as the runner starts its shell, with the inputs that the step asks for."""
        step = STEPS[name]
        given = {**{key: one.get("default", "") for key, one in ACTION["inputs"].items()}, **inputs}
        asked = {key: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: given[found[1]], value)
                 for key, value in step["env"].items()}  # fmt: skip
        places = {
            "RUNNER_TEMP": self.temp,
            "GITHUB_ACTION_PATH": self.action,
            "GITHUB_STEP_SUMMARY": self.summary,
            "GITHUB_OUTPUT": self.output,
        }
        for file in (self.summary, self.output):
            file.write_text("")
        script = self.temp / "script.sh"
        script.write_text(step["run"])
        cut = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
            cwd=self.workspace,
            env={**{k: v for k, v in os.environ.items() if k not in cut}, **places, **asked, **variables},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def outputs(self):
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A runner on which the first step has run, with what this environment has in place of the network's."""
    folder = tmp_path_factory.mktemp("runner")
    runner = Runner(folder)
    shutil.copytree(
        ROOT / "src", runner.action / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__")
    )
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "constraints.txt"):
        shutil.copy(ROOT / name, runner.action)
    here = sysconfig.get_path("purelib")
    python = fake(
        folder,
        "python3",
        f"""{sys.executable} -m venv --without-pip "$3" && for site in "$3"/lib/python3*/site-packages; do
            echo '{here}' >"$site/here.pth"  # pip, and what the package requires
        done""",
    )
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    done = runner.run("Install", {"python": str(python)}, **offline)
    assert done.returncode == 0, done.stdout + done.stderr
    return runner


@pytest.fixture
def runner(installed):
    """The same, in a fresh workspace."""
    shutil.rmtree(installed.workspace)
    installed.workspace.mkdir()
    return installed


def test_it_installs_the_actions_own_package(installed):
    code = "import dropout_gluon; print(dropout_gluon.__file__)"
    python = installed.temp / "dropout-gluon" / "bin" / "python"
    done = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert Path(done.stdout).is_relative_to(installed.temp)


def compared(runner, files, **inputs):
    """The second step, on files of these texts unless the inputs name others."""
    for name, text in files.items():
        path = runner.workspace / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return runner.run("Compare", {"logs": "\n".join(files), **inputs})


def cases(runner):
    """What became of each case of the JUnit report, after its schema has accepted it."""
    path = Path(runner.outputs()["junit"])
    JUNIT.validate(path)
    return [[child.tag for child in case] for case in ET.parse(path).iter("testcase")]


def test_logs_that_match(runner):
    logs = {"logs/one.txt": BOOK, "logs/two words.txt": SCRATCH, "logs/three.json": ""}
    done = compared(runner, logs, logs="logs/*.txt\n\n")
    assert (done.returncode, done.stderr) == (0, "")
    (notice,) = annotations(done.stdout)
    assert notice.kind == "notice"
    assert notice.said.startswith("MATCHES the book's experiment")
    assert "\nMATCHES the book's experiment" in done.stdout  # for who reads the job's log
    assert runner.outputs()["outcome"] == "matches"
    assert runner.summary.read_text().startswith("### MATCHES")
    assert cases(runner) == [[], [], []]  # the third is both as one
    uploaded = STEPS["Upload"]["with"]["path"].replace("${{ runner.temp }}", str(runner.temp)).split()
    assert runner.outputs()["junit"] in uploaded
    assert all(Path(path).stat().st_size > 100 for path in uploaded)


def test_logs_that_differ_stand_at_their_lines_and_their_names_are_nothing_but_names(runner):
    names = [MINE, "-", "--help", "--figure=x.png", "::error::boo.txt", "[a]*.txt", " a b "]
    logs = {name: f"my log\n\n{OFF.replace('0.785', f'0.78{n}')}" for n, name in enumerate(names)}
    shutil.copy(REAL / "mixed-1.ipynb", runner.workspace / "nb.ipynb")
    done = compared(runner, {"fine.txt": BOOK, **logs}, logs="\n".join([*names, "nb.ipynb", "fine.txt"]))
    assert (done.returncode, done.stderr) == (1, "")
    first, *others = annotations(done.stdout)
    assert first.kind == "error"
    assert re.match(r"\d+ of \d+ logs DIFFER from the book's experiment", first.said)
    assert {(one.file.removeprefix("./"), one.line) for one in others} == {
        *((name, "3") for name in names),
        ("nb.ipynb", ""),
    }
    assert all(re.match(r"(cell \d+, )?log \d+: differs, p ", one.said) for one in others)
    assert runner.outputs()["outcome"] == "differs"
    assert "**DIFFERS**" in runner.summary.read_text()
    assert cases(runner)[: len(names)] == [["failure"]] * len(names)
    # Nothing was run that a name says.
    there = {path.name for path in runner.workspace.iterdir()}
    assert there == {*names, "nb.ipynb", "fine.txt"}


def test_too_little_to_tell_and_a_log_that_cannot_be_read_fail(runner):
    done = compared(runner, {"a.txt": BOOK.splitlines()[0], "b.txt": GAP})
    assert done.returncode == 3
    first, second = annotations(done.stdout)
    assert first.kind == "warning"
    assert second[:3] == ("error", "b.txt", "4")
    assert runner.outputs()["outcome"] == "undecided"
    assert cases(runner) == [["skipped"], ["error"]]


@pytest.mark.parametrize(
    ("logs", "inputs", "where", "said"),
    [
        ({"50%, b.txt": GAP}, {}, ("50%, b.txt", "4"), "50%, b.txt:4: epoch 5 where epoch 4 is due"),
        ({}, {"logs": "gone/*.txt"}, ("", ""), "gone/*.txt: No such file or directory"),
        ({}, {"logs": ""}, ("", ""), "compare: the following arguments are required: FILE"),
        ({"a.txt": BOOK}, {"level": "--joint"}, ("", ""), "compare: argument --level: invalid float value"),
        ({"a.txt": BOOK}, {"split": "x y"}, ("", ""), "compare: argument --split: invalid choice: 'x y'"),
        ({"a.txt": BOOK}, {"against": "$(x) y"}, ("", ""), "$(x) y: No such file or directory"),
    ],
)
def test_what_cannot_be_compared_is_one_error(runner, logs, inputs, where, said):
    left = runner.temp / "dropout-gluon" / "verdict"
    left.mkdir(exist_ok=True)
    (left / "verdict.xml").write_text("an earlier verdict's")
    done = compared(runner, logs, **inputs)
    assert done.returncode == 2
    (error,) = annotations(done.stdout)
    assert error[:3] == ("error", *where)
    assert said in error.said
    assert runner.outputs() == {}
    heading, _, code = runner.summary.read_text().splitlines()
    assert heading == "### Nothing could be compared"
    assert code.startswith("    ")
    assert said in code
    assert not list(left.glob("verdict.*"))


def test_what_a_caller_says_reaches_no_script_but_by_its_environment():
    scripts = [step for step in STEPS.values() if "run" in step]
    assert [step["name"] for step in scripts] == ["Install", "Compare"]
    assert not any("${{" in step["run"] for step in scripts)
    asked = {value for step in scripts for value in step["env"].values()}
    used = {f"${{{{ inputs.{name} }}}}" for name in ACTION["inputs"]}
    assert asked == used - {"${{ inputs.artifact }}"}


def test_the_example_calls_it_as_it_is():
    workflow = yaml.safe_load((ROOT / "examples/compare-logs.yml").read_text(encoding="utf-8"))
    ((_, call),) = [job["steps"] for job in workflow["jobs"].values()]
    assert call["uses"].startswith("dropout-gluon/dropout_gluon@")
    required = {name for name, one in ACTION["inputs"].items() if one.get("required")}
    assert required <= set(call["with"]) <= set(ACTION["inputs"])
