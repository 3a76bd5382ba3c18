"""Time whole processes, from their start to their end: python benchmarks/startup.py --help.

What a user waits for: the command's help, the import, the data, the reproduction of the chapter. The
processes take turns, so that a busy minute of the machine falls on all of them; printed are the medians.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import report
from tqdm import tqdm

COMMAND = str(Path(sys.executable).parent / "dropout-gluon")
OFTEN, SELDOM = 7, 3


@dataclass(frozen=True)
class Case:
    """A process to time.

    Attributes:
        name: in the table.
        arguments: of a bare interpreter.
        times: that are measured.
    """

    name: str
    arguments: tuple[str, ...]
    times: int = OFTEN


def case_of_import(code: str) -> Case:
    return Case(f"`{code}`", ("-c", code))


HELP = Case("`dropout-gluon --help`", (COMMAND, "--help"))
MXNET = case_of_import("import mxnet")
PACKAGE = case_of_import("import dropout_gluon")
DOOR = case_of_import("import dropout_gluon as gb; gb.nd")
DATA = Case("`dropout-gluon data`", (COMMAND, "data"))


def case_of_reproduce(out: str) -> Case:
    return Case("`dropout-gluon reproduce --quiet`", (COMMAND, "reproduce", "--quiet", "--out", out), SELDOM)


def measure(case: Case) -> tuple[float, float]:
    """Seconds from start to end, and the peak of its memory in MB."""
    with tempfile.TemporaryFile("w+", errors="replace") as stderr:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", *case.arguments], stdout=subprocess.DEVNULL, stderr=stderr
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            stderr.seek(0)
            said = stderr.read().strip().splitlines() or ["nothing"]
            sys.exit(f"{case.name} ended with status {process.returncode} and said: {said[-1]}")
    return seconds, usage.ru_maxrss / 1000


Measured = dict[Case, list[tuple[float, float]]]


def take_turns(cases: list[Case]) -> Measured:
    """Every case as often as it wants, one after the other, after a first round that does not count."""
    turns = [case for turn in range(OFTEN) for case in cases if turn < case.times]
    warm_up = [case for case in cases if case.times == OFTEN]
    measured: Measured = {case: [] for case in cases}
    for number, case in enumerate(tqdm([*warm_up, *turns], unit="process")):
        result = measure(case)
        if number >= len(warm_up):
            measured[case].append(result)
    return measured


def medians_table(measured: Measured) -> str:
    """Seconds and peak memory of each process."""
    # Linux starts a child's peak at the peak of its parent: a smaller child cannot be told from us.
    floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000

    def row(case: Case) -> list[str]:
        seconds, memory = (statistics.median(column) for column in zip(*measured[case]))
        return [case.name, str(case.times), f"{seconds:.2f}", f"{memory:.0f}" if memory > floor else "-"]

    return report.table(("process", "times", "s", "peak MB"), map(row, measured))


def targets_table(measured: Measured, reproduce: Case) -> str:
    """What the medians should be, and are."""
    seconds = {case: statistics.median(took for took, _ in runs) for case, runs in measured.items()}
    memory = statistics.median(peak for _, peak in measured[reproduce])
    ratio = statistics.median(ours[0] / plain[0] for ours, plain in zip(measured[DOOR], measured[MXNET]))
    rows = (
        (f"{HELP.name}, s", "< 0.3", f"{seconds[HELP]:.2f}", seconds[HELP] < 0.3),
        (f"{DOOR.name} / {MXNET.name}", "≤ 1.2", f"{ratio:.2f}", ratio <= 1.2),
        (f"{reproduce.name}, s", "≤ 25", f"{seconds[reproduce]:.1f}", seconds[reproduce] <= 25),
        (f"{reproduce.name}, peak MB", "< 700", f"{memory:.0f}", memory < 700),
    )
    lines = ([*cells, "yes" if met else "no"] for *cells, met in rows)
    return report.table(("", "target", "measured", "reached"), lines)


def main() -> None:
    arguments = report.parse(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    with tempfile.TemporaryDirectory() as out:
        reproduce = case_of_reproduce(out)
        measured = take_turns([HELP, MXNET, PACKAGE, DOOR, DATA, reproduce])
    parts = (
        medians_table(measured),
        targets_table(measured, reproduce),
        f"Medians, and the median of the ratios within a turn. {report.setting()}",
    )
    report.publish("startup", "\n\n".join(parts), stdout=arguments.stdout)


if __name__ == "__main__":
    main()
