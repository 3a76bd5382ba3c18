"""Time an epoch of the chapter against the book's helper: `make bench`, or python benchmarks/helper.py.

Ours and d2l 0.9.2's run in a process each, as their users run them, and take turns: one epoch of training
and evaluation by the one, then by the other, in one session on one machine. What counts is the ratio of
each pair; printed are the medians. The first epoch of each is a warm-up.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tqdm import tqdm

from dropout_gluon import sources

NAMES = ("scratch", "gluon")
BATCH_SIZE, LR = 256, 0.5


def serve_ours() -> None:
    """Run an epoch for each line of standard input."""
    import dropout_gluon as gb
    from dropout_gluon import concise, scratch
    from dropout_gluon._mxnet import gluon

    iterators = gb.load_data_fashion_mnist(BATCH_SIZE)
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    loss.hybridize(static_alloc=True, static_shape=True)
    params, net = scratch.init_params(), concise.mlp()
    trainer = concise.sgd_trainer(net, LR)
    serve(gb.train_ch3, iterators, loss, scratch.mlp(params), params, net, trainer)


def serve_d2l() -> None:
    """The same with d2l's data iterators and loop, and the network as the chapter writes it."""
    import d2l
    from mxnet import autograd, gluon, init, nd
    from mxnet.gluon import nn
    from mxnet.gluon.data.vision import datasets

    # MXNet would fetch the release of 2017-08-26, whatever the machine has.
    datasets.download = lambda url, path, sha1_hash: os.path.join(path, os.path.basename(url))
    iterators = d2l.load_data_fashion_mnist(BATCH_SIZE, root=str(sources.locate().folder))
    sizes = [784, 256, 256, 10]
    params = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        params += [nd.random.normal(scale=0.01, shape=(inputs, outputs)), nd.zeros(outputs)]
    for param in params:
        param.attach_grad()

    def dropout(X, drop_prob):
        return (nd.random.uniform(0, 1, X.shape) > drop_prob) * X / (1 - drop_prob)

    def by_hand(X):
        W1, b1, W2, b2, W3, b3 = params
        H1 = (nd.dot(X.reshape((-1, 784)), W1) + b1).relu()
        if autograd.is_training():
            H1 = dropout(H1, 0.2)
        H2 = (nd.dot(H1, W2) + b2).relu()
        if autograd.is_training():
            H2 = dropout(H2, 0.5)
        return nd.dot(H2, W3) + b3

    net = nn.Sequential()
    net.add(nn.Dense(256, activation="relu"), nn.Dropout(0.2))
    net.add(nn.Dense(256, activation="relu"), nn.Dropout(0.5), nn.Dense(10))
    net.initialize(init.Normal(sigma=0.01))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": LR})
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    serve(d2l.train_ch3, iterators, loss, by_hand, params, net, trainer)


def serve(train_ch3, iterators, loss, by_hand, params, net, trainer) -> None:
    """For each name on standard input train that network for an epoch; the loop itself prints the line."""
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        if line.strip() == "scratch":
            train_ch3(by_hand, *iterators, loss, 1, BATCH_SIZE, params, LR)
        else:
            train_ch3(net, *iterators, loss, 1, BATCH_SIZE, None, None, trainer)
        print(time.perf_counter() - start, flush=True)


class Peer:
    """A process that runs one epoch when asked.

    Args:
        serve: ``ours`` or ``d2l``.
        environment: variables set for the process.
    """

    def __init__(self, serve: str, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__, "--serve", serve],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, **environment},
        )  # fmt: skip
        self._line()

    def _line(self) -> str:
        line = self.process.stdout.readline().strip()
        if not line:
            raise SystemExit(f"a peer ended with status {self.process.wait()}")
        return line

    def epoch(self, name: str) -> tuple[float, float]:
        """Seconds and training loss of one epoch."""
        print(name, file=self.process.stdin, flush=True)
        loss = float(re.fullmatch(r"epoch 1, loss (\d\.\d{4}), .*", self._line())[1])
        return float(self._line()), loss

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


HELPER = {"dropout_gluon": ("ours", {}), "d2l 0.9.2": ("d2l", {})}
THREADS = {
    "as it is": ("ours", {}),
    "threads sleep while they wait": ("ours", {"OMP_WAIT_POLICY": "passive"}),
    "one thread": ("ours", {"OMP_NUM_THREADS": "1"}),
}


def take_turns(peers: dict[str, Peer], epochs: int) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Seconds and loss of each epoch, by peer and network; the first of each is not counted."""
    measured = {(peer, name): [] for peer in peers for name in NAMES}
    for turn in tqdm(range(epochs + 1), unit="turn", desc="epochs in turn"):
        for name in NAMES:
            for peer, process in peers.items():
                epoch = process.epoch(name)
                if turn:
                    measured[peer, name].append(epoch)
    return measured


def report(measured: dict[tuple[str, str], list[tuple[float, float]]]) -> None:
    """Print the medians as a Markdown table, with each peer's time as a ratio to the first's."""
    first = next(iter(measured))[0]
    print(f"\n| network | | s an epoch | ratio to {first} | last training loss |")
    print("| --- | --- | --- | --- | --- |")
    for name in NAMES:
        ours = [seconds for seconds, _ in measured[first, name]]
        for peer in dict.fromkeys(peer for peer, _ in measured):
            seconds = [took for took, _ in measured[peer, name]]
            ratio = statistics.median(b / a for a, b in zip(ours, seconds))
            loss = measured[peer, name][-1][1]
            print(f"| {name} | {peer} | {statistics.median(seconds):.2f} | {ratio:.2f} | {loss:.4f} |")
    print(
        f"\nMedians of {len(ours)} epochs of training and evaluation in turn, and of their ratios. "
        f"{processor()}, {os.cpu_count()} processors."
    )


def processor() -> str:
    text = Path("/proc/cpuinfo").read_text()
    return re.search(r"model name\s*: (.*)", text)[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=5, metavar="N", help="epochs that count (%(default)s)")
    parser.add_argument("--threads", action="store_true", help="compare thread settings, not the helper")
    parser.add_argument("--serve", choices=("ours", "d2l"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        return {"ours": serve_ours, "d2l": serve_d2l}[arguments.serve]()
    chosen = THREADS if arguments.threads else HELPER
    peers = {name: Peer(*description) for name, description in chosen.items()}
    try:
        report(take_turns(peers, arguments.epochs))
    finally:
        for process in peers.values():
            process.stop()


if __name__ == "__main__":
    main()
