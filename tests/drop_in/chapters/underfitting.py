"""A cubic fitted by a cubic and by a line, and the two curves of losses."""

import gluonbook as gb
from mxnet import autograd, gluon, nd
from mxnet.gluon import data as gdata
from mxnet.gluon import loss as gloss
from mxnet.gluon import nn

true_w = nd.array([5, 1.2, -3.4, 5.6])
x = nd.random.shuffle(nd.random.normal(shape=(200, 1)))
powers = nd.power(x, nd.arange(4).reshape((1, -1))) / nd.gamma(nd.arange(4) + 1).reshape((1, -1))
y = nd.dot(powers, true_w)
y += nd.random.normal(scale=0.1, shape=y.shape)
loss = gloss.L2Loss()


def fit(degrees, num_epochs=18):
    net = nn.Sequential()
    net.add(nn.Dense(1, use_bias=False))
    net.initialize()
    X = powers[:, :degrees]
    batches = gdata.DataLoader(gdata.ArrayDataset(X[:100], y[:100]), 20, shuffle=True)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.2})
    train, test = [], []
    for _ in range(num_epochs):
        for some_X, some_y in batches:
            with autograd.record():
                value = loss(net(some_X), some_y)
            value.backward()
            trainer.step(20)
        for losses, part in ((train, slice(0, 100)), (test, slice(100, 200))):
            losses.append(loss(net(X[part]), y[part]).mean().asscalar())
    gb.plt.figure()
    gb.semilogy(
        range(1, num_epochs + 1), train, "epochs", "loss", range(1, num_epochs + 1), test, ["train", "test"]
    )
    return float(test[-1]), net[0].weight.data().asnumpy().ravel().tolist()


cubic, weights = fit(4)
line, _ = fit(2)
result = {"cubic": cubic, "line": line, "weights": weights, "curves": len(gb.plt.gca().lines)}
