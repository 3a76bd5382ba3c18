"""The runs of an exercise as a small text file: a line on how they were made, then a run a line.

Of each run the departures from the defaults, the epochs and what was measured are kept, in as many
digits as the analyses use. The analyses read runs from here as from a store.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import Any

from ..config import RunConfig
from ..errors import DropoutGluonError, LogError
from ..logs import EpochRecord, RunLog
from .exercise import Exercise

FORMAT = "dropout_gluon exercise 1"
DIGITS = 6  # significant ones of what was measured
DECIMALS = (4, 4, 4)  # of loss, train_acc, test_acc: the last has no more


def record(
    exercise: Exercise,
    logs: Sequence[RunLog],
    command: str,
    known: tuple[dict[str, Any], Sequence[RunLog]] = ({}, ()),
) -> str:
    """The runs as text, by configuration.

    Args:
        exercise: whose runs they are.
        logs: the runs.
        command: what makes them again.
        known: what `parse` gave of those that were recorded before, to keep.
    """
    before, kept = known
    there = {log.config.digest for log in kept}
    logs = [log for log in logs if log.config.digest not in there]
    with_what = Counter(before.get("with", {}))
    with_what.update(", ".join(f"{k} {v}" for k, v in log.environment.items()) for log in logs)
    data = Counter(before.get("data", {}))
    data.update(f"release {log.data['release']}" for log in logs)
    every = sorted([*kept, *logs], key=lambda log: log.config.digest)
    seeds = [log.config.seed for log in every]
    head = {
        "format": FORMAT,
        "exercise": exercise.name,
        "command": command,
        "seeds": [min(seeds), max(seeds)],
        "hours": round(before.get("hours", 0) + sum(log.seconds for log in logs) / 3600, 2),
        "data": dict(data),
        "with": dict(with_what.most_common()),
    }
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in [head, *map(_line, every)])


def _line(log: RunLog) -> dict[str, Any]:
    defaults = RunConfig().to_dict()
    fields = {name: value for name, value in log.config.to_dict().items() if value != defaults[name]}
    epochs = [
        [round(value, digits) for value, digits in zip((one.loss, one.train_acc, one.test_acc), DECIMALS)]
        for one in log.epochs
    ]
    line: dict[str, Any] = {"config": fields, "epochs": epochs}
    if log.measured:
        line["measured"] = _rounded(log.measured)
    if log.failure:
        line["failure"] = log.failure
    return line


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def parse(text: str, source: str) -> tuple[dict[str, Any], list[RunLog]]:
    """How the runs were made, and the runs; LogError, naming file and line, where it is no such file."""
    logs: list[RunLog] = []
    head: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines() or [""], 1):
        try:
            content = json.loads(line)
            if number == 1:
                head = content
                if head["format"] != FORMAT:
                    raise LogError(f"its format is not {FORMAT!r}")
                continue
            epochs = tuple(EpochRecord(place, *row) for place, row in enumerate(content["epochs"], 1))
            logs.append(
                RunLog(
                    RunConfig(**content["config"]),
                    epochs,
                    failure=content.get("failure", ""),
                    measured=content.get("measured", {}),
                )
            )
        except (DropoutGluonError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise LogError(f"{source}:{number}: {error}") from error
    return head, logs


def load(name: str) -> tuple[dict[str, Any], list[RunLog]]:
    """The recorded runs of an exercise, of its small form too; of both there may be none."""
    file = resources.files("dropout_gluon.reference") / "exercises" / f"{name}.jsonl"
    return parse(file.read_text("utf-8"), file.name) if file.is_file() else ({}, [])


def of(configs: Iterable[RunConfig], logs: Iterable[RunLog]) -> list[RunLog]:
    """The runs that have one of the configurations; those that diverged, but none that failed otherwise."""
    wanted = {config.digest for config in configs}
    return [log for log in logs if log.config.digest in wanted and log.came_out]
