"""The same experiment in PyTorch: CPU, eager, the data set in memory, no number fetched within an epoch."""

import sys

import numpy as np
import torch
from common import BATCH_SIZE, DROP_PROBS, LR, SIGMA, SIZES, batches, load, serve
from torch import nn
from torch.nn import functional

X_train, y_train, X_test, y_test = map(torch.from_numpy, load(sys.argv[1]))
rng = np.random.default_rng(0)
torch.manual_seed(0)
net = nn.Sequential(
    nn.Linear(SIZES[0], SIZES[1]), nn.ReLU(), nn.Dropout(DROP_PROBS[0]),
    nn.Linear(SIZES[1], SIZES[2]), nn.ReLU(), nn.Dropout(DROP_PROBS[1]),
    nn.Linear(SIZES[2], SIZES[3]),
)  # fmt: skip
for layer in net:
    if isinstance(layer, nn.Linear):
        nn.init.normal_(layer.weight, std=SIGMA)
        nn.init.zeros_(layer.bias)
optimizer = torch.optim.SGD(net.parameters(), lr=LR)


def epoch():
    losses, hits = [], []
    net.train()
    for index in batches(torch.from_numpy(rng.permutation(len(X_train)))):
        X, y = X_train[index], y_train[index]
        optimizer.zero_grad()
        y_hat = net(X)
        loss = functional.cross_entropy(y_hat, y, reduction="none")
        (loss.sum() / BATCH_SIZE).backward()
        optimizer.step()
        losses.append(loss.detach().mean())
        hits.append((y_hat.detach().argmax(dim=1) == y).float().mean())
    net.eval()
    with torch.no_grad():
        order = batches(torch.arange(len(X_test)))
        right = torch.stack([(net(X_test[i]).argmax(dim=1) == y_test[i]).sum() for i in order])
    float(torch.stack(hits).mean()), int(right.sum())
    return float(torch.stack(losses).mean())


serve({"network": epoch}, {"torch": torch.__version__, "threads": str(torch.get_num_threads())})
