"""Where an epoch's time goes, operator by operator: python benchmarks/profile_epoch.py scratch|gluon.

MXNet's own profiler, on an epoch of a run. Operators of a compiled network are run one by one here, as they
would otherwise be counted in bulk. Last comes the processor time of Python's thread, without the profiler.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
import time

os.environ["MXNET_EXEC_BULK_EXEC_TRAIN"] = "0"

import dropout_gluon as gb
from dropout_gluon._mxnet import mx, nd
from dropout_gluon.runs import run as runs

ROW = re.compile(r"^(\S+)\s+(\d+)\s+(\d+\.\d+)\s", re.MULTILINE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("implementation", choices=("scratch", "gluon"))
    parser.add_argument("--rows", type=int, default=20, metavar="N", help="of the table (%(default)s)")
    arguments = parser.parse_args()
    config = gb.RunConfig(implementation=arguments.implementation)
    train_iter, test_iter = gb.load_data_fashion_mnist(config.batch_size)
    training = runs.training_arguments(config)

    def epoch() -> None:
        gb.train_ch3(
            train_iter=train_iter, test_iter=test_iter, num_epochs=1, report=lambda _: None, **training
        )

    epoch()
    wall, own = time.perf_counter(), time.thread_time()
    epoch()
    wall, own = time.perf_counter() - wall, time.thread_time() - own
    with tempfile.TemporaryDirectory() as folder:
        mx.profiler.set_config(profile_all=True, aggregate_stats=True, filename=f"{folder}/profile.json")
        mx.profiler.set_state("run")
        epoch()
        nd.waitall()
        mx.profiler.set_state("stop")
        # Names that start with MX are calls from Python, most of which wait for operators counted here too.
        rows = [(float(ms), int(n), name) for name, n, ms in ROW.findall(mx.profiler.dumps())]
        operators = sorted((row for row in rows if not row[2].startswith("MX")), reverse=True)
    print("| operator | calls | ms an epoch |\n| --- | --- | --- |")
    for ms, calls, name in operators[: arguments.rows]:
        print(f"| {name} | {calls} | {ms:.0f} |")
    total = sum(ms for ms, _, _ in operators)
    print(f"| all operators | {sum(calls for _, calls, _ in operators)} | {total:.0f} |")
    print(f"\nPython's thread, which hands them over: {own:.2f} s of an epoch of {wall:.2f} s")


if __name__ == "__main__":
    main()
