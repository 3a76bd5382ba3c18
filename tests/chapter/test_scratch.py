"""dropout() against its definition, its theory and the chapter's print; the network that uses it."""

import math
import subprocess
import sys

import numpy as np
import pytest

from dropout_gluon._mxnet import autograd, mx, nd
from dropout_gluon.chapter import scratch
from dropout_gluon.errors import ConfigError
from dropout_gluon.logs import documented_sample

SAMPLE = """
import dropout_gluon as gb
from dropout_gluon import nd
X = nd.arange(16).reshape((2, 8))
print(gb.dropout(X, 0))
print(gb.dropout(X, 0.5))
print(gb.dropout(X, 1))
"""


def test_printed_sample_comes_out_digit_for_digit():
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", SAMPLE], capture_output=True, text=True)
    assert done.stdout == documented_sample() + "\n", done.stderr


@pytest.mark.parametrize("drop_prob", [-0.1, 1.2, math.nan, "a", None, True])
def test_probability_outside_its_range_is_refused(drop_prob):
    with pytest.raises(ConfigError, match="drop probability must be a number from 0 to 1, not") as caught:
        scratch.dropout(nd.ones((2, 2)), drop_prob)
    assert "\n" not in str(caught.value)
    with pytest.raises(ConfigError):
        scratch.mlp(scratch.init_params(), drop_prob, 0.5)


def test_integers_are_refused():
    with pytest.raises(ConfigError, match="floating point numbers, not int32"):
        scratch.dropout(nd.ones(3, dtype="int32"), 0.5)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 1, 4, 3)])
@pytest.mark.parametrize("drop_prob", [0, 0.3, 1])
def test_shape_dtype_and_context_are_kept(shape, dtype, drop_prob):
    X = nd.ones(shape, dtype=dtype)
    out = scratch.dropout(X, drop_prob)
    assert (out.shape, out.dtype, out.context) == (X.shape, X.dtype, X.context)
    assert (X.asnumpy() == 1).all(), "the input is left alone"


def test_context_is_the_inputs():
    X = nd.ones((2, 3), ctx=mx.cpu(1))
    assert scratch.dropout(X, 0.5).context == mx.cpu(1)


def test_probability_0_keeps_all_and_1_drops_all():
    X = nd.random.uniform(1, 2, (500, 500))
    np.testing.assert_array_equal(scratch.dropout(X, 0).asnumpy(), X.asnumpy())
    assert (scratch.dropout(X, 1).asnumpy() == 0).all()


@pytest.mark.parametrize("drop_prob", [0, 0.5, 1])
def test_every_call_draws_its_mask(drop_prob):
    mx.random.seed(5)
    nd.random.uniform(0, 1, (3, 4)).wait_to_read()
    expected = nd.random.uniform(0, 1, (4,)).asnumpy()
    mx.random.seed(5)
    scratch.dropout(nd.ones((3, 4)), drop_prob).wait_to_read()
    np.testing.assert_array_equal(nd.random.uniform(0, 1, (4,)).asnumpy(), expected)


@pytest.mark.parametrize("drop_prob", [0.1, 0.2, 0.5, 0.9])
def test_mean_and_variance_are_those_of_theory(drop_prob):
    """E[h'] = h and Var[h'] = h² p / (1 - p).

    The number kept among n is binomial. |z| < 4.42 has a false-alarm rate of 1e-5, over the four
    probabilities 4e-5; mean and variance are functions of that one number and cannot fail apart.
    """
    h, n = 3.0, 1_000_000
    mx.random.seed(11)
    out = scratch.dropout(nd.full(n, h), drop_prob).asnumpy().astype(np.float64)
    kept = 1 - drop_prob
    assert set(np.unique(out)) == {0.0, float(np.float32(h) * np.float32(1 / kept))}
    z = (np.count_nonzero(out) - n * kept) / math.sqrt(n * kept * drop_prob)
    assert abs(z) < 4.42
    mean_error = 4.42 * h * math.sqrt(drop_prob / kept / n)
    assert abs(out.mean() - h) < mean_error * 1.001
    # Var = m (2h + d - m) with m the sample mean and d the gap to the kept value: linear in m to first order.
    theory = h * h * drop_prob / kept
    assert abs(out.var() - theory) < abs(h / kept - 2 * h) * mean_error + 1.1 * mean_error**2 + 1e-5 * theory


def test_elements_are_dropped_independently():
    """Neighbouring elements and successive calls: correlations of 250,000 pairs, |z| < 4.42 (1e-5 each)."""
    mx.random.seed(3)
    first, second = (scratch.dropout(nd.ones((500, 500)), 0.5).asnumpy().ravel() - 1 for _ in range(2))
    for a, b in ((first[:-1], first[1:]), (first[:-500], first[500:]), (first, second)):
        assert abs((a * b).sum() / math.sqrt(len(a))) < 4.42


def test_dropped_units_pass_no_gradient():
    X = nd.random.uniform(1, 2, (50, 40))
    X.attach_grad()
    with autograd.record():
        out = scratch.dropout(X, 0.4)
    out.backward()
    dropped = out.asnumpy() == 0
    assert 0 < dropped.mean() < 1
    np.testing.assert_array_equal(X.grad.asnumpy(), np.where(dropped, 0, np.float32(1) / np.float32(0.6)))


def test_nothing_is_dropped_outside_training_mode():
    params = scratch.init_params(sigma=0.1)
    net, plain = scratch.mlp(params, 0.5, 0.5), scratch.mlp(params, 0, 0)
    X = nd.random.uniform(shape=(20, 1, 28, 28))
    np.testing.assert_array_equal(net(X).asnumpy(), plain(X).asnumpy())
    with autograd.record(train_mode=False):
        recorded = net(X)
    np.testing.assert_array_equal(recorded.asnumpy(), plain(X).asnumpy())
    with autograd.record():
        trained = net(X)
    assert not np.array_equal(trained.asnumpy(), plain(X).asnumpy())


def test_parameters_have_the_chapters_initialisation():
    """N(0, 0.01²) by the standard deviation of 200,704 draws: 4.42 standard errors, 1e-5."""
    mx.random.seed(1)
    params = scratch.init_params()
    assert [p.shape for p in params] == [(256, 784), (256,), (256, 256), (256,), (10, 256), (10,)]
    weights = params[0].asnumpy()
    error = 0.01 / math.sqrt(weights.size)
    assert abs(weights.mean()) < 4.42 * error
    assert abs(weights.std() - 0.01) < 4.42 * error / math.sqrt(2)
    assert all((bias.asnumpy() == 0).all() for bias in params[1::2])
    assert all(p.grad is not None and p.dtype == np.float32 for p in params)


def test_sizes_are_arguments():
    net = scratch.mlp(scratch.init_params(num_inputs=12, num_outputs=3, num_hiddens1=5, num_hiddens2=7))
    assert net(nd.ones((4, 3, 4))).shape == (4, 3)
