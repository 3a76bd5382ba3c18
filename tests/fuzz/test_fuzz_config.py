"""Whatever a RunConfig is given: it is refused in one line, or it is a configuration that has a digest."""

import json
from decimal import Decimal
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from limits import attempt
from strategies import CONFIGS

from dropout_gluon.config import RunConfig

FIELDS = st.sampled_from(list(RunConfig.__dataclass_fields__))
NUMBERS = st.one_of(
    st.integers(-1, 3),
    st.integers(),
    st.sampled_from([2**31 - 1, 2**31, 60_000, 60_001, 10**400, -(10**400), 3.4e38, 3.41e38]),
    st.floats(),
    st.fractions(),
    st.decimals(),
    st.complex_numbers(),
    st.booleans(),
    st.sampled_from([np.float16, np.float32, np.float64, np.int8, np.int64, np.bool_]).map(
        lambda kind: kind(1)
    ),
    st.sampled_from(
        [
            np.float64("nan"),
            np.longdouble(2),
            np.array(1.0),
            np.array([1, 2]),
            Fraction(10**400),
            Decimal("sNaN"),
        ]
    ),
)


class Awkward:
    """Says no name, and is equal to nothing."""

    def __repr__(self):
        return "two\nlines"

    def __eq__(self, other):
        return NotImplemented

    __hash__ = None


VALUES = st.one_of(
    NUMBERS,
    st.tuples(NUMBERS, NUMBERS),
    st.lists(NUMBERS, max_size=3),
    st.sampled_from(
        ["scratch", "gluon", "released", "reshuffled", "", "a\nb", "\ud800", "x" * 10_000, b"scratch"]
    ),
    st.sampled_from(
        [None, {}, set(), [[1], [2]], Awkward(), [Awkward(), 1], RunConfig(), int, np.zeros((2, 2))]
    ),
    st.sampled_from([np.array(["gluon", "released"]), np.ones(2)]),
    st.text(max_size=5),
)


@given(st.dictionaries(FIELDS, VALUES, min_size=1, max_size=2))
def test_any_values(values):
    config = attempt(RunConfig, **values)
    if config is None:
        return
    assert RunConfig(**config.to_dict()) == config
    assert RunConfig(**json.loads(json.dumps(config.to_dict()))).digest == config.digest
    assert hash(config) == hash(RunConfig(**config.to_dict()))
    assert eval(repr(config), {"RunConfig": RunConfig}) == config
    assert len(config.departures().splitlines()) <= 1


@given(CONFIGS, CONFIGS)
def test_a_digest_is_that_of_an_equal_configuration_alone(one, other):
    back = RunConfig(**json.loads(json.dumps(one.to_dict())))
    assert (back, back.digest) == (one, one.digest)
    assert (one.digest == other.digest) == (one == other)
