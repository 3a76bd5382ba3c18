"""The network of any depth and noise: with the chapter's it is the chapter's, number for number."""

import numpy as np
import pytest

from dropout_gluon._mxnet import autograd, mx, nd
from dropout_gluon.chapter import concise, deep, scratch
from dropout_gluon.config import RunConfig

X = nd.random.uniform(shape=(70, 1, 28, 28))


def test_the_chapters_configuration_gives_the_chapters_network():
    mx.random.seed(5)
    ours = deep.init_params((256, 256), 0.1)
    mx.random.seed(5)
    theirs = scratch.init_params(sigma=0.1)
    for mine, other in zip(ours, theirs):
        np.testing.assert_array_equal(mine.asnumpy(), other.asnumpy())
    for training in (False, True):
        outputs = []
        for net in (deep.mlp(ours, RunConfig()), scratch.mlp(theirs, 0.2, 0.5)):
            mx.random.seed(6)
            with autograd.record(train_mode=training):
                outputs.append(net(X).asnumpy())
        np.testing.assert_array_equal(*outputs)


def test_gluons_layers_are_the_chapters():
    mx.random.seed(5)
    ours = deep.gluon_mlp(RunConfig("gluon"))
    mx.random.seed(5)
    theirs = concise.mlp()
    assert [type(layer) for layer in ours] == [type(layer) for layer in theirs]
    np.testing.assert_array_equal(ours(X).asnumpy(), theirs(X).asnumpy())


@pytest.mark.parametrize("sizes", [(), (7,), (9, 8, 7)])
def test_by_hand_and_from_gluons_layers_agree_at_any_depth(sizes):
    config = RunConfig("gluon", sizes, (0.0,) * len(sizes), sigma=0.3)
    net = deep.gluon_mlp(config)
    params = [parameter.data() for parameter in net.collect_params().values()]
    assert [param.shape[0] for param in params[::2]] == [*sizes, 10]
    np.testing.assert_allclose(deep.mlp(params, config)(X).asnumpy(), net(X).asnumpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("noise", ["dropout", "gaussian", "three-point", "dropconnect"])
def test_noise_is_drawn_while_training_alone(noise):
    config = RunConfig(hidden_sizes=(50, 40), noise=noise)
    net = deep.mlp(deep.init_params((50, 40), 0.1), config)
    np.testing.assert_array_equal(net(X).asnumpy(), net(X).asnumpy())
    with autograd.train_mode():
        assert (net(X).asnumpy() != net(X).asnumpy()).mean() > 0.9


def test_activations_are_seen_before_and_after_the_noise():
    config = RunConfig(hidden_sizes=(50, 40), drop_probs=(0.2, 0.5))
    net, seen = deep.mlp(deep.init_params((50, 40), 0.1), config), []
    with autograd.train_mode():
        net(X, seen)
    assert [before.shape for before, _ in seen] == [(70, 50), (70, 40)]
    for (before, after), p in zip(seen, (0.2, 0.5)):
        before, after = before.asnumpy(), after.asnumpy()
        kept = after != 0
        np.testing.assert_allclose(after[kept], before[kept] / (1 - p), rtol=1e-6)
        assert kept[before > 0].mean() == pytest.approx(1 - p, abs=0.06)
    seen.clear()
    net(X, seen)
    assert all(before is after for before, after in seen)


def test_dropconnect_drops_weights_that_read_a_hidden_layer_and_no_others():
    """With ones for weights each unit sums what it reads: the first layer all, the others halves of some."""
    config = RunConfig(hidden_sizes=(60, 60), drop_probs=(0.5, 0.0), noise="dropconnect")
    params = [nd.ones(param.shape) * (param.ndim > 1) for param in deep.init_params((60, 60))]
    seen = []
    with autograd.train_mode():
        out = deep.mlp(params, config)(nd.ones((5, 784)), seen).asnumpy()
    (first, _), (second, _) = ((before.asnumpy(), after) for before, after in seen)
    np.testing.assert_array_equal(first, 784)
    assert len(np.unique(second)) > 5
    np.testing.assert_array_equal(second, second[:1].repeat(5, axis=0))  # one mask a batch
    np.testing.assert_allclose(out, second.sum(axis=1, keepdims=True).repeat(10, axis=1), rtol=1e-6)


def test_dropconnect_may_draw_a_mask_for_each_example():
    """Of equal examples, those that share a mask give equal logits."""
    mx.random.seed(4)
    config = RunConfig(hidden_sizes=(32, 32), noise="dropconnect")
    params, X = deep.init_params((32, 32), 0.1), nd.ones((3, 784))
    for each, equal in ((False, True), (True, False)):
        with autograd.train_mode():
            first, second, _ = deep.mlp(params, config, each=each)(X).asnumpy()
        assert (first == second).all() == equal
