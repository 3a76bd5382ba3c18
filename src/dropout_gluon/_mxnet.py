"""The one door to MXNet: every other module takes its MXNet names from here.

What MXNet needs to import on today's Pythons and NumPys stands in `compat`. Here: what to type where it
cannot be imported, and what a user of a recent machine should know about it.
"""

from __future__ import annotations

import ctypes
import platform
import re
import sys
import warnings
from importlib import metadata
from pathlib import Path

import numpy as np

from .compat import hook
from .errors import MXNetUnavailable
from .machine import processor

VERSION = "1.9.1"
BUILDS = {"Linux": ("x86_64", "aarch64"), "Darwin": ("x86_64",)}  # of that version
# The packages of Debian and Ubuntu that have what MXNet's library needs of the system.
PACKAGES = {"libgomp.so.1": "libgomp1", "libstdc++.so.6": "libstdc++6", "libquadmath.so.0": "libquadmath0"}

# Kernels that OpenBLAS falls back to on a processor it does not know. They use no AVX2, and dense products
# then take about twice as long.
GENERIC_KERNELS = frozenset(
    {"Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Atom", "Katmai", "Coppermine", "Northwood",
     "Banias", "Athlon", "Opteron", "Barcelona", "Bobcat", "Generic", "Unknown", "armv8"}
)  # fmt: skip


def advise_install(
    python: tuple[int, int] = sys.version_info[:2],
    system: str = platform.system(),
    machine: str = platform.machine(),
    numpy: str = np.__version__,
) -> str:
    """What to type to get MXNet, or why it cannot be had, as the rest of a sentence."""
    if machine not in BUILDS.get(system, ()):
        return f"there is no build of MXNet {VERSION} for {system} on {machine}; Linux on x86_64 has one"
    # Its metadata wants NumPy below 2, with which pip would replace a newer one, or find none at all.
    alone = python >= (3, 13) or int(numpy.partition(".")[0]) >= 2
    return f"pip install {'--no-deps ' if alone else ''}mxnet=={VERSION}"


def explain(error: Exception) -> str:
    """Why MXNet cannot be imported and what helps, as one line."""
    said = (str(error).splitlines() or [type(error).__name__])[0]
    if isinstance(error, ModuleNotFoundError):
        if error.name == "mxnet":
            return f"MXNet is not installed: {advise_install()}"
        if str(error.name).partition(".")[0] == "distutils":
            return "MXNet needs distutils, which Python 3.12 no longer has: pip install setuptools"
    if found := _installed():
        if found != VERSION:
            return f"MXNet {found} cannot be imported ({said}), and {VERSION} is needed: {advise_install()}"
        if library := re.match(r"(\S+): cannot open shared object file: No such file", said):
            package = PACKAGES.get(library[1])
            helps = f"apt-get install {package}" if package else "install the system's package that has it"
            return f"MXNet needs the shared library {library[1]}, which this system lacks: {helps}"
        if isinstance(error, (OSError, RuntimeError)):  # missing, cut, or of another kind of machine
            again = f"pip install --force-reinstall --no-deps mxnet=={VERSION}"
            return f"MXNet's own library is missing or damaged ({said}): {again}"
    return f"MXNet cannot be imported ({said}): Python 3.9 to 3.14 and NumPy 1.23 or later can run it"


def _installed() -> str:
    try:
        return metadata.version("mxnet")
    except metadata.PackageNotFoundError:
        return ""


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


hook.install()
try:
    import mxnet as mx
    from mxnet import autograd, gluon, init, nd
    from mxnet.gluon import nn
except (ImportError, AttributeError, OSError, RuntimeError) as error:
    raise MXNetUnavailable(explain(error)) from error
if mx.__version__.split(".")[:2] != VERSION.split(".")[:2]:
    raise MXNetUnavailable(
        f"MXNet {mx.__version__} is installed, and the chapter needs {VERSION}: {advise_install()}"
    )

if advice := advise_kernel(blas_kernel(), processor()[1]):
    warnings.warn(advice, RuntimeWarning, stacklevel=2)

__all__ = ["advise_kernel", "autograd", "blas_kernel", "gluon", "init", "mx", "nd", "nn"]
