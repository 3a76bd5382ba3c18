"""What to say where MXNet is missing or cannot be imported: one line, with what to type."""

from __future__ import annotations

import platform
import re
import sys
from importlib import util
from typing import Any

from ..errors import MXNetUnavailable
from ..machine import installed

VERSION = "1.9.1"
BUILDS = {"Linux": ("x86_64", "aarch64"), "Darwin": ("x86_64",)}  # of that version
# What is said of a library that is not whole.
DAMAGED = (
    "Cannot find the MXNet library",
    "file too short",
    "invalid ELF header",
    "libmxnet.so: cannot open",
)
# The packages of Debian and Ubuntu that have what MXNet's library needs of the system.
PACKAGES = {"libgomp.so.1": "libgomp1", "libstdc++.so.6": "libstdc++6", "libquadmath.so.0": "libquadmath0"}


def require() -> None:
    """Raise MXNetUnavailable where MXNet is not installed, without importing it."""
    spec = util.find_spec("mxnet")
    if spec is None or spec.origin is None:  # a folder of that name is no MXNet
        raise MXNetUnavailable(explain(ModuleNotFoundError(name="mxnet")))


def advise_install(
    python: tuple[int, int] = sys.version_info[:2],
    system: str = platform.system(),
    machine: str = platform.machine(),
    numpy: str | None = None,
    libc: str = platform.libc_ver()[0],
) -> str:
    """What to type to get MXNet, or why it cannot be had, as the rest of a sentence."""
    if machine not in BUILDS.get(system, ()):
        return f"there is no build of MXNet {VERSION} for {system} on {machine}; Linux on x86_64 has one"
    if system == "Linux" and libc != "glibc":
        return (
            f"there is no build of MXNet {VERSION} for a Linux without glibc, as Alpine is; others have one"
        )
    # Its metadata wants NumPy below 2, with which pip would replace a newer one, or find none at all.
    numpy = numpy or installed("numpy") or "1"
    alone = python >= (3, 13) or numpy.partition(".")[0] != "1"
    return f"pip install {'--no-deps ' if alone else ''}mxnet=={VERSION}"


def explain(error: Exception) -> str:
    """Why MXNet cannot be imported and what helps, as one line."""
    said = (str(error).splitlines() or [type(error).__name__])[0]
    missing = str(error.name) if isinstance(error, ModuleNotFoundError) else ""
    spec = (sys.modules.get("mxnet") and sys.modules["mxnet"].__spec__) or _find()
    again = f"pip install --force-reinstall --no-deps mxnet=={VERSION}"
    if missing == "mxnet" or spec is None or spec.origin is None:
        return f"MXNet is not installed: {advise_install()}"
    if missing.partition(".")[0] == "distutils":
        return "MXNet needs distutils, which Python 3.12 no longer has: pip install setuptools"
    if missing and not missing.startswith("mxnet"):
        return f"MXNet needs {missing}, which is not installed: pip install {missing}"
    if sys.flags.optimize > 1:
        return "MXNet needs its docstrings: start Python without -OO"
    found = installed("mxnet")
    if found not in (VERSION, None):
        return f"MXNet {found} cannot be imported ({said}), and {VERSION} is needed: {advise_install()}"
    library = re.match(r"(\S+): cannot open shared object file: No such file", said)
    if library and "libmxnet" not in library[1]:
        package = PACKAGES.get(library[1])
        helps = f"apt-get install {package}" if package else "install the system's package that has it"
        return f"MXNet needs the shared library {library[1]}, which this system lacks: {helps}"
    if any(part in str(error) for part in DAMAGED) or missing:
        return f"MXNet's own files are missing or damaged ({said}): {again}"
    return f"MXNet cannot be imported from {spec.origin} ({said})"


def _find() -> Any:
    try:
        return util.find_spec("mxnet")
    except ValueError:  # somebody's stand-in has no spec
        return None
