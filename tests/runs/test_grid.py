"""Every combination of values: a list in what it gives, not in what it takes."""

import time
import tracemalloc
from itertools import product

import pytest

from dropout_gluon.config import RunConfig
from dropout_gluon.errors import ConfigError
from dropout_gluon.runs.grid import grid

VALUES = {"seed": range(3), "drop_probs": [(0.2, 0.5), (0.5, 0.2)], "learning_rate": [0.1, 0.5]}


def test_it_is_every_combination_the_last_field_changing_fastest():
    combinations = [RunConfig(**dict(zip(VALUES, values))) for values in product(*VALUES.values())]
    configs = grid(VALUES)
    assert list(configs) == combinations
    assert [configs[place] for place in range(len(configs))] == combinations
    assert configs[-1] == combinations[-1]
    assert configs[2:7:2] == combinations[2:7:2]
    assert configs + combinations[:1] == [*combinations, combinations[0]]
    assert combinations[:1] + configs == [combinations[0], *combinations]
    assert repr(configs) == "<12 RunConfigs: every combination of seed, drop_probs, learning_rate>"
    with pytest.raises(IndexError):
        configs[12]


def test_a_value_given_twice_counts_once_however_it_is_written():
    configs = grid({"drop_probs": [(0.2, 0.5), [0.2, 0.5]], "learning_rate": [1, 1.0], "sigma": [0.0, -0.0]})
    assert list(configs) == [RunConfig(learning_rate=1.0, sigma=0.0)]


def test_it_has_what_it_gives_and_nothing_else():
    configs = grid(VALUES)
    assert all(config in configs for config in configs)
    for other in (RunConfig(seed=3), RunConfig(sigma=0.02), RunConfig(learning_rate=0.2), None, 3):
        assert other not in configs
    assert RunConfig() not in grid({"seed": []})


def test_a_thousand_million_take_no_memory_and_no_time():
    tracemalloc.start()
    start = time.process_time()
    configs = grid({"seed": range(10**9), "implementation": ["scratch", "gluon"]})
    assert len(configs) == 2 * 10**9
    assert configs[10**9].seed == 5 * 10**8
    assert RunConfig(seed=999_999_999) in configs
    assert next(iter(configs)) == RunConfig(seed=0)
    seconds = time.process_time() - start
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()
    assert seconds < 5  # a list of them would take hours


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"seed": range(2**31 + 1)}, "seed must be a whole number from 0 to 2147483647, not 2147483648"),
        ({"seed": range(-1, 3)}, "seed must be a whole number from 0 to 2147483647, not -1"),
        ({"seed": range(10, -5, -1)}, "seed must be a whole number from 0 to 2147483647, not -4"),
        ({"seed": iter([1])}, "seed must be a list of values"),
        (
            {"drop_probs": range(2)},
            "drop_probs must be a list of at most 100 values, one a hidden layer, not 0",
        ),
        ({"hidden_sizes": [(9, 9), (9,)]}, "drop_probs must have a value for each of hidden_sizes (9,)"),
        (
            {"seed": range(10**9), "batch_size": [256, 512], "num_train": [60_000, 300]},
            "batch_size must be at most num_train, 300, not 512",
        ),
        ({"implementation": ["gluon", "torch"]}, "implementation must be one of scratch, gluon, not 'torch'"),
        ({"seed": range(2**31), "num_epochs": range(1, 2**40)}, "combinations are more than can be counted"),
    ],
)
def test_bad_values_are_refused_before_any_is_made(values, message):
    with pytest.raises(ConfigError) as caught:
        grid(values)
    assert message in str(caught.value)
