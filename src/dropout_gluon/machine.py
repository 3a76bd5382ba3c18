"""What the package needs to know of the machine, wherever the system tells it."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import metadata
from pathlib import Path

PR_SET_PDEATHSIG = 1  # of Linux's prctl
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


@contextmanager
def environment_kept() -> Iterator[None]:
    """Take back what an import adds to the environment."""
    before = set(os.environ)
    try:
        yield
    finally:
        for name in set(os.environ) - before:
            del os.environ[name]


def installed(distribution: str) -> str | None:
    """The version of a distribution, or None where it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def in_notebook() -> bool:
    """Whether this is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def draws_bars() -> bool:
    """Whether standard error shows a progress bar as one, not as all its states: a terminal, a notebook."""
    return sys.stderr.isatty() or in_notebook()


def end_with_parent() -> None:
    """Have the system kill this process when its parent dies, whatever of; on Linux alone.

    For a child between fork and exec, hence without an import or a lock: `_prctl` was looked up before.
    """
    if _prctl is not None:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def processors() -> int:
    """How many processors this process may use; at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # macOS and Windows


@lru_cache(maxsize=1)
def processor() -> tuple[str, frozenset[str]]:
    """The processor's name, and its features as Linux names them: none where the system does not tell."""
    fields = _fields()
    name = fields.get("model name") or _macos() or platform.processor() or platform.machine()
    return name, frozenset(fields.get("flags", "").split())


AVX2 = frozenset({"avx2", "fma"})
AVX512 = frozenset({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"})


def fitting_kernel(features: frozenset[str]) -> str | None:
    """What OPENBLAS_CORETYPE is for MXNet's OpenBLAS, which may not know the processor; None: as it is.

    The kernels with the most of its features, should another OpenBLAS read that: with lesser ones the one in
    NumPy 2.5 (0.3.34) keeps the block sizes of the processor, and products over more than some 300 values
    crash, Haswell's on AVX-512. MXNet's own has no kernels for AVX-512, and runs Haswell's for them.

    Args:
        features: of the processor, as `processor` names them.
    """
    if features >= AVX512:
        return "SkylakeX"
    return "Haswell" if features >= AVX2 else None


def processor_model() -> str:
    """Family, model and stepping, by which processors differ that clouds give one name; else ``unknown``."""
    fields, names = _fields(), ("cpu family", "model", "stepping")
    return "-".join(fields[name] for name in names if name in fields) or "unknown"


def _fields() -> dict[str, str]:
    lines = (line.partition(":") for line in _cpuinfo().splitlines())
    return {name.strip(): value.strip() for name, _, value in lines}


def _cpuinfo() -> str:
    try:
        return Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return ""


def _macos() -> str:
    if platform.system() != "Darwin":
        return ""
    try:
        done = subprocess.run(
            ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True, timeout=5
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
