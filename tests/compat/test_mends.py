"""What NumPy 2 broke of MXNet's ordinary calls works, on NumPy 1 as on NumPy 2."""

import pickle
import warnings

import numpy as np
import pytest

from dropout_gluon._mxnet import gluon, init, mx, nd
from dropout_gluon.compat import mends


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((np.int64(2), 3), "(2, 3)"),
        ([np.float32(0.5), np.bool_(True)], "[0.5, True]"),
        (((np.int64(2),), (3,)), "((2,), (3,))"),
        (np.float32(0.1), "0.1"),
        ("np.int64(2)", "np.int64(2)"),
        (["np.a"], "['np.a']"),
        ((2, None), "(2, None)"),
        (None, "None"),
    ],
)
def test_text_of_a_value_is_as_on_numpy_1(value, text):
    assert mends.Text(value) == text
    assert type(mends.Text(value)) is str


def test_the_stand_in_for_str_knows_instances():
    assert isinstance("a", mends.Text)
    assert not isinstance(1, mends.Text)
    assert mends.Text() == ""
    assert mends.Text.join(",", ["a", "b"]) == "a,b"


def test_shapes_and_options_take_numpy_scalars():
    two = np.int64(2)
    assert nd.zeros((two, 3)).shape == (2, 3)
    assert nd.random.uniform(shape=(two,)).shape == (2,)
    assert mx.sym.Variable("x", shape=(two, 3)).list_attr()["__shape__"] == "(2, 3)"
    assert mx.sym.zeros(shape=(two, 3)).infer_shape()[1] == [(2, 3)]
    weights = nd.zeros((4, 4))
    init.Orthogonal()(init.InitDesc("w_weight"), weights)
    np.testing.assert_allclose(nd.dot(weights, weights.T).asnumpy(), 2 * np.eye(4), atol=0.01)
    net = gluon.nn.Dense(two, in_units=3)
    net.initialize()
    trainer = gluon.Trainer(
        net.collect_params(), "sgd", {"learning_rate": np.float32(0.1), "wd": np.float64(0.1)}
    )
    with mx.autograd.record():
        loss = net(nd.ones((1, 3))).sum()
    loss.backward()
    trainer.step(np.int64(1))
    assert net.weight.data().shape == (2, 3)


@pytest.mark.parametrize("shape", [(1,), (1, 1), (1, 1, 1)])
def test_asscalar_gives_a_scalar_whatever_the_axes(shape):
    value = nd.full(shape, 2.5).asscalar()
    assert np.ndim(value) == 0
    assert float(value) == 2.5
    assert isinstance(value, np.float32)
    with pytest.raises(ValueError, match="not a scalar"):
        nd.ones(2).asscalar()


@pytest.mark.parametrize("shape", [(1,), (1, 1)])
def test_an_array_of_one_element_is_a_number_too(shape):
    """As in `"loss %f" % loss.mean().asnumpy()`; NumPy warns from 1.25 on and refuses from 2.5 on."""
    one = nd.full(shape, 2.5).asnumpy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "%f %d" % (one, one) == "2.500000 2"  # noqa: UP031, as readers write
        assert (float(one), int(one), round(float(one * 2), 3)) == (2.5, 2, 5.0)
    with pytest.raises(TypeError):
        float(nd.ones(2).asnumpy())


def test_in_all_else_it_is_numpys_own_array():
    one, three = nd.full((1,), 2.5).asnumpy(), np.arange(3.0)
    assert isinstance(one, np.ndarray)
    assert repr(one) == "array([2.5], dtype=float32)"
    assert str(one) == "[2.5]"
    for made in (
        one + three, three * one, np.concatenate([one, three]), np.stack([one, one]), np.array(one),
        pickle.loads(pickle.dumps(one)), np.broadcast_to(one, (3,)),
    ):  # fmt: skip
        assert type(made) is np.ndarray
    assert type(one.sum()) is type(one[0]) is np.float32
    assert one.tolist() == [2.5]
    one += 1
    assert one == 3.5
    np.testing.assert_array_equal(nd.array(one).asnumpy(), [3.5])
    assert type(nd.ones((2, 1)).asnumpy()) is np.ndarray


def test_numpy_takes_an_ndarray_for_an_array():
    X = nd.arange(6).reshape((2, 3))
    for made in (np.array(X), np.asarray(X), np.array([X, X])[1]):
        assert made.dtype == np.float32
        np.testing.assert_array_equal(made, [[0, 1, 2], [3, 4, 5]])
    assert np.asarray(X, dtype="int32").dtype == np.int32
    assert np.median(X) == 2.5
    np.testing.assert_array_equal(np.concatenate([X, X]).shape, (4, 3))
    np.array(X)[:] = 7
    assert X.asnumpy()[1, 2] == 5, "what NumPy gets is a copy"
    with pytest.raises(ValueError, match="without a copy"):
        X.__array__(copy=False)


def test_the_other_direction_works_as_before():
    for source in ([1, 2], np.array([1, 2]), nd.array([1, 2]), [nd.array([1.0, 2.0])[i] for i in (0, 1)]):
        np.testing.assert_array_equal(nd.array(source).asnumpy().ravel(), [1, 2])
    np.testing.assert_array_equal((nd.ones(2) * 3 + nd.array(np.ones(2))).asnumpy(), [4, 4])


def test_sparse_arrays_of_scipy_are_taken():
    scipy_sparse = pytest.importorskip("scipy.sparse")
    sparse = scipy_sparse.csr_matrix(np.eye(2))
    made = nd.sparse.array(sparse)
    np.testing.assert_array_equal(made.asnumpy(), np.eye(2))
    np.testing.assert_array_equal(made.asscipy().toarray(), np.eye(2))
    np.testing.assert_array_equal(nd.array(sparse.toarray()).asnumpy(), np.eye(2))


@pytest.mark.parametrize(
    ("source", "destination"), [(0, 2), (-1, 0), ([0, 1], [-1, -2]), ((2, 0), (0, 1)), (np.int64(1), 1)]
)
def test_axes_are_moved_as_numpy_moves_them(source, destination):
    values = np.arange(24).reshape(2, 3, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        moved = nd.moveaxis(nd.array(values), source, destination)
    np.testing.assert_array_equal(moved.asnumpy(), np.moveaxis(values, source, destination))


@pytest.mark.parametrize(("source", "destination"), [(3, 0), ([0, 0], [1, 2]), ([0, 1], [0])])
def test_axes_that_cannot_be_moved_are_refused(source, destination):
    with pytest.raises(ValueError, match=r"(?i)ax|source"):
        nd.moveaxis(nd.zeros((2, 3, 4)), source, destination)


def test_mending_again_changes_nothing():
    before = {name: vars(mends._module(name))["str"] for name in mends.TEXTS}
    sparse = mends._module("ndarray.utils").spsp
    mends.apply()
    assert before == {name: vars(mends._module(name))["str"] for name in mends.TEXTS}
    assert mends._module("ndarray.utils").spsp is sparse
    assert set(before.values()) == {mends.Text}
