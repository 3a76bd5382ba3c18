"""The training loop that both implementations share, with the signatures of the chapter's helper."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .._mxnet import autograd, gluon, mx, nd
from ..config import LARGEST, check_batch_size, check_kind, check_number, check_whole
from ..errors import ConfigError, Diverged
from ..logs import EpochRecord
from ..messages import shown

NDArray = Any  # MXNet has no types
Iterator = Iterable[tuple[NDArray, NDArray]]
Network = Callable[[NDArray], NDArray]
PARAMS = "a list of arrays with gradients"
LATER_EDITIONS = (
    "train_ch3(net, train_iter, test_iter, loss, num_epochs, updater) is of the book's later editions; here, "
    "as in that of 2018, batch_size, params, lr or batch_size, trainer=trainer follow num_epochs"
)
CONTEXTS = "a context of MXNet or a list of them"


def sgd(params: Sequence[NDArray], lr: float, batch_size: int, *, weight_decay: float = 0.0) -> None:
    """One step of stochastic gradient descent, in place: param ← param - lr · grad / batch_size.

    With weight decay the gradient has weight_decay · param besides, as of a penalty of weight_decay / 2 ·
    param²; that of the biases too, as with `gluon.Trainer`.
    """
    check_number("lr", lr, 0, LARGEST)
    check_number("batch_size", batch_size, 0, above=True)
    check_number("weight_decay", weight_decay, 0, LARGEST)
    for param in check_params(params):
        nd.sgd_update(param, param.grad, out=param, lr=lr, rescale_grad=1 / batch_size, wd=weight_decay)


def check_params(params: Any) -> list[NDArray]:
    """The parameters as a list, at least one; ConfigError where one has no gradient."""
    listed = list(check_kind("params", params, (Iterable, nd.NDArray), PARAMS))
    if not listed or not all(isinstance(one, nd.NDArray) and one.grad is not None for one in listed):
        raise ConfigError(f"params must be {PARAMS}, at least one, not {shown(params)}")
    return listed


def check_batch(batch: Any) -> tuple[NDArray, NDArray]:
    """The X and the y of a batch, equally many, a label an example; else ConfigError."""
    pair = tuple(batch) if isinstance(batch, (tuple, list)) else ()
    if len(pair) != 2 or not all(isinstance(one, nd.NDArray) for one in pair) or len(pair[0]) != len(pair[1]):
        raise ConfigError(f"a batch must be a pair of NDArrays X and y, equally many, not {shown(batch)}")
    if pair[1].ndim != 1:  # a column or one-hot labels would be held against every example
        raise ConfigError(f"y must have one label an example, shape ({len(pair[1])},), not {pair[1].shape}")
    return pair


class SoftmaxCrossEntropy(gluon.HybridBlock):  # type: ignore[misc]
    """-log softmax(y_hat)[y] of each example, float32 (n,).

    The numbers of `gluon.loss.SoftmaxCrossEntropyLoss` in less time: that one takes the mean over the axes
    of an example's loss, of which there are none.
    """

    def hybrid_forward(self, F: Any, y_hat: NDArray, y: NDArray) -> NDArray:
        return -F.pick(F.log_softmax(y_hat), y)


def _hits(y_hat: NDArray, y: NDArray) -> NDArray:
    """1 where the largest logit is the label's, else 0: float32 (n,)."""
    return y_hat.argmax(axis=1) == y.astype("float32")


def evaluate_accuracy(data_iter: Iterator, net: Network, ctx: Any = None) -> float:
    """The share of all examples of `data_iter` whose largest logit is their label's, 0 to 1.

    Outside `autograd.record()` nothing is dropped.

    Args:
        data_iter: gives batches X, y.
        net: gives the logits (n, classes) of X.
        ctx: the context, or contexts, among which each batch is divided, where `net` has its parameters
            there; None leaves the batches where they are.
    """
    check_kind("data_iter", data_iter, Iterable, "batches X, y")
    check_kind("net", net, Callable, "a function of X")  # type: ignore[arg-type]
    hits = [_hits(net(X), y) for X, y in _on(ctx, map(check_batch, data_iter))]
    if not hits:
        raise ConfigError("evaluate_accuracy needs at least one batch")
    return float(np.concatenate([batch.asnumpy() for batch in hits]).mean(dtype=np.float64))


def _on(ctx: Any, batches: Iterator) -> Iterator:
    """The batches, divided among contexts."""
    if ctx is None:
        return batches
    contexts = [ctx] if isinstance(ctx, mx.Context) else check_kind("ctx", ctx, (list, tuple), CONTEXTS)
    if not contexts or not all(isinstance(one, mx.Context) for one in contexts):
        raise ConfigError(f"ctx must be {CONTEXTS}, not {shown(ctx)}")
    load = gluon.utils.split_and_load
    return (
        part for batch in batches for part in zip(*(load(one, contexts, even_split=False) for one in batch))
    )


class _Records(list[EpochRecord]):
    """The epochs, which a notebook does not show as a cell's value: their lines are printed already."""

    def _ipython_display_(self) -> None: ...


def train_ch3(
    net: Network,
    train_iter: Iterator,
    test_iter: Iterator,
    loss: Callable[[NDArray, NDArray], NDArray],
    num_epochs: int,
    batch_size: int,
    params: Sequence[NDArray] | None = None,
    lr: float | None = None,
    trainer: Any = None,
    *,
    weight_decay: float = 0.0,
    report: Callable[[EpochRecord], object] = print,
) -> list[EpochRecord]:
    """Train a classifier, and report the book's line after each epoch.

    As the helper of the chapter's time has it, every step, the last and smaller one too, divides the sum
    of gradients by `batch_size`; training loss and accuracy are means over batches of the batches'
    means; the test accuracy counts hits over the whole test set.

    Args:
        net: gives the logits (n, classes) of X.
        train_iter, test_iter: give batches X, y at every pass.
        loss: loss(y_hat, y) gives the examples' losses (n,).
        num_epochs: passes over `train_iter`, at least 1.
        batch_size: what a step divides the sum of gradients by.
        params, lr: what `sgd` updates, and the learning rate, where there is no `trainer`.
        trainer: a `gluon.Trainer`, which then updates its own parameters, with its own weight decay.
        weight_decay: of `sgd`.
        report: called with each EpochRecord as it is complete; as text it is the book's line.

    Returns:
        One EpochRecord an epoch, in a list that a notebook does not show as a cell's value.

    Raises:
        ConfigError: an argument is outside its range, or there is nothing to update.
        Diverged: the training loss of an epoch is not finite; it carries the epochs before.
    """
    check_whole("num_epochs", num_epochs, 1)
    if callable(batch_size) or isinstance(batch_size, gluon.Trainer):
        raise ConfigError(LATER_EDITIONS)
    check_batch_size(batch_size)
    if trainer is None:
        if params is None:
            raise ConfigError("train_ch3 needs params and lr, or a trainer")
        params, learning_rate = check_params(params), check_number("lr", lr, 0, LARGEST)
    else:
        learning_rate = check_kind("trainer", trainer, gluon.Trainer, "a gluon.Trainer").learning_rate
    check_kind("train_iter", train_iter, Iterable, "batches X, y")
    check_kind("test_iter", test_iter, Iterable, "batches X, y")
    for name, value in (("net", net), ("loss", loss), ("report", report)):
        check_kind(name, value, Callable, "a function")  # type: ignore[arg-type]
    records: list[EpochRecord] = _Records()
    for epoch in range(1, num_epochs + 1):
        losses, hits = [], []
        for X, y in map(check_batch, train_iter):
            with autograd.record():
                y_hat = net(X)
                l = loss(y_hat, y)  # noqa: E741, the field's name for it
            if not isinstance(l, nd.NDArray) or l.shape[:1] != y_hat.shape[:1]:
                raise ConfigError(
                    f"loss gives {getattr(l, 'shape', l)} for {len(y_hat)} examples, where one number an "
                    "example is wanted: a step would be smaller by the batch size"
                )
            l.backward()
            if trainer is None:
                sgd(params, learning_rate, batch_size, weight_decay=weight_decay)  # type: ignore[arg-type]
            else:
                trainer.step(batch_size)
            # MXNet runs behind this loop. Asking for a number would make it wait, at every batch, so the
            # metrics stay arrays until the epoch's end.
            losses.append(l)
            hits.append(_hits(y_hat, y))
        train_loss, train_acc = _mean_of_means(losses), _mean_of_means(hits)
        if not math.isfinite(train_loss):
            raise Diverged(epoch, learning_rate, train_loss, records)
        records.append(EpochRecord(epoch, train_loss, train_acc, evaluate_accuracy(test_iter, net)))
        report(records[-1])
    return records


def _mean_of_means(batches: Sequence[NDArray]) -> float:
    """The mean over batches of the mean over a batch's examples, in float64."""
    if not batches:
        raise ConfigError("train_ch3 needs at least one batch")
    return float(np.mean([batch.asnumpy().mean(dtype=np.float64) for batch in batches]))
