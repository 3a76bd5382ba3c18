"""The one door to MXNet: every other module takes its MXNet names from here.

MXNet 1.9.1 is the last release of a retired project. What it needs to import on today's NumPy, and what
a user of a recent machine should know about it, is kept in this file alone.
"""

from __future__ import annotations

import ctypes
import os
import sys
import warnings
from pathlib import Path

import numpy as np

from .errors import MXNetUnavailable

SUPPORTED = ((3, 9), (3, 12))

# Kernels that OpenBLAS falls back to on a processor it does not know. They use no AVX2, and dense products
# then take about twice as long.
GENERIC_KERNELS = frozenset(
    {"Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Atom", "Katmai", "Coppermine", "Northwood",
     "Banias", "Athlon", "Opteron", "Barcelona", "Bobcat", "Generic", "Unknown", "armv8"}
)  # fmt: skip


def check_interpreter(version: tuple[int, int]) -> None:
    """Raise MXNetUnavailable unless this version of Python can run MXNet 1.9.1."""
    oldest, newest = SUPPORTED
    if not oldest <= version <= newest:
        raise MXNetUnavailable(
            f"Python {version[0]}.{version[1]} cannot run MXNet 1.9.1; "
            f"use Python {oldest[0]}.{oldest[1]} to {newest[0]}.{newest[1]}"
        )


def advise_kernel(kernel: str, processor_flags: frozenset[str]) -> str | None:
    """Say what to set when OpenBLAS runs a slow kernel on a processor that can do better.

    Args:
        kernel: the name that OpenBLAS gives to the kernels it chose, such as ``Zen``.
        processor_flags: the features of the processor, as ``/proc/cpuinfo`` names them.

    Returns:
        One line, or None where all is well.
    """
    if kernel not in GENERIC_KERNELS or not {"avx2", "fma"} <= processor_flags:
        return None
    return (
        f"MXNet's OpenBLAS does not know this processor and runs its {kernel} kernels, at about half the "
        "speed: set OPENBLAS_CORETYPE=Haswell in the environment before Python starts"
    )


def blas_kernel() -> str:
    """The name of the kernels that the OpenBLAS inside MXNet runs (the numbers of a run depend on it)."""
    library = ctypes.CDLL(str(Path(mx.__file__).parent / "libmxnet.so"))
    try:
        corename = library.openblas_get_corename
    except AttributeError:  # a build of MXNet over another BLAS
        return "unknown"
    corename.restype = ctypes.c_char_p
    return str(corename().decode())


def processor() -> tuple[str, frozenset[str]]:
    """The processor's name and its features; empty where the system does not tell."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return "", frozenset()
    fields = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        fields[name.strip()] = value.strip()
    return fields.get("model name", ""), frozenset(fields.get("flags", "").split())


check_interpreter(sys.version_info[:2])

# MXNet names numpy.bool, which NumPy 1.24 removed (apache/mxnet issue 21165, mended but never released).
if np.lib.NumpyVersion(np.__version__) >= "1.24.0":
    np.bool = np.bool_  # type: ignore[attr-defined]

# MXNet takes every second processor for a hyper-thread and leaves it idle unless it is told otherwise.
# More than one engine worker together with more than one OpenMP thread spins for ever: leave that alone.
if os.environ.get("MXNET_CPU_WORKER_NTHREADS", "1") == "1":
    os.environ.setdefault("OMP_NUM_THREADS", str(len(os.sched_getaffinity(0))))
# An epoch is some ten thousand short operators. Threads that wait for the next one awake, for at most the
# usual 3 ms, take about four fifths of the time of threads that sleep (docs/performance.md).
if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} & set(os.environ):
    os.environ.update(OMP_WAIT_POLICY="active", GOMP_SPINCOUNT="300000")

try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        import mxnet as mx
        from mxnet import autograd, gluon, init, nd
        from mxnet.gluon import nn
except (ImportError, AttributeError, OSError) as error:
    raise MXNetUnavailable(
        f"MXNet cannot be imported ({str(error).splitlines()[0]}); "
        "pip install 'mxnet==1.9.1' 'numpy>=1.23,<2' into Python 3.9 to 3.12"
    ) from error

if advice := advise_kernel(blas_kernel(), processor()[1]):
    warnings.warn(advice, RuntimeWarning, stacklevel=2)

__all__ = [
    "advise_kernel",
    "autograd",
    "blas_kernel",
    "gluon",
    "init",
    "mx",
    "nd",
    "nn",
    "processor",
]
