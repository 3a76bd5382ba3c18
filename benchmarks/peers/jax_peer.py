"""The same experiment in JAX: a compiled step that gathers its batch from the data set in memory."""

import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from common import BATCH_SIZE, DROP_PROBS, LR, SIGMA, SIZES, batches, load, serve

X_train, y_train, X_test, y_test = map(jnp.asarray, load(sys.argv[1]))
rng = np.random.default_rng(0)
key = jax.random.PRNGKey(0)
params = [
    (jnp.asarray(rng.normal(scale=SIGMA, size=(inputs, outputs)), jnp.float32), jnp.zeros(outputs))
    for inputs, outputs in zip(SIZES, SIZES[1:])
]


def logits(params, X, key=None):
    *hidden, last = params
    for (W, b), drop_prob in zip(hidden, DROP_PROBS):
        X = jax.nn.relu(X @ W + b)
        if key is not None:
            key, now = jax.random.split(key)
            X = jnp.where(jax.random.bernoulli(now, 1 - drop_prob, X.shape), X / (1 - drop_prob), 0)
    return X @ last[0] + last[1]


@partial(jax.jit, donate_argnums=0)
def step(params, key, index):
    X, y = X_train[index], y_train[index]
    key, now = jax.random.split(key)

    def objective(params):
        y_hat = logits(params, X, now)
        losses = -jnp.take_along_axis(jax.nn.log_softmax(y_hat), y[:, None], axis=1)
        return losses.sum() / BATCH_SIZE, (losses.mean(), (y_hat.argmax(axis=1) == y).mean())

    (_, metrics), gradients = jax.value_and_grad(objective, has_aux=True)(params)
    params = jax.tree_util.tree_map(lambda param, gradient: param - LR * gradient, params, gradients)
    return params, key, metrics


@jax.jit
def count_hits(params, index):
    return (logits(params, X_test[index]).argmax(axis=1) == y_test[index]).sum()


def epoch():
    global params, key
    metrics = []
    for index in batches(rng.permutation(len(X_train)).astype(np.int32)):
        params, key, now = step(params, key, index)
        metrics.append(now)
    right = [count_hits(params, index) for index in batches(np.arange(len(X_test), dtype=np.int32))]
    float(np.mean([accuracy for _, accuracy in metrics])), int(np.sum(right))
    return float(np.mean([loss for loss, _ in metrics]))


serve({"network": epoch}, {"jax": jax.__version__})
