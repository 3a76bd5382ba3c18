"""The activations and their gradients, drawn."""

import gluonbook as gb
from mxnet import autograd, nd

x = nd.arange(-8.0, 8.0, 0.5)
x.attach_grad()
result = {}
for name in ("relu", "sigmoid", "tanh"):
    with autograd.record():
        y = getattr(x, name)()
    y.backward()
    for kind, values in (("value", y), ("gradient", x.grad)):
        gb.plt.figure()
        gb.set_figsize(figsize=(5, 2.5))
        gb.plt.plot(x.asnumpy(), values.asnumpy())
        gb.plt.ylabel(name + "(x)")
        result[f"{name}, {kind}"] = float(gb.plt.gca().lines[0].get_ydata().max())
