"""The same network from Gluon's layers: the second half of the chapter."""

from __future__ import annotations

from typing import Any

from .._mxnet import init, nn
from ..config import NUM_INPUTS, NUM_OUTPUTS, check_gluon_drop_prob, check_sigma, check_units


def mlp(
    drop_prob1: float = 0.2,
    drop_prob2: float = 0.5,
    num_inputs: int = NUM_INPUTS,
    num_outputs: int = NUM_OUTPUTS,
    num_hiddens1: int = 256,
    num_hiddens2: int = 256,
    sigma: float = 0.01,
) -> Any:
    """An initialised `nn.HybridSequential` of Dense and Dropout layers that gives the logits.

    HybridSequential is nn.Sequential that can also be compiled, and here it is: the same numbers in less
    time. Weights are drawn from N(0, sigma²) by MXNet's generator, biases are 0.

    Args:
        drop_prob1, drop_prob2: drop probabilities after the first and second hidden layer, from 0 to below 1.
        num_inputs, num_outputs, num_hiddens1, num_hiddens2: units of the layers.
        sigma: standard deviation of the initial weights.

    Raises:
        ConfigError: an argument is outside its range.
    """
    num_inputs, num_outputs = check_units(num_inputs=num_inputs, num_outputs=num_outputs)
    num_hiddens1, num_hiddens2 = check_units(num_hiddens1=num_hiddens1, num_hiddens2=num_hiddens2)
    net = nn.HybridSequential()
    net.add(
        nn.Dense(num_hiddens1, activation="relu", in_units=num_inputs),
        nn.Dropout(check_gluon_drop_prob(drop_prob1)),
        nn.Dense(num_hiddens2, activation="relu", in_units=num_hiddens1),
        nn.Dropout(check_gluon_drop_prob(drop_prob2)),
        nn.Dense(num_outputs, in_units=num_hiddens2),
    )
    net.initialize(init.Normal(sigma=check_sigma(sigma)))
    net.hybridize(static_alloc=True, static_shape=True)
    return net
