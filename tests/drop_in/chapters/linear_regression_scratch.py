"""A plane through noisy points, by hand."""

import random

import gluonbook as gb
from mxnet import autograd, nd

true_w, true_b = nd.array([2, -3.4]), 4.2
X = nd.random.normal(shape=(200, 2))
y = nd.dot(X, true_w) + true_b
y += nd.random.normal(scale=0.01, shape=y.shape)
gb.set_figsize()
gb.plt.scatter(X[:, 1].asnumpy(), y.asnumpy(), 1)


def batches(size):
    order = list(range(len(X)))
    random.shuffle(order)
    for start in range(0, len(X), size):
        some = nd.array(order[start : start + size])
        yield X.take(some), y.take(some)


w, b = nd.random.normal(scale=0.01, shape=(2, 1)), nd.zeros(shape=(1,))
for param in (w, b):
    param.attach_grad()
for epoch in range(3):
    for some_X, some_y in batches(10):
        with autograd.record():
            loss = gb.squared_loss(gb.linreg(some_X, w, b), some_y)
        loss.backward()
        gb.sgd([w, b], 0.1, 10)
    print("epoch %d, loss %f" % (epoch + 1, gb.squared_loss(gb.linreg(X, w, b), y).mean().asnumpy()))
result = {"w": w.asnumpy().ravel().tolist(), "b": b.asnumpy().tolist()}
