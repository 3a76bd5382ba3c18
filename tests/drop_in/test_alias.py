"""The package under the helper's names: what `import` gives then, and what is said of all else."""

import os

import nbclient
import nbformat
import pytest
from fresh import printed, python

import dropout_gluon as gb
from dropout_gluon.errors import ConfigError

NAMES = ("gluonbook", "d2lzh", "d2l")
AS = "import dropout_gluon; dropout_gluon.install_as({name!r})\n"


def installed(tmp_path, name):
    """The environment of a process where somebody else's package of that name is installed."""
    (tmp_path / f"{name}.py").write_text("print('theirs is imported')\nvalue = 'theirs'\n")
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))}


def test_every_way_of_importing_gives_ours(tmp_path):
    """Though other packages of these names are installed, which are not imported."""
    for name in NAMES:
        variables = installed(tmp_path, name)
    code = "".join(
        AS.format(name=name) + f"import {name} as gb\n"
        f"from {name} import sgd, linreg\n"
        f"from {name} import *\n"
        "print(gb.sgd is sgd is dropout_gluon.sgd, semilogy is gb.semilogy, plt is gb.plt, gb.nd.__name__)\n"
        "print(set(dropout_gluon.__all__) <= set(dir(gb)), gb.__name__, hasattr(gb, 'scratch'))\n"
        "from importlib.util import find_spec\n"
        f"print(find_spec({name!r}).name)\n"
        for name in NAMES
    )
    said = "".join(f"True True True mxnet.ndarray\nTrue {name} True\n{name}\n" for name in NAMES)
    assert printed(code, **variables) == said


def test_it_costs_nothing_that_is_not_used():
    code = AS.format(name="d2l") + (
        "import d2l, sys; print([name for name in ('mxnet', 'matplotlib') if name in sys.modules])"
    )
    assert printed(code) == "[]\n"


def test_where_another_was_imported_before_one_line_says_what_happens(tmp_path):
    """As in a notebook whose cells are run again, the new first one among them."""
    code = (
        "import d2lzh; from d2lzh import value\n"
        f"{AS.format(name='d2lzh')}before = d2lzh\n"
        "import d2lzh; print(value, before.value, hasattr(d2lzh, 'value'), hasattr(d2lzh, 'RunConfig'))\n"
        "dropout_gluon.install_as('d2lzh'); again = d2lzh\n"
        "import d2lzh; print(again is d2lzh)"
    )
    done = python(code, **installed(tmp_path, "d2lzh"))
    assert done.stdout == "theirs is imported\ntheirs theirs False True\nTrue\n"
    assert done.stderr.count("DropoutGluonWarning") == 1
    assert "another d2lzh was imported before: from here on `import d2lzh` gives dropout_gluon" in done.stderr


@pytest.mark.parametrize("name", ["numpy", "D2L", "", None, 3, ["d2l"]])
def test_other_names_are_refused(name):
    with pytest.raises(ConfigError, match="name must be one of gluonbook, d2lzh, d2l, not") as caught:
        gb.install_as(name)
    assert "\n" not in str(caught.value)


def test_what_it_does_not_have_is_said():
    code = AS.format(name="d2l") + (
        "import d2l\n"
        "print(hasattr(d2l, 'try_gpu'), hasattr(d2l, '__file__'), hasattr(d2l, '__path__'))\n"
        "try: d2l.try_gpu()\nexcept AttributeError as error: print(error)\n"
        "try: from d2l import torch as d2l\nexcept dropout_gluon.ConfigError as error: print(error)\n"
        "try: import d2l.mxnet\nexcept ImportError as error: print(error)"
    )
    assert printed(code).splitlines() == [
        "False False False",
        "d2l is dropout_gluon here, which has the helper's names for the part 'Deep learning basics': not "
        "'try_gpu'",
        "`from d2l import torch` is of the book's later editions; here `d2l` is dropout_gluon, for the "
        "edition of 2018: `import d2l`",
        "No module named 'd2l.mxnet'; 'd2l' is not a package",
    ]


CELLS = {
    "first": "import dropout_gluon\ndropout_gluon.install_as('d2lzh')",
    "imports": (
        "%matplotlib inline\nimport d2lzh as gb\nfrom IPython import display\n"
        "from mxnet import autograd, gluon, nd"
    ),
    "formats": "display.set_matplotlib_formats('svg')",
    "a row": "def show():\n    gb.show_fashion_mnist(nd.zeros((2, 784)), ['bag', 'coat'])\n\nshow()\nx = 1",
    "two curves": "for top in (1.0, 10.0):\n    gb.semilogy([1, 2], [top, 0.1], 'epochs', 'loss')",
    "a point": "gb.set_figsize((2, 2))\ngb.plt.plot([1], [2]);",
    "training": (
        "net = gluon.nn.Dense(4)\nnet.initialize()\ndata = [(nd.ones((8, 4)), nd.zeros(8))]\n"
        "trainer = gluon.Trainer(net.collect_params(), 'sgd')\n"
        "gb.train_ch3(net, data, data, gluon.loss.SoftmaxCrossEntropyLoss(), 2, 8, None, None, trainer)"
    ),
}


def test_a_notebook_shows_what_the_helper_shows():
    """In a real kernel: each picture once, as SVG; the lines of training and nothing after them."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS.values()])
    nbclient.NotebookClient(notebook, kernel_name="python3", coalesce_streams=True, timeout=120).execute()
    outputs = dict(zip(CELLS, (cell.outputs for cell in notebook.cells)))
    pictures = {"a row": 1, "two curves": 2, "a point": 1}
    for name, shown in outputs.items():
        if name == "training":
            assert [(output.output_type, output.get("name")) for output in shown] == [("stream", "stdout")]
            assert [line.split(",")[0] for line in shown[0].text.splitlines()] == ["epoch 1", "epoch 2"]
        else:
            assert [output.output_type for output in shown] == ["display_data"] * pictures.get(name, 0), name
            assert all("image/svg+xml" in output.data for output in shown)
