"""The wheel: what it asks of which machine, and all that it does on one without MXNet."""

import email
import itertools
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from places import ROOT

from dropout_gluon.config import RunConfig
from dropout_gluon.logs import RunLog, documented_log
from dropout_gluon.runs.store import RunStore

MACHINES = {
    "Linux x86_64": ("linux", "x86_64"),
    "Linux aarch64": ("linux", "aarch64"),
    "Linux riscv64": ("linux", "riscv64"),
    "macOS x86_64": ("darwin", "x86_64"),
    "macOS arm64": ("darwin", "arm64"),
    "Windows": ("win32", "AMD64"),
}
WITH_WHEELS = {"Linux x86_64", "Linux aarch64", "macOS x86_64"}  # of mxnet 1.9.1
PYTHONS = [f"3.{minor}" for minor in range(9, 15)]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The package's wheel, built from a copy so that nothing of it stays in the repository."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    unwanted = shutil.ignore_patterns("*.egg-info", "__pycache__")
    shutil.copytree(ROOT / "src", source / "src", ignore=unwanted)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip("wheel", "--no-deps", "--no-build-isolation", "-w", folder, source)
    (path,) = folder.glob("*.whl")
    return path


def pip(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "pip", *map(str, arguments)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def asked(wheel):
    """The wheel's metadata."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def required(requirements, machine, python):
    """The names and versions that pip would install on a machine."""
    platform, processor = MACHINES[machine]
    place = {
        "sys_platform": platform, "platform_machine": processor, "python_version": python, "extra": "",
    }  # fmt: skip
    parsed = map(Requirement, requirements)
    return {r.name: str(r.specifier) for r in parsed if r.marker is None or r.marker.evaluate(place)}


@pytest.mark.parametrize(("machine", "python"), itertools.product(MACHINES, PYTHONS))
def test_mxnet_is_required_where_pip_can_install_it(asked, machine, python):
    found = required(asked.get_all("Requires-Dist"), machine, python)
    possible = machine in WITH_WHEELS and python not in ("3.13", "3.14")
    assert found.pop("mxnet", None) == ("==1.9.1" if possible else None)
    assert ("setuptools" in found) == (python in ("3.12", "3.13", "3.14"))  # has distutils
    # MXNet's own cap on NumPy holds where it is required: one of ours would hold where it is not.
    assert "<" not in found["numpy"]
    assert SpecifierSet(asked["Requires-Python"]).contains(f"{python}.0")


def test_pythons_older_than_the_code_are_refused_by_pip(asked):
    assert not SpecifierSet(asked["Requires-Python"]).contains("3.8.18")


@pytest.mark.parametrize("machine", MACHINES)
def test_the_set_up_brings_mxnet_to_the_same_machines(machine):
    script = (ROOT / "scripts" / "install").read_text()
    variables = dict(re.findall(r"^(\w+)='(.*)'$", script, re.MULTILINE))
    (line,) = re.findall(r'"(mxnet==.*)"', script)
    requirement = re.sub(r"\$(\w+)", lambda found: variables[found[1]], line)
    for python in PYTHONS:
        assert ("mxnet" in required([requirement], machine, python)) == (machine in WITH_WHEELS)


def closure(requirements):
    """The installed distributions that a list of requirements brings along, MXNet's apart."""
    found, queue = {}, [Requirement(r) for r in requirements]
    while queue:
        requirement = queue.pop()
        wanted = requirement.marker is None or any(
            requirement.marker.evaluate({"extra": extra}) for extra in {"", *requirement.extras}
        )
        if not wanted or requirement.name == "mxnet" or requirement.name in found:
            continue
        found[requirement.name] = distribution = metadata.distribution(requirement.name)
        queue += map(Requirement, distribution.requires or ())
    return found.values()


class Bare:
    """An environment with the wheel and what it requires, no MXNet, and a folder far from the repository."""

    def __init__(self, folder, wheel, requirements):
        self.folder = folder / "work"
        self.folder.mkdir()
        environment = folder / "environment"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
        self.commands = environment / "bin"
        site = Path(
            self("python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
        )
        # What is installed here serves there too, which needs no network; only what the wheel names is seen.
        here = Path(sysconfig.get_path("purelib"))
        for distribution in closure(requirements):
            for top in {file.parts[0] for file in distribution.files}:
                if top not in ("..", "__pycache__") and not (site / top).exists():
                    (site / top).symlink_to(here / top)
        pip("--python", environment, "install", "--no-deps", "--no-index", wheel)

    def __call__(self, command, *arguments, **more):
        """Run one of the environment's commands, with no way to this process's packages."""
        cut = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
        return subprocess.run(
            [self.commands / command, *arguments],
            cwd=self.folder,
            env={k: v for k, v in os.environ.items() if k not in cut},
            capture_output=True,
            text=True,
            timeout=120,
            **more,
        )

    def python(self, code):
        return self("python", "-c", f"import dropout_gluon as gb\n{code}")


@pytest.fixture(scope="session")
def bare(tmp_path_factory, wheel, asked):
    bare = Bare(tmp_path_factory.mktemp("bare"), wheel, asked.get_all("Requires-Dist"))
    (bare.folder / "log.txt").write_text("".join(f"{epoch}\n" for epoch in documented_log("gluon")))
    config = RunConfig(implementation="gluon", seed=3)
    log = RunLog(config, documented_log("gluon"), {"release": "2017-08-31"}, {"threads": "1"}, 1.5)
    with RunStore(bare.folder / "runs.jsonl") as store:
        store.append(log)
    return bare


def succeeded(done):
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def test_it_is_the_wheel_that_runs_there_and_mxnet_is_not(bare):
    code = (
        "from importlib import metadata, util\n"
        "print(util.find_spec('mxnet'), 'mxnet' in {d.name for d in metadata.distributions()})\n"
        "print(gb.__file__)"
    )
    if sys.version_info < (3, 10):
        code = code.replace("d.name", "d.metadata['Name']")
    first, second = succeeded(bare.python(code)).splitlines()
    assert first == "None False"
    assert Path(second).is_relative_to(bare.commands.parent)


@pytest.mark.parametrize("command", [[], ["data"], ["reproduce"], ["compare"], ["ensemble"]])
def test_help(bare, command):
    assert succeeded(bare("dropout-gluon", *command, "--help")).startswith("usage: dropout-gluon")


@pytest.mark.parametrize("figure", ["bands.png", "bands.svg"])
def test_compare(bare, figure):
    assert succeeded(bare("dropout-gluon", "compare", "log.txt", "--figure", figure)).startswith("MATCHES")
    assert (bare.folder / figure).stat().st_size > 10_000


def test_compare_in_python_with_its_figure(bare):
    code = (
        "verdict = gb.compare('log.txt')\n"
        "print(verdict.outcome, len(gb.plot_verdict(verdict).axes) > 0, '<table' in verdict._repr_html_())\n"
        "gb.assert_matches_book('log.txt')"
    )
    assert succeeded(bare.python(code)) == "matches True True\n"


def test_logs_are_read(bare):
    code = "[log] = gb.read_logs('log.txt'); print(len(log.epochs))"
    assert succeeded(bare.python(code)) == "10\n"


def test_a_store_is_read_and_drawn(bare):
    code = (
        "runs = gb.read_store('runs.jsonl')\n"
        "print(runs[0].config.seed, len(gb.plot_learning_curves(runs).axes) > 0)"
    )
    assert succeeded(bare.python(code)) == "3 True\n"


def test_a_store_is_summed_up(bare):
    assert "1 run" in succeeded(bare("dropout-gluon", "ensemble", "status", "runs.jsonl"))


@pytest.mark.data
def test_what_needs_mxnet_says_so_in_one_line(bare):
    for command in (["reproduce", "--out", "out"], ["ensemble", "--store", "new.jsonl"]):
        done = bare("dropout-gluon", *command, "--epochs", "1")
        assert (done.returncode, done.stdout) == (2, "")  # before the data are looked for
        assert re.fullmatch(
            r"dropout-gluon: MXNet is not installed: pip install (--no-deps )?mxnet==1.9.1\n", done.stderr
        )
    code = (
        "from dropout_gluon.errors import MXNetUnavailable\n"
        "for name in ('dropout', 'train_ch3', 'run', 'nd', 'scratch'):\n"
        "    try: getattr(gb, name)\n"
        "    except MXNetUnavailable as error: print(name, str(error).count('\\n'))"
    )
    assert succeeded(bare.python(code)) == "".join(
        f"{name} 0\n" for name in ("dropout", "train_ch3", "run", "nd", "scratch")
    )
