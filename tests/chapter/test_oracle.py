"""Same weights, batches and masks: scratch, Gluon and the plainest network agree in losses and gradients."""

import numpy as np
import plain
import pytest

from dropout_gluon._mxnet import autograd, gluon, mx, nd
from dropout_gluon.chapter import concise, scratch
from dropout_gluon.chapter.training import sgd
from dropout_gluon.fashion_mnist.batches import make_iterators

STEPS = 20
TOLERANCE = 1e-5
# Where the two round a sum to different sides of ReLU's kink, a gradient jumps, by 6e-3 in the one of ten
# runs on five kernels that had such a step. More than four steps of twenty: at most 1.2e-4, at the upper
# confidence bound (95%) for one of 200 steps. A wrong gradient is wrong at every step.
KINKS = 4


def relative_difference(a, b):
    a, b = a.asnumpy().astype("float64"), b.asnumpy().astype("float64")
    return np.abs(a - b).max() / max(np.abs(b).max(), 1e-30)


def record_masks(net, drop_probs):
    """The masks that nn.Dropout draws, seen from outside, as a list that grows with every layer's call.

    Where a unit's input is 0 its mask cannot be seen, nor does it matter: ReLU passes no gradient there.
    """
    masks = []

    def mask(output, keep):
        with autograd.pause():
            return (output != 0) / keep

    for layer, drop_prob in zip((net[1], net[3]), drop_probs):
        layer.register_forward_hook(
            lambda block, inputs, output, keep=1 - drop_prob: masks.append(mask(output, keep))
        )
    return masks


def plain_mlp(params, *drop_probs):
    """The oracle's own products: scratch and Gluon share theirs, and so agree to the last bit."""
    return plain.mlp(params, lambda X, drop_prob: scratch.dropout(X, drop_prob), drop_probs)


@pytest.mark.data
@pytest.mark.parametrize("drop_probs", [(0.0, 0.0), (0.2, 0.5)], ids=["without dropout", "same masks"])
@pytest.mark.parametrize("by_hand", [scratch.mlp, plain_mlp], ids=["scratch", "plain"])
def test_agrees_with_gluon_in_loss_and_every_gradient(archive, monkeypatch, by_hand, drop_probs):
    mx.random.seed(2)
    params = scratch.init_params()
    net = concise.mlp(*drop_probs)
    net.hybridize(active=False)
    layers = list(net.collect_params().values())
    for param, layer in zip(params, layers):
        layer.set_data(param)
    masks = record_masks(net, drop_probs)
    monkeypatch.setattr(scratch, "dropout", lambda X, drop_prob: X * masks.pop(0))
    by_hand = by_hand(params, *drop_probs)
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
    batches = iter(make_iterators(archive, 256, split="released", seed=0)[0])
    steps = []
    for _ in range(STEPS):
        X, y = next(batches)
        with autograd.record():
            loss_gluon = loss(net(X), y)
            loss_by_hand = loss(by_hand(X), y)
        assert not masks, "each mask was used once"
        # At once: MXNet's tape forgets a batch that two graphs share when the first of them is done.
        autograd.backward([loss_gluon, loss_by_hand])
        differences = [relative_difference(loss_by_hand, loss_gluon)]
        differences += [relative_difference(param.grad, layer.grad()) for param, layer in zip(params, layers)]
        sgd(params, 0.5, 256)
        trainer.step(256)
        differences += [relative_difference(param, layer.data()) for param, layer in zip(params, layers)]
        for param, layer in zip(params, layers):
            layer.set_data(param)  # so that each step is on its own
        assert len(differences) == 13
        steps.append(max(differences))
    nd.waitall()
    assert sum(step > TOLERANCE for step in steps) <= KINKS, steps
