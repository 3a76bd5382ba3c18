"""Whatever a public function is given: an error of ours, in one line, or what it should do."""

import nbclient
import nbformat
import numpy as np
import pytest
from fresh import printed

import dropout_gluon as gb
from dropout_gluon import nd
from dropout_gluon.errors import DropoutGluonError


def long_ago():
    return "x" * 10_000


def deep():
    value = []
    for _ in range(10_000):
        value = [value]
    return value


class TwoLines:
    """Its representation is not one line, though it has no line end."""

    def __repr__(self):
        return "two\u2028lines"


BAD = {
    "dropout of None": lambda: gb.dropout(None, 0.5),
    "dropout of a number": lambda: gb.dropout(3.0, 0.5),
    "dropout of words": lambda: gb.dropout(["a"], 0.5),
    "dropout of ragged lists": lambda: gb.dropout([[1.0], [2.0, 3.0]], 0.5),
    "dropout of NumPy's integers": lambda: gb.dropout(np.arange(3), 0.5),
    "run of None": lambda: gb.run(None),
    "run of a dict": lambda: gb.run({"seed": 1}),
    "a learning rate beyond floats": lambda: gb.RunConfig(learning_rate=10**400),
    "a learning rate of 10**5000": lambda: gb.RunConfig(learning_rate=10**5000),
    "a learning rate beyond MXNet's": lambda: gb.RunConfig(learning_rate=1e300),
    "a sigma beyond MXNet's": lambda: gb.RunConfig(sigma=1e300),
    "a seed of 10**5000": lambda: gb.RunConfig(seed=10**5000),
    "a split of 10,000 letters": lambda: gb.RunConfig(split=long_ago()),
    "epochs of 10**5000": lambda: gb.RunConfig(num_epochs=10**5000),
    "units of 2**63": lambda: gb.RunConfig(hidden_sizes=(2**63, 1)),
    "a seed of lists in lists": lambda: gb.RunConfig(seed=deep()),
    "a split of an array": lambda: gb.RunConfig(split=np.array(["released", "x"])),
    "a sigma of two lines": lambda: gb.RunConfig(sigma=TwoLines()),
    "a grid of None": lambda: gb.grid(None),
    "a grid of a number": lambda: gb.grid({"seed": 3}),
    "a grid of a word": lambda: gb.grid({"implementation": "gluon"}),
    "a grid of another field": lambda: gb.grid({"foo": [1]}),
    "a figure of None": lambda: gb.plot_verdict(None),
    "curves of None": lambda: gb.plot_learning_curves(None),
    "curves of nothing": lambda: gb.plot_learning_curves([]),
    "curves of records": lambda: gb.plot_learning_curves([gb.EpochRecord(1, 1.0, 0.5, 0.5)]),
    "parameters of no units": lambda: gb.scratch.init_params(0, 0, 0),
    "parameters of a negative sigma": lambda: gb.scratch.init_params(sigma=-1),
    "a network of two parameters": lambda: gb.scratch.mlp([1, 2]),
    "a network of none": lambda: gb.scratch.mlp(None),
    "a log as bytes": lambda: gb.compare(b"x"),
    "a log as a dict": lambda: gb.compare({"a": 1}),
    "a log as a number": lambda: gb.compare(3.5),
    "labels as words": lambda: gb.get_fashion_mnist_labels(["a"]),
    "labels as a number": lambda: gb.get_fashion_mnist_labels(3),
    "no images": lambda: gb.show_fashion_mnist(None, ["a"]),
    "a number for an image": lambda: gb.show_fashion_mnist([1], ["a"]),
    "a store of None": lambda: gb.read_store(None),
    "logs of None": lambda: gb.read_logs(None),
    "a run from a number": lambda: gb.RunLog.load(3),
    "a root of 3": lambda: gb.load_data_fashion_mnist(256, root=3),
    "an ensemble of None": lambda: gb.run_ensemble(None, "x.jsonl"),
    "an ensemble of numbers": lambda: gb.run_ensemble([1], "x.jsonl"),
    "an ensemble into None": lambda: gb.run_ensemble([], None),
    "accuracy of None": lambda: gb.evaluate_accuracy(None, None),
    "a step of None": lambda: gb.sgd(None, 1, 1),
    "training on None": lambda: gb.train_ch3(None, None, None, None, 1, 1, [], 0.1),
    "a reproduction of None": lambda: gb.reproduce(None),
}


@pytest.mark.parametrize("case", BAD)
def test_it_is_refused_in_one_line(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DropoutGluonError) as caught:
        BAD[case]()
    assert len(str(caught.value).splitlines()) == 1
    assert 10 < len(str(caught.value)) < 250
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("X", "dtype"),
    [
        ([1, 2.5], "float32"),
        ([[1, 2], [3, 4]], "float32"),
        (np.ones((2, 3)), "float64"),
        (np.ones(2, "float16"), "float16"),
    ],
)
def test_dropout_takes_what_numpy_takes_for_numbers(X, dtype):
    out = gb.dropout(X, 0)
    assert isinstance(out, nd.NDArray)
    assert out.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(out.asnumpy(), np.asarray(X).reshape(out.shape))


def test_a_loss_that_is_one_number_is_refused():
    """Its gradient is the mean's, and the step divides by the batch size once more."""
    params = gb.scratch.init_params(num_inputs=4)
    batches = [(nd.ones((8, 4)), nd.zeros(8))]
    before = params[0].asnumpy()
    mean = lambda y_hat, y: (y_hat - y.reshape((8, 1))).mean()  # noqa: E731
    with pytest.raises(DropoutGluonError, match=r"loss gives \(1,\) for 8 examples"):
        gb.train_ch3(gb.scratch.mlp(params), batches, batches, mean, 1, 8, params, 0.1)
    np.testing.assert_array_equal(params[0].asnumpy(), before)


def test_a_notebook_shows_the_line_alone():
    """In a real kernel, for an error that has others below it, too."""
    cells = ["import dropout_gluon as gb", "gb.RunConfig(batch_size=0)", "gb.RunLog.load('missing.json')"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, kernel_name="python3", allow_errors=True).execute()
    shown = [output for cell in notebook.cells for output in cell.outputs]
    assert [output.output_type for output in shown] == ["error", "error"]
    assert [output.traceback for output in shown] == [
        ["ConfigError: batch_size must be a whole number from 1 to 60000, not 0"],
        ["LogError: missing.json: No such file or directory"],
    ]


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "MXNET_CPU_WORKER_NTHREADS"])
@pytest.mark.parametrize("value", ["x", "0", "-1", "4,2", "1.5", "99999999999"])
def test_threads_at_which_mxnet_would_abort_are_refused(name, value):
    code = (
        "import dropout_gluon as gb\n"
        "try: import mxnet\nexcept ImportError as error: print(error)\n"
        "try: gb.nd\nexcept gb.DropoutGluonError as error: print(error)"
    )
    said = f"{name} must be a whole number from 1 up, not {value!r}: MXNet aborts\n"
    assert printed(code, **{name: value}) == 2 * said
