"""Each implementation is the other's oracle: same weights, batches and masks, same losses and gradients."""

import numpy as np
import pytest

from dropout_gluon import concise, scratch
from dropout_gluon._mxnet import autograd, gluon, mx, nd
from dropout_gluon.data import make_iterators
from dropout_gluon.training import sgd

STEPS = 20
TOLERANCE = 1e-5


def relative_difference(a, b):
    a, b = a.asnumpy().astype("float64"), b.asnumpy().astype("float64")
    return np.abs(a - b).max() / max(np.abs(b).max(), 1e-30)


def record_masks(net, drop_probs):
    """The masks that nn.Dropout draws, seen from outside, as a list that grows with every layer's call.

    Where a unit's input is 0 its mask cannot be seen, nor does it matter: ReLU passes no gradient there.
    """
    masks = []
    for layer, drop_prob in zip((net[1], net[3]), drop_probs):
        layer.register_forward_hook(
            lambda block, inputs, output, keep=1 - drop_prob: masks.append((output != 0) / keep)
        )
    return masks


@pytest.mark.data
@pytest.mark.parametrize("drop_probs", [(0.0, 0.0), (0.2, 0.5)], ids=["without dropout", "same masks"])
def test_scratch_and_gluon_agree_in_loss_and_every_gradient(archive, monkeypatch, drop_probs):
    mx.random.seed(2)
    params = scratch.init_params()
    net = concise.mlp(*drop_probs)
    net.hybridize(active=False)
    layers = list(net.collect_params().values())
    for param, layer in zip(params, layers):
        layer.set_data(param)
    masks = record_masks(net, drop_probs)
    monkeypatch.setattr(scratch, "dropout", lambda X, drop_prob: X * masks.pop(0))
    by_hand = scratch.mlp(params, *drop_probs)
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
    batches = iter(make_iterators(archive, 256, split="released", seed=0)[0])
    differences = []
    for _ in range(STEPS):
        X, y = next(batches)
        with autograd.record():
            loss_gluon = loss(net(X), y)
        with autograd.record():
            loss_scratch = loss(by_hand(X), y)
        assert not masks, "each mask was used once"
        loss_gluon.backward()
        loss_scratch.backward()
        differences.append(relative_difference(loss_scratch, loss_gluon))
        differences += [
            relative_difference(param.grad, layer.grad()) for param, layer in zip(params, layers)
        ]
        sgd(params, 0.5, 256)
        trainer.step(256)
    nd.waitall()
    assert len(differences) == STEPS * 7
    assert max(differences) < TOLERANCE
