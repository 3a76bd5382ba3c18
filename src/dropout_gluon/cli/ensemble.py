"""The command dropout-gluon ensemble."""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from ..config import (
    FIRST_SEED,
    IMPLEMENTATIONS,
    LABELS,
    MEASUREMENTS,
    MOST_SEED,
    NOISES,
    SPLITS,
    RunConfig,
    check_path,
    check_threads,
    check_whole,
    check_workers,
)
from ..errors import ConfigError
from ..files import MAX_SIZE, read_up_to
from ..messages import counted, duration, named, printable
from ..runs.grid import Grid
from .sweep import sweeping

GOOD, SOME_FAILED = 0, 1


def add_ensemble(commands: Any, **shared: Any) -> None:
    """Add the command and its arguments."""
    parser = commands.add_parser(
        "ensemble",
        **shared,
        help="many seeds and configurations into a run store; interrupted, it goes on where it was",
        description="Run every combination of the values given, each with so many seeds, into a store of one "
        "run a line. What the store has is not run again.",
        epilog="Exit status: 0 every run ended well, 1 some failed, 2 bad input or not to be done, 130 "
        "interrupted, 143 terminated. dropout-gluon ensemble status STORE sums up a store.",
    )
    parser.set_defaults(command=run_or_list)
    sub = parser.add_subparsers(metavar="status")
    status = sub.add_parser(
        "status",
        **shared,
        help="sum up a store",
        description="Sum up a store: runs, means, failures.",
    )
    status.add_argument("store", metavar="STORE")
    status.set_defaults(command=show_status)

    add = parser.add_argument
    add("--store", default="out/runs.jsonl", metavar="FILE", help="(%(default)s)")
    add("--runs", type=int, metavar="N", help="seeds of each combination (1)")
    add("--first-seed", type=int, metavar="N", help="the others follow (1)")
    add("--workers", type=int, metavar="N", help="processes here (one a processor)")
    add("--threads", type=int, default=1, metavar="N", help="OpenMP threads of a run (%(default)s)")
    add("--scheduler", metavar="ADDRESS", help="run on the Dask cluster of tcp://host:port instead")
    add("--dry-run", action="store_true", help="only list what would run, and about how long it would take")
    add("--retry-failed", action="store_true", help="run those again that failed before")
    add("--quiet", action="store_true", help="print nothing when all is well")
    add = parser.add_argument_group(
        "configuration", "each takes one value or several, and every combination is run"
    ).add_argument
    add(
        "--config",
        metavar="FILE",
        help="a TOML file whose keys are fields of RunConfig, runs or first_seed "
        "(num_epochs = 5, batch_size = [64, 256])",
    )
    for flag, field, kind, text in FLAGS:
        add(flag, dest=field, type=kind, nargs="+", metavar="X", help=f"{text} ({_default(field)})")


def _default(field: str) -> str:
    value = getattr(RunConfig(), field)
    return (",".join(map(str, value)) or "none") if isinstance(value, tuple) else str(value)


def _list_of(kind: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    def values(text: str) -> tuple[Any, ...]:
        return tuple(kind(part) for part in text.split(",")) if text else ()

    values.__name__ = "list"  # as argparse calls it, where it cannot be read
    return values


FLAGS: tuple[tuple[str, str, Callable[[str], Any], str], ...] = (
    ("--implementation", "implementation", str, " or ".join(IMPLEMENTATIONS)),
    ("--split", "split", str, " or ".join(SPLITS)),
    ("--epochs", "num_epochs", int, "passes over the training set"),
    ("--hidden-sizes", "hidden_sizes", _list_of(int), "such as 64,64,64, one a hidden layer"),
    ("--drop-probs", "drop_probs", _list_of(float), "such as 0.5,0.2, one a hidden layer"),
    ("--learning-rate", "learning_rate", float, "above 0"),
    ("--batch-size", "batch_size", int, "1 to 60000"),
    ("--sigma", "sigma", float, "standard deviation of the initial weights"),
    ("--noise", "noise", str, " or ".join(NOISES)),
    ("--gammas", "gammas", _list_of(float), "of three-point noise, one a hidden layer"),
    ("--weight-decay", "weight_decay", float, "from 0"),
    ("--labels", "labels", str, " or ".join(LABELS)),
    ("--num-train", "num_train", int, "training images, 10 to 60000"),
    (
        "--measure",
        "measure",
        _list_of(str),
        f"of the trained network: {', '.join(MEASUREMENTS)}; several in one run as norms,calibration",
    ),
)
GRID = tuple(field for _, field, *_ in FLAGS)
LEAST = {"runs": 1, "first_seed": 0}
LISTS = ("hidden_sizes", "drop_probs", "gammas", "measure")  # of which a value is a list


def configurations(arguments: argparse.Namespace) -> Grid:
    """What the flags and the file ask for; seed by seed, so that what is there early is balanced."""
    values = {} if arguments.config is None else read_toml(arguments.config)
    runs, first = values.pop("runs", 1), values.pop("first_seed", FIRST_SEED)
    values.update({name: given for name in GRID if (given := getattr(arguments, name)) is not None})
    runs = check_whole("runs", runs if arguments.runs is None else arguments.runs, LEAST["runs"])
    first = first if arguments.first_seed is None else arguments.first_seed
    check_whole("first_seed", first, LEAST["first_seed"])
    if first + runs - 1 > MOST_SEED:
        raise ConfigError(
            f"runs must end with seed {MOST_SEED:,} at most, and {runs:,} from {first:,} on do not"
        )
    if not (configs := Grid({"seed": range(first, first + runs), **values})):
        raise ConfigError("there is nothing to run: a list of values is empty")
    return configs


def read_toml(path: str) -> dict[str, Any]:
    """Field -> its values, of a file of RunConfig's fields, `runs` and `first_seed`.

    Raises:
        ConfigError: it cannot be read, or has a key that is none of these.
    """
    import tomli

    try:
        with open(check_path("--config", path), "rb") as file:
            content = tomli.loads(read_up_to(file, MAX_SIZE).decode())
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{named(path)}: {getattr(error, 'strerror', None) or error}") from None
    if unknown := sorted(content.keys() - {*GRID, *LEAST}):
        known = ", ".join((*GRID, *LEAST))
        raise ConfigError(f"{named(path)}: {unknown[0]!r} is none of {known}")
    values = {name: value if name in LEAST else _values(name, value) for name, value in content.items()}
    try:
        for name, least in LEAST.items():
            check_whole(name, values.get(name, least), least)
        Grid({name: of for name, of in values.items() if name in GRID})
    except ConfigError as error:
        raise ConfigError(f"{named(path)}: {error}") from None
    return values


def _values(name: str, value: Any) -> list[Any]:
    """A list is a list of values, unless it is one value of such a field."""
    one = not isinstance(value, list) or (name in LISTS and not any(isinstance(part, list) for part in value))
    return [value] if one else value


def run_or_list(arguments: argparse.Namespace) -> int:
    """dropout-gluon ensemble"""
    configs = configurations(arguments)
    check_threads(arguments.threads)
    if arguments.workers is not None:
        check_workers(arguments.workers)
    if arguments.scheduler is not None:
        from ..runs.cluster import check_address

        check_address(arguments.scheduler)
    if arguments.dry_run:
        return _list(configs, arguments)
    from ..runs.ensemble import run_ensemble

    with sweeping(arguments.scheduler, arguments.store) as client:
        outcome = run_ensemble(
            configs,
            arguments.store,
            workers=arguments.workers,
            threads=arguments.threads,
            client=client,
            retry_failed=arguments.retry_failed,
            progress=not arguments.quiet,
        )
    if outcome.failures or not arguments.quiet:
        print(f"{outcome}\nstore: {named(arguments.store)}")
    return SOME_FAILED if outcome.failures else GOOD


def _list(configs: Grid, arguments: argparse.Namespace) -> int:
    from ..runs.ensemble import default_workers, expected_seconds
    from ..runs.store import read_store

    check_path("store", arguments.store)
    logs = read_store(arguments.store, failed=True) if os.path.lexists(arguments.store) else []
    there = Counter(
        _name(log.config)
        for log in logs
        if log.config in configs and not (log.failure and arguments.retry_failed)
    )
    seeds = configs.values["seed"]
    todo = epochs = 0
    expected = 0.0
    for config in sorted(Grid({**configs.values, "seed": seeds[:1]}), key=_name):
        name = _name(config)
        have = there[name]
        which = f"seeds {seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"seed {seeds[0]}"
        print(f"{name}: {which}, {counted(len(seeds), 'run')}, {have} of them there")
        todo += len(seeds) - have
        epochs += (len(seeds) - have) * config.num_epochs
        expected += (len(seeds) - have) * expected_seconds(config)
    # What runs that are there took, as a multiple of what was to be expected of their epochs.
    paces = [
        log.seconds / expected_seconds(replace(log.config, num_epochs=len(log.epochs)))
        for log in logs
        if log.epochs and log.seconds
    ]
    seconds = expected * (statistics.median(paces) if paces else 1)
    on_cluster = arguments.scheduler is not None
    workers = 1 if on_cluster else min(arguments.workers or default_workers(), todo or 1)
    basis = f"at {seconds / epochs if epochs else 0:.2g} s an epoch{' like the runs there' * bool(paces)}"
    where = "divided by the cluster's workers" if on_cluster else counted(workers, "worker")
    print(f"{counted(todo, 'run')} to do, about {duration(seconds / workers)} ({basis}; {where})")
    return GOOD


def _name(config: RunConfig) -> str:
    """A configuration without its seed."""
    measured = f"measure={','.join(config.measure)}" if config.measure else ""
    parts = (config.implementation, f"{config.split} split", config.departures(), measured)
    return ", ".join(filter(None, parts))


def _grouped(configs: Sequence[RunConfig]) -> list[tuple[str, list[RunConfig]]]:
    return [(name, list(group)) for name, group in groupby(sorted(configs, key=_name), key=_name)]


def _mean(values: Sequence[float]) -> float:
    """Divided first: the sum of losses that have run away is beyond all numbers."""
    return math.fsum(value / len(values) for value in values)


def _spread(values: Sequence[float]) -> float:
    """The standard deviation; nan where a value is not finite, or the squares are beyond all numbers."""
    try:
        return statistics.stdev(values) if all(map(math.isfinite, values)) else math.nan
    except OverflowError:
        return math.nan


def show_status(arguments: argparse.Namespace) -> int:
    """dropout-gluon ensemble status"""
    from ..runs.store import read_store

    logs = read_store(arguments.store, failed=True)
    by_digest = {log.config.digest: log for log in logs}
    failed = sum(bool(log.failure) for log in logs)
    print(f"{named(arguments.store)}: {counted(len(logs), 'run')}, {failed} of them failed")
    for name, group in _grouped([log.config for log in logs]):
        runs = [by_digest[config.digest] for config in group]
        good = [log.epochs[-1] for log in runs if log.epochs and not log.failure]
        print(f"{name}: {counted(len(good), 'run')}")
        for column, title in (
            ("loss", "training loss"),
            ("train_acc", "training accuracy"),
            ("test_acc", "test accuracy"),
        ):
            if good:
                values = [getattr(record, column) for record in good]
                spread = f" ± {_spread(values):.4f}" if len(values) > 1 else ""
                print(f"    {title:18} {_mean(values):.4f}{spread}")
        reasons = Counter(log.failure for log in runs if log.failure)
        for reason, count in reasons.items():
            print(f"    failed {count}: {printable(reason)}")
    made_by = {json.dumps(log.environment, sort_keys=True) for log in logs if log.environment}
    if len(made_by) > 1:
        print(f"made in {len(made_by)} environments, in each of which a seed is another run")
    return GOOD
