"""What every peer shares, whatever library it runs: the data as arrays, and the protocol of taking turns.

Standard library and NumPy only: each peer lives in an environment of its own.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

BATCH_SIZE, LR, SIGMA, SIZES, DROP_PROBS = 256, 0.5, 0.01, (784, 256, 256, 10), (0.2, 0.5)


def load(folder: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Training images float32 (60000, 784) in [0, 1] and labels, test images and labels."""

    def read(name: str, header: int) -> np.ndarray:
        return np.frombuffer(gzip.decompress((Path(folder) / name).read_bytes()), np.uint8, offset=header)

    arrays = []
    for name in ("train", "t10k"):
        images = read(f"{name}-images-idx3-ubyte.gz", 16).reshape(-1, 784)
        arrays += [images.astype(np.float32) / 255, read(f"{name}-labels-idx1-ubyte.gz", 8).astype(np.int64)]
    return tuple(arrays)


def batches(order: np.ndarray) -> list[np.ndarray]:
    """An epoch's order cut into batches; the last one is smaller."""
    return [order[start : start + BATCH_SIZE] for start in range(0, len(order), BATCH_SIZE)]


def serve(networks: dict[str, Callable[[], float | None]], versions: dict[str, str]) -> None:
    """Announce the networks, then train one for an epoch for each line of standard input that names it.

    A network is a function that trains and evaluates for one epoch and returns the training loss, or None
    where there is none.
    """
    answers = sys.stdout
    sys.stdout = sys.stderr  # a library that prints does not disturb the protocol
    print(json.dumps({"networks": list(networks), "versions": versions}), file=answers, flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        loss = networks[line.strip()]()
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "loss": loss}), file=answers, flush=True)
