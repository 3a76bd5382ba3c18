"""How time and memory grow with width, batch size and images: python benchmarks/growth.py --help.

Every point is a process of its own: a warm-up epoch, then the median of three. The points come in a shuffled
order, so that a machine that slows down does not look like a trend.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import figures
import numpy as np
import report
from tqdm import tqdm

WORKER = Path(__file__).parent / "growth_point.py"
IMPLEMENTATIONS = ("scratch", "gluon")
TIMED = 3  # epochs
TEST_IMAGES, INPUTS, OUTPUTS = 10_000, 784, 10


@dataclass(frozen=True)
class Point:
    """A network, with `width` units in each hidden layer, and what it trains on; by default the chapter's."""

    implementation: str
    width: int = 256
    batch_size: int = 256
    images: int = 60_000

    def products(self) -> float:
        """Floating-point operations of an epoch's matrix products.

        Backward takes twice as many as forward, less the gradient of the images, which nobody needs.
        """
        first = 2 * INPUTS * self.width
        forward = first + 2 * self.width * (self.width + OUTPUTS)
        return self.images * (3 * forward - first) + TEST_IMAGES * forward

    def batches(self) -> int:
        """Batches of an epoch, of training and of evaluation."""
        return -(-self.images // self.batch_size) - (-TEST_IMAGES // self.batch_size)


@dataclass(frozen=True)
class Axis:
    """A quantity that is varied, and how figure and table call it."""

    field: str
    title: str
    values: tuple[int, ...]
    log: bool = True

    def points(self, implementation: str) -> list[Point]:
        return [replace(Point(implementation), **{self.field: value}) for value in self.values]


WIDTH = Axis("width", "Units of each hidden layer", (64, 128, 256, 512, 1024, 2048))
BATCH_SIZE = Axis("batch_size", "Batch size", (32, 64, 128, 256, 512, 1024, 2048))
IMAGES = Axis("images", "Training images", (6000, 12_000, 24_000, 36_000, 48_000, 60_000), log=False)
AXES = (WIDTH, BATCH_SIZE, IMAGES)


@dataclass(frozen=True)
class Measurement:
    """Seconds of an epoch, and the peak of the process's memory in MB."""

    seconds: float
    peak: float


Measured = dict[Point, Measurement]


def measure(point: Point) -> Measurement:
    argument = json.dumps({**asdict(point), "epochs": 1 + TIMED})
    child = subprocess.run(
        [sys.executable, "-W", "ignore", WORKER, argument], capture_output=True, text=True, check=False
    )
    if child.returncode:
        said = child.stderr.strip().splitlines() or [f"status {child.returncode}"]
        sys.exit(f"{point} could not be measured: {said[-1]}")
    answer = json.loads(child.stdout)
    return Measurement(statistics.median(answer["seconds"][1:]), answer["peak"])


def measure_all() -> Measured:
    """Every point once, those that axes share too."""
    wanted = [point for axis in AXES for name in IMPLEMENTATIONS for point in axis.points(name)]
    points = list(dict.fromkeys(wanted))
    random.Random(0).shuffle(points)
    return {point: measure(point) for point in tqdm(points, unit="point")}


def rate(measured: Measured, point: Point) -> float:
    """Matrix products a second, in GFLOP/s of the whole epoch's time."""
    return point.products() / measured[point].seconds / 1e9


def best_rate(measured: Measured) -> float:
    return max(rate(measured, point) for point in measured)


def fit(
    measured: Measured, axis: Axis, implementation: str, size: Callable[[Point], int]
) -> tuple[float, float]:
    """Constant and slope of an epoch's seconds against `size`, by least squares of the relative errors."""
    points = axis.points(implementation)
    seconds = np.array([measured[point].seconds for point in points])
    slope, constant = np.polyfit([size(point) for point in points], seconds, 1, w=1 / seconds)
    return float(constant), float(slope)


def axis_table(measured: Measured, axis: Axis) -> str:
    """Seconds, rate and memory of both implementations at each value."""
    columns = [axis.points(name) for name in IMPLEMENTATIONS]
    header = [axis.title.lower()]
    for name in IMPLEMENTATIONS:
        header += [f"{name}: s an epoch", "GFLOP/s", "peak MB"]
    rows = []
    for value, *points in zip(axis.values, *columns):
        cells = [f"{value:,}"]
        for point in points:
            found = measured[point]
            cells += [f"{found.seconds:.2f}", f"{rate(measured, point):.0f}", f"{found.peak:.0f}"]
        rows.append(cells)
    return report.table(header, rows)


def findings(measured: Measured, implementation: str) -> list[str]:
    """What bends the curves of an implementation, in numbers."""
    chapter = Point(implementation)
    work, cost = fit(measured, BATCH_SIZE, implementation, Point.batches)
    fixed, image = fit(measured, IMAGES, implementation, lambda point: point.images)
    best = best_rate(measured)
    shares = {point.width: rate(measured, point) / best for point in WIDTH.points(implementation)}
    wide = [f"{width:,}" for width, share in shares.items() if share > 0.5]
    took = measured[chapter].seconds
    return [
        implementation,
        f"{1e3 * cost:.2f}",
        f"{cost * chapter.batches():.2f} of {took:.2f}",
        f"{work:.2f}",
        f"{fixed:.2f} + {1e4 * image:.2f}",
        f"{shares[chapter.width]:.0%}",
        wide[0] if wide else "none",
    ]


def findings_table(measured: Measured) -> str:
    header = (
        "", "ms a batch, whatever its size", "s of an epoch at batch size 256", "s that do not depend on it",
        "s, constant + for 10,000 images", "products' share at 256 units", "more than half from units",
    )  # fmt: skip
    return report.table(header, [findings(measured, name) for name in IMPLEMENTATIONS])


def panel(measured: Measured, axis: Axis) -> figures.Panel:
    found = {name: [measured[point] for point in axis.points(name)] for name in IMPLEMENTATIONS}
    best = 1e9 * best_rate(measured)
    return figures.Panel(
        title=axis.title,
        values=axis.values,
        seconds={name: [one.seconds for one in column] for name, column in found.items()},
        memory={name: [one.peak for one in column] for name, column in found.items()},
        products=[point.products() / best for point in axis.points(IMPLEMENTATIONS[0])],
        log=axis.log,
    )


def main() -> None:
    arguments = report.parse(argparse.ArgumentParser(description=__doc__.splitlines()[0]))
    measured = measure_all()
    parts = [axis_table(measured, axis) for axis in AXES]
    parts += [
        findings_table(measured),
        "The products' share of an epoch is reckoned at the best rate of all points, "
        f"{best_rate(measured):.0f} GFLOP/s. Medians of {TIMED} epochs of training and evaluation, each "
        f"point in a process of its own, in a shuffled order. {report.setting()}",
    ]
    figure = figures.growth([panel(measured, axis) for axis in AXES])
    report.publish("growth", "\n\n".join(parts), {"growth.png": figure}, stdout=arguments.stdout)


if __name__ == "__main__":
    main()
