"""RunConfig: the chapter's defaults, and a clear error for every value outside its range."""

import dataclasses
import math

import numpy as np
import pytest

from dropout_gluon.config import RunConfig
from dropout_gluon.errors import ConfigError

BAD = [
    ("drop_probs", (-0.1, 0.5), "drop_probs[0] must be a number from 0 to 1, not -0.1"),
    ("drop_probs", (0.2, 1.2), "drop_probs[1] must be a number from 0 to 1, not 1.2"),
    ("drop_probs", (math.nan, 0.5), "drop_probs[0] must be a number from 0 to 1, not nan"),
    ("drop_probs", (0.2, "a"), "drop_probs[1] must be a number from 0 to 1, not 'a'"),
    ("drop_probs", 0.5, "drop_probs must be a list of at most 100 values, one a hidden layer, not 0.5"),
    ("drop_probs", (0.2,), "drop_probs must have a value for each of hidden_sizes (256, 256), not (0.2,)"),
    ("hidden_sizes", (256, 0), "hidden_sizes[1] must be a whole number from 1 to 100000, not 0"),
    ("hidden_sizes", (9, 9, 9), "drop_probs must have a value for each of hidden_sizes (9, 9, 9), not (0.2"),
    ("hidden_sizes", (2,) * 101, "hidden_sizes must be a list of at most 100 values, one a hidden layer"),
    ("num_epochs", 0, "num_epochs must be a whole number from 1 up, not 0"),
    ("num_epochs", 1.5, "num_epochs must be a whole number from 1 up, not 1.5"),
    ("num_epochs", True, "num_epochs must be a whole number from 1 up, not True"),
    ("batch_size", 0, "batch_size must be a whole number from 1 to 60000, not 0"),
    ("batch_size", 70_000, "batch_size must be a whole number from 1 to 60000, not 70000"),
    ("learning_rate", 0, "learning_rate must be a number above 0 to 3.4e+38, not 0"),
    ("learning_rate", math.inf, "learning_rate must be a number above 0 to 3.4e+38, not inf"),
    ("sigma", -0.01, "sigma must be a number from 0 to 3.4e+38, not -0.01"),
    ("seed", -1, "seed must be a whole number from 0 to 2147483647, not -1"),
    ("seed", 2**31, "seed must be a whole number from 0 to 2147483647, not 2147483648"),
    ("implementation", "torch", "implementation must be one of scratch, gluon, not 'torch'"),
    ("split", "old", "split must be one of released, reshuffled, not 'old'"),
    ("labels", "noisy", "labels must be one of true, random, not 'noisy'"),
    ("noise", "salt", "noise must be one of dropout, dropconnect, three-point, gaussian, none, not 'salt'"),
    ("weight_decay", -1, "weight_decay must be a number from 0 to 3.4e+38, not -1"),
    ("num_train", 5, "num_train must be a whole number from 10 to 60000, not 5"),
    ("num_train", 100, "batch_size must be at most num_train, 100, not 256"),
    ("gammas", (1.5, 3), "gammas are of three-point noise alone, not of dropout"),
    ("measure", "norms", "measure must be a list of names, not 'norms'"),
    (
        "measure",
        ["weights"],
        "measure must be of accuracy, activations, calibration, norms, samples, or",
    ),
    ("measure", ["os:system()"], "measure must be of accuracy, "),
    ("measure", [3], "measure must be of accuracy, "),
]
TOGETHER = [
    ({"noise": "three-point", "gammas": (1.2, 3)},
     "gammas[0] must be from 1.25 to 2.5 at a drop probability of 0.2, not 1.2: no probabilities of γ/2"),
    ({"noise": "three-point", "gammas": (1.5, 4.1)}, "gammas[1] must be from 2 to 4 at a drop probability"),
    ({"noise": "three-point", "gammas": (1.5,)}, "gammas must have a value for each of drop_probs (0.2,"),
    ({"noise": "three-point", "drop_probs": (0.2, 1)}, "three-point noise that is always 0 has no mean of 1"),
    ({"noise": "gaussian", "drop_probs": (0.2, 1)}, "drop_probs must be below 1 for gaussian noise"),
    ({"implementation": "gluon", "noise": "gaussian"},
     "noise must be dropout or none where implementation is gluon, which has nn.Dropout alone, not 'gau"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "message"), BAD)
def test_bad_value_is_refused_by_name_and_range(field, value, message):
    with pytest.raises(ConfigError) as caught:
        RunConfig(**{field: value})
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("fields", "message"), TOGETHER)
def test_values_that_do_not_go_together_are_refused(fields, message):
    with pytest.raises(ConfigError) as caught:
        RunConfig(**fields)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_one_experiment_has_one_digest():
    assert RunConfig(noise="none").digest == RunConfig(noise="none", drop_probs=(0, 0)).digest
    assert RunConfig(noise="none").drop_probs == (0, 0)
    assert RunConfig(noise="three-point").gammas == (1.5 / 0.8, 3)
    one = RunConfig(measure=["norms", "accuracy", "norms"])
    other = RunConfig(measure=("accuracy", "norms"))
    assert one == other
    assert one.departures() == ""
    own = RunConfig(measure=["mine.about:weights"])
    assert RunConfig(**own.to_dict()) == own


def test_defaults_are_the_chapters():
    config = RunConfig()
    assert config.hidden_sizes == (256, 256)
    assert config.drop_probs == (0.2, 0.5)
    assert (config.learning_rate, config.batch_size, config.num_epochs, config.sigma) == (0.5, 256, 10, 0.01)
    assert config.departures() == ""


def test_departures_name_what_differs():
    assert RunConfig(drop_probs=(0.5, 0.2), seed=7).departures() == "drop_probs=(0.5, 0.2)"


def test_equal_configurations_are_equal_whatever_types_they_came_in():
    plain = RunConfig(drop_probs=(0.0, 1.0), batch_size=128, learning_rate=1.0)
    numpy = RunConfig(drop_probs=[0, 1], batch_size=np.int64(128), learning_rate=1)
    assert plain == numpy
    assert hash(plain) == hash(numpy)
    assert RunConfig(**plain.to_dict()) == plain


def test_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        RunConfig().seed = 3


@pytest.mark.parametrize(
    ("config", "digest"),
    [
        (RunConfig(), "44136fa355b3678a"),
        (RunConfig("gluon", seed=3), "cb46a70a1b71c4df"),
        (
            RunConfig("scratch", (128, 64), (0.5, 0.2), 0.1, 64, 3, 0.1, "released"),
            "bb6c04056d30f582",
        ),
    ],
)
def test_digests_are_those_of_stores_that_are_there(config, digest):
    """As 0.1.0 computed them: a digest that changes makes every store's runs run again."""
    assert config.digest == digest
