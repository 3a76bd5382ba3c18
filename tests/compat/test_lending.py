"""NumPy gets the names that MXNet asks for while it is imported, and no others for good."""

import numpy as np
import pytest
from fresh import printed

from dropout_gluon.compat import lending


def test_names_are_lent_and_taken_back(monkeypatch):
    monkeypatch.delitem(vars(np), "bool", raising=False)
    monkeypatch.delitem(vars(np), "PZERO", raising=False)
    had = dict(vars(np))
    with lending.names():
        assert vars(np)["bool"] is np.bool_
        assert all(name in vars(np) for name in lending.NAMES)
        assert all(vars(np)[name] is value for name, value in had.items())  # what is there stays as it is
    assert vars(np).keys() - had.keys() <= set(lending.KEPT)
    assert "PZERO" not in vars(np)
    vars(np).pop("Inf", None) if "Inf" not in had else None


def test_names_are_taken_back_when_the_import_fails():
    had = set(vars(np))

    class Stop(Exception):
        pass

    with pytest.raises(Stop), lending.names():
        raise Stop
    assert set(vars(np)) - had <= set(lending.KEPT)


def test_numpy_is_left_with_two_names_more():
    code = (
        "import numpy; had = set(vars(numpy)); import dropout_gluon, mxnet\n"
        "new = {name: value for name, value in vars(numpy).items() if name not in had}\n"
        "print([n for n, v in new.items() if not (n.startswith('_') or type(v).__name__ == 'module')])"
    )
    assert set(eval(printed(code))) <= {"bool", "Inf"}


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


def test_financial_functions_say_where_they_are():
    with pytest.raises(NotImplementedError, match="numpy-financial"):
        lending.NAMES["npv"](0.1, [1])
