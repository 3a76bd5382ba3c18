"""The face of the package: the helper's names, imported no sooner than they are used."""

import inspect
import subprocess
import sys
from importlib import metadata

import pytest

import dropout_gluon as gb

HELPER = {
    "load_data_fashion_mnist": ["batch_size", "resize", "root"],
    "train_ch3": [
        "net", "train_iter", "test_iter", "loss", "num_epochs", "batch_size", "params", "lr", "trainer",
    ],
    "evaluate_accuracy": ["data_iter", "net", "ctx"],
    "sgd": ["params", "lr", "batch_size"],
    "get_fashion_mnist_labels": ["labels"],
    "show_fashion_mnist": ["images", "labels"],
}  # fmt: skip


@pytest.mark.parametrize("name", HELPER)
def test_positional_arguments_are_the_helpers(name):
    parameters = inspect.signature(getattr(gb, name)).parameters.values()
    assert [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD] == HELPER[name]


def test_every_name_is_there_and_documented():
    for name in (*gb.__all__, "autograd", "gluon", "init", "mx", "nd", "nn"):
        value = getattr(gb, name)
        assert inspect.ismodule(value) or inspect.getdoc(value), name
    assert set(gb.__all__) <= set(dir(gb))
    assert not {"Any", "hook", "import_module", "CHAPTER"} & set(dir(gb))
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = gb.nonsense


def test_importing_the_package_or_asking_for_help_does_not_import_mxnet():
    code = (
        "import sys, dropout_gluon, dropout_gluon.cli.main\n"
        "try: dropout_gluon.cli.main.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('mxnet', 'numpy', 'matplotlib', 'requests') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_version_is_the_metadatas():
    assert metadata.version("dropout_gluon") == "0.2.0"
