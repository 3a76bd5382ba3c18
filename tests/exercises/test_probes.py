"""What is held against the chapter's claims is measured right, by other ways to the same numbers."""

from dataclasses import replace

import numpy as np
import pytest

from dropout_gluon._mxnet import mx, nd
from dropout_gluon.chapter import deep, noises, scratch
from dropout_gluon.chapter.moments import three_point_variance
from dropout_gluon.config import RunConfig
from dropout_gluon.exercises import claims, probes, record
from dropout_gluon.fashion_mnist.batches import make_iterators
from dropout_gluon.runs import run as runs
from dropout_gluon.runs.measurements import Trained

pytestmark = pytest.mark.data


@pytest.fixture(scope="module", params=["scratch", "gluon"])
def trained(archive, request):
    """A network of large weights, in place of one that was trained."""
    mx.random.seed(1)
    config = RunConfig(request.param, (30, 20), sigma=0.3, num_train=1000)
    network = runs.make_network(config)
    iterators = make_iterators(archive, 256, split="released", seed=1, num_train=1000)
    return Trained(config, network.net, network.params, *iterators)


def test_every_noise_has_a_mean_of_1(trained):
    """Within five standard errors, which chance exceeds once in 200,000 runs of the eight; they are known."""
    found = probes.expectations(trained)
    assert len(found) == 8
    for name, (mean, error) in found.items():
        noise, p = name.split()
        p = float(p)
        # γ is in the middle of those that can be.
        variance = three_point_variance(p, 1.5 / (1 - p)) if noise == "three-point" else p / (1 - p)
        assert error == pytest.approx((variance / probes.DRAWS) ** 0.5, rel=0.02)
        assert abs(mean - 1) < 5 * error


@pytest.mark.parametrize("name", ["gaussian", "three_point", "dropconnect"])
def test_each_noise_is_itself(trained, monkeypatch, name):
    """Dropout and others vary alike, so that their numbers alone do not tell which was measured."""
    noise = getattr(noises, name)
    monkeypatch.setattr(noises, name, lambda *args: 3 + noise(*args))
    means = {label: mean for label, (mean, _) in probes.expectations(trained).items()}
    moved = {label for label, mean in means.items() if mean > 3}
    assert moved == {f"{name.replace('_', '-')} {p:g}" for p in trained.config.drop_probs}


def test_dropped_units_have_no_gradient_and_kept_ones_have(trained):
    found = probes.gradients(trained)
    (dropped, moved), (kept, learns) = found["dropped"], found["kept"]
    assert (moved, learns) == (0, kept)
    assert min(dropped, kept) > 50


def test_a_unit_counts_that_dropout_alone_silences(trained):
    """Of units that are 0 anyway nothing is known: dropped at probability 1 are all that were above 0."""
    every = replace(trained, config=replace(trained.config, implementation="scratch", drop_probs=(1.0, 1.0)))
    seen = []
    images, _ = probes._first_images(trained, 20)
    deep.mlp(trained.params, every.config)(images, seen)
    first = sum(int((before.asnumpy() > 0).sum()) for before, _ in seen[:1])
    # What goes into the second layer is 0, and its biases are: none of its units is above 0.
    found = probes.gradients(every)
    assert found == {"dropped": [first, 0], "kept": [0, 0]}
    assert 0 < first < 20 * 30


def test_a_gradient_in_what_reads_a_unit_counts(trained):
    """What units give goes on by weights of 0: nothing comes back to those that they read."""
    params = [param.copy() for param in trained.params]
    params[4][:] = 0
    for param in params:
        param.attach_grad()
    config = replace(trained.config, drop_probs=(0.0, 0.0))
    found = probes.gradients(replace(trained, params=params, config=config))
    seen = []
    deep.mlp(params, config)(probes._first_images(trained, 20)[0], seen)
    first, second = (int((before.asnumpy() > 0).sum()) for before, _ in seen)
    # The second layer's are moved by what reads them; the first layer's by nothing.
    assert found == {"dropped": [0, 0], "kept": [first + second, second]}


def test_a_gradient_in_what_a_dropped_unit_reads_counts(trained, monkeypatch):
    """Were dropout to drop forwards alone, the claim would be found false."""

    def forwards_alone(X, drop_prob):
        return scratch.dropout(X, drop_prob) + X - nd.BlockGrad(X)

    monkeypatch.setattr(deep, "dropout", forwards_alone)
    dropped, moved = probes.gradients(trained)["dropped"]
    assert moved > 0.9 * dropped > 50


def test_the_mask_of_the_picture_is_dropouts(trained, monkeypatch):
    mx.random.seed(4)
    drawn = scratch.dropout(nd.ones(5), 0.5).asnumpy() == 2
    mx.random.seed(4)
    assert probes.picture(trained) == {"kept": drawn.tolist()}
    assert 0 < drawn.sum() < 5


def test_trace_is_that_of_finite_differences(trained):
    """Along random directions v the mean of v' H v is the trace; by second differences of the loss."""
    X, _ = probes._first_images(trained, 3)
    expected = probes._trace(trained, X)
    rng, step, draws = np.random.default_rng(0), 1e-2, 4000
    image = nd.array(np.repeat(X[:1].asnumpy(), draws, axis=0))
    directions = nd.array(rng.normal(size=image.shape))

    def mean_loss(points):
        """Over labels drawn from the prediction at the image, as the trace takes them."""
        q = nd.softmax(trained.net(image[:1])).asnumpy()[0].astype(np.float64)
        return -(nd.log_softmax(trained.net(points)).asnumpy().astype(np.float64) * q).sum(axis=1)

    second = (
        mean_loss(image + step * directions) + mean_loss(image - step * directions) - 2 * mean_loss(image)
    )
    found = second / step**2
    error = found.std() / draws**0.5
    assert abs(found.mean() - expected[0]) < 5 * error + 0.05 * expected[0]


def test_the_linear_model_nears_ridge_regression():
    distances = np.array([[row[1] for row in probes._linear(seed)] for seed in range(20)]).mean(axis=0)
    assert distances[0] > 2 * distances[1] > 4 * distances[2]
    assert distances[2] < 0.05


def test_a_distance_is_a_share_of_what_noise_changes(monkeypatch):
    """By the same numbers: ridge regression as least squares with a row more for each input."""
    monkeypatch.setattr(probes, "COPIES", (3,))
    rng = np.random.default_rng([5, 7])
    X, w = rng.normal(size=(60, 20)), rng.normal(size=20)
    y = X @ w + rng.normal(size=60)
    noisy = np.concatenate([X, X, X]) + 0.5 * rng.normal(size=(180, 20))
    more = np.concatenate([X, 0.5 * 60**0.5 * np.eye(20)])

    def fit(X, y):
        return np.linalg.pinv(X) @ y

    plain, ridge = fit(X, y), fit(more, np.concatenate([y, np.zeros(20)]))
    away = fit(noisy, np.concatenate([y, y, y])) - ridge
    assert probes._linear(5) == [[3, pytest.approx(np.linalg.norm(away) / np.linalg.norm(plain - ridge))]]


def test_noise_grows_the_loss(trained):
    found = probes.tikhonov(trained)
    strengths, grown, errors, penalty = zip(*found["network"])
    assert strengths == probes.STRENGTHS
    np.testing.assert_allclose(np.array(penalty) / np.array(strengths) ** 2, penalty[0] / strengths[0] ** 2)
    assert grown[-1] > grown[-2] > 5 * errors[-2]
    # What is of first order would scatter by more than the increase itself, were it not cancelled.
    assert errors[0] < 0.2 * grown[0]


def test_little_noise_grows_the_loss_of_a_smooth_network_by_what_the_penalty_says(trained):
    """Without kinks both are the same to second order; here within 1% and five standard errors."""
    mx.random.seed(2)
    W = nd.random.normal(0, 0.05, (784, 10))
    smooth = replace(trained, net=lambda X: nd.dot(X.reshape((len(X), -1)), W))
    for _, grown, error, penalty in probes._network(smooth)[1:3]:
        assert error < 0.02 * penalty
        assert abs(grown - penalty) < 5 * error + 0.01 * penalty


def test_the_error_is_that_of_the_mean_over_noise(trained, monkeypatch):
    losses = np.random.default_rng(3).normal(size=(1 + 2 * 20 * 5, 500))
    each = iter(losses)
    images = []
    monkeypatch.setattr(probes, "_losses", lambda _, X, y: (images.append(len(X)), next(each))[1])
    found = probes._network(trained)
    pairs = losses[1:].reshape(5, 20, 2, 500).mean(axis=(2, 3)) - losses[0].mean()
    assert set(images) == {500}
    np.testing.assert_allclose([row[1] for row in found], pairs.mean(axis=1))
    np.testing.assert_allclose([row[2] for row in found], pairs.std(axis=1, ddof=1) / 20**0.5)


def test_what_is_recorded_was_measured_so():
    _, logs = record.load("claims")
    measured = [log.measured[claims.TIKHONOV] for log in logs if claims.TIKHONOV in log.measured]
    assert measured
    for found in measured:
        assert tuple(row[0] for row in found["network"]) == probes.STRENGTHS
        assert tuple(row[0] for row in found["linear"]) == probes.COPIES


def test_labels_that_a_permutation_left_right(trained, archive):
    asked = {"split": trained.config.split, "seed": 3, "num_train": 1000}

    def right(labels):
        config = replace(trained.config, labels=labels, seed=3)
        iterators = make_iterators(archive, 256, labels=labels, **asked)
        return probes.right_labels(Trained(config, trained.net, trained.params, *iterators))

    assert right("true") == 1.0
    found = right("random")
    (own,), (true,) = (
        [y.asnumpy() for _, y in make_iterators(archive, 1000, labels=labels, **asked)[0].in_order()]
        for labels in ("random", "true")
    )
    assert found == np.mean(own == true)
    assert 0.05 < found < 0.15
