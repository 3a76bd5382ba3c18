"""One hidden layer, by hand and with Gluon."""

from itertools import islice

import gluonbook as gb
from mxnet import gluon, init, nd
from mxnet.gluon import loss as gloss
from mxnet.gluon import nn

train_iter, test_iter = (list(islice(batches, 20)) for batches in gb.load_data_fashion_mnist(256))
shapes = ((784, 64), (64,), (64, 10), (10,))
params = [
    nd.random.normal(scale=0.05, shape=shape) if len(shape) > 1 else nd.zeros(shape) for shape in shapes
]
for param in params:
    param.attach_grad()


def net(X):
    H = nd.maximum(nd.dot(X.reshape((-1, 784)), params[0]) + params[1], 0)
    return nd.dot(H, params[2]) + params[3]


loss = gloss.SoftmaxCrossEntropyLoss()
gb.train_ch3(net, train_iter, test_iter, loss, 3, 256, params, 0.5)
for X, y in test_iter:
    break
gb.show_fashion_mnist(X[0:9], gb.get_fashion_mnist_labels(net(X).argmax(axis=1).asnumpy())[0:9])

layers = nn.Sequential()
layers.add(nn.Dense(64, activation="relu"))
layers.add(nn.Dense(10))
layers.initialize(init.Normal(sigma=0.05))
trainer = gluon.Trainer(layers.collect_params(), "sgd", {"learning_rate": 0.5})
gb.train_ch3(layers, train_iter, test_iter, loss, 3, 256, None, None, trainer)
result = {
    "by hand": gb.evaluate_accuracy(test_iter, net),
    "with layers": gb.evaluate_accuracy(test_iter, layers),
    "pictures": len(gb.plt.gcf().axes),
}
