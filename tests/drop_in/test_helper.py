"""The helper's functions against those of d2l 0.9.2, which has those of 2018: numbers and pictures."""

import inspect
import random

import IPython.display  # noqa: F401, so that it is there when MXNet is imported, as in a notebook
import numpy as np
import pytest

import dropout_gluon as gb
from dropout_gluon import gluon, mx, nd
from dropout_gluon.errors import ConfigError

with pytest.MonkeyPatch.context() as patch:
    patch.setenv("MPLBACKEND", "agg")
    import d2l

NAMES = (
    "evaluate_accuracy", "get_fashion_mnist_labels", "linreg", "load_data_fashion_mnist", "semilogy",
    "set_figsize", "sgd", "show_fashion_mnist", "squared_loss", "train_ch3", "use_svg_display",
)  # fmt: skip


@pytest.fixture(params=[gb, d2l], ids=["ours", "theirs"])
def helper(request):
    return request.param


@pytest.fixture(autouse=True)
def pyplot(monkeypatch):
    """No window, no figure of another test, and the settings as they were."""
    plt = gb.plt
    plt.switch_backend("agg")
    plt.close("all")
    with plt.rc_context():
        yield plt
    plt.close("all")


@pytest.mark.parametrize("name", NAMES)
def test_takes_what_the_helper_takes_in_its_order(name):
    ours, theirs = (inspect.signature(getattr(one, name)).parameters.values() for one in (gb, d2l))
    ours = [p for p in ours if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert [p.name for p in ours] == [p.name for p in theirs]
    assert [p.default is p.empty for p in ours] == [p.default is p.empty for p in theirs]


def test_pyplot_is_the_helpers():
    assert gb.plt is d2l.plt


def both(name, *arguments):
    return getattr(gb, name)(*arguments), getattr(d2l, name)(*arguments)


def test_linear_regression_and_its_loss_to_the_last_bit():
    mx.random.seed(3)
    X, w, b = nd.random.normal(shape=(7, 3)), nd.random.normal(shape=(3, 1)), nd.array([0.5])
    results = []
    for helper in (gb, d2l):
        for param in (w, b):
            param.attach_grad()
        with mx.autograd.record():
            y_hat = helper.linreg(X, w, b)
            loss = helper.squared_loss(y_hat, nd.arange(7))
        loss.backward()
        assert y_hat.shape == loss.shape == (7, 1)
        results.append([one.asnumpy() for one in (y_hat, loss, w.grad, b.grad)])
    for ours, theirs in zip(*results):
        np.testing.assert_array_equal(ours, theirs)


def test_squared_loss_is_half_the_square():
    found = gb.squared_loss(nd.array([[1.0], [5.0]]), nd.array([3.0, 4.0]))
    assert found.asnumpy().tolist() == [[2.0], [0.5]]


def test_batches_have_every_example_once_in_an_order_that_is_drawn():
    """As gluonbook's; d2l 0.9.2 has none."""
    X, y, orders = nd.arange(46).reshape((23, 2)), nd.arange(23), []
    for seed in (1, 1, 2):
        random.seed(seed)
        batches = list(gb.data_iter(10, X, y))
        assert [len(some) for _, some in batches] == [10, 10, 3]
        for some_X, some_y in batches:
            np.testing.assert_array_equal(some_X.asnumpy()[:, 0], 2 * some_y.asnumpy())
        orders.append([int(label) for _, some in batches for label in some.asnumpy()])
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == list(range(23))


def test_a_step_is_the_helpers():
    steps = []
    for helper in (gb, d2l):
        param = nd.array([1.0, -2.0, 3.0])
        param.attach_grad()
        param.grad[:] = nd.array([10.0, 20.0, -30.0])
        helper.sgd([param], 0.3, 7)
        steps.append(param.asnumpy())
    np.testing.assert_allclose(*steps, rtol=1e-6)


def loader(n=70, batch_size=16):
    """Gluon's own iterator over n examples of four values, and a class that they show."""
    mx.random.seed(1)
    X = nd.random.normal(shape=(n, 4))
    y = X.argmax(axis=1).asnumpy().astype("int32")
    return gluon.data.DataLoader(gluon.data.ArrayDataset(X, y), batch_size)


@pytest.mark.parametrize("ctx", [(), (mx.cpu(),), ([mx.cpu(0), mx.cpu(1)],)], ids=["none", "one", "two"])
def test_accuracy_over_gluons_iterator(ctx):
    places = ctx[0] if ctx else mx.cpu()
    net = gluon.nn.Dense(4)
    net.initialize(mx.init.Normal(1), ctx=places)
    ours, theirs = both("evaluate_accuracy", loader(n=64), net, *ctx)
    assert ours == pytest.approx(theirs, abs=1e-6)
    assert 0 < ours < 1


def test_training_over_gluons_iterator_prints_the_helpers_lines(capsys):
    """Batches of one size, where both average alike; tests/chapter/test_training.py has the difference."""
    printed = []
    for helper in (gb, d2l):
        mx.random.seed(2)
        net = gluon.nn.Dense(4)
        net.initialize(mx.init.Normal(0.1))
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
        loss = gluon.loss.SoftmaxCrossEntropyLoss()
        batches = loader(n=64)
        helper.train_ch3(net, batches, batches, loss, 3, 16, None, None, trainer)
        printed.append(capsys.readouterr().out.splitlines())
    assert len(printed[0]) == 3
    for ours, theirs in zip(*printed):
        words, numbers = (line.replace(",", "").split() for line in (ours, theirs))
        assert len(words) == len(numbers)
        for word, number in zip(words, numbers):
            if "." in word:
                assert float(word) == pytest.approx(float(number), abs=1.01e-4 if len(word) > 5 else 1.01e-3)
            else:
                assert word == number


@pytest.mark.parametrize("labels", [[0, 9.0, 5], np.array([1, 2]), np.array([8.0]), []])
def test_labels_have_the_helpers_names(labels):
    ours, theirs = both("get_fashion_mnist_labels", labels)
    assert ours == theirs
    assert len(ours) == len(labels)
    assert gb.get_fashion_mnist_labels(nd.array([3, 4])) == ["dress", "coat"]


@pytest.mark.data
@pytest.mark.parametrize("resize", [None, 32])
def test_iterators_give_the_helpers_batches(fashion_mnist_folder, monkeypatch, resize):
    """Those of the test set, whose order is fixed; of the training set as many."""
    gdata, plain = gluon.data, gluon.data.DataLoader
    monkeypatch.setattr(gdata, "DataLoader", lambda *options, num_workers, **more: plain(*options, **more))
    ours, theirs = (
        helper.load_data_fashion_mnist(1000, resize, str(fashion_mnist_folder)) for helper in (gb, d2l)
    )
    assert [len(one) for one in ours] == [len(one) for one in theirs] == [60, 10]
    for batch, their_batch, _ in zip(ours[1], theirs[1], range(2)):
        for one, their in zip(batch, their_batch):
            assert (one.shape, one.dtype) == (their.shape, their.dtype)
            np.testing.assert_array_equal(one.asnumpy(), their.asnumpy())


def curves(axes):
    return [(line.get_xydata().tolist(), line.get_linestyle(), line.get_color()) for line in axes.lines]


def picture(axes):
    """All that `semilogy` says by drawing."""
    legend = axes.get_legend()
    return {
        "curves": curves(axes),
        "scales": (axes.get_xscale(), axes.get_yscale()),
        "labels": (axes.get_xlabel(), axes.get_ylabel()),
        "legend": [text.get_text() for text in legend.get_texts()] if legend else None,
        "inches": axes.figure.get_size_inches().tolist(),
    }


ONE = (range(1, 4), [3.0, 2.0, 0.5], "epochs", "loss")
TWO = (*ONE, range(1, 4), [4.0, 3.0, 2.5], ["train", "test"])


@pytest.mark.parametrize(
    "arguments",
    [ONE, TWO, (*TWO, (5, 2)), ([1.0], [1e-9], "x", "y")],
    ids=["one", "two", "larger", "a point"],
)
def test_curves_are_drawn_as_the_helper_draws_them(pyplot, arguments):
    drawn = []
    for helper in (gb, d2l):
        helper.semilogy(*arguments)
        drawn.append(picture(pyplot.gcf().axes[0]))
        pyplot.close("all")
    assert drawn[0] == drawn[1]
    assert drawn[0]["scales"] == ("linear", "log")


def test_curves_of_arrays_are_drawn_too(pyplot):
    """Where the helper asks an array whether it is true."""
    x = np.arange(1, 4)
    gb.semilogy(x, nd.array([3.0, 2.0, 1.0]), "x", "y", x, x / 2)
    assert [line.get_ydata().tolist() for line in pyplot.gca().lines] == [[3, 2, 1], [0.5, 1, 1.5]]
    assert pyplot.gca().get_legend() is None


def test_a_legend_that_is_no_names_draws_nothing(pyplot):
    pyplot.close("all")
    with pytest.raises(ConfigError, match="legend must be the names of both curves, not 3"):
        gb.semilogy([1, 2], [3, 4], "x", "y", [1, 2], [3, 4], 3)
    assert pyplot.get_fignums() == []


def test_sizes_are_those_of_the_figures_to_come(helper, pyplot):
    helper.set_figsize()
    assert pyplot.figure().get_size_inches().tolist() == [3.5, 2.5]
    helper.set_figsize((7, 1))
    assert pyplot.figure().get_size_inches().tolist() == [7, 1]


@pytest.mark.parametrize("kind", [nd.array, np.array])
def test_images_are_shown_under_their_labels(pyplot, kind):
    images = kind(np.arange(3 * 784).reshape((3, 1, 28, 28)))
    shown = []
    for helper in (gb, d2l) if kind is nd.array else (gb,):
        assert helper.show_fashion_mnist(images, ["bag", "$coat", "ankle\nboot"]) is None
        axes = pyplot.gcf().axes
        assert not any(ax.axison and ax.get_xaxis().get_visible() for ax in axes)
        shown.append([(ax.get_title(), ax.images[0].get_array().tolist()) for ax in axes])
        pyplot.close("all")
    assert all(one == shown[0] for one in shown)
    expected = np.arange(3 * 784).reshape((3, 28, 28)).tolist()
    assert shown[0] == list(zip(["bag", "$coat", "ankle\nboot"], expected))


def test_one_image_is_shown_too(pyplot):
    gb.show_fashion_mnist(nd.zeros((1, 784)), ["bag"])
    assert [ax.get_title() for ax in pyplot.gcf().axes] == ["bag"]


def test_images_and_labels_must_match():
    with pytest.raises(ConfigError, match="the number of labels must be a whole number from 3 to 3, not 2"):
        gb.show_fashion_mnist(nd.zeros((3, 784)), ["bag", "coat"])


def test_the_call_of_the_later_editions_is_told():
    net, data = gluon.nn.Dense(4), loader()
    net.initialize()
    trainer = gluon.Trainer(net.collect_params(), "sgd")
    for updater in (trainer, lambda batch_size: None):
        with pytest.raises(
            ConfigError, match=r"updater\) is of the book's later editions; here, .* batch_size"
        ) as told:
            gb.train_ch3(net, data, data, gluon.loss.SoftmaxCrossEntropyLoss(), 1, updater)
        assert "\n" not in str(told.value)
