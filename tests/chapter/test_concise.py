"""The Gluon network: the chapter's layers, dropping in training mode only."""

import numpy as np
import pytest

from dropout_gluon._mxnet import autograd, mx, nd, nn
from dropout_gluon.chapter import concise
from dropout_gluon.config import RunConfig
from dropout_gluon.errors import ConfigError


def test_layers_are_the_chapters():
    net = concise.mlp()
    assert [type(layer).__name__ for layer in net] == ["Dense", "Dropout", "Dense", "Dropout", "Dense"]
    shapes = [p.shape for p in net.collect_params().values()]
    assert shapes == [(256, 784), (256,), (256, 256), (256,), (10, 256), (10,)]


def test_initialisation_is_normal_with_sigma():
    """The standard deviation of 200,704 draws within 4.42 standard errors, 1e-5."""
    mx.random.seed(4)
    weights = next(iter(concise.mlp(sigma=0.02).collect_params().values())).data().asnumpy()
    assert abs(weights.std() - 0.02) < 4.42 * 0.02 / (2 * weights.size) ** 0.5


@pytest.mark.parametrize(("drop_probs", "share"), [((0.5, 0.0), 0.5), ((0.0, 0.2), 0.2), ((0.0, 0.0), 0.0)])
def test_probabilities_go_to_their_layers(drop_probs, share):
    """Of 200,000 units of the second hidden layer, or the first: binomial, 4.42 sigma, 1e-5 each."""
    net = concise.mlp(*drop_probs, num_inputs=4, num_hiddens1=200, num_hiddens2=200, sigma=0.1)
    which = 1 if drop_probs[0] else 3
    net.hybridize(active=False)
    seen = []
    net[which].register_forward_hook(lambda block, inputs, output: seen.append((inputs[0], output)))
    mx.random.seed(9)
    with autograd.record():
        net(nd.random.uniform(shape=(2000, 4)))
    before, after = (array.asnumpy() for array in seen[0])
    alive = before != 0
    dropped = (after[alive] == 0).mean()
    assert abs(dropped - share) <= 4.42 * (share * (1 - share) / alive.sum()) ** 0.5


def test_nothing_is_dropped_outside_training_mode():
    net = concise.mlp(0.9, 0.9, sigma=0.1)
    X = nd.random.uniform(shape=(30, 1, 28, 28))
    np.testing.assert_array_equal(net(X).asnumpy(), net(X).asnumpy())
    with autograd.record():
        trained = net(X)
    assert not np.array_equal(trained.asnumpy(), net(X).asnumpy())


def test_every_batch_and_every_example_gets_a_fresh_mask():
    """Compiled as it is: equal examples in one batch, and in the next, are treated differently."""
    net = concise.mlp(0.5, 0.5, sigma=0.1)
    X = nd.ones((20, 784))
    with autograd.record():
        outputs = [net(X).copy() for _ in range(2)]
    rows = nd.concat(*outputs, dim=0).asnumpy()
    assert len({row.tobytes() for row in rows}) == 40


@pytest.mark.parametrize("pair", [(1, 0), (0, 1.0)])
def test_probability_1_is_refused_as_nn_dropout_gives_nan(pair):
    layer = nn.Dropout(1)
    with autograd.record():
        assert np.isnan(layer(nd.ones((2, 3))).asnumpy()).all()
    with pytest.raises(ConfigError, match="drop probability must be below 1 in Gluon"):
        concise.mlp(*pair)
    with pytest.raises(ConfigError, match="drop_probs must be below 1 where implementation is gluon"):
        RunConfig(implementation="gluon", drop_probs=pair)


@pytest.mark.parametrize("drop_prob", [-0.1, 1.2, float("nan"), "a"])
def test_probability_outside_its_range_is_refused(drop_prob):
    with pytest.raises(ConfigError, match="drop probability must be a number from 0 to 1"):
        concise.mlp(0.2, drop_prob)
