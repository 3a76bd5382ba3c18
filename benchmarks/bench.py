"""Time an epoch of the chapter against its peers: `make bench`, or python benchmarks/bench.py --help.

Each peer runs in a process and an environment of its own, as its users run it, and all take turns: an epoch
of training and evaluation by the one, then by the next, in one session on one machine. The first epoch of
each is a warm-up. What counts is the ratio of epochs in the same turn; printed are the medians. A peer whose
training loss is not that of the chapter's experiment is not compared, and the exit status is 1. Now and then
the loss of a run jumps without any fault: the peers' seeds are fixed, so that a session can be repeated.

Nothing here may import MXNet through the package: it would set variables that the peers inherit.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import comparison
import figures
import report
from comparison import CHECKED_EPOCH, D2L, FLOOR, GLUONBOOK, JAX, OURS, PYTORCH, WARM_UP, Key, Measured
from tqdm import tqdm

from dropout_gluon.fashion_mnist import sources
from dropout_gluon.machine import processors

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parent / ".bench"
LEAST, LONG = CHECKED_EPOCH - WARM_UP, 29  # timed epochs


class Unavailable(Exception):
    """A peer cannot run here; the message says why, without a path of this machine."""


@dataclass(frozen=True)
class Peer:
    """Something to take turns with.

    Attributes:
        name: in the table.
        script: in `peers`, with its arguments after the folder of the data.
        packages: what pip installs into its environment; none means ours.
        variables: of the process's environment.
        before: arguments that stand before the folder.
        python: an interpreter that has what it needs; none means that of `packages`.
    """

    name: str
    script: str
    packages: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    python: str = ""


BOOK = ("mxnet==1.9.1", "numpy==1.23.5", "matplotlib==3.9.4", "pyparsing==3.2.5", "ipython==8.18.1")
OUR_OWN = Peer(OURS, "ours.py")
PEERS = (
    OUR_OWN,
    Peer(D2L, "book.py", (*BOOK, "d2l==0.9.2"), before=("d2l",)),
    Peer(GLUONBOOK, "book.py", (*BOOK, "gluonbook==0.8.10"), before=("gluonbook",)),
    Peer(PYTORCH, "pytorch.py", ("torch==2.13.0", "numpy")),
    Peer(JAX, "jax_peer.py", ("jax==0.10.2", "numpy")),
    Peer(FLOOR, "floor.py", ("torch==2.13.0", "numpy")),
)
LASTING = {"OMP_NUM_THREADS": str(processors()), "OMP_WAIT_POLICY": "active", "GOMP_SPINCOUNT": "300000"}
THREADS = (
    OUR_OWN,
    Peer("threads sleep while they wait", "ours.py", variables={"OMP_WAIT_POLICY": "passive"}),
    Peer("one thread", "ours.py", variables={"OMP_NUM_THREADS": "1"}),
    Peer("what the package sets, set for the whole process", "ours.py", variables=LASTING),
)


def beside(python: str) -> tuple[Peer, ...]:
    """Ourselves here, and on another interpreter that has the package; else the program ends."""

    def named(interpreter: str) -> Peer:
        code = (
            "import platform, numpy; print(f'Python {platform.python_version()}, NumPy {numpy.__version__}')"
        )
        try:
            done = subprocess.run([interpreter, "-c", code], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise SystemExit(f"{interpreter} does not run: {error}") from None
        return Peer(done.stdout.strip(), "ours.py", python=interpreter)

    here, there = named(sys.executable), named(python)
    if here.name == there.name:
        raise SystemExit(f"{python} is the same: {there.name}")
    return here, there


def interpreter(peer: Peer) -> str:
    """The Python of the peer's environment, which is made if need be; Unavailable where it cannot be."""
    if not peer.packages:
        return peer.python or sys.executable
    folder = ENVIRONMENTS / "-".join(package.partition("==")[0] for package in peer.packages[-2:])
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        tqdm.write(f"installing {peer.packages[-2]} and {peer.packages[-1]}", file=sys.stderr)
        # The book's helpers name the whole of Jupyter as a requirement and need next to none of it.
        *needed, last = peer.packages
        commands = [
            [sys.executable, "-m", "venv", "--clear", folder],
            [python, "-m", "pip", "install", "--quiet", *needed],
            [python, "-m", "pip", "install", "--quiet", *(["--no-deps"] if "==" in last else []), last],
        ]
        for command in commands:
            if subprocess.run(command, check=False).returncode:
                raise Unavailable(f"{' and '.join(peer.packages[-2:])} could not be installed")
        done.touch()
    return str(python)


class Process:
    """A peer's process, which trains a network for an epoch when asked."""

    def __init__(self, peer: Peer, folder: Path) -> None:
        python = interpreter(peer)
        self.peer = peer
        self.stderr = (ENVIRONMENTS / f"{peer.name.replace(' ', '-')}.log").open("w")
        self.process = subprocess.Popen(
            [python, "-W", "ignore", HERE / "peers" / peer.script, *peer.before, folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr, text=True,
            env={**os.environ, **peer.variables},
        )  # fmt: skip
        described = self._answer()
        self.networks: list[str] = described["networks"]
        self.versions: dict[str, str] = described["versions"]

    def _answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            log = Path(self.stderr.name).relative_to(ENVIRONMENTS.parent)
            raise Unavailable(f"it ended with status {self.process.wait()}, see {log}")
        return json.loads(line)

    def epoch(self, network: str) -> tuple[float, float | None]:
        """Seconds and training loss of one epoch."""
        self.process.stdin.write(f"{network}\n")
        self.process.stdin.flush()
        answer = self._answer()
        return answer["seconds"], answer["loss"]

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.stderr.close()


def start(peers: tuple[Peer, ...], folder: Path) -> tuple[list[Process], list[str]]:
    """The peers that can run here, and a sentence for each of the others."""
    ENVIRONMENTS.mkdir(exist_ok=True)
    processes, missing = [], []
    for peer in tqdm(peers, unit="peer", desc="starting", leave=False):
        try:
            processes.append(Process(peer, folder))
        except Unavailable as error:
            missing.append(f"{peer.name} is left out: {error}.")
            tqdm.write(missing[-1], file=sys.stderr)
    return processes, missing


def take_turns(processes: list[Process], epochs: int) -> Measured:
    """Seconds and loss of each epoch, by peer and network."""
    pairs = [(process, network) for process in processes for network in process.networks]
    measured: Measured = {(process.peer.name, network): [] for process, network in pairs}
    for _ in tqdm(range(epochs), unit="turn", desc="epochs in turn"):
        for process, network in pairs:
            try:
                measured[process.peer.name, network].append(process.epoch(network))
            except (Unavailable, OSError) as error:
                sys.exit(f"{process.peer.name} has stopped in the middle of the session: {error}")
    return measured


def timed_epochs(text: str) -> int:
    """The number behind --epochs: at least as many as the check of the losses needs."""
    epochs = int(text)
    if epochs < LEAST:
        raise argparse.ArgumentTypeError(f"at least {LEAST}: losses are compared at epoch {CHECKED_EPOCH}")
    return epochs


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="Exit status: 1 where a peer does not train the same experiment.",
    )
    add = parser.add_argument
    add("--epochs", type=timed_epochs, default=LEAST, metavar="N", help="that are timed (%(default)s)")
    add("--long", dest="epochs", action="store_const", const=LONG, help=f"time {LONG} epochs")
    add("--threads", action="store_true", help="compare thread settings, not the peers")
    add("--beside", metavar="PYTHON", help="compare ourselves on another interpreter that has the package")
    return report.parse(parser)


def session(peers: tuple[Peer, ...], epochs: int) -> tuple[Measured, dict[str, str], list[str]]:
    """Times and losses, versions of the peers' libraries, and sentences about those that are missing."""
    processes, missing = start(peers, sources.locate().folder)
    try:
        if missing and all(peer.script == OUR_OWN.script for peer in peers):
            sys.exit(missing[0])
        if not any(process.peer.script == OUR_OWN.script for process in processes):
            sys.exit("without our own networks there is nothing to compare with")
        measured = take_turns(processes, WARM_UP + epochs)
    finally:
        for process in processes:
            process.stop()
    versions = {name: version for process in processes for name, version in process.versions.items()}
    return measured, {name: versions[name] for name in ("torch", "jax") if name in versions}, missing


def peers_section(
    measured: Measured, odd: list[Key], missing: list[str]
) -> tuple[list[str], dict[str, bytes]]:
    """Paragraphs and figures of a session with the peers."""
    tables = comparison.peers_table(measured, odd), comparison.targets_table(measured, odd)
    paragraphs = [tables[0], *missing, tables[1]]
    if (FLOOR, "network") not in measured:
        return [*paragraphs, "The figure is of an earlier session: the matrix products are missing."], {}
    return paragraphs, {"speed.png": figures.speed(measured, odd)}


def beside_table(measured: Measured) -> str:
    """Medians of two interpreters, the ratio of each turn, and whether both have the same losses."""
    here, there = dict.fromkeys(name for name, _ in measured)
    rows = []
    for network in ("scratch", "gluon"):
        ratios = comparison.ratios(measured, (there, network), (here, network))
        losses = [[loss for _, loss in measured[name, network]] for name in (here, there)]
        seconds = [statistics.median(comparison.seconds(measured, (name, network))) for name in (here, there)]
        low, median, high = min(ratios), statistics.median(ratios), max(ratios)
        same = "the same to the last bit" if losses[0] == losses[1] else "not the same"
        rows.append(
            [network, *(f"{s:.2f}" for s in seconds), f"{median:.2f} ({low:.2f} to {high:.2f})", same]
        )
    header = ("network", f"{here}, s an epoch", f"{there}, s an epoch", "ratio (least to most)", "losses")
    return report.table(header, rows)


def name_strangers(measured: Measured, odd: list[Key]) -> int:
    """Say on standard error who does not train the same experiment; the exit status."""
    low, high = comparison.loss_bounds()
    for key in odd:
        print(
            f"{', '.join(key)}: {comparison.NOT_THE_SAME}, the training loss of epoch {CHECKED_EPOCH} is "
            f"{comparison.checked_loss(measured, key):.3f} and not within {low} to {high}",
            file=sys.stderr,
        )
    return 1 if odd else 0


def main() -> int:
    arguments = parse()
    peers = THREADS if arguments.threads else beside(arguments.beside) if arguments.beside else PEERS
    measured, versions, missing = session(peers, arguments.epochs)
    if arguments.beside:
        odd = []
        section, paragraphs, pngs = "pythons", [beside_table(measured), *missing], {}
    elif arguments.threads:
        # All of them are our own network: a loss outside the bounds is a jump, and no other experiment.
        odd = []
        section, paragraphs, pngs = "threads", [comparison.peers_table(measured), *missing], {}
    else:
        odd = comparison.strangers(measured)
        section, (paragraphs, pngs) = "peers", peers_section(measured, odd, missing)
    how = (
        f"Medians of {arguments.epochs} epochs of training and evaluation in turn, and of the ratios within "
        f"a turn. {report.setting(versions)}"
    )
    report.publish(section, "\n\n".join([*paragraphs, how]), pngs, stdout=arguments.stdout)
    return name_strangers(measured, odd)


if __name__ == "__main__":
    sys.exit(main())
