"""What to say where MXNet is missing or cannot be imported: one line, with what to type."""

from __future__ import annotations

import platform
import re
import sys
from importlib import metadata, util

from ..errors import MXNetUnavailable

VERSION = "1.9.1"
BUILDS = {"Linux": ("x86_64", "aarch64"), "Darwin": ("x86_64",)}  # of that version
# The packages of Debian and Ubuntu that have what MXNet's library needs of the system.
PACKAGES = {"libgomp.so.1": "libgomp1", "libstdc++.so.6": "libstdc++6", "libquadmath.so.0": "libquadmath0"}


def require() -> None:
    """Raise MXNetUnavailable where MXNet is not installed, without importing it."""
    if util.find_spec("mxnet") is None:
        raise MXNetUnavailable(explain(ModuleNotFoundError(name="mxnet")))


def advise_install(
    python: tuple[int, int] = sys.version_info[:2],
    system: str = platform.system(),
    machine: str = platform.machine(),
    numpy: str | None = None,
) -> str:
    """What to type to get MXNet, or why it cannot be had, as the rest of a sentence."""
    if machine not in BUILDS.get(system, ()):
        return f"there is no build of MXNet {VERSION} for {system} on {machine}; Linux on x86_64 has one"
    # Its metadata wants NumPy below 2, with which pip would replace a newer one, or find none at all.
    numpy = numpy or _version("numpy")
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
    if found := _version("mxnet"):
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


def _version(distribution: str) -> str:
    """Of what is installed; empty where it is not."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
