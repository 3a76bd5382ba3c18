"""How long a verdict takes, and how much memory: on 1, 100 and 1,000 logs of ten epochs in a text file.

    python benchmarks/judging.py                        into docs/performance.md
    python benchmarks/judging.py --beside CHECKOUT/src  beside another version of the package

Every verdict has a process of its own, and is timed from after the imports on.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import report
from tqdm import tqdm

from dropout_gluon.logs import EpochRecord
from dropout_gluon.verdict.references import load

COUNTS = (1, 100, 1000)
TIMES = 3
MEASURE = """
import json, resource, sys, time
import dropout_gluon
from dropout_gluon.verdict.compare import compare
from dropout_gluon.verdict.views import VIEWS
start = time.perf_counter()
VIEWS["text"](compare(sys.argv[1]))
seconds = time.perf_counter() - start
print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def logs(count: int) -> str:
    """So many logs as good runs print them: recorded ones, each value a little off, so that all differ."""
    rng = np.random.default_rng(0)
    values = load("reshuffled").values
    text = []
    for run in values[rng.integers(len(values), size=count)] + rng.normal(
        0, 5e-4, (count, *values.shape[1:])
    ):
        text += [str(EpochRecord(number, *map(float, row))) for number, row in enumerate(run, 1)]
    return "\n".join(text) + "\n"


def measured(path: Path, source: str | None) -> tuple[float, float]:
    """Seconds and MB, the medians of three, with the package of this environment or from a folder."""
    environment = {**os.environ, **({"PYTHONPATH": source} if source else {})}
    command = [sys.executable, "-c", MEASURE, str(path)]
    runs = [
        json.loads(subprocess.run(command, check=True, capture_output=True, env=environment).stdout)
        for _ in range(TIMES)
    ]
    seconds, megabytes = np.median(runs, axis=0)
    return float(seconds), float(megabytes)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--beside", metavar="FOLDER", help="with another version of the package")
    arguments = report.parse(parser)
    sources = [None, *([arguments.beside] if arguments.beside else [])]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for count in tqdm(COUNTS, desc="verdicts", unit="size"):
            path = Path(folder) / f"{count}.txt"
            path.write_text(logs(count))
            cells = [measured(path, source) for source in sources]
            rows.append([f"{count:,}", *(f"{value:.3g}" for cell in cells for value in cell)])
    head = ["logs", "s", "MB", *(["before: s", "before: MB"] if arguments.beside else [])]
    content = f"{report.table(head, rows)}\n\nMedians of {TIMES}. {report.setting()}"
    report.publish("judging", content, stdout=arguments.stdout)


if __name__ == "__main__":
    main()
