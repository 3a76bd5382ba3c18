"""The door to MXNet: silent on a healthy machine, one clear line on any other."""

import os
import subprocess
import sys

import pytest

from dropout_gluon import _mxnet
from dropout_gluon.errors import MXNetUnavailable

MODERN = frozenset({"avx2", "fma", "sse2"})


def python(code, **variables):
    """Run code in a fresh interpreter; the variables go into its environment."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_healthy_machine_prints_nothing():
    # Haswell's kernels are what the advice recommends, so they are healthy wherever AVX2 is.
    done = python("import dropout_gluon._mxnet", OPENBLAS_CORETYPE="Haswell")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif("avx2" not in _mxnet.processor()[1], reason="the processor has no AVX2 to miss")
def test_slow_kernel_is_warned_of_once():
    code = "import dropout_gluon as gb; gb.dropout; gb.train_ch3; gb.run"
    done = python(code, OPENBLAS_CORETYPE="Prescott")
    assert done.returncode == 0
    assert done.stderr.count("RuntimeWarning") == 1
    assert "set OPENBLAS_CORETYPE=Haswell" in done.stderr


@pytest.mark.parametrize(
    ("kernel", "flags", "advised"),
    [("Prescott", MODERN, True), ("Zen", MODERN, False), ("Prescott", frozenset({"sse2"}), False)],
)
def test_advice_is_for_a_generic_kernel_on_a_modern_processor(kernel, flags, advised):
    assert (_mxnet.advise_kernel(kernel, flags) is not None) == advised


def test_kernel_is_the_one_that_runs():
    done = python(
        "from dropout_gluon._mxnet import blas_kernel; print(blas_kernel())", OPENBLAS_CORETYPE="Haswell"
    )
    assert done.stdout == "Haswell\n"


@pytest.mark.parametrize("version", [(3, 8), (3, 13), (2, 7)])
def test_unsupported_interpreter_is_named(version):
    with pytest.raises(
        MXNetUnavailable, match=f"Python {version[0]}.{version[1]} cannot run MXNet 1.9.1; use"
    ):
        _mxnet.check_interpreter(version)


def test_missing_mxnet_is_one_line_and_status_2(tmp_path):
    (tmp_path / "mxnet.py").write_text("raise ImportError('not here')\n")
    reproduce = ["reproduce", "--epochs", "1", "--quiet", "--out", str(tmp_path)]
    code = f"import sys; from dropout_gluon.cli.main import main; sys.exit(main({reproduce!r}))"
    done = python(code, PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith("dropout-gluon: MXNet cannot be imported (")
    assert "pip install 'mxnet==1.9.1'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_numpy_without_bool_is_mended():
    code = (
        "import numpy; vars(numpy).pop('bool', None); numpy.__version__ = '1.26.4'\n"
        "from dropout_gluon._mxnet import nd; print(numpy.bool is numpy.bool_, nd.ones(1).asscalar())"
    )
    done = python(code)
    assert (done.stdout, done.returncode) == ("True 1.0\n", 0), done.stderr


def test_both_cores_are_used_unless_the_user_says_otherwise():
    code = "import os, dropout_gluon._mxnet; print(os.environ.get('OMP_NUM_THREADS'))"
    plain = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}

    def threads(**variables):
        done = subprocess.run(
            [sys.executable, "-c", code], env={**plain, **variables}, capture_output=True, text=True
        )
        return done.stdout.strip()

    assert threads() == str(len(os.sched_getaffinity(0)))
    assert threads(OMP_NUM_THREADS="1") == "1"
    # With several engine workers, several OpenMP threads would spin for ever.
    assert threads(MXNET_CPU_WORKER_NTHREADS="2") == "None"
