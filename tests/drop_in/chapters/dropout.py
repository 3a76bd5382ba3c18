"""Two hidden layers with dropout, by hand and with Gluon."""

from itertools import islice

import gluonbook as gb
from mxnet import autograd, gluon, init, nd
from mxnet.gluon import loss as gloss
from mxnet.gluon import nn


def dropout(X, p):
    assert 0 <= p <= 1
    return X.zeros_like() if p == 1 else (nd.random.uniform(0, 1, X.shape) > p) * X / (1 - p)


params = []
for sizes in ((784, 64), (64, 64), (64, 10)):
    params += [nd.random.normal(scale=0.05, shape=sizes), nd.zeros(sizes[1])]
for param in params:
    param.attach_grad()


def by_hand(X):
    H = X.reshape((-1, 784))
    for layer, p in ((0, 0.2), (2, 0.5)):
        H = (nd.dot(H, params[layer]) + params[layer + 1]).relu()
        if autograd.is_training():
            H = dropout(H, p)
    return nd.dot(H, params[4]) + params[5]


layers = nn.Sequential()
layers.add(nn.Dense(64, activation="relu"), nn.Dropout(0.2))
layers.add(nn.Dense(64, activation="relu"), nn.Dropout(0.5), nn.Dense(10))
layers.initialize(init.Normal(sigma=0.05))
trainer = gluon.Trainer(layers.collect_params(), "sgd", {"learning_rate": 0.5})
train_iter, test_iter = (list(islice(batches, 20)) for batches in gb.load_data_fashion_mnist(256))
loss = gloss.SoftmaxCrossEntropyLoss()
gb.train_ch3(by_hand, train_iter, test_iter, loss, 2, 256, params, 0.5)
gb.train_ch3(layers, train_iter, test_iter, loss, 2, 256, None, None, trainer)
result = {
    "by hand": gb.evaluate_accuracy(test_iter, by_hand),
    "with layers": gb.evaluate_accuracy(test_iter, layers),
}
