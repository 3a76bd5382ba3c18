"""Seeds of MXNet's generator: one for each run, and for each thing that is drawn in it."""

from __future__ import annotations

import numpy as np

TRAINING, MEASURING = 3, 6  # streams; 1, 2, 4 and 5: fashion_mnist.batches


def mxnet_seed(seed: int, stream: int) -> int:
    """The seed of MXNet's generator for a stream of a run: from 0 to 2**31 - 1, far from those of others.

    MXNet spreads a seed over 1,024 generators by counting up, so that seeds 1 and 2 share seven in eight of
    their numbers. Runs with neighbouring seeds would not be independent.
    """
    return int(np.random.SeedSequence([seed, stream]).generate_state(1)[0]) >> 1
