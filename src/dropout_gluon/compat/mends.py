"""What of MXNet's ordinary calls NumPy 2 broke, mended in the loaded modules once MXNet is imported.

Each mend is a function that is told the modules of MXNet that are loaded and changes what it finds there.
docs/compatibility.md has what was called on which pair of Python and NumPy (`make probe`).
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from functools import wraps
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

NUMPY_2 = np.lib.NumpyVersion(np.__version__) >= "2.0.0"
# From here on NumPy warns, and from 2.5 on refuses, where an array with an axis is taken for a number.
STRICT = np.lib.NumpyVersion(np.__version__) >= "1.25.0"

# The modules that hand the text of a value to MXNet's library, by the name `str`.
TEXTS = ("_ctypes.ndarray", "_ctypes.symbol", "symbol.symbol", "io.io", "kvstore.base")
# Those that ask for `scipy.sparse.csr`, which warns and which SciPy 2 will not have.
SPARSE = ("ndarray.utils", "ndarray.sparse")


class _TextType(type):
    """`str` as NumPy 1 had it: called it gives a text, asked for instances it means str."""

    def __call__(cls, value: object = "") -> str:
        text = str(value)
        # NumPy 2 writes np.int64(2) in a tuple, where the library wants the number (NEP 51).
        if NUMPY_2 and "np." in text and not isinstance(value, str):
            with np.printoptions(legacy="1.25"):  # type: ignore[arg-type, unused-ignore]
                return str(value)
        return text

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, str)


class Text(str, metaclass=_TextType):
    """Stands for `str` in a module of MXNet."""


def asscalar(self: Any) -> Any:
    """The only element of an array of any number of axes; ValueError where it has more."""
    if self.size != 1:
        raise ValueError("The current array is not a scalar")
    # MXNet gives an array where there are several axes, which NumPy 2.5 refuses to take for a number.
    return self.asnumpy().reshape(-1)[0]


class OneElement(np.ndarray[Any, Any]):
    """A NumPy array of one element that is a number too, for float() and "%f", as it was before NumPy 2.5.

    In all else it is the plain array: so it looks, is pickled and computed with.
    """

    __array_priority__ = -1.0  # beside another array, the result is of the other's kind

    def __float__(self) -> float:
        return float(_only(self))

    def __int__(self) -> int:
        return int(_only(self))

    def __repr__(self) -> str:
        return repr(np.asarray(self))

    def __reduce__(self) -> Any:
        return np.asarray(self).__reduce__()

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        plain = np.asarray(array)
        return plain[()] if plain.ndim == 0 else number_too(plain)


def _only(array: Any) -> Any:
    plain = np.asarray(array)
    return plain.reshape(-1)[0] if plain.size == 1 else plain


def number_too(array: Any) -> Any:
    """The array; where it has one element and an axis, as `OneElement`."""
    return array.view(OneElement) if STRICT and array.size == 1 and array.ndim else array


def as_array(self: Any, dtype: Any = None, copy: bool | None = None) -> Any:
    """What NumPy calls to make an array of an NDArray: always a copy."""
    if copy is False:
        raise ValueError("the elements of an NDArray cannot be had without a copy")
    values = self.asnumpy()
    return values if dtype is None else values.astype(dtype, copy=False)


def _numbers_too(asnumpy: Any) -> Any:
    if hasattr(asnumpy, "__wrapped__"):
        return asnumpy

    @wraps(asnumpy)
    def mended(self: Any) -> Any:
        return number_too(asnumpy(self))

    return mended


def moveaxis(tensor: Any, source: Any, destination: Any) -> Any:
    """The array with some axes at other positions; as MXNet's own, without NumPy's former inside."""
    axes = [normalized(axis, tensor.ndim) for axis in (source, destination)]
    if len(axes[0]) != len(axes[1]):
        raise ValueError("`source` and `destination` arguments must have the same number of elements")
    order = [axis for axis in range(tensor.ndim) if axis not in axes[0]]
    for position, axis in sorted(zip(axes[1], axes[0])):
        order.insert(position, axis)
    return tensor.transpose(order)


def normalized(axes: Any, ndim: int) -> list[int]:
    """The axes as numbers from 0, each once; ValueError where one is outside or there twice."""
    found = [operator.index(axis) for axis in (axes if isinstance(axes, (list, tuple)) else [axes])]
    if any(not -ndim <= axis < ndim for axis in found) or len({axis % ndim for axis in found}) < len(found):
        raise ValueError(f"axes must be different numbers from {-ndim} to {ndim - 1}, not {axes}")
    return [axis % ndim for axis in found]


def apply() -> None:
    """Mend the MXNet that is loaded; again it changes nothing."""
    _adopt()
    array = _module("ndarray.ndarray")
    if array is not None:
        array.NDArray.asscalar = asscalar
        array.NDArray.__array__ = as_array
        array.NDArray.asnumpy = _numbers_too(array.NDArray.asnumpy)
        if NUMPY_2:
            for name in ("ndarray.ndarray", "ndarray"):  # which has taken the name from there
                vars(sys.modules[f"mxnet.{name}"])["moveaxis"] = moveaxis
    for name in TEXTS:
        if (module := _module(name)) is not None:
            vars(module)["str"] = Text
    for name in SPARSE:
        module = _module(name)
        scipy_sparse = getattr(module, "spsp", None)
        if isinstance(scipy_sparse, ModuleType):  # None without SciPy; a namespace once mended
            vars(module)["spsp"] = SimpleNamespace(
                csr=scipy_sparse, csr_matrix=scipy_sparse.csr_matrix, coo_matrix=scipy_sparse.coo_matrix
            )


def mend_fashion_mnist(read: Callable[[str, bool], tuple[Any, Any] | None] | None) -> None:
    """Have `gluon.data.vision.FashionMNIST` take its arrays from a function; again it changes nothing.

    Args:
        read: read(root, train) gives images (n, 28, 28) and labels (n,), unsigned bytes, or None, and then
            MXNet reads `root`, and fetches what it lacks.
    """
    kind = getattr(_module("gluon.data.vision.datasets"), "FashionMNIST", None)
    # MXNet's has the method of its base, the class of the handwritten digits, which stays as it is.
    if read is None or not isinstance(kind, type) or "_get_data" in vars(kind):
        return
    fetch = kind._get_data  # type: ignore[attr-defined]

    def get_data(self: Any) -> None:
        if (arrays := read(self._root, self._train)) is None:
            fetch(self)
            return
        mx = sys.modules["mxnet"]
        images, labels = arrays[0][..., np.newaxis], arrays[1].astype(np.int32)
        is_np = mx.util.is_np_array()
        self._data = (mx.np if is_np else mx.nd).array(images, dtype=images.dtype)
        self._label = mx.np.array(labels, dtype=labels.dtype) if is_np else labels

    kind._get_data = get_data  # type: ignore[attr-defined]


def _adopt() -> None:
    """Give packages the modules that an import before, which failed, has left.

    A module that is loaded is not loaded again, by which it would become an attribute: `from mxnet import
    autograd` would find it then, and `mxnet.autograd` would not.
    """
    for name, module in [*sys.modules.items()]:
        above, _, own = name.rpartition(".")
        if name.startswith("mxnet.") and above in sys.modules and not hasattr(sys.modules[above], own):
            setattr(sys.modules[above], own, module)


def _module(name: str) -> ModuleType | None:
    return sys.modules.get(f"mxnet.{name}")
