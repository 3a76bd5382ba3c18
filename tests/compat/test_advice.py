"""What is said where MXNet cannot be had: what pip can do there, and what is the system's matter."""

import sys

import pytest

from dropout_gluon.compat import advice
from dropout_gluon.compat.advice import advise_install, explain, require
from dropout_gluon.errors import MXNetUnavailable


@pytest.mark.parametrize(
    ("python", "system", "machine", "numpy", "says"),
    [
        ((3, 11), "Linux", "x86_64", "1.23.5", "pip install mxnet==1.9.1"),
        ((3, 9), "Linux", "aarch64", "1.26.4", "pip install mxnet==1.9.1"),
        ((3, 12), "Darwin", "x86_64", "1.26.4", "pip install mxnet==1.9.1"),
        ((3, 12), "Linux", "x86_64", "2.5.5", "pip install --no-deps mxnet==1.9.1"),
        ((3, 13), "Linux", "x86_64", "2.5.5", "pip install --no-deps mxnet==1.9.1"),
        ((3, 14), "Darwin", "x86_64", "2.5.5", "pip install --no-deps mxnet==1.9.1"),
        ((3, 11), "Windows", "AMD64", "1.23.5", "there is no build of MXNet 1.9.1 for Windows on AMD64"),
        ((3, 11), "Darwin", "arm64", "1.23.5", "there is no build of MXNet 1.9.1 for Darwin on arm64"),
        ((3, 11), "Linux", "riscv64", "1.23.5", "there is no build of MXNet 1.9.1 for Linux on riscv64"),
    ],
)
def test_advice_is_what_pip_can_do_there(python, system, machine, numpy, says):
    advice = advise_install(python, system, machine, numpy, "glibc")
    assert advice.startswith(says)
    assert advice.startswith("pip install") or advice.endswith("Linux on x86_64 has one")


def test_a_linux_without_glibc_has_no_build():
    assert "no build of MXNet 1.9.1 for a Linux without glibc" in advise_install(
        (3, 11), "Linux", "x86_64", "1.23.5", ""
    )


def test_a_numpy_without_metadata_is_no_error(monkeypatch):
    monkeypatch.setattr(advice, "installed", lambda distribution: None)
    assert advise_install((3, 11), "Linux", "x86_64", None, "glibc") == "pip install mxnet==1.9.1"


def test_a_folder_of_that_name_is_no_mxnet(tmp_path, monkeypatch):
    (tmp_path / "mxnet").mkdir()
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "mxnet", raising=False)
    with pytest.raises(MXNetUnavailable, match="MXNet is not installed"):
        require()


def test_without_mxnet_it_is_said_before_anything_else_is_done(monkeypatch):
    require()  # it is installed here
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MXNetUnavailable, match=f"MXNet is not installed: {advise_install()}"):
        require()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            OSError("libgomp.so.1: cannot open shared object file: No such file or directory"),
            "MXNet needs the shared library libgomp.so.1, which this system lacks: apt-get install libgomp1",
        ),
        (
            OSError("libodd.so: cannot open shared object file: No such file or directory"),
            "libodd.so, which this system lacks: install the system's package that has it",
        ),
        (
            ModuleNotFoundError("No module named 'distutils'", name="distutils.version"),
            "pip install setuptools",
        ),
        (RuntimeError("Cannot find the MXNet library.\nList"), "--force-reinstall --no-deps mxnet==1.9.1"),
        (OSError("libmxnet.so: file too short"), "--force-reinstall --no-deps mxnet==1.9.1"),
        (ModuleNotFoundError("No module named 'requests'", name="requests"), "pip install requests"),
        (ModuleNotFoundError("No module named 'mxnet.x'", name="mxnet.x"), "missing or damaged"),
        (OSError("version `GLIBC_2.99' not found"), "(version `GLIBC_2.99' not found)"),
        (AttributeError("module 'numpy' has no attribute 'x'"), "(module 'numpy' has no attribute 'x')"),
    ],
)
def test_reasons_are_told_apart(error, says):
    assert says in explain(error)
    assert "\n" not in explain(error)
