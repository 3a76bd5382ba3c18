"""The one door to MXNet: every other module takes its MXNet names from here.

What MXNet needs to import on today's Pythons and NumPys stands in `compat`, and what to say where it
cannot be imported. Here: what a user of a recent machine should know about it.
"""

from __future__ import annotations

import ctypes
import os
import warnings
from pathlib import Path

from .compat import hook
from .compat.advice import VERSION, advise_install, explain
from .errors import MXNetUnavailable, SlowKernel
from .machine import fitting_kernel, processor

# Kernels that OpenBLAS falls back to on a processor it does not know. They use no AVX2, and dense products
# then take about twice as long.
GENERIC_KERNELS = frozenset(
    {"Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Atom", "Katmai", "Coppermine", "Northwood",
     "Banias", "Athlon", "Opteron", "Barcelona", "Bobcat", "Generic", "Unknown", "armv8"}
)  # fmt: skip


def advise_kernel(kernel: str, processor_flags: frozenset[str], chosen: bool = False) -> str | None:
    """Say what to change when OpenBLAS runs a slow kernel on a processor that can do better.

    Args:
        kernel: the name that OpenBLAS gives to the kernels that it runs, such as ``Zen``.
        processor_flags: the features of the processor, as ``/proc/cpuinfo`` names them.
        chosen: whether the user's environment chose it.

    Returns:
        One line, or None where all is well.
    """
    if kernel not in GENERIC_KERNELS or fitting_kernel(processor_flags) is None:
        return None
    # Otherwise `compat.hook` chooses, but not for an MXNet that was there before it.
    mend = (
        "take OPENBLAS_CORETYPE out of the environment"
        if chosen
        else "import dropout_gluon before anything imports MXNet"
    )
    return f"MXNet's OpenBLAS runs {kernel} kernels here, at about half the speed: {mend}"


def blas_kernel() -> str:
    """The name of the kernels that the OpenBLAS inside MXNet runs (the numbers of a run depend on it)."""
    library = ctypes.CDLL(str(Path(mx.__file__).parent / "libmxnet.so"))
    try:
        corename = library.openblas_get_corename
    except AttributeError:  # a build of MXNet over another BLAS
        return "unknown"
    corename.restype = ctypes.c_char_p
    return str(corename().decode())


hook.install()
try:
    import mxnet as mx
    from mxnet import autograd, gluon, init, nd
    from mxnet.gluon import nn
except MXNetUnavailable:
    raise
except Exception as error:  # a retired library on a Python to come may fail in any way
    raise MXNetUnavailable(explain(error)) from error
if mx.__version__.split(".")[:2] != VERSION.split(".")[:2]:
    raise MXNetUnavailable(
        f"MXNet {mx.__version__} is installed, and the chapter needs {VERSION}: {advise_install()}"
    )

if advice := advise_kernel(blas_kernel(), processor()[1], "OPENBLAS_CORETYPE" in os.environ):
    warnings.warn(advice, SlowKernel, stacklevel=2)

__all__ = ["advise_kernel", "autograd", "blas_kernel", "gluon", "init", "mx", "nd", "nn"]
