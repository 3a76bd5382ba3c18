"""The dropout chapter of Dive into Deep Learning (MXNet/Gluon edition), reproduced and measured.

The names below are what a notebook imports, with the signatures of the chapter's helper:

    import dropout_gluon as gb
    train_iter, test_iter = gb.load_data_fashion_mnist(256)
    log = gb.run(gb.RunConfig(implementation="gluon", seed=3))
"""

from __future__ import annotations

from importlib import import_module

from .compat import hook

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` takes longer than all of this, and a Ctrl-C may come before the command hears it
    from typing import Any

_HOME = {
    "Batches": "fashion_mnist.batches",
    "get_fashion_mnist_labels": "fashion_mnist.batches",
    "load_data_fashion_mnist": "fashion_mnist.batches",
    "evaluate_accuracy": "chapter.training",
    "sgd": "chapter.training",
    "train_ch3": "chapter.training",
    "dropout": "chapter.scratch",
    "data_iter": "chapter.linear",
    "linreg": "chapter.linear",
    "squared_loss": "chapter.linear",
    "plt": "drop_in.pictures",
    "semilogy": "drop_in.pictures",
    "set_figsize": "drop_in.pictures",
    "show_fashion_mnist": "drop_in.pictures",
    "use_svg_display": "drop_in.pictures",
    "install_as": "drop_in.alias",
    "plot_learning_curves": "plotting",
    "RunConfig": "config",
    "run": "runs.run",
    "Outcome": "runs.ensemble",
    "grid": "runs.grid",
    "run_ensemble": "runs.ensemble",
    "read_store": "runs.store",
    "compare": "verdict.compare",
    "assert_matches": "verdict.compare",
    "assert_matches_book": "verdict.compare",
    "exercise": "exercises.answered",
    "answer_or_question": "exercises.answered",
    "plot_network": "exercises.picture",
    "reproduce": "reproduction",
    "Reproduction": "reproduction",
    "read_file": "reading.reader",
    "read_logs": "reading.reader",
    "ReadLog": "reading.reader",
    "Reading": "reading.reader",
    "Verdict": "verdict.views",
    "plot_verdict": "verdict.figure",
    "EpochRecord": "logs",
    "RunLog": "logs",
    "beside_book": "logs",
    "documented_log": "logs",
    "documented_sample": "logs",
    "DropoutGluonError": "errors",
    "ConfigError": "errors",
    "DataError": "errors",
    "Diverged": "errors",
    "EnsembleError": "errors",
    "MeasurementError": "errors",
    "LogError": "errors",
    "StoreError": "errors",
    "WriteError": "errors",
    # MXNet's own names, so that a notebook gets them by the door that makes MXNet import.
    "autograd": "_mxnet",
    "gluon": "_mxnet",
    "init": "_mxnet",
    "mx": "_mxnet",
    "nd": "_mxnet",
    "nn": "_mxnet",
}


def _read_fashion_mnist(root: str, train: bool) -> Any:
    return import_module(".fashion_mnist.gluons", __name__).read(root, train)


# From here on a plain `import mxnet` works on every supported Python and NumPy, and Gluon's own class of
# Fashion-MNIST without a network.
hook.install(_read_fashion_mnist)

CHAPTER = ("scratch", "concise")  # modules, each with its `mlp`
# Without MXNet's own, which would make `import *` need it.
__all__ = sorted(name for name, home in _HOME.items() if home != "_mxnet")


def __getattr__(name: str) -> Any:
    """Import a name's module when the name is first used: `dropout-gluon --help` needs no MXNet."""
    if name in CHAPTER:
        return import_module(f".chapter.{name}", __name__)
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*_HOME, *CHAPTER, *(name for name in globals() if name.startswith("__"))})
