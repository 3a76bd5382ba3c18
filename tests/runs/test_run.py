"""A run: the same numbers from the same seed, its circumstances in the log, the book's level reached."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from dropout_gluon._mxnet import autograd, gluon, mx, nd
from dropout_gluon.chapter import concise, scratch
from dropout_gluon.chapter.training import train_ch3
from dropout_gluon.config import IMPLEMENTATIONS, RunConfig
from dropout_gluon.errors import Diverged
from dropout_gluon.logs import RunLog
from dropout_gluon.runs import run as runs
from dropout_gluon.runs.seeds import MEASURING, TRAINING, mxnet_seed
from dropout_gluon.runs.workers import run_locally
from dropout_gluon.verdict.compare import compare
from dropout_gluon.verdict.record import MATCHES

pytestmark = pytest.mark.data


def quiet(config, archive):
    return runs.run(config, archive=archive, report=lambda record: None)


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_same_seed_same_numbers_in_and_across_processes(archive, implementation):
    fields = {"implementation": implementation, "num_train": 8000, "num_epochs": 2, "batch_size": 1000}
    config = RunConfig(**fields, seed=7)
    first = quiet(config, archive)
    assert quiet(RunConfig(**fields, seed=8), archive).epochs != first.epochs
    assert quiet(config, archive).epochs == first.epochs
    code = (
        "import dropout_gluon as gb\n"
        f"config = gb.RunConfig(**{fields}, seed=7)\n"
        "print(gb.run(config, report=lambda record: None).to_json())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert RunLog.from_json(done.stdout).epochs == first.epochs


def test_log_says_what_the_numbers_depend_on(archive):
    config = RunConfig(num_epochs=1, batch_size=4096)
    log = quiet(config, archive)
    assert log.config == config
    assert log.data == {"release": archive.release, "digests": archive.digests}
    assert log.environment["mxnet"] == "1.9.1"
    software = {"python", "numpy", "dropout_gluon"}
    assert set(log.environment) >= {*software, "processor", "blas_kernel", "onednn_isa", "threads"}
    assert all(log.environment.values())
    assert log.seconds > 0
    assert RunLog.from_json(log.to_json()) == log


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "all"),
        ({"DNNL_MAX_CPU_ISA": "sse41"}, "SSE41"),
        ({"DNNL_MAX_CPU_ISA": "ALL"}, "all"),
        ({"ONEDNN_MAX_CPU_ISA": "SSE41"}, "all"),  # MXNet's oneDNN does not know that name
    ],
)
def test_log_says_what_onednn_is_held_to(monkeypatch, variables, said):
    monkeypatch.delenv("DNNL_MAX_CPU_ISA", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert runs.environment()["onednn_isa"] == said


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_every_field_of_the_configuration_changes_the_run(archive, implementation):
    base = {"implementation": implementation, "num_epochs": 1, "batch_size": 2048, "num_train": 8192}
    others = [
        {}, {"hidden_sizes": (256, 128)}, {"hidden_sizes": (128, 256)}, {"drop_probs": (0.5, 0.2)},
        {"learning_rate": 0.25}, {"batch_size": 4096}, {"sigma": 0.1}, {"split": "released"},
        {"hidden_sizes": (256,), "drop_probs": (0.2,)}, {"hidden_sizes": (), "drop_probs": ()},
        {"hidden_sizes": (64, 64, 64), "drop_probs": (0.2, 0.5, 0)}, {"noise": "none"},
        {"weight_decay": 0.01}, {"labels": "random"}, {"num_train": 8191},
    ]  # fmt: skip
    if implementation == "scratch":
        others += [{"noise": "dropconnect"}, {"noise": "three-point"}, {"noise": "gaussian"},
                   {"noise": "three-point", "gammas": (1.5, 3.5)}]  # fmt: skip
    losses = [quiet(RunConfig(**{**base, **other}), archive).epochs[0] for other in others]
    assert len({(record.loss, record.test_acc) for record in losses}) == len(others)


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_noise_of_no_strength_is_no_noise(archive, implementation):
    """But for what it draws, which no other number is drawn after: the same to the last bit."""
    base = {"implementation": implementation, "num_epochs": 1, "batch_size": 2048, "num_train": 8192,
            "drop_probs": (0, 0)}  # fmt: skip
    noises = ["dropout", "none"]
    noises += ["dropconnect", "three-point", "gaussian"] if implementation == "scratch" else []
    gammas = {"three-point": (1, 1)}
    logs = [quiet(RunConfig(**base, noise=noise, gammas=gammas.get(noise, ())), archive) for noise in noises]
    assert [log.epochs for log in logs] == [logs[0].epochs] * len(noises)


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_weight_decay_is_the_gradient_of_the_penalty(implementation):
    """A step beside one whose loss has the penalty in it, divided as the loss is."""
    config = RunConfig(implementation, (16,), (0.0,), weight_decay=0.03, batch_size=64)
    X, y = nd.random.uniform(shape=(64, 784)), nd.array(range(64)) % 10
    mx.random.seed(4)
    decayed = runs.training_arguments(config)
    train_ch3(train_iter=[(X, y)], test_iter=[(X, y)], num_epochs=1, report=str, **decayed)
    mx.random.seed(4)
    plain = runs.training_arguments(replace(config, weight_decay=0))
    (params,) = plain["params"]
    before = params.asnumpy()
    with autograd.record():
        loss = plain["loss"](plain["net"](X), y).mean()
    loss.backward()
    step = 0.5 * (params.grad.asnumpy() + 0.03 * before)
    np.testing.assert_allclose(decayed["params"][0].asnumpy(), before - step, rtol=1e-5, atol=1e-8)
    assert np.abs(0.5 * 0.03 * before).max() > 1e-5  # which the plain step is off by


@pytest.mark.parametrize("stream", ["MXNet's", "the data's"])
def test_seed_fixes_weights_and_masks_and_also_split_and_order(archive, monkeypatch, stream):
    """With one of the two held, the seed still changes the run through the other."""
    if stream == "MXNet's":
        make = runs.make_iterators
        monkeypatch.setattr(runs, "make_iterators", lambda *args, seed, **rest: make(*args, seed=0, **rest))
    else:
        monkeypatch.setattr(runs, "mxnet_seed", lambda seed, stream: 0)
    losses = {quiet(RunConfig(num_epochs=1, batch_size=8192, seed=seed), archive).epochs for seed in (1, 2)}
    assert len(losses) == 2


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_one_array_of_all_parameters_learns_as_the_parameters_apart(implementation):
    """Four steps, the last on fewer examples, against the chapter's own way: equal to the last bit."""
    config = RunConfig(implementation=implementation, hidden_sizes=(32, 16), sigma=0.1, batch_size=64)
    X, y = nd.random.uniform(shape=(64, 784)), nd.array(range(64)) % 10
    batches = [(X, y), (X, y), (X, y), (X[:17], y[:17])]
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    sizes = {"num_hiddens1": 32, "num_hiddens2": 16, "sigma": 0.1}

    mx.random.seed(3)
    joined = runs.training_arguments(config)
    ours = train_ch3(train_iter=batches, test_iter=batches, num_epochs=1, report=str, **joined)
    mx.random.seed(3)
    if implementation == "scratch":
        params = scratch.init_params(**sizes)
        net, apart = scratch.mlp(params), {"params": params, "lr": 0.5}
    else:
        net = concise.mlp(**sizes)
        apart = {"trainer": gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})}
        params = [parameter.data() for parameter in net.collect_params().values()]
    theirs = train_ch3(net, batches, batches, loss, 1, 64, report=str, **apart)

    assert ours == theirs
    flat = np.concatenate([param.asnumpy().ravel() for param in params])
    np.testing.assert_array_equal(joined["params"][0].asnumpy(), flat)


def test_runs_with_neighbouring_seeds_share_no_random_numbers():
    """MXNet's own seeds 1 and 2 share most of theirs; by chance 65,536 floats of 24 bits share 0.4%."""

    def drawn(seed):
        mx.random.seed(seed)
        return nd.random.uniform(shape=65_536).asnumpy()

    assert np.isin(drawn(1), drawn(2)).mean() > 0.5
    for seed in range(20):
        ours, next_ones, besides = (
            drawn(mxnet_seed(*of)) for of in ((seed, TRAINING), (seed + 1, TRAINING), (seed, MEASURING))
        )
        assert np.isin(ours, next_ones).mean() < 0.01
        assert np.isin(ours, besides).mean() < 0.01
    assert all(0 <= mxnet_seed(seed, TRAINING) < 2**31 for seed in (0, 2**31 - 1))


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_divergence_keeps_the_epochs_so_far(archive, implementation):
    config = RunConfig(
        implementation=implementation, learning_rate=1e6, sigma=1, num_epochs=3, batch_size=2048
    )
    with pytest.raises(Diverged, match="at learning rate 1e\\+06") as caught:
        quiet(config, archive)
    log = caught.value.log
    assert log.config == config
    assert log.failure == str(caught.value)
    assert len(log.epochs) < 3
    assert f"the training loss of epoch {len(log.epochs) + 1} is" in log.failure


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_three_seeds_are_the_books_experiment(implementation):
    """By the package's own verdict, on three runs of five epochs judged as one.

    Which runs these seeds give depends on how a processor rounds, so on some of them they are called
    different: the two implementations share a rate of 0.002. What three logs as one show at such a rate is in
    docs/verdict.md.
    """
    configs = [RunConfig(implementation=implementation, seed=seed, num_epochs=5) for seed in range(1, 4)]
    verdict = compare(list(run_locally(configs, workers=1)), level=0.001, joint=True)
    assert [joint.logs for joint in verdict.joint] == [3]
    assert verdict.outcome == MATCHES, str(verdict)
