"""One RunConfig in, one RunLog out."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Any, NamedTuple

import numpy as np

from .._mxnet import autograd, blas_kernel, mx, nd
from ..chapter import concise, deep, scratch
from ..chapter.training import SoftmaxCrossEntropy, train_ch3
from ..compat import hook
from ..config import RunConfig, check_kind
from ..errors import Diverged, MeasurementError
from ..fashion_mnist.archive import Archive
from ..fashion_mnist.batches import make_iterators
from ..fashion_mnist.sources import locate
from ..logs import EpochRecord, RunLog
from ..machine import processor, processor_model
from .measurements import Measuring, Trained
from .seeds import TRAINING, mxnet_seed

NDArray = Any  # MXNet has no types


def run(
    config: RunConfig,
    *,
    archive: Archive | None = None,
    report: Callable[[EpochRecord], object] = print,
) -> RunLog:
    """Train and evaluate as `config` says.

    The same configuration gives the same numbers, in this process and in any other, on the same processor
    with the same kernels and the same number of threads; the log records them. With other ones, sums are
    rounded in another order, and it is another run of the same experiment (docs/processors.md).
    MXNet's generator is seeded anew.

    Args:
        config: what to run.
        archive: the data, where it is at hand; None finds it, or fetches it.
        report: called with each EpochRecord as it is complete; `print` prints the book's lines.

    Raises:
        ConfigError: `config` is no RunConfig.
        Diverged: the training loss is not finite; its `log` holds the epochs so far.
        DataError: the data cannot be found, fetched or verified.
    """
    check_kind("config", config, RunConfig, "a RunConfig")
    check_kind("archive", archive, (Archive, type(None)), "an Archive, as sources.locate gives it")
    check_kind("report", report, Callable, "a function of an EpochRecord")  # type: ignore[arg-type]
    archive = locate() if archive is None else archive
    start = time.perf_counter()
    mx.random.seed(mxnet_seed(config.seed, TRAINING))
    train_iter, test_iter = make_iterators(
        archive,
        config.batch_size,
        split=config.split,
        seed=config.seed,
        num_train=config.num_train,
        labels=config.labels,
    )
    network = make_network(config)
    trained = Trained(config, network.net, network.params, train_iter, test_iter)
    measuring = Measuring(trained)

    def finish(records: list[EpochRecord], failure: str = "") -> RunLog:
        return RunLog(
            config=config,
            epochs=tuple(records),
            data={"release": archive.release, "digests": dict(archive.digests)},
            environment=environment(),
            seconds=round(time.perf_counter() - start, 3),
            failure=failure,
            measured=measuring.found,
        )

    def report_and_measure(record: EpochRecord) -> None:
        records.append(record)
        report(record)
        measuring.after_epoch()

    records: list[EpochRecord] = []
    try:
        train_ch3(
            train_iter=train_iter,
            test_iter=test_iter,
            num_epochs=config.num_epochs,
            report=report_and_measure,
            **training_arguments(config, network),
        )
        measuring.at_the_end()
    except (Diverged, MeasurementError) as error:
        error.log = finish(records, str(error))
        raise
    return finish(records)


class Network(NamedTuple):
    """A network that can be trained.

    Attributes:
        net: gives the logits of X.
        params: W1, b1, W2, b2, ..., views of `joined`.
        joined: all of them, end to end, which a step updates.
    """

    net: Any
    params: list[NDArray]
    joined: NDArray


def make_network(config: RunConfig) -> Network:
    """A fresh network: the chapter's, or one of another depth or with other noise."""
    chapters = len(config.hidden_sizes) == 2 and config.noise == "dropout"
    sizes: dict[str, Any] = {"sigma": config.sigma}
    if chapters:
        sizes.update(zip(("num_hiddens1", "num_hiddens2"), config.hidden_sizes))
    drop_probs: Any = config.drop_probs
    net: Any
    if config.implementation == "scratch":
        fresh = scratch.init_params(**sizes) if chapters else deep.init_params(config.hidden_sizes, **sizes)
        joined, params = _join(fresh)
        net = scratch.mlp(params, *drop_probs) if chapters else deep.mlp(params, config)
        return Network(net, params, joined)
    net = concise.mlp(*drop_probs, **sizes) if chapters else deep.gluon_mlp(config)
    own = net.collect_params().values()
    joined, params = _join([parameter.data() for parameter in own])
    for parameter, param in zip(own, params):
        # Gluon has no public way to make a parameter a view.
        parameter._data, parameter._grad = [param], [param.grad]
    return Network(net, params, joined)


def training_arguments(config: RunConfig, network: Network | None = None) -> dict[str, Any]:
    """A network, a fresh one where none is given, its loss, and what updates it: arguments of `train_ch3`."""
    network = network or make_network(config)
    loss = SoftmaxCrossEntropy()
    loss.hybridize(static_alloc=True, static_shape=True)
    return {
        "net": network.net,
        "loss": loss,
        "batch_size": config.batch_size,
        "params": [network.joined],
        "lr": config.learning_rate,
        "weight_decay": config.weight_decay,
    }


def _join(params: Sequence[NDArray]) -> tuple[NDArray, list[NDArray]]:
    """The parameters end to end in one array, so that one operator updates them all, and as views of it.

    `sgd` takes an operator a parameter, four of the six for no more than 256 numbers, and `gluon.Trainer`
    more; on one array it gives the same numbers to the last bit. The array's gradient is attached, and the
    views' gradients are views of that.
    """
    joined = nd.concat(*(param.reshape(-1) for param in params), dim=0)
    joined.attach_grad()
    ends = np.cumsum([param.size for param in params])
    views, gradients = (
        [whole[end - param.size : end].reshape(param.shape) for param, end in zip(params, map(int, ends))]
        for whole in (joined, joined.grad)
    )
    autograd.mark_variables(views, gradients)
    return joined, views


def environment() -> dict[str, Any]:
    """What else the numbers and the time of a run depend on: versions, processor, kernels, threads."""
    return {
        "python": platform.python_version(),
        "dropout_gluon": metadata.version("dropout_gluon"),
        "mxnet": mx.__version__,  # whatever its distribution is called
        "numpy": np.__version__,
        "platform": platform.platform(),
        "processor": processor()[0],
        "model": processor_model(),
        "blas_kernel": blas_kernel(),
        "onednn_isa": onednn_isa(),
        "threads": hook.threads() or "MXNet's default",
    }


def onednn_isa() -> str:
    """What oneDNN's instructions are held to, as ``SSE41``; ``all`` where it takes all of the processor's.

    MXNet's oneDNN reads DNNL_MAX_CPU_ISA alone: ONEDNN_MAX_CPU_ISA is a name of later releases, and changes
    nothing here.
    """
    cap = os.environ.get("DNNL_MAX_CPU_ISA", "").upper()
    return "all" if cap in {"", "ALL", "DEFAULT"} else cap
