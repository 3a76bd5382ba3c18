"""What exercises 7 and 8 measure: a bias is found where there is one, and times are ratios."""

from types import SimpleNamespace

import numpy as np
import pytest

from dropout_gluon._mxnet import mx, nd
from dropout_gluon.chapter import deep
from dropout_gluon.config import RunConfig
from dropout_gluon.exercises import noise_probes as probes
from dropout_gluon.exercises.weights import BIAS, TIMES
from dropout_gluon.runs.measurements import Trained, find

SIZES, DROPPED = (24, 16), (0.2, 0.5)


class _Images:
    """As `Batches`."""

    def __init__(self, count, batch_size):
        rng = np.random.default_rng(3)
        self.X = nd.array(rng.random((count, 1, 28, 28)))
        self.y = nd.array(rng.integers(0, 10, count), dtype="int32")
        self.batch_size = batch_size

    def __iter__(self):
        for start in range(0, len(self.y), self.batch_size):
            yield self.X[start : start + self.batch_size], self.y[start : start + self.batch_size]

    def in_order(self):
        return self


@pytest.fixture
def trained():
    mx.random.seed(11)
    config = RunConfig(hidden_sizes=SIZES, drop_probs=DROPPED, noise="dropconnect", batch_size=32)
    params = deep.init_params(SIZES, 0.1)
    return Trained(config, deep.mlp(params, config), params, _Images(64, 32), _Images(80, 32))


def moments_of(noise, plain):
    return probes.moments(lambda: plain + noise(), plain)


def test_moments_of_noise_without_bias():
    """Bounds of five standard errors: a noise of variance 4 over 100 draws of 3,000 values."""
    mx.random.seed(5)
    plain = nd.random.normal(0, 2, (300, 10))
    found = moments_of(lambda: nd.random.normal(0, 2, plain.shape), plain)
    assert abs(found["mean"]) < 5 / 300_000**0.5
    assert abs(found["square"]) < 5 * 2**0.5 / 100 / 3000**0.5
    assert found["noise"] == pytest.approx(1, abs=0.1)
    assert found["relu"] > 0.05  # what is above 0 on average rises by noise


def test_moments_find_a_bias():
    mx.random.seed(6)
    plain = nd.random.normal(0, 2, (300, 10))
    up = moments_of(lambda: nd.random.normal(0.2, 2, plain.shape), plain)
    assert up["mean"] == pytest.approx(0.1, abs=0.01)
    assert up["square"] == pytest.approx(0.01, abs=0.002)
    # Biases of both signs have no mean, and a square.
    signs = nd.array(np.where(np.arange(10) % 2, 0.2, -0.2))
    odd = moments_of(lambda: nd.random.normal(0, 2, plain.shape) + signs, plain)
    assert abs(odd["mean"]) < 0.01
    assert odd["square"] == pytest.approx(0.01, abs=0.002)


def test_dropped_weights_and_activations_are_unbiased_and_vary_alike(trained):
    found = probes.bias(trained)
    assert {name: len(layers) for name, layers in found.items()} == {"dropconnect": 2, "dropout": 2}
    for layers in found.values():
        for layer in layers:
            assert abs(layer["mean"]) < 0.15
            assert abs(layer["square"]) < 0.05 * layer["noise"]
    for one, other in zip(found["dropconnect"], found["dropout"]):
        assert one["noise"] == pytest.approx(other["noise"], rel=0.2)


def test_what_is_timed_comes_as_ratios_and_changes_nothing(trained, monkeypatch):
    monkeypatch.setattr(probes, "TURNS", 2)
    before = [param.asnumpy() for param in trained.params]
    weights, noises = probes.weights_times(trained), probes.noises_times(trained)
    assert [*weights] == ["none", "batch", "each"]
    assert [*noises] == ["none", "three-point", "gaussian"]
    assert all(0 < ratio < 1e4 for ratio in (*weights.values(), *noises.values()))
    for one, other in zip(before, trained.params):
        np.testing.assert_array_equal(one, other.asnumpy())


def test_a_ratio_is_of_the_same_turn(monkeypatch):
    """The machine is ten times slower in every other turn; the ratio is as it is."""
    clock = {"turn": 0}

    def stepping(trained, network, X, y):
        def seconds(count):
            clock["turn"] += 1
            slow = 10 if (clock["turn"] - 1) // 2 % 2 else 1
            return slow * {"a": 3.0, None: 2.0}[network]

        return seconds

    monkeypatch.setattr(probes, "_stepping", stepping)
    monkeypatch.setattr(probes, "make_network", lambda config: None)
    trained = SimpleNamespace(config=RunConfig(), train_iter=_Images(8, 8))
    assert probes.step_times(trained, {"own": "a"}) == {"own": 1.5}


def test_runs_find_them_by_name():
    assert find(BIAS) is probes.bias
    assert find(TIMES) is probes.weights_times
