"""The chapter's network with any number of hidden layers and any noise, for the exercises.

With two layers and dropout it is `scratch.mlp`, or `concise.mlp`, number for number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from .._mxnet import autograd, init, nd, nn
from ..config import NUM_INPUTS, NUM_OUTPUTS, RunConfig
from .noises import dropconnect, gaussian, three_point
from .scratch import dropout, linear

NDArray = Any  # MXNet has no types


def init_params(hidden_sizes: Sequence[int], sigma: float = 0.01) -> list[NDArray]:
    """W1, b1, W2, b2, ..., the weights from N(0, sigma²) with shape (outputs, inputs), the biases 0."""
    params, inputs = [], NUM_INPUTS
    for outputs in (*hidden_sizes, NUM_OUTPUTS):
        params += [nd.random.normal(scale=sigma, shape=(outputs, inputs)), nd.zeros(outputs)]
        inputs = outputs
    for param in params:
        param.attach_grad()
    return params


def noises(config: RunConfig) -> list[Callable[[NDArray], NDArray]]:
    """What each hidden layer goes through while training."""
    probs = config.drop_probs
    if config.noise == "dropout":
        return [partial(dropout, drop_prob=p) for p in probs]
    if config.noise == "gaussian":
        return [partial(gaussian, drop_prob=p) for p in probs]
    if config.noise == "three-point":
        return [partial(three_point, drop_prob=p, gamma=gamma) for p, gamma in zip(probs, config.gammas)]
    return [lambda H: H] * len(probs)


def mlp(params: Sequence[NDArray], config: RunConfig, *, each: bool = False) -> Callable[..., NDArray]:
    """The network as a function of X that gives the logits.

    Args:
        params: what `init_params` gives.
        config: says the noise; it is drawn in training mode alone.
        each: DropConnect draws a mask for each example, not one for the batch.

    Returns:
        net(X, seen=None): X of shape (n, ...) gives logits (n, 10). The activations of each hidden layer,
        before and after the noise, are appended to the list `seen`.
    """
    weights, biases, of_layers = params[::2], params[1::2], noises(config)
    reads = [partial(dropconnect, drop_prob=p, each=each) for p in config.drop_probs]

    def net(X: NDArray, seen: list[tuple[NDArray, NDArray]] | None = None) -> NDArray:
        training, H = autograd.is_training(), X.reshape((X.shape[0], -1))
        for layer, (W, b) in enumerate(zip(weights, biases)):
            drops = training and layer > 0 and config.noise == "dropconnect"
            H = (reads[layer - 1] if drops else linear)(H, W, b)
            if layer < len(of_layers):
                before = nd.relu(H)
                H = of_layers[layer](before) if training else before
                if seen is not None:
                    seen.append((before, H))
        return H

    return net


def gluon_mlp(config: RunConfig) -> Any:
    """An initialised `nn.HybridSequential` of Dense and Dropout layers that gives the logits."""
    net, inputs = nn.HybridSequential(), NUM_INPUTS
    for units, drop_prob in zip(config.hidden_sizes, config.drop_probs):
        net.add(nn.Dense(units, activation="relu", in_units=inputs))
        if config.noise != "none":
            net.add(nn.Dropout(drop_prob))
        inputs = units
    net.add(nn.Dense(NUM_OUTPUTS, in_units=inputs))
    net.initialize(init.Normal(sigma=config.sigma))
    net.hybridize(static_alloc=True, static_shape=True)
    return net
