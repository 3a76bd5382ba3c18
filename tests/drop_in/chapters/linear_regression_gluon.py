"""The same with Gluon's layer, loss and trainer; nothing of the helper."""

from mxnet import autograd, gluon, init, nd
from mxnet.gluon import data as gdata
from mxnet.gluon import loss as gloss
from mxnet.gluon import nn

true_w, true_b = nd.array([2, -3.4]), 4.2
X = nd.random.normal(shape=(200, 2))
y = nd.dot(X, true_w) + true_b + nd.random.normal(scale=0.01, shape=200)
batches = gdata.DataLoader(gdata.ArrayDataset(X, y), 10, shuffle=True)
net, loss = nn.Sequential(), gloss.L2Loss()
net.add(nn.Dense(1))
net.initialize(init.Normal(sigma=0.01))
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
for epoch in range(1, 4):
    for some_X, some_y in batches:
        with autograd.record():
            value = loss(net(some_X), some_y)
        value.backward()
        trainer.step(10)
    print("epoch %d, loss: %f" % (epoch, loss(net(X), y).mean().asnumpy()))
result = {"w": net[0].weight.data()[0].asnumpy().tolist(), "b": net[0].bias.data().asnumpy().tolist()}
