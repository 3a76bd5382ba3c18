"""A finder for the name `mxnet`: a plain `import mxnet`, anywhere in the process, gets an MXNet that works.

`import dropout_gluon` installs it. It costs nothing until somebody imports MXNet. For as long as that takes
it sets what OpenMP and OpenBLAS read when they are loaded, and lends NumPy the names that MXNet asks for;
afterwards it mends what NumPy 2 broke (`lending`, `mends`). MXNet's installed files stay as they are.

Nothing heavy is imported here, not even importlib.abc, which takes 30 ms, or typing: finders and loaders need
no bases.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any

NAME = "mxnet"
MARK = "finder of dropout_gluon"  # by which one knows another, from before a reload of this module, too


class Finder:
    """Finds MXNet where the other finders do, and puts a Loader before theirs."""

    mark = MARK

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The spec of MXNet; None for all else, and where MXNet is not installed."""
        if name != NAME:
            return None
        finder: Any
        for finder in sys.meta_path:
            if _is_ours(finder) or not hasattr(finder, "find_spec"):
                continue
            spec: Any = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:  # a folder without __init__.py has none
                    spec.loader = Loader(spec.loader)
                return spec
        return None


class Loader:
    """Executes MXNet with what it needs around it; in all else it is the loader of MXNet's own files."""

    def __init__(self, own: Any) -> None:
        self._own = own

    def __getattr__(self, name: str) -> Any:
        if name == "_own":  # of an instance that is being copied and has nothing yet
            raise AttributeError(name)
        return getattr(self._own, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Loader) and self._own == other._own

    def __hash__(self) -> int:
        return hash(self._own)

    def create_module(self, spec: Any) -> ModuleType | None:
        """What MXNet's own loader makes."""
        module: ModuleType | None = self._own.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Import MXNet. Where that fails its own error passes, and the import can be tried again."""
        from . import lending

        # Whoever looks at the module later, for its resources, say, sees the loader that it would have had.
        module.__loader__ = self._own
        if module.__spec__ is not None:
            module.__spec__.loader = self._own
        lending.distutils()
        with environment(), lending.names():
            self._own.exec_module(module)
            if hasattr(getattr(module, "nd", None), "zeros"):  # not so what stands for it in somebody's tests
                module.nd.zeros(1).wait_to_read()  # the engine may ask for its threads when it has work
        _mend()


_read_fashion_mnist: Any = None  # of a room above this one, which gives it to `install`


def install(read_fashion_mnist: Any = None) -> None:
    """Put the finder before all others, once; mend an MXNet that was imported before.

    The door to MXNet calls it again: another finder may have been put before ours since.

    Args:
        read_fashion_mnist: what Gluon's class of Fashion-MNIST asks for its arrays, from now on
            (`mends.mend_fashion_mnist`).
    """
    global _read_fashion_mnist
    _read_fashion_mnist = read_fashion_mnist or _read_fashion_mnist
    if not (sys.meta_path and _is_ours(sys.meta_path[0])):
        sys.meta_path[:] = [Finder(), *(finder for finder in sys.meta_path if not _is_ours(finder))]
    spec = getattr(sys.modules.get(NAME), "__spec__", None)
    # Not one that is being imported now, and not what stands for it in somebody's tests.
    if f"{NAME}.ndarray.ndarray" in sys.modules and not getattr(spec, "_initializing", False):
        _mend()


def _mend() -> None:
    from . import ipython, mends

    mends.apply()
    mends.mend_fashion_mnist(_read_fashion_mnist)
    ipython.lend()


# What MXNet and its libraries read when they are loaded, and what they found then: None before that, or where
# somebody imported MXNet without this finder.
_read: dict[str, str] | None = None


def threads() -> str:
    """OMP_NUM_THREADS as MXNet found it in the environment, or will; empty where it is not there."""
    return (os.environ if _read is None else _read).get("OMP_NUM_THREADS", "")


@contextmanager
def environment() -> Iterator[None]:
    """Set what MXNet and its libraries read when they are loaded, unless the user has; then take it back.

    What the process starts later does not inherit it.

    Raises:
        MXNetUnavailable: the user has, to something that would end the process inside MXNet.
    """
    global _read
    ours = _missing()
    os.environ.update(ours)
    try:
        yield
        _read = {name: os.environ[name] for name in (*ours, "OMP_NUM_THREADS") if name in os.environ}
    finally:
        for name, value in ours.items():
            if os.environ.get(name) == value:
                del os.environ[name]


def _missing() -> dict[str, str]:
    """What MXNet should find in the environment and the user has not set."""
    from ..errors import MXNetUnavailable
    from ..machine import fitting_kernel, processor, processors

    for name in ("OMP_NUM_THREADS", "MXNET_CPU_WORKER_NTHREADS"):
        value = os.environ.get(name, "").strip()
        if value and not (value.isdecimal() and 0 < int(value) < 2**31):
            raise MXNetUnavailable(f"{name} must be a whole number from 1 up, not {value!r}: MXNet aborts")
    ours = {}
    # MXNet takes every second processor for a hyper-thread and leaves it idle unless it is told otherwise.
    # More than one engine worker together with more than one OpenMP thread spins for ever: leave that alone.
    one_worker = os.environ.get("MXNET_CPU_WORKER_NTHREADS", "1") == "1"
    if one_worker and "OMP_NUM_THREADS" not in os.environ:
        ours["OMP_NUM_THREADS"] = str(processors())
    # An epoch is some ten thousand short operators. Threads that wait for the next one awake, for at most the
    # usual 3 ms, took 0.7 to 0.8 of the time of threads that sleep (docs/performance.md).
    if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} & set(os.environ):
        ours.update(OMP_WAIT_POLICY="active", GOMP_SPINCOUNT="300000")
    # MXNet's OpenBLAS is older than many processors, and for one that it does not know it has kernels of half
    # the speed, and other numbers. NumPy's reads the same variable, and has been loaded by now.
    if "OPENBLAS_CORETYPE" not in os.environ and (kernel := fitting_kernel(processor()[1])):
        ours["OPENBLAS_CORETYPE"] = kernel
    return ours


def _is_ours(finder: object) -> bool:
    return getattr(finder, "mark", None) == MARK
