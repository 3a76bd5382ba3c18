"""NumPy gets the names that MXNet asks for while it is imported, and no others for good."""

import numpy as np
import pytest
from fresh import printed

from dropout_gluon.compat import lending


def test_names_are_lent_and_taken_back(monkeypatch):
    monkeypatch.setattr(lending, "NAMES", {**lending.NAMES, "lent_alone": 1, "lent_and_kept": 2})
    monkeypatch.setattr(lending, "KEPT", (*lending.KEPT, "lent_and_kept"))
    had = dict(vars(np))
    with lending.names():
        assert all(hasattr(np, name) for name in lending.NAMES)
        assert all(vars(np)[name] is value for name, value in had.items())  # what is there stays as it is
        assert np.lent_alone == 1
    assert "lent_alone" not in vars(np)
    assert vars(np).pop("lent_and_kept") == 2
    assert vars(np).keys() - had.keys() <= set(lending.KEPT)


def test_names_are_taken_back_when_the_import_fails():
    had = set(vars(np))

    class Stop(Exception):
        pass

    with pytest.raises(Stop), lending.names():
        raise Stop
    assert set(vars(np)) - had <= set(lending.KEPT)


def test_numpy_is_left_with_two_names_more_at_most():
    """NumPy 1.23 has both, and its `bool` is Python's; 1.24 to 1.26 lack the one, 2 lacks the other."""
    code = (
        "import numpy\n"
        "def state(): return {n: vars(numpy).get(n, 'none') for n in ('bool', 'Inf', 'PZERO', 'in1d')}\n"
        "had, names = state(), set(vars(numpy)); import dropout_gluon, mxnet\n"
        "new = {name: value for name, value in vars(numpy).items() if name not in names}\n"
        "print([n for n, v in new.items() if not (n.startswith('_') or type(v).__name__ == 'module')])\n"
        "print([name for name, value in state().items() if value is not had[name]])"
    )
    version = np.lib.NumpyVersion(np.__version__)
    kept = [] if version < "1.24.0" else ["bool"] if version < "2.0.0" else ["Inf"]
    assert printed(code) == f"{kept}\n{kept}\n"


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("alltrue", ([True, False],), False),
        ("sometrue", ([True, False],), True),
        ("product", ([2, 3],), 6),
        ("round_", (2.6,), 3.0),
        ("in1d", ([1, 2], [2]), [False, True]),
        ("trapz", ([0, 1, 2],), 2.0),
        ("msort", ([[2, 1], [1, 3]],), [[1, 1], [2, 3]]),
    ],
)
def test_what_is_lent_does_what_it_did(name, arguments, expected):
    np.testing.assert_array_equal(lending.NAMES[name](*arguments), expected)


def test_setuptools_stands_in_for_distutils_even_where_it_came_after_the_start():
    """As in a notebook that has just installed it: nothing has told Python yet."""
    code = (
        "import sys, warnings; warnings.simplefilter('ignore')\n"
        "from importlib import util\n"
        "sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != 'DistutilsMetaFinder']\n"
        "import dropout_gluon; from dropout_gluon.compat import lending; found = util.find_spec\n"
        "util.find_spec = lambda name, *a: None if name == 'distutils' else found(name, *a)\n"
        "lending.distutils(); print('setuptools' in sys.modules)\n"
        "from distutils.version import LooseVersion; print(LooseVersion('1.9') > LooseVersion('1.10'))"
    )
    assert printed(code) == "True\nFalse\n"


def test_financial_functions_say_where_they_are():
    with pytest.raises(NotImplementedError, match="numpy-financial"):
        lending.NAMES["npv"](0.1, [1])
