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


def nested():
    inner = []
    for _ in range(5000):
        inner = [inner]
    return inner


def train(**changed):
    params = gb.scratch.init_params(num_inputs=4)
    batches = [(nd.ones((8, 4)), nd.zeros(8))]
    options = {"net": gb.scratch.mlp(params), "loss": gb.gluon.loss.SoftmaxCrossEntropyLoss()}
    options |= {"params": params, "lr": 0.1, **changed}
    gb.train_ch3(train_iter=batches, test_iter=batches, num_epochs=1, batch_size=8, **options)


RECORDS = (gb.EpochRecord(1, 1.2, 0.5, 0.7),)
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
    "a line through None": lambda: gb.linreg(None, None, None),
    "a line of other inputs": lambda: gb.linreg(nd.ones((2, 3)), nd.ones((2, 1)), nd.ones(1)),
    "a loss of NumPy's": lambda: gb.squared_loss(np.ones(2), np.ones(2)),
    "a loss of other lengths": lambda: gb.squared_loss(nd.ones((3, 1)), nd.ones(2)),
    "batches of None": lambda: gb.data_iter(1, None, None),
    "batches of other lengths": lambda: gb.data_iter(1, nd.ones(3), nd.ones(2)),
    "a size of one number": lambda: gb.set_figsize(3),
    "a size of words": lambda: gb.set_figsize(("a", "b")),
    "a size of nothing": lambda: gb.set_figsize((0, 1)),
    "a curve of None": lambda: gb.semilogy(None, None, "x", "y"),
    "a curve of other lengths": lambda: gb.semilogy([1, 2], [1], "x", "y"),
    "a curve of words": lambda: gb.semilogy(["a"], [1], "x", "y"),
    "accuracy on a word": lambda: gb.evaluate_accuracy([], len, ctx="cpu"),
    "accuracy on no context": lambda: gb.evaluate_accuracy([], len, ctx=[]),
    "a name for the package": lambda: gb.install_as("numpy"),
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
    "a reproduction of lists": lambda: gb.reproduce([["gluon"]]),
    "a reproduction that says to None": lambda: gb.reproduce(say=None),
    "a reproduction into no name": lambda: gb.reproduce(out=""),
    "a reproduction of no split": lambda: gb.reproduce(split=""),
    "a run of words": lambda: gb.run(gb.RunConfig(), archive="x"),
    "a run reported to None": lambda: gb.run(gb.RunConfig(), report=None),
    "units of 10**9": lambda: gb.RunConfig(hidden_sizes=(10**9, 1)),
    "a thousand million weights": lambda: gb.RunConfig(hidden_sizes=(50_000, 50_000)),
    "layers of 10**9": lambda: gb.scratch.init_params(num_hiddens1=10**9),
    "Gluon's layers of 10**9": lambda: gb.concise.mlp(num_hiddens1=10**9),
    "Gluon's layers of none": lambda: gb.concise.mlp(num_hiddens2=0),
    "Gluon's layers of words": lambda: gb.concise.mlp(num_hiddens1="x"),
    "Gluon's negative sigma": lambda: gb.concise.mlp(sigma=-1),
    "images of 10**5 pixels": lambda: gb.load_data_fashion_mnist(256, resize=10**5),
    "a root without a name": lambda: gb.load_data_fashion_mnist(256, root=""),
    "a root no file can have": lambda: gb.load_data_fashion_mnist(256, root="\ud800"),
    "a store no file can be": lambda: gb.read_store("\ud800"),
    "a log saved as None": lambda: gb.RunLog(gb.RunConfig(), ()).save(None),
    "a log saved as NUL": lambda: gb.RunLog(gb.RunConfig(), ()).save("a\0b"),
    "a log of NumPy's numbers": lambda: gb.RunLog(gb.RunConfig(), (), {"x": np.float32(1)}).save("x"),
    "a log of no configuration": lambda: gb.RunLog(None, ()).save("x"),
    "a grid of no axis": lambda: gb.grid({"seed": np.array(3)}),
    "a log of no axis": lambda: gb.compare(np.array(3)),
    "logs of numbers": lambda: gb.compare(gb.RunLog(gb.RunConfig(), (1, 2))),
    "logs without data": lambda: gb.compare(gb.RunLog(gb.RunConfig(), RECORDS, None)),
    "lists in lists": lambda: gb.compare(nested()),
    "a label of no axis": lambda: gb.get_fashion_mnist_labels(np.array(3)),
    "labels of three axes": lambda: gb.get_fashion_mnist_labels(np.zeros((2, 2, 2))),
    "a label of 10,000 letters": lambda: gb.get_fashion_mnist_labels([long_ago()]),
    "a label of 10**5000": lambda: gb.get_fashion_mnist_labels([10**5000]),
    "images of no axis": lambda: gb.show_fashion_mnist(np.array(3), np.array(3)),
    "5,000 images": lambda: gb.show_fashion_mnist(np.zeros((5000, 784)), ["a"] * 5000),
    "dropout of nothing": lambda: gb.dropout([], 0.5),
    "dropout of no column": lambda: gb.dropout(np.zeros((0, 3)), 0.5),
    "dropout of texts": lambda: gb.dropout(np.array(["a"]), 0.5),
    "dropout of objects": lambda: gb.dropout(np.array([None]), 0.5),
    "dropout of complex numbers": lambda: gb.dropout(np.ones(2, complex), 0.5),
    "dropout of long numbers": lambda: gb.dropout(np.ones(2, np.longdouble), 0.5),
    "dropout of 10**400": lambda: gb.dropout([10**400], 0.5),
    "curves of numbers": lambda: gb.plot_learning_curves([gb.RunLog(gb.RunConfig(), (1, 2))]),
    "curves of no epochs": lambda: gb.plot_learning_curves([gb.RunLog(gb.RunConfig(), None)]),
    "300 curves": lambda: gb.plot_learning_curves([gb.RunLog(gb.RunConfig(), RECORDS)] * 300),
    "a figure of no logs": lambda: gb.plot_verdict(
        gb.Verdict("matches", 0.01, 1.0, "the book's experiment", (), (), (), 1.0)
    ),
    "batches of numbers": lambda: gb.evaluate_accuracy([1], abs),
    "batches of NumPy's": lambda: gb.evaluate_accuracy([(np.ones((1, 2)), np.ones(1))], abs),
    "fewer labels": lambda: gb.evaluate_accuracy([(nd.ones((4, 2)), nd.ones(1))], abs),
    "a network of None": lambda: gb.evaluate_accuracy([(nd.ones((4, 2)), nd.ones(4))], None),
    "no parameters": lambda: train(params=[]),
    "parameters without gradients": lambda: train(params=[nd.ones(2)]),
    "a trainer of words": lambda: train(trainer="x"),
    "a loss of None": lambda: train(loss=None),
    "a step of nothing": lambda: gb.sgd([nd.ones(2)], 0.1, 1),
    "a step of a batch of 0": lambda: gb.sgd(gb.scratch.init_params(), 0.1, 0),
    "a step of nan": lambda: gb.sgd(gb.scratch.init_params(), float("nan"), 1),
    "more labels than images": lambda: gb.Batches(np.zeros((5, 28, 28), "B"), np.zeros(9, "B"), 2),
    "images as floats": lambda: gb.Batches(np.zeros((5, 28, 28)), np.zeros(5, "B"), 2),
    "labels as floats": lambda: gb.Batches(np.zeros((5, 28, 28), "B"), np.zeros(5), 2),
    "no examples": lambda: gb.Batches(np.zeros((0, 28, 28), "B"), np.zeros(0, "B"), 2),
    "a runner of None": lambda: gb.run_ensemble([gb.RunConfig()], "x.jsonl", runner=None),
    "a client of 3": lambda: gb.run_ensemble([gb.RunConfig()], "x.jsonl", client=3),
    "a size of nan": lambda: gb.compare("x", max_size=float("nan")),
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
