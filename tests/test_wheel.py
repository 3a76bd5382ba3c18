"""The wheel: how it is made, what it asks of which machine, and what it does far from the repository."""

import email
import itertools
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import matplotlib.image
import pytest
import yaml
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
NAMES = {"wheel": "dropout_gluon-0.2.0-py3-none-any.whl", "sdist": "dropout_gluon-0.2.0.tar.gz"}
PYTHONS = [f"3.{minor}" for minor in range(9, 15)]


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """What scripts/build-package makes in two folders that differ in all that is not the files' content."""
    return [packaged(tmp_path_factory.mktemp("built"), untidy) for untidy in (False, True)]


def packaged(folder, untidy):
    """The source distribution and the wheel, by the name of their kind."""
    source = folder / "source"
    for name in ("src", "scripts"):
        shutil.copytree(
            ROOT / name, source / name, ignore=shutil.ignore_patterns("*.egg-info", "__pycache__")
        )
    for path in (path for path in ROOT.iterdir() if path.is_file() and not path.name.startswith(".venv")):
        shutil.copy(path, source)
    variables = {"SOURCE_DATE_EPOCH": "1700000000"}
    if untidy:  # as a working folder is, of another person, on another day
        for place in ("tests", "benchmarks", "build/lib/dropout_gluon", "src/dropout_gluon/__pycache__"):
            (source / place).mkdir(parents=True)
            (source / place / "test_left.py").write_text("left behind")
        for path in source.rglob("*"):
            path.chmod(0o700 if path.is_dir() else 0o600)
            os.utime(path, (2_000_000_000, 2_000_000_000))
        variables.update(TZ="Asia/Shanghai", PYTHONHASHSEED="1", LC_ALL="C")
    subprocess.run(
        [sys.executable, source / "scripts" / "build-package", folder / "dist"],
        env={**os.environ, **variables},
        capture_output=True,
        check=True,
        timeout=120,
        umask=0o077 if untidy else -1,
    )
    first, second = sorted((folder / "dist").iterdir())
    return {"wheel": first, "sdist": second}


@pytest.fixture(scope="session")
def wheel(built):
    return built[0]["wheel"]


def pip(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "pip", *map(str, arguments)],
        env=clean(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def clean():
    """The environment's variables, without those that lead to this process's packages."""
    cut = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    return {name: value for name, value in os.environ.items() if name not in cut}


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


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_the_same_files_give_the_same_bytes(built, kind):
    first, second = (one[kind] for one in built)
    assert first.name == second.name == NAMES[kind]
    assert first.read_bytes() == second.read_bytes()


def test_the_index_would_take_both(built):
    done = subprocess.run(
        [sys.executable, "-m", "twine", "--no-color", "check", "--strict", *built[0].values()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("PASSED") == 2


def test_the_wheel_has_the_package_its_plugin_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    here = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and ".egg-info" not in str(path)
    }
    assert names == here
    assert {name.partition("/")[0] for name in names} == {"dropout_gluon", "dropout_gluon_pytest.py"}


def test_the_source_distribution_makes_the_wheel_and_has_the_pages(built):
    with tarfile.open(built[0]["sdist"]) as archive:
        members = archive.getmembers()
    names = {one.name.partition("/")[2] for one in members}
    assert {"README.md", "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE"} <= names
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "build"))]
    assert {(one.uid, one.gid, one.uname, one.gname, one.mtime) for one in members} == {
        (0, 0, "", "", 1_700_000_000)
    }


def test_its_size_is_said(wheel):
    (said,) = re.findall(r"wheel of ([\d.]+) MB", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert float(said) == pytest.approx(wheel.stat().st_size / 1e6, abs=0.05)


def test_the_version_is_the_same_everywhere(asked):
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    latest = re.findall(r"^## (\d+\.\d+\.\d+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)[0]
    assert asked["Version"] == citation["version"] == latest
    assert asked["Author"] == citation["authors"][0]["name"]
    assert asked["Author"] in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert asked["Home-page"] == citation["repository-code"]


def test_it_names_the_pythons_of_the_set_up_and_the_extras(asked):
    found = asked.get_all("Classifier")
    assert [name.rpartition(" ")[2] for name in found if re.search(r":: 3\.\d+$", name)] == PYTHONS
    assert set(asked.get_all("Provides-Extra")) == {
        *("book", "browser", "cluster", "dev", "docs", "notebook")
    }


def closure(requirements, without=("mxnet",)):
    """The installed distributions that a list of requirements brings along, some apart."""
    found, queue = {}, [Requirement(r) for r in requirements]
    while queue:
        requirement = queue.pop()
        wanted = requirement.marker is None or any(
            requirement.marker.evaluate({"extra": extra}) for extra in {"", *requirement.extras}
        )
        if not wanted or requirement.name in without or requirement.name in found:
            continue
        found[requirement.name] = distribution = metadata.distribution(requirement.name)
        # From Python 3.13 on MXNet is installed without what it asks for (scripts/install).
        alone = requirement.name == "mxnet" and sys.version_info >= (3, 13)
        queue += map(Requirement, () if alone else distribution.requires or ())
    return found.values()


class Environment:
    """A virtual environment with the wheel and other distributions, and a folder far from the repository."""

    def __init__(self, folder, wheel, distributions):
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
        for distribution in distributions:
            for top in {file.parts[0] for file in distribution.files}:
                if top not in ("..", "__pycache__") and not (site / top).exists():
                    (site / top).symlink_to(here / top)
        pip("--python", environment, "install", "--no-deps", "--no-index", wheel)

    def __call__(self, command, *arguments, **more):
        """Run one of the environment's commands, with no way to this process's packages."""
        return subprocess.run(
            [self.commands / command, *arguments],
            cwd=self.folder,
            env=clean(),
            capture_output=True,
            text=True,
            timeout=120,
            **more,
        )

    def python(self, code):
        return self("python", "-c", f"import dropout_gluon as gb\n{code}")


@pytest.fixture(scope="session")
def bare(tmp_path_factory, wheel, asked):
    """What the wheel requires, without MXNet."""
    required = closure(asked.get_all("Requires-Dist"))
    bare = Environment(tmp_path_factory.mktemp("bare"), wheel, required)
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


def test_recorded_answers_are_shown(bare):
    assert len(succeeded(bare("dropout-gluon", "exercise", "list")).splitlines()) == 11  # which imports all
    assert "in theory and measured" in succeeded(bare("dropout-gluon", "exercise", "3", "--recorded"))
    assert succeeded(bare.python("print(len(gb.exercise(3).figure.axes) > 0)")) == "True\n"


@pytest.fixture(scope="session")
def whole(tmp_path_factory, wheel, asked):
    """What the wheel requires, with MXNet wherever it comes from, and pytest."""
    required = closure([*asked.get_all("Requires-Dist"), "mxnet", "pytest"], without=())
    return Environment(tmp_path_factory.mktemp("whole"), wheel, required)


@pytest.mark.data
def test_it_trains_an_epoch_judges_it_and_draws(whole):
    done = whole("dropout-gluon", "reproduce", "--implementation", "gluon", "--epochs", "1", "--out", "out")
    assert (done.returncode, done.stderr) == (3, "")  # one epoch is too little to tell
    assert re.search(r"^epoch 1, loss [\d.]+, train acc 0\.\d+, test acc 0\.\d+ ", done.stdout, re.M)
    assert "UNDECIDED: nothing differs, but so little would hide many planted bugs" in done.stdout
    figures = list((whole.folder / "out").glob("*.png"))
    assert len(figures) == 2
    for figure in figures:
        assert matplotlib.image.imread(figure).std() > 0.05
    code = "from mxnet import nd; print(gb.__file__); print(gb.dropout(nd.ones((2, 2)), 0).sum().asscalar())"
    place, total = succeeded(whole.python(code)).splitlines()
    assert Path(place).is_relative_to(whole.commands.parent)
    assert total == "4.0"


def test_pytest_finds_the_fixture_there(whole):
    (whole.folder / "log.txt").write_text("".join(f"{epoch}\n" for epoch in documented_log("gluon")))
    (whole.folder / "test_log.py").write_text(
        "import sys\n"
        "def test_lazily(): assert 'dropout_gluon' not in sys.modules\n"
        "def test_log(book_verdict): assert book_verdict('log.txt').outcome == 'matches'\n"
    )
    assert "2 passed" in succeeded(whole("python", "-m", "pytest", "-q", "test_log.py"))
