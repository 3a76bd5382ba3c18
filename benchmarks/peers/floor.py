"""The matrix products of an epoch and nothing else, in PyTorch: what no implementation can go below."""

import torch
from common import BATCH_SIZE, SIZES, serve

TRAINING, TEST = [BATCH_SIZE] * 234 + [96], [BATCH_SIZE] * 39 + [16]
layers = [torch.randn(outputs, inputs) * 0.01 for inputs, outputs in zip(SIZES, SIZES[1:])]


def forward(X):
    inputs = []
    for W in layers:
        inputs.append(X)
        X = X @ W.T
    return inputs, X


@torch.no_grad()
def epoch():
    data = torch.rand(BATCH_SIZE, SIZES[0])
    for n in TRAINING:
        inputs, G = forward(data[:n])
        for depth in reversed(range(len(layers))):
            G.T @ inputs[depth]
            if depth:
                G = G @ layers[depth]
    for n in TEST:
        forward(data[:n])


serve({"network": epoch}, {"torch": torch.__version__, "threads": str(torch.get_num_threads())})
