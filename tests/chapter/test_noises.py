"""Noise with a mean of 1: its moments as stated, and where it is another noise."""

import numpy as np
import pytest

from dropout_gluon._mxnet import autograd, mx, nd
from dropout_gluon.chapter import noises, scratch
from dropout_gluon.errors import ConfigError

N = 1_000_000
SIGMAS = 5  # of a mean over N numbers: 6e-7 of all seeds are farther off
CASES = {
    "dropout": (lambda X: scratch.dropout(X, 0.3), 0.3 / 0.7),
    "gaussian": (lambda X: noises.gaussian(X, 0.3), 0.3 / 0.7),
    "gaussian of no strength": (lambda X: noises.gaussian(X, 0), 0),
    "gaussian of much strength": (lambda X: noises.gaussian(X, 0.9), 9),
    "three points": (lambda X: noises.three_point(X, 0.3, 2), 1.5 * 2 - 4 * 0.7 / 2 - 1),
    "three points, nothing dropped": (lambda X: noises.three_point(X, 0, 1.5), 0.125),
    "three points at the lower end": (lambda X: noises.three_point(X, 0.5, 2), 1),
    "three points at the upper end": (lambda X: noises.three_point(X, 0.5, 4), 1),
}


@pytest.mark.parametrize(("noise", "variance"), CASES.values(), ids=CASES)
def test_mean_and_variance_are_as_stated(noise, variance):
    mx.random.seed(11)
    drawn = noise(nd.ones(N)).asnumpy().astype(np.float64)
    squares = (drawn - 1) ** 2
    assert abs(drawn.mean() - 1) <= SIGMAS * (variance / N) ** 0.5 + 1e-6
    assert abs(squares.mean() - variance) <= SIGMAS * (squares.var() / N) ** 0.5 + 1e-6


@pytest.mark.parametrize(
    ("drop_prob", "gamma"), [(0.2, 1.25), (0.2, 2), (0.5, 3), (0.5, 4), (0, 1), (0.9, 15)]
)
def test_three_points_have_their_probabilities(drop_prob, gamma):
    mx.random.seed(12)
    half, whole = noises.three_point_probs(drop_prob, gamma)
    assert gamma * (half / 2 + whole) == pytest.approx(1)
    assert min(half, whole) >= 0
    drawn = noises.three_point(nd.ones(N), drop_prob, gamma).asnumpy()
    for value, share in ((0, drop_prob), (gamma / 2, half), (gamma, whole)):
        spread = (share * (1 - share) / N) ** 0.5
        assert abs(np.isclose(drawn, value).mean() - share) <= SIGMAS * spread + 1e-6
    assert noises.three_point_variance(drop_prob, gamma) == pytest.approx(
        3 * gamma / 2 - gamma**2 * (1 - drop_prob) / 2 - 1, abs=1e-12
    )


@pytest.mark.parametrize("gamma", [0.9, 1.99, 4.01, 100])
def test_a_gamma_that_nothing_makes_unbiased_is_refused(gamma):
    with pytest.raises(ConfigError, match=r"gamma must be from 2 to 4 at a drop probability of 0\.5"):
        noises.three_point(nd.ones(3), 0.5, gamma)


@pytest.mark.parametrize("noise", [CASES["gaussian"][0], CASES["three points"][0]])
def test_noise_is_of_each_element_and_keeps_dtype_and_gradient(noise):
    X = nd.ones((300, 200), dtype="float64")
    X.attach_grad()
    with autograd.record():
        Y = noise(X)
    Y.backward()
    assert (Y.dtype, Y.shape) == (X.dtype, X.shape)
    np.testing.assert_array_equal(X.grad.asnumpy(), Y.asnumpy())  # of X = 1 it is the noise itself
    values = Y.asnumpy()
    assert not (values == values[0]).all(axis=0).any()
    assert not (values[:, 0] == values.T).all(axis=0).any()
    with pytest.raises(ConfigError, match="needs floating point numbers"):
        noise(nd.ones(3, dtype="int32"))


@pytest.mark.parametrize("each", [True, False])
def test_dropconnect_is_unbiased_and_has_its_variance(each):
    """Of each output the mean is X Wᵀ + b and the variance p / (1 - p) Σ (x w)², whoever shares the mask."""
    mx.random.seed(13)
    X, W, b = nd.random.normal(shape=(3, 20)), nd.random.normal(shape=(4, 20)), nd.random.normal(shape=4)
    p = 0.4
    if each:  # in one batch
        draws = 20_000
        drawn = (
            noises.dropconnect(nd.tile(X, (draws, 1)), W, b, p, each=True).asnumpy().reshape((draws, 3, 4))
        )
    else:
        draws = 6000
        drawn = np.stack([noises.dropconnect(X, W, b, p, each=False).asnumpy() for _ in range(draws)])
    drawn = drawn.astype(np.float64)
    variance = p / (1 - p) * (X.asnumpy()[:, None] ** 2 * W.asnumpy() ** 2).sum(axis=-1)
    plain = scratch.linear(X, W, b).asnumpy()
    assert (np.abs(drawn.mean(axis=0) - plain) <= SIGMAS * (variance / draws) ** 0.5).all()
    np.testing.assert_allclose(drawn.var(axis=0), variance, rtol=0.08)
    together = np.corrcoef((drawn - drawn.mean(axis=0))[:, :2, 0].T)[0, 1]
    shared = (X.asnumpy()[0] * X.asnumpy()[1] * W.asnumpy()[0] ** 2).sum() * p / (1 - p)
    expected = 0 if each else shared / (variance[0, 0] * variance[1, 0]) ** 0.5
    assert together == pytest.approx(expected, abs=SIGMAS / draws**0.5)


def test_dropconnect_at_probability_0_is_the_plain_layer_to_the_last_bit():
    X, W, b = nd.random.normal(shape=(64, 50)), nd.random.normal(shape=(30, 50)), nd.random.normal(shape=30)
    dropped = noises.dropconnect(X, W, b, 0).asnumpy()
    np.testing.assert_array_equal(dropped, scratch.linear(X, W, b).asnumpy())


def test_dropconnect_drops_in_the_gradient_too():
    W, b, X = nd.ones((4, 20)), nd.zeros(4), nd.ones((3, 20))
    W.attach_grad()
    with autograd.record():
        out = noises.dropconnect(X, W, b, 0.5)
    out.backward()
    gradient = W.grad.asnumpy()
    assert set(np.unique(gradient)) == {0, 6}  # of three examples, each weight times 2
    np.testing.assert_allclose(out.asnumpy()[0], gradient.sum(axis=1) / 3)
