"""The book's helper, d2l 0.9.2 or gluonbook 0.8.10, with the networks as the chapter writes them."""

import io
import os
import re
import sys
from contextlib import redirect_stdout
from importlib import import_module, metadata

import numpy as np
from common import BATCH_SIZE, DROP_PROBS, LR, SIGMA, SIZES, serve
from IPython import display

# Both helpers take a function from IPython that its later releases no longer have there.
if not hasattr(display, "set_matplotlib_formats"):
    display.set_matplotlib_formats = lambda *formats: None

name, folder = sys.argv[1:3]
helper = import_module(name)
from mxnet import autograd, gluon, init, nd  # noqa: E402
from mxnet.gluon import nn  # noqa: E402
from mxnet.gluon.data.vision import datasets  # noqa: E402

np.random.seed(0)  # the order of the examples; MXNet starts from the same state in every process

# MXNet would fetch the release of 2017-08-26, whatever the machine has.
datasets.download = lambda url, path, sha1_hash: os.path.join(path, os.path.basename(url))
iterators = helper.load_data_fashion_mnist(BATCH_SIZE, root=folder)
loss = gluon.loss.SoftmaxCrossEntropyLoss()

params = []
for inputs, outputs in zip(SIZES, SIZES[1:]):
    params += [nd.random.normal(scale=SIGMA, shape=(inputs, outputs)), nd.zeros(outputs)]
for param in params:
    param.attach_grad()


def dropout(X, drop_prob):
    return (nd.random.uniform(0, 1, X.shape) > drop_prob) * X / (1 - drop_prob)


def by_hand(X):
    W1, b1, W2, b2, W3, b3 = params
    H1 = (nd.dot(X.reshape((-1, SIZES[0])), W1) + b1).relu()
    if autograd.is_training():
        H1 = dropout(H1, DROP_PROBS[0])
    H2 = (nd.dot(H1, W2) + b2).relu()
    if autograd.is_training():
        H2 = dropout(H2, DROP_PROBS[1])
    return nd.dot(H2, W3) + b3


layers = nn.Sequential()
for size, drop_prob in zip(SIZES[1:], DROP_PROBS):
    layers.add(nn.Dense(size, activation="relu"), nn.Dropout(drop_prob))
layers.add(nn.Dense(SIZES[-1]))
layers.initialize(init.Normal(sigma=SIGMA))
trainer = gluon.Trainer(layers.collect_params(), "sgd", {"learning_rate": LR})


def epoch(net, *arguments):
    with redirect_stdout(io.StringIO()) as printed:
        helper.train_ch3(net, *iterators, loss, 1, BATCH_SIZE, *arguments)
    return float(re.match(r"epoch 1, loss ([\d.]+)", printed.getvalue())[1])


serve(
    {
        "scratch": lambda: epoch(by_hand, params, LR),
        "gluon": lambda: epoch(layers, None, None, trainer),
    },
    {package: metadata.version(package) for package in (name, "mxnet", "numpy")},
)
