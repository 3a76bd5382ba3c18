"""The chapters of the book's part under the three names of the helper: the same calls, in our words."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.data

CHAPTERS = Path(__file__).parent / "chapters"
NAMES = ("gluonbook", "d2lzh", "d2l")
# What a notebook does first, and then its cells, under each name; a script leaves its `result`.
RUN = """
import contextlib, io, json, pathlib, random
import dropout_gluon
import mxnet, numpy
results = {{}}
for name in {names!r}:
    dropout_gluon.install_as(name)
    for path in {paths!r}:
        code = pathlib.Path(path).read_text(encoding="utf-8").replace("gluonbook as gb", name + " as gb")
        values = {{"__name__": "__main__"}}
        for seed in mxnet.random.seed, numpy.random.seed, random.seed:  # the loaders draw from NumPy's
            seed(0)
        with contextlib.redirect_stdout(io.StringIO()) as lines:
            exec(compile(code, path, "exec"), values)
        results.setdefault(name, {{}})[pathlib.Path(path).stem] = values["result"], lines.getvalue()
        dropout_gluon.plt.close("all")
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def all_results(archive):
    """Name -> chapter -> its result and the lines that it printed; without a screen, on one thread."""
    paths = [str(path) for path in sorted(CHAPTERS.glob("*.py"))]
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(names=NAMES, paths=paths)],
        env={**os.environ, "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.fixture(params=NAMES)
def results(request, all_results):
    return all_results[request.param]


def test_every_chapter_runs(results):
    assert len(results) == 10


def test_the_data_are_those_of_the_book(results):
    found, _ = results["fashion_mnist"]
    assert found["examples"] == [60000, 10000]
    assert found["first"] == [[28, 28, 1], "uint8", "int32"]
    assert found["titles"] == ["ankle boot", "t-shirt", "t-shirt", "dress"]
    assert found["read"] == 10000


@pytest.mark.parametrize("chapter", ["linear_regression_scratch", "linear_regression_gluon"])
def test_linear_regression_finds_its_weights(results, chapter):
    """Noise of 0.01 on 200 points: an estimate's standard deviation is 0.0007, sixty steps leave less."""
    found, lines = results[chapter]
    assert [*found["w"], *found["b"]] == pytest.approx([2, -3.4, 4.2], abs=0.02)
    assert [line.split(",")[0] for line in lines.splitlines()] == ["epoch 1", "epoch 2", "epoch 3"]
    assert float(lines.split()[-1]) < 0.001


@pytest.mark.parametrize("chapter", ["softmax_regression", "mlp", "dropout"])
def test_classifiers_learn(results, chapter):
    """By chance it would be 0.1, and after these few steps it is above 0.55."""
    found, lines = results[chapter]
    assert min(found["by hand"], found["with layers"]) > 0.4
    lines = [line for line in lines.splitlines() if line.startswith("epoch ")]
    assert lines[len(lines) // 2 - 1].endswith(f"test acc {found['by hand']:.3f}")
    assert lines[-1].endswith(f"test acc {found['with layers']:.3f}")


def test_predictions_are_shown_under_what_is_right(results):
    found, _ = results["softmax_regression"]
    assert found["untrained"] < 0.3
    assert len(found["titles"]) == 9
    right, said = zip(*(title.split("\n") for title in found["titles"]))
    assert sum(a == b for a, b in zip(right, said)) >= 3
    assert results["mlp"][0]["pictures"] == 9


def test_activations_are_drawn(results):
    found, _ = results["activations"]
    expected = {
        "relu, value": 7.5, "relu, gradient": 1, "sigmoid, value": 0.99945, "sigmoid, gradient": 0.25,
        "tanh, value": 1, "tanh, gradient": 1,
    }  # fmt: skip
    assert found == pytest.approx(expected, abs=1e-4)


def test_a_line_underfits_what_a_cubic_fits(results):
    found, _ = results["underfitting"]
    assert found["weights"] == pytest.approx([5, 1.2, -3.4, 5.6], abs=2)
    assert found["line"] > 10 * found["cubic"]
    assert found["curves"] == 2


def test_weight_decay_makes_the_weights_small(results):
    """Weights start with a norm of 14, √200."""
    found, _ = results["weight_decay"]
    norm, test_loss = found["without"]
    decayed_norm, decayed_test_loss = found["with"]
    assert norm > 10
    assert decayed_norm < norm / 2
    assert decayed_test_loss < test_loss / 2


def test_prices_are_learnt_in_every_fold(results):
    """Where nothing is learnt the error of the logarithm is that of a price of 1: 4.6, log 100."""
    found, _ = results["house_prices"]
    assert max(found["folds"]) < 1
    assert found["curves"] == 1
