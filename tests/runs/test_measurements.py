"""What is measured of a trained network: right, by name, and without a change of the log."""

import json

import numpy as np
import pytest

from dropout_gluon._mxnet import mx, nd
from dropout_gluon.chapter.scratch import linear
from dropout_gluon.chapter.training import evaluate_accuracy
from dropout_gluon.config import MEASUREMENTS, RunConfig
from dropout_gluon.errors import ConfigError, MeasurementError
from dropout_gluon.fashion_mnist.batches import make_iterators
from dropout_gluon.logs import RunLog
from dropout_gluon.runs import measurements
from dropout_gluon.runs import run as runs
from dropout_gluon.runs.ensemble import run_ensemble
from dropout_gluon.runs.seeds import TRAINING, mxnet_seed
from dropout_gluon.runs.store import read_store

FIELDS = {"num_epochs": 2, "batch_size": 512, "num_train": 2048, "hidden_sizes": (64, 32)}


def quiet(archive, **fields):
    return runs.run(RunConfig(**{**FIELDS, **fields}), archive=archive, report=lambda record: None)


@pytest.fixture(scope="module", params=["scratch", "gluon"])
def measured(archive, request):
    """A run with all measurements, and the same run without."""
    fields = {"implementation": request.param, "learning_rate": 0.1, "sigma": 0.1}
    return quiet(archive, measure=MEASUREMENTS, **fields), quiet(archive, **fields)


@pytest.mark.data
def test_the_log_is_the_same_with_and_without(measured):
    with_it, without = measured
    assert with_it.epochs == without.epochs
    assert list(with_it.measured) == ["accuracy", "activations", "calibration", "norms", "samples"]
    assert without.measured == {}
    assert "measured" not in json.loads(without.to_json())
    assert RunLog.from_json(with_it.to_json()) == with_it


@pytest.mark.data
def test_each_is_the_same_with_and_without_the_others(archive):
    alone = quiet(archive, measure=("samples",)).measured["samples"]
    assert quiet(archive, measure=("activations", "samples")).measured["samples"] == alone


@pytest.mark.data
def test_accuracy_is_that_without_dropout_after_each_epoch(archive, monkeypatch):
    last = {}
    find = measurements.accuracy

    def watched(trained):
        last["here"] = evaluate_accuracy(list(trained.train_iter.in_order()), trained.net)
        return find(trained)

    monkeypatch.setitem(measurements.AFTER_EACH_EPOCH, "accuracy", watched)
    accuracies = quiet(archive, measure=["accuracy"]).measured["accuracy"]
    assert len(accuracies) == 2
    assert accuracies[-1] == last["here"]
    assert accuracies[0] != accuracies[1]


@pytest.mark.data
def test_moments_follow_the_theory(measured):
    """Var[h'] = (Var[h] + p E[h]²) / (1 - p), to six standard errors of the mean of its draws."""
    log = measured[0]
    for when in ("start", "trained"):
        for layer, p in zip(log.measured["activations"][when], log.config.drop_probs):
            expected = (layer["var"] + p * layer["mean"] ** 2) / (1 - p)
            for draws, wanted in ((layer["after_var"], expected), (layer["after_mean"], layer["mean"])):
                error = np.std(draws, ddof=1) / len(draws) ** 0.5
                assert abs(np.mean(draws) - wanted) < 6 * error
    start, trained = (log.measured["activations"][when][1]["var"] for when in ("start", "trained"))
    assert abs(trained / start - 1) > 0.05


@pytest.mark.data
def test_moments_at_the_start_are_those_of_the_network_that_was_trained(measured, archive):
    config = measured[0].config
    mx.random.seed(mxnet_seed(config.seed, TRAINING))
    W, b = runs.make_network(config).params[:2]
    test_iter = make_iterators(archive, 10_000, split=config.split, seed=config.seed)[1]
    ((X, _),) = test_iter
    H = nd.relu(linear(X.reshape((10_000, -1)), W, b)).asnumpy()
    found = measured[0].measured["activations"]["start"][0]
    assert (found["mean"], found["var"]) == pytest.approx((H.mean(), H.var()), rel=1e-4)


@pytest.mark.data
def test_samples_and_calibration_fit_the_log(measured):
    log = measured[0]
    samples, calibration = log.measured["samples"], log.measured["calibration"]
    assert samples["none"] == calibration
    assert calibration["acc"] == pytest.approx(log.epochs[-1].test_acc)
    assert list(samples["mean_of"]) == ["1", "2", "5", "10", "20", "50", "100"]
    assert samples["mean_of"]["1"]["acc"] == samples["accuracies"][0]
    assert np.mean(samples["accuracies"]) < samples["mean_of"]["100"]["acc"]
    assert np.std(samples["accuracies"]) > 0
    for errors, acc in (
        (samples["errors"], samples["mean_of"]["100"]["acc"]), (samples["errors_none"], calibration["acc"])
    ):  # fmt: skip
        assert np.mean(errors) == pytest.approx(1 - acc)
        assert errors[0] < errors[-1]


@pytest.mark.data
def test_norms_are_of_all_parameters(measured):
    norms = measured[0].measured["norms"]
    assert len(norms["weights"]) == 3
    assert sum(one**2 for one in norms["weights"]) < norms["all"] ** 2 < sum(norms["weights"]) ** 2


def test_quality_of_predictions_by_hand():
    probs = np.array([[0.9, 0.1], [0.3, 0.7], [0.2, 0.8], [0.05, 0.95]])
    found = measurements.quality(probs, np.array([0, 0, 1, 1]))
    assert found["acc"] == 0.75
    assert found["nll"] == pytest.approx(-np.log([0.9, 0.3, 0.8, 0.95]).mean())
    # Fifteen bins: 0.7 is alone and wrong, 0.8, 0.9 and 0.95 are each alone and right.
    assert [(count, hit) for count, _, hit in found["bins"]] == [(1, 0), (1, 1), (1, 1), (1, 1)]
    assert found["ece"] == pytest.approx((0.7 + 0.2 + 0.1 + 0.05) / 4)
    sure = measurements.quality(np.array([[1.0, 0.0]] * 2), np.array([0, 1]))
    assert (sure["ece"], sure["bins"]) == (0.5, [(2, 1.0, 0.5)])


def test_errors_by_entropy_rise_where_the_unsure_are_wrong():
    probs = np.stack([np.linspace(0.5, 1, 100), np.linspace(0.5, 0, 100)], axis=1)
    wrong = np.arange(100) < 20
    assert measurements._errors_by_entropy(probs, wrong.astype(int)) == [0] * 8 + [1, 1]


@pytest.mark.data
def test_one_of_ones_own_goes_to_workers_and_into_the_store(tmp_path, monkeypatch):
    """By name, as a worker has no other way to it."""
    configs = [RunConfig(**FIELDS, seed=seed, measure=["own_measurements:own", "norms"]) for seed in (1, 2)]
    outcome = run_ensemble(configs, tmp_path / "runs.jsonl", workers=2, progress=False)
    assert outcome.ran == 2
    for log in read_store(tmp_path / "runs.jsonl"):
        assert log.measured["own_measurements:own"] == {"layers": 3, "seed": log.config.seed}
        assert len(log.measured["norms"]["weights"]) == 3


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "said"),
    [("raises", "ZeroDivisionError: no luck"), ("no_json", "ValueError: Out of range float values")],
)
def test_one_that_fails_is_a_line_and_keeps_the_epochs_and_the_others(archive, tmp_path, name, said):
    fields = {"measure": [f"own_measurements:{name}", "norms"]}
    with pytest.raises(MeasurementError, match=said) as caught:
        quiet(archive, **fields)
    assert "\n" not in str(caught.value)
    assert len(caught.value.log.epochs) == 2
    outcome = run_ensemble(
        [RunConfig(**FIELDS, **fields)], tmp_path / "runs.jsonl", workers=1, progress=False
    )
    (log,) = outcome.failures
    assert log.failure == str(caught.value)
    assert len(log.epochs) == 2
    assert list(log.measured) == ["norms"]


@pytest.mark.data
@pytest.mark.parametrize(
    "name", ["no_such_module:own", "own_measurements:nothing", "own_measurements:NUMBER"]
)
def test_one_that_is_not_there_is_said_before_the_training(archive, name):
    with pytest.raises(ConfigError, match=f"the measurement {name} (cannot be found|is no function)"):
        quiet(archive, measure=[name], num_epochs=1000)


def test_moments_are_of_all_units_and_images():
    H = nd.array(np.arange(12.0).reshape(3, 4))
    assert measurements._mean_and_variance(H) == (5.5, pytest.approx(np.arange(12).var()))
