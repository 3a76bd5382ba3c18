"""What is held against the chapter's claims is measured right, by other ways to the same numbers."""

from dataclasses import replace

import numpy as np
import pytest

from dropout_gluon._mxnet import mx, nd
from dropout_gluon.config import RunConfig
from dropout_gluon.exercises import probes
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
    """Within five standard errors, which chance exceeds once in 200,000 runs of the eight."""
    found = probes.expectations(trained)
    assert len(found) == 8
    for mean, error in found.values():
        assert 0 < error < 0.002
        assert abs(mean - 1) < 5 * error


def test_dropped_units_have_no_gradient_and_kept_ones_have(trained):
    found = probes.gradients(trained)
    (dropped, moved), (kept, learns) = found["dropped"], found["kept"]
    assert (moved, learns) == (0, kept)
    assert min(dropped, kept) > 50


def test_the_mask_of_the_picture_is_dropouts(trained):
    assert len(probes.picture(trained)["kept"]) == 5


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


def test_noise_grows_the_loss(trained):
    found = probes.tikhonov(trained)
    strengths, grown, errors, penalty = zip(*found["network"])
    assert strengths == probes.STRENGTHS
    np.testing.assert_allclose(np.array(penalty) / np.array(strengths) ** 2, penalty[0] / strengths[0] ** 2)
    assert grown[-1] > grown[-2] > 5 * errors[-2]
    # What is of first order would scatter by more than the increase itself, were it not cancelled.
    assert errors[0] < 0.2 * grown[0]


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
