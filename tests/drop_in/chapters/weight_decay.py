"""Too few points for 200 inputs, with a penalty and without."""

import gluonbook as gb
from mxnet import autograd, nd
from mxnet.gluon import data as gdata

X = nd.random.normal(shape=(40, 200))
y = nd.dot(X, nd.ones((200, 1)) * 0.01) + 0.05
y += nd.random.normal(scale=0.01, shape=y.shape)
batches = gdata.DataLoader(gdata.ArrayDataset(X[:20], y[:20]), 1, shuffle=True)
net, loss = gb.linreg, gb.squared_loss


def fit(penalty, num_epochs=8):
    w, b = nd.random.normal(scale=1, shape=(200, 1)), nd.zeros(shape=(1,))
    for param in (w, b):
        param.attach_grad()
    train, test = [], []
    for _ in range(num_epochs):
        for some_X, some_y in batches:
            with autograd.record():
                value = loss(net(some_X, w, b), some_y) + penalty * (w**2).sum() / 2
            value.backward()
            gb.sgd([w, b], 0.003, 1)
        train.append(loss(net(X[:20], w, b), y[:20]).mean().asscalar())
        test.append(loss(net(X[20:], w, b), y[20:]).mean().asscalar())
    gb.plt.figure()
    gb.semilogy(
        range(1, num_epochs + 1), train, "epochs", "loss", range(1, num_epochs + 1), test, ["train", "test"]
    )
    return float(w.norm().asscalar()), float(test[-1])


result = {"without": fit(0), "with": fit(3)}
