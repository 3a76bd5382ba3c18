"""What a run leaves behind: its epochs, as the book prints them and as JSON, and how it was made."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from .config import (
    IMPLEMENTATIONS,
    RunConfig,
    check_choice,
    check_kind,
    check_number,
    check_path,
    check_whole,
)
from .errors import DIVERGED, DropoutGluonError, LogError
from .files import MAX_SIZE, read_up_to, write_whole
from .messages import brief, named, shown
from .showing import Table, page, paragraph, table

FORMAT = "dropout_gluon run 1"


@dataclass(frozen=True)
class EpochRecord:
    """One epoch of training.

    Attributes:
        epoch: counted from 1.
        loss: training loss, cross entropy in nats, the mean over the epoch's batches.
        train_acc: training accuracy while training, dropout included, 0 to 1.
        test_acc: test accuracy after the epoch, 0 to 1.
    """

    epoch: int
    loss: float
    train_acc: float
    test_acc: float

    def __str__(self) -> str:
        """The line that the book prints."""
        return f"epoch {self.epoch}, {self.metrics()}"

    def metrics(self) -> str:
        """The book's line without its epoch."""
        return f"loss {self.loss:.4f}, train acc {self.train_acc:.3f}, test acc {self.test_acc:.3f}"


@dataclass(frozen=True)
class RunLog:
    """A run: what was asked for, what came out, and what it was made with.

    Attributes:
        config: the RunConfig.
        epochs: one EpochRecord an epoch.
        data: the release and the digests of the data.
        environment: versions of the packages, the processor, the kernels and threads of the BLAS.
        seconds: how long training and evaluation took.
        failure: why the run stopped early; empty where it did not.
        measured: what was measured besides, by the names in `config.measure`: anything that JSON can hold.
    """

    config: RunConfig
    epochs: tuple[EpochRecord, ...]
    data: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    failure: str = ""
    measured: dict[str, Any] = field(default_factory=dict)

    @property
    def diverged(self) -> bool:
        """Whether it stopped as its loss was no longer finite: what came out, and no accident."""
        return DIVERGED in self.failure

    @property
    def came_out(self) -> bool:
        """Whether it ended, or diverged; not where it failed otherwise."""
        return self.diverged or not self.failure

    def __str__(self) -> str:
        return "\n".join([*map(str, self.epochs), *([self.failure] if self.failure else [])])

    def _repr_html_(self) -> str:
        config = self.config
        title = f"{config.implementation}, {config.split} split, seed {config.seed}"
        rows = [
            (str(e.epoch), f"{e.loss:.4f}", f"{e.train_acc:.3f}", f"{e.test_acc:.3f}") for e in self.epochs
        ]
        failed = [paragraph(self.failure)] if self.failure else []
        return page(table(("epoch", "loss", "train acc", "test acc"), rows, title), *failed)

    def to_json(self, indent: int | None = 1) -> str:
        """The whole run as JSON; `from_json` gives it back, every digit included.

        Args:
            indent: spaces a level; None puts the run on one line, without a blank.
        """
        content = {
            "format": FORMAT,
            "config": self.config.to_dict(),
            "epochs": [asdict(record) for record in self.epochs],
            "data": self.data,
            "environment": self.environment,
            "seconds": self.seconds,
            "failure": self.failure,
            **({"measured": self.measured} if self.measured else {}),
        }
        return json.dumps(content, indent=indent, separators=(",", ":") if indent is None else None)

    @classmethod
    def from_json(cls, text: str) -> RunLog:
        """The run that `to_json` wrote; LogError where the text is not one."""
        try:
            content = json.loads(text)
            if content.get("format") != FORMAT:
                raise LogError(f"this is not a run: its format is not {FORMAT!r}")
            return cls(
                config=RunConfig(**content["config"]),
                epochs=tuple(_epoch(**record) for record in content["epochs"]),
                data=_data(content["data"]),
                environment=check_kind("environment", content["environment"], dict, "an object"),
                seconds=check_number("seconds", content["seconds"], 0),
                failure=check_kind("failure", content["failure"], str, "a text"),
                measured=check_kind("measured", content.get("measured", {}), dict, "an object"),
            )
        except DropoutGluonError as error:
            raise LogError(str(error)) from error
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            why = brief(f"{type(error).__name__}: {error}")
            raise LogError(f"this is not a run as JSON: {why}") from error

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the run to a file, whole or not at all."""
        check_path("the file", path)
        try:
            content = self.to_json()
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            raise LogError(f"this run cannot be written as JSON: {brief(error)}") from error
        write_whole(Path(path), (content + "\n").encode())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> RunLog:
        """Read a run that `save` wrote; LogError, naming the file, where it is not one."""
        check_path("the file", path)
        try:
            with open(path, "rb") as file:
                return cls.from_json(read_up_to(file, MAX_SIZE).decode())
        except (OSError, ValueError, DropoutGluonError) as error:
            raise LogError(f"{named(path)}: {getattr(error, 'strerror', None) or error}") from error


def _epoch(epoch: object, loss: object, train_acc: object, test_acc: object) -> EpochRecord:
    """An epoch of numbers; a float may be any, as a run that goes wrong has them."""
    number = check_whole("epoch", epoch, 1)
    values = (("loss", loss, math.inf), ("train acc", train_acc, 1), ("test acc", test_acc, 1))
    return EpochRecord(
        number,
        *(
            value if isinstance(value, float) else check_number(f"{name} of epoch {number}", value, 0, most)
            for name, value, most in values
        ),
    )


def _data(content: object) -> dict[str, Any]:
    if not isinstance(content, dict) or not isinstance(content.get("release", ""), str):
        raise LogError(f"data must hold the release as text, and is {shown(content)}")
    return content


@lru_cache(maxsize=1)
def _documented() -> dict[str, Any]:
    text = resources.files("dropout_gluon.reference").joinpath("documented.json").read_text("utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def documented_log(implementation: str) -> tuple[EpochRecord, ...]:
    """The ten epochs that the chapter prints for ``scratch`` or for ``gluon``."""
    check_choice("implementation", implementation, IMPLEMENTATIONS)
    rows: Sequence[Sequence[Any]] = _documented()["logs"][implementation]
    return tuple(EpochRecord(*row) for row in rows)


def beside_book(log: RunLog) -> Table:
    """A run's epochs, each value beside the chapter's of its implementation, a dash where there is none."""
    check_kind("the run", log, RunLog, "a RunLog")
    book = documented_log(log.config.implementation)
    rows = []
    for place, epoch in enumerate(log.epochs):
        printed = book[place] if place < len(book) else None
        row = [str(epoch.epoch)]
        for column, decimals in (("loss", 4), ("train_acc", 3), ("test_acc", 3)):
            for record in (epoch, printed):
                row.append(f"{getattr(record, column):.{decimals}f}" if record else "-")
        rows.append(tuple(row))
    return Table(
        f"{log.config.implementation}, seed {log.config.seed}: each value of the run, then the book's.",
        ("epoch", "loss", "book", "train acc", "book", "test acc", "book"),
        tuple(rows),
    )


def documented_sample() -> str:
    """What the chapter prints for dropout of 0, 1, ..., 15 with probabilities 0, 0.5 and 1."""
    return "\n".join(_documented()["sample"])
