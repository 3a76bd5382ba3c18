"""Softmax regression, by hand and with Gluon, and what it says beside what is right."""

from itertools import islice

import gluonbook as gb
from mxnet import gluon, init, nd
from mxnet.gluon import loss as gloss
from mxnet.gluon import nn

train_iter, test_iter = gb.load_data_fashion_mnist(256)
train_iter, test_iter = (list(islice(batches, 16)) for batches in (train_iter, test_iter))
W, b = nd.random.normal(scale=0.01, shape=(784, 10)), nd.zeros(10)
for param in (W, b):
    param.attach_grad()


def net(X):
    exp = (nd.dot(X.reshape((-1, 784)), W) + b).exp()
    return exp / exp.sum(axis=1, keepdims=True)


def cross_entropy(probabilities, y):
    return -nd.pick(probabilities, y).log()


untrained = gb.evaluate_accuracy(test_iter, net)
gb.train_ch3(net, train_iter, test_iter, cross_entropy, 2, 256, [W, b], 0.1)
for X, y in test_iter:
    break
right, said = (gb.get_fashion_mnist_labels(one.asnumpy()) for one in (y, net(X).argmax(axis=1)))
gb.show_fashion_mnist(X[0:9], [f"{a}\n{b}" for a, b in zip(right, said)][0:9])
layers = nn.Sequential()
layers.add(nn.Dense(10))
layers.initialize(init.Normal(sigma=0.01))
trainer = gluon.Trainer(layers.collect_params(), "sgd", {"learning_rate": 0.1})
gb.train_ch3(layers, train_iter, test_iter, gloss.SoftmaxCrossEntropyLoss(), 2, 256, None, None, trainer)
result = {
    "untrained": untrained,
    "by hand": gb.evaluate_accuracy(test_iter, net),
    "with layers": gb.evaluate_accuracy(test_iter, layers),
    "titles": [ax.get_title() for ax in gb.plt.gcf().axes],
}
