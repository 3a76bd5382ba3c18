"""What exercises 7 and 8 measure: a bias is found where there is one, and times are ratios."""

from types import SimpleNamespace

import numpy as np
import pytest

from dropout_gluon._mxnet import autograd, mx, nd
from dropout_gluon.chapter import deep, noises
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


def test_moments_are_those_of_the_draws(monkeypatch):
    """Computed at once from all draws, of units that differ from each other more than images do."""
    monkeypatch.setattr(probes, "DRAWS", 7)
    rng = np.random.default_rng(8)
    plain = rng.normal(5 * np.arange(4), 1, (6, 4)) - 7
    draws = plain + rng.normal(0.3, 2, (7, 6, 4))
    each = iter(draws)
    found = probes.moments(lambda: nd.array(next(each), dtype="float64"), nd.array(plain, dtype="float64"))
    mean, variance, spread = draws.mean(axis=0) - plain, draws.var(axis=0, ddof=1), plain.std()
    assert found == {
        "mean": pytest.approx(mean.mean() / spread),
        "square": pytest.approx((mean**2 - variance / 7).mean() / spread**2),
        "noise": pytest.approx(variance.mean() / spread**2),
        "relu": pytest.approx((draws.clip(0).mean(axis=0) - plain.clip(0)).mean() / spread),
    }


def test_each_layer_has_its_noise_at_its_probability(trained, monkeypatch):
    """Of all images asked for, in order; after each layer, what was there before it was dropped."""
    monkeypatch.setattr(probes, "IMAGES", 70)  # of three batches, the last in part
    monkeypatch.setattr(probes, "moments", lambda draw, plain: (draw.func, draw.args, plain))
    found = probes.bias(trained)
    H = nd.concat(*(X for X, _ in trained.test_iter), dim=0)[:70].reshape((70, -1))
    for layer, p in enumerate(DROPPED):
        W, b = trained.params[2 * layer : 2 * layer + 2]
        H = nd.relu(nd.dot(H, W.T) + b)
        W, b = trained.params[2 * layer + 2 : 2 * layer + 4]
        plain = nd.dot(H, W.T) + b
        for name, noise in (("dropconnect", noises.dropconnect), ("dropout", probes._dropped)):
            func, (own, *_, drop_prob), without = found[name][layer]
            assert (func, drop_prob) == (noise, p)
            np.testing.assert_allclose(own.asnumpy(), H.asnumpy(), rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(without.asnumpy(), plain.asnumpy(), rtol=1e-5, atol=1e-6)


def test_what_is_dropped_before_a_layer_is_activations():
    """One unit is read by all: dropped, it is missing in all of them, which dropped weights are not."""
    mx.random.seed(9)
    H, W, b = nd.ones((50, 1)), nd.ones((30, 1)), nd.ones(30)
    drawn = probes._dropped(H, W, b, 0.5).asnumpy()
    assert {tuple(np.unique(row)) for row in drawn} == {(1.0,), (3.0,)}


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


def varies(network):
    """Whether results for one image, 64 times in a batch, differ in a training step."""
    X = nd.array(np.repeat(np.random.default_rng(2).random((1, 1, 28, 28)), 64, axis=0))
    with autograd.record():
        return len(np.unique(network.net(X).asnumpy().round(5), axis=0)) > 1


@pytest.mark.parametrize(
    ("measure", "noises"),
    [
        (probes.weights_times, {"none": "none", "batch": "dropconnect", "each": "dropconnect"}),
        (probes.noises_times, {name: name for name in ("none", "three-point", "gaussian")}),
    ],
)
def test_networks_are_timed_under_their_names(trained, monkeypatch, measure, noises):
    made, stepped = [], []
    own = probes.make_network

    def make_network(config):
        network = own(config)
        made.append((network.joined, config.noise))
        return network

    def stepping(_, network, X, y):
        (noise,) = [noise for joined, noise in made if joined is network.joined]
        stepped.append((noise, varies(network)))
        return lambda count: 1.0

    monkeypatch.setattr(probes, "make_network", make_network)
    monkeypatch.setattr(probes, "_stepping", stepping)
    found = dict(zip(("dropout", *measure(trained)), stepped))
    for name, noise in {"dropout": "dropout", **noises}.items():
        # No noise, and a mask of the weights for the whole batch, are the same for all images.
        assert found[name] == (noise, name not in ("none", "batch"))


def test_a_ratio_is_of_the_same_turn(monkeypatch):
    """The machine is ten times slower in every other turn, and in a step of each; the ratio is as it is."""
    clock = {"turn": 0}

    def stepping(trained, network, X, y):
        def seconds(count):
            clock["turn"] += 1
            slow = 10 if (clock["turn"] - 1) // 2 % 2 else 1
            if clock["turn"] == {"a": 19, None: 4}[network]:
                slow *= 10
            return slow * {"a": 3.0, None: 2.0}[network]

        return seconds

    monkeypatch.setattr(probes, "_stepping", stepping)
    monkeypatch.setattr(probes, "make_network", lambda config: None)
    trained = SimpleNamespace(config=RunConfig(), train_iter=_Images(8, 8))
    assert probes.step_times(trained, {"own": "a"}) == {"own": 1.5}


def test_a_step_s_time_is_that_of_one_of_those_taken(trained, monkeypatch):
    """By a clock that goes on by a second a step."""
    clock = {"now": 0.0}

    def step(*args):
        clock["now"] += 1

    monkeypatch.setattr(probes, "sgd", step)
    monkeypatch.setattr(probes, "perf_counter", lambda: clock["now"])
    seconds = probes._stepping(trained, probes.make_network(trained.config), *next(iter(trained.test_iter)))
    assert (seconds(1), seconds(5)) == (1, 1)
    assert clock["now"] == 6


def test_runs_find_them_by_name():
    assert find(BIAS) is probes.bias
    assert find(TIMES) is probes.weights_times
