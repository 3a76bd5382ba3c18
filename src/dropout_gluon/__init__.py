"""The dropout chapter of Dive into Deep Learning (MXNet/Gluon edition), reproduced and measured.

The names below are what a notebook imports, with the signatures of the chapter's helper:

    import dropout_gluon as gb
    train_iter, test_iter = gb.load_data_fashion_mnist(256)
    log = gb.run(gb.RunConfig(implementation="gluon", seed=3))
"""

from importlib import import_module
from typing import Any

_HOME = {
    "Batches": "data",
    "get_fashion_mnist_labels": "data",
    "load_data_fashion_mnist": "data",
    "evaluate_accuracy": "training",
    "sgd": "training",
    "train_ch3": "training",
    "dropout": "scratch",
    "show_fashion_mnist": "plotting",
    "plot_learning_curves": "plotting",
    "RunConfig": "config",
    "run": "runs",
    "Outcome": "ensemble",
    "grid": "ensemble",
    "run_ensemble": "ensemble",
    "read_store": "store",
    "compare": "comparing",
    "assert_matches_book": "comparing",
    "read_logs": "reading",
    "ReadLog": "reading",
    "Verdict": "verdict",
    "plot_verdict": "plotting",
    "EpochRecord": "logs",
    "RunLog": "logs",
    "documented_log": "logs",
    "documented_sample": "logs",
    "DropoutGluonError": "errors",
    "ConfigError": "errors",
    "DataError": "errors",
    "Diverged": "errors",
    "EnsembleError": "errors",
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
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    """Import a name's module when the name is first used: `dropout-gluon --help` needs no MXNet."""
    if name in ("scratch", "concise"):
        return import_module(f".{name}", __name__)
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, "scratch", "concise"})
