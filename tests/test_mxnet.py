"""The door to MXNet: silent on a healthy machine, one clear line on any other."""

import os
from pathlib import Path

import pytest
from fresh import printed, python

from dropout_gluon import _mxnet
from dropout_gluon.compat.advice import advise_install
from dropout_gluon.machine import fitting_kernel, processor

MODERN = frozenset({"avx2", "fma", "sse2"})
DOOR = (
    "import sys\nfrom dropout_gluon.errors import MXNetUnavailable\n"
    "try: import dropout_gluon._mxnet\n"
    "except MXNetUnavailable as error: print(error)"
)


KERNEL = fitting_kernel(processor()[1])
needs_avx2 = pytest.mark.skipif(KERNEL is None, reason="the processor has no AVX2")


def test_any_machine_prints_nothing():
    assert printed("import dropout_gluon._mxnet", OPENBLAS_CORETYPE=None, PYTHONWARNINGS=None) == ""


@needs_avx2
def test_slow_kernel_is_warned_of_once():
    code = "import dropout_gluon as gb; gb.dropout; gb.train_ch3; gb.run"
    done = python(code, OPENBLAS_CORETYPE="Prescott", PYTHONWARNINGS=None)
    assert done.returncode == 0
    assert done.stderr.count("SlowKernel: ") == 1
    assert "runs Prescott kernels here, at about half the speed: take OPENBLAS_CORETYPE out" in done.stderr


@pytest.mark.parametrize(
    ("kernel", "flags", "advised"),
    [("Prescott", MODERN, True), ("Zen", MODERN, False), ("Prescott", frozenset({"sse2"}), False)],
)
def test_advice_is_for_a_generic_kernel_on_a_modern_processor(kernel, flags, advised):
    assert (_mxnet.advise_kernel(kernel, flags) is not None) == advised
    if advised:  # of an MXNet that was there before the package
        assert "import dropout_gluon before" in _mxnet.advise_kernel(kernel, flags)


@needs_avx2
@pytest.mark.parametrize("first", ["import dropout_gluon._mxnet", "import dropout_gluon, mxnet"])
def test_mxnet_runs_the_kernels_that_fit_whatever_the_processor(first):
    """Its OpenBLAS need not know the processor; what the user chose stays chosen."""
    code = f"{first}; from dropout_gluon._mxnet import blas_kernel; print(blas_kernel())"
    for chosen in (None, "Haswell", KERNEL):
        assert printed(code, OPENBLAS_CORETYPE=chosen) == "Haswell\n"
    assert printed(code, OPENBLAS_CORETYPE="Prescott") == "Prescott\n"


@needs_avx2
def test_the_kernels_are_chosen_for_mxnet_alone():
    """NumPy's OpenBLAS reads the same variable: with Haswell's kernels NumPy 2.5 crashes on AVX-512."""
    code = (
        "import os, sys\n"
        "class Look:\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        if name in ('numpy', 'mxnet.base'): print(name, os.environ.get('OPENBLAS_CORETYPE'))\n"
        "sys.meta_path.insert(0, Look)\n"
        "import dropout_gluon, mxnet\n"
        "print('OPENBLAS_CORETYPE' in os.environ)"
    )
    found = printed(code, OPENBLAS_CORETYPE=None)
    assert found == f"numpy None\nmxnet.base {KERNEL}\nFalse\n"


@needs_avx2
def test_numpy_computes_with_what_mxnet_is_given():
    """Should another OpenBLAS be loaded at the same time."""
    code = (
        "import numpy as np; a = np.arange(500 * 400.0).reshape(500, 400) % 7\n"
        "print(np.array_equal(a @ a.T, np.einsum('ik,jk->ij', a, a)))"
    )
    assert printed(code, OPENBLAS_CORETYPE=KERNEL) == "True\n"


def door(tmp_path, *arguments, **variables):
    """What the door says, in one line, where a module in `tmp_path` goes before MXNet's own."""
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    said = printed(DOOR, *arguments, PYTHONPATH=path, **variables)
    assert said.count("\n") == 1, said
    return said


def test_without_mxnet_it_says_what_to_type(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['mxnet'] = None\n")
    said = door(tmp_path)
    assert "MXNet" in said
    assert advise_install() in said


def test_a_missing_shared_library_is_the_systems_and_not_pips(tmp_path):
    """A real one: MXNet's library with the name of the OpenMP library that it asks for changed."""
    copy = damaged_copy(tmp_path, b"libgomp.so.1\0", b"libgimp.so.1\0")
    said = door(copy)
    assert said == (
        "MXNet needs the shared library libgimp.so.1, which this system lacks: install the system's package "
        "that has it\n"
    )


@pytest.mark.parametrize("damage", ["missing", "cut", "not a library"])
def test_mxnet_without_its_library_is_installed_anew(tmp_path, damage):
    copy = damaged_copy(tmp_path, damage=damage)
    said = door(copy)
    assert said.startswith("MXNet's own files are missing or damaged (")
    assert said.endswith(": pip install --force-reinstall --no-deps mxnet==1.9.1\n")


def damaged_copy(tmp_path, find=b"", put=b"", damage=""):
    """A folder with a copy of MXNet's Python files and its library, something of it damaged."""
    own = Path(_mxnet.mx.__file__).parent
    for path in own.rglob("*.py"):
        target = tmp_path / "mxnet" / path.relative_to(own)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(path)
    for path in own.glob("*.so*"):
        if path.name != "libmxnet.so":
            (tmp_path / "mxnet" / path.name).symlink_to(path)
    for name in ("libinfo.py", "__init__.py"):  # which look for the library beside themselves
        (tmp_path / "mxnet" / name).unlink()
        (tmp_path / "mxnet" / name).write_bytes((own / name).read_bytes())
    library = tmp_path / "mxnet" / "libmxnet.so"
    if damage == "cut":
        with (own / "libmxnet.so").open("rb") as whole:
            library.write_bytes(whole.read(20))
    elif damage == "not a library":
        library.write_text("no library")
    elif not damage:
        content = (own / "libmxnet.so").read_bytes()
        assert content.count(find) == 1
        library.write_bytes(content.replace(find, put))
    return tmp_path


def test_an_mxnet_that_cannot_be_imported_is_one_line_and_status_2(tmp_path):
    (tmp_path / "mxnet.py").write_text("raise ImportError('not here\\nat all')\n")
    reproduce = ["reproduce", "--epochs", "1", "--quiet", "--out", str(tmp_path)]
    code = f"import sys; from dropout_gluon.cli.main import main; sys.exit(main({reproduce!r}))"
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    done = python(code, PYTHONPATH=path)
    assert done.returncode == 2
    assert done.stderr == (
        f"dropout-gluon: MXNet cannot be imported from {tmp_path / 'mxnet.py'} (not here)\n"
    )


def test_another_mxnet_is_refused_by_its_version(tmp_path):
    """MXNet 1.7 imports on NumPy 2 too, with what is lent; but it is not what the records were made with."""
    folder = tmp_path / "mxnet"
    (folder / "gluon").mkdir(parents=True)
    (folder / "__init__.py").write_text("__version__ = '1.7.0'\nautograd = init = nd = None\n")
    (folder / "gluon" / "__init__.py").write_text("nn = None\n")
    said = door(tmp_path)
    assert said.startswith("MXNet 1.7.0 is installed, and the chapter needs 1.9.1: pip install ")


def test_without_distutils_it_names_setuptools(tmp_path):
    code = "import sys; sys.modules['distutils'] = None\n" + DOOR
    assert printed(code) == (
        "MXNet needs distutils, which Python 3.12 no longer has: pip install setuptools\n"
    )


def test_mxnet_imported_first_is_left_with_its_own_error():
    """On a NumPy that it cannot stand; the door then says nothing that would hide it."""
    code = "import mxnet, dropout_gluon as gb\nprint(float(gb.nd.ones((1, 1)).asscalar()))"
    alone, both = python("import mxnet"), python(code)
    assert (alone.returncode == 0) == (both.returncode == 0)
    if alone.returncode:
        assert both.stderr.splitlines()[-1] == alone.stderr.splitlines()[-1]
        assert 'File "<string>", line 1' in both.stderr  # raised where the user imported it
        assert "compat" not in both.stderr
    else:
        assert both.stdout == "1.0\n"
