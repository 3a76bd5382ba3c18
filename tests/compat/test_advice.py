"""What is said where MXNet cannot be had: what pip can do there, and what is the system's matter."""

import pytest

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
    advice = advise_install(python, system, machine, numpy)
    assert advice.startswith(says)
    assert advice.startswith("pip install") or advice.endswith("Linux on x86_64 has one")


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
        (AttributeError("module 'numpy' has no attribute 'x'"), "MXNet cannot be imported (module 'numpy'"),
    ],
)
def test_reasons_are_told_apart(error, says):
    assert says in explain(error)
    assert "\n" not in explain(error)
