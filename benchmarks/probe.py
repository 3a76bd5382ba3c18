"""Call MXNet's API, line by line, on this Python and NumPy: python benchmarks/probe.py --help.

With --record the outcome is kept in docs/compatibility.json under this pair of Python and NumPy, the table
of docs/compatibility.md is written anew.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import platform
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import report
from calls import CALLS
from tqdm import tqdm

import dropout_gluon  # noqa: F401, after which MXNet can be imported
from dropout_gluon.files import write_whole

PAGE = report.DOCS / "compatibility.md"
RECORD = report.DOCS / "compatibility.json"
OK = ""

Outcomes = dict[str, dict[str, str]]  # group -> line -> OK, or what was raised


def names(folder: str) -> dict:
    """What the lines see."""
    import mxnet as mx
    import numpy as np
    from mxnet import autograd, gluon, init, nd
    from mxnet.gluon import nn

    def train(name: str, **options: object) -> bool:
        """Two steps of an optimizer move the weights, and they stay finite."""
        net = nn.Dense(2, in_units=3)
        net.initialize()
        before = net.weight.data().asnumpy()
        trainer = gluon.Trainer(net.collect_params(), name, options)
        for _ in range(2):
            with autograd.record():
                loss = (net(nd.ones((4, 3))) ** 2).sum()
            loss.backward()
            trainer.step(np.int64(4))
        after = net.weight.data().asnumpy()
        return bool(np.isfinite(after).all() and (after != before).any())

    def fill(initializer: Callable) -> object:
        weights = nd.full((4, 3), np.nan)
        initializer(init.InitDesc("weight"), weights)
        assert np.isfinite(weights.asnumpy()).all()
        return weights

    def measure(metric: object) -> object:
        metric.update([nd.array([0, 1])], [nd.array([[0.9, 0.1], [0.2, 0.8]])])
        return metric.get()[1]

    return {
        "mx": mx, "nd": nd, "np": np, "gluon": gluon, "nn": nn, "autograd": autograd, "init": init,
        "folder": folder, "train": train, "fill": fill, "measure": measure,
    }  # fmt: skip


def call(line: str, seen: dict) -> str:
    """Run a line: statements, then an expression that must be true. OK, or what was raised."""
    *before, last = line.split("; ")
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for statement in before:
                exec(statement, seen)
            value = eval(last, seen)
            if hasattr(value, "asnumpy"):
                value = bool(value.asnumpy().all())
        return OK if value else f"gives {value!r}"
    except Exception as error:
        return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"[:200]


def probe() -> Outcomes:
    """The outcome of every line."""
    outcomes: Outcomes = {}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for group, lines in tqdm(CALLS.items(), unit="group", delay=2, leave=False):
            seen = names(folder)
            outcomes[group] = {line: call(line, seen) for line in lines}
    return outcomes


def pair() -> str:
    """This Python and NumPy, as the table calls them."""
    import numpy

    return f"{platform.python_version()}, {numpy.__version__}"


def failures(outcomes: Outcomes) -> dict[str, str]:
    """Line -> what was raised, of those that did not do what they should."""
    return {line: said for lines in outcomes.values() for line, said in lines.items() if said != OK}


def summary(outcomes: Outcomes) -> dict:
    """What is recorded of a pair: how many lines of each group did what they should, and which did not."""
    return {
        "held": {group: [list(lines.values()).count(OK), len(lines)] for group, lines in outcomes.items()},
        "failures": failures(outcomes),
    }


def page(recorded: dict[str, dict]) -> str:
    """The table of all pairs, and what failed on which."""
    pairs = sorted(recorded, key=lambda name: [int(x) for x in name.replace(", ", ".").split(".")])
    header = ["calls", *(f"Python {name.replace(', ', '<br>NumPy ')}" for name in pairs)]
    rows = []
    for group in CALLS:
        counts = [recorded[name]["held"].get(group) for name in pairs]
        rows.append([group, *(f"{c[0]} of {c[1]}" if c else "-" for c in counts)])
    totals = [[sum(n) for n in zip(*recorded[name]["held"].values())] for name in pairs]
    rows.append(["**all**", *(f"**{held} of {asked}**" for held, asked in totals)])
    failing: dict[str, list[str]] = {}
    for name in pairs:
        for line, said in recorded[name]["failures"].items():
            failing.setdefault(f"`{line}`: {said}".replace("|", "\\|"), []).append(name.split(", ")[1])
    said = [f"- {what} (NumPy {', '.join(dict.fromkeys(where))})" for what, where in sorted(failing.items())]
    return "\n".join(
        [report.table(header, rows), "", "What does not do what it should:", "", *(said or ["- nothing"])]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="keep the outcome in docs/compatibility.*")
    arguments = parser.parse_args()
    outcomes = probe()
    for group, lines in outcomes.items():
        print(f"{group}: {list(lines.values()).count(OK)} of {len(lines)}")
    for line, said in failures(outcomes).items():
        print(f"    {line}\n        {said}")
    if arguments.record:
        recorded = json.loads(RECORD.read_text()) if RECORD.exists() else {}
        recorded[pair()] = summary(outcomes)
        write_whole(RECORD, (json.dumps(recorded, indent=1, sort_keys=True) + "\n").encode())
        text = report.replace_section(PAGE.read_text(encoding="utf-8"), "calls", page(recorded))
        write_whole(Path(PAGE), text.encode())


if __name__ == "__main__":
    sys.exit(main())
