"""Time an epoch of the chapter against its peers: `make bench`, or python benchmarks/bench.py --help.

Each peer runs in a process and an environment of its own, as its users run it, and all take turns: an epoch
of training and evaluation by the one, then by the next, in one session on one machine. The first epoch of
each is a warm-up. What counts is the ratio of epochs in the same turn; printed are the medians.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from dropout_gluon import sources

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parent / ".bench"


@dataclass(frozen=True)
class Peer:
    """Something to take turns with.

    Attributes:
        name: in the table.
        script: in `peers`, with its arguments after the folder of the data.
        packages: what pip installs into its environment; none means ours.
        variables: of the process's environment.
        before: arguments that stand before the folder.
    """

    name: str
    script: str
    packages: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()


BOOK = ("mxnet==1.9.1", "numpy==1.23.5", "matplotlib==3.9.4", "pyparsing==3.2.5", "ipython==8.18.1")
OURS = Peer("dropout_gluon", "ours.py")
PEERS = (
    OURS,
    Peer("d2l 0.9.2", "book.py", (*BOOK, "d2l==0.9.2"), before=("d2l",)),
    Peer("gluonbook 0.8.10", "book.py", (*BOOK, "gluonbook==0.8.10"), before=("gluonbook",)),
    Peer("PyTorch, eager", "pytorch.py", ("torch==2.13.0", "numpy")),
    Peer("JAX, jit", "jax_peer.py", ("jax==0.10.2", "numpy")),
    Peer("matrix products alone", "floor.py", ("torch==2.13.0", "numpy")),
)
THREADS = (
    OURS,
    Peer("threads sleep while they wait", "ours.py", variables={"OMP_WAIT_POLICY": "passive"}),
    Peer("one thread", "ours.py", variables={"OMP_NUM_THREADS": "1"}),
)


def interpreter(peer: Peer) -> str:
    """The Python of the peer's environment, which is made if need be; OSError where it cannot be."""
    if not peer.packages:
        return sys.executable
    folder = ENVIRONMENTS / "-".join(package.partition("==")[0] for package in peer.packages[-2:])
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        print(f"installing {peer.packages[-2]} and {peer.packages[-1]}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        # The book's helpers name the whole of Jupyter as a requirement and need next to none of it.
        *needed, last = peer.packages
        for options in ([*needed], ["--no-deps", last] if "==" in last else [last]):
            subprocess.run([python, "-m", "pip", "install", "--quiet", *options], check=True)
        done.touch()
    return str(python)


class Process:
    """A peer's process, which trains a network for an epoch when asked."""

    def __init__(self, peer: Peer, folder: Path) -> None:
        self.peer = peer
        self.stderr = (ENVIRONMENTS / f"{peer.name.replace(' ', '-')}.log").open("w")
        self.process = subprocess.Popen(
            [interpreter(peer), "-W", "ignore", HERE / "peers" / peer.script, *peer.before, folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr, text=True,
            env={**os.environ, **peer.variables},
        )  # fmt: skip
        described = self._answer()
        self.networks: list[str] = described["networks"]
        self.versions: dict[str, str] = described["versions"]

    def _answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise OSError(f"it ended with status {self.process.wait()}, see {self.stderr.name}")
        return json.loads(line)

    def epoch(self, network: str) -> tuple[float, float]:
        """Seconds and training loss of one epoch."""
        print(network, file=self.process.stdin, flush=True)
        answer = self._answer()
        return answer["seconds"], answer["loss"]

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.stderr.close()


def start(peers: tuple[Peer, ...], folder: Path) -> list[Process]:
    """The peers that can run here; a sentence for each of the others."""
    ENVIRONMENTS.mkdir(exist_ok=True)
    processes = []
    for peer in tqdm(peers, unit="peer", desc="starting", leave=False):
        try:
            processes.append(Process(peer, folder))
        except (OSError, subprocess.CalledProcessError) as error:
            tqdm.write(f"{peer.name} is left out: {error}")
    return processes


Measured = dict[tuple[str, str], list[tuple[float, float]]]


def take_turns(processes: list[Process], epochs: int) -> Measured:
    """Seconds and loss of each epoch, by peer and network; seconds of the first are those of a warm-up."""
    pairs = [(process, network) for process in processes for network in process.networks]
    measured: Measured = {(process.peer.name, network): [] for process, network in pairs}
    for _ in tqdm(range(epochs + 1), unit="turn", desc="epochs in turn"):
        for process, network in pairs:
            measured[process.peer.name, network].append(process.epoch(network))
    return measured


def table(measured: Measured) -> str:
    """Medians, and each time as a ratio to our scratch and our Gluon network, as Markdown."""
    ours = {network: measured[OURS.name, network] for network in ("scratch", "gluon")}
    lines = [
        "| | network | s an epoch | times our scratch | times our Gluon | training loss, last epoch |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for (peer, network), epochs in measured.items():
        seconds = [took for took, _ in epochs[1:]]
        ratios = [statistics.median(b / a for (a, _), b in zip(own[1:], seconds)) for own in ours.values()]
        loss = f"{epochs[-1][1]:.3f}" if epochs[-1][1] else "-"
        cells = [peer, network, f"{statistics.median(seconds):.2f}", *(f"{r:.2f}" for r in ratios), loss]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=9, metavar="N", help="that count (%(default)s)")
    parser.add_argument("--long", action="store_true", help="30 epochs")
    parser.add_argument("--threads", action="store_true", help="compare thread settings, not the peers")
    arguments = parser.parse_args()
    epochs = 30 if arguments.long else arguments.epochs
    folder = sources.locate().folder
    processes = start(THREADS if arguments.threads else PEERS, folder)
    try:
        measured = take_turns(processes, epochs)
    finally:
        for process in processes:
            process.stop()
    print(table(measured))
    versions = {k: v for process in processes for k, v in process.versions.items()}
    print(
        f"\nMedians of {epochs} epochs of training and evaluation in turn, and of the ratios within a turn. "
        f"{versions['processor']}, {os.cpu_count()} processors, Python {platform.python_version()}; "
        + ", ".join(f"{name} {versions[name]}" for name in ("mxnet", "torch", "jax") if name in versions)
        + "."
    )


if __name__ == "__main__":
    main()
