"""The errors a user can cause, each carrying one line that says what was wrong and what would be right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class DropoutGluonError(Exception):
    """Base of every error that is the input's or the machine's fault, not a bug.

    Its message is one line. The command prints it on standard error and exits with status 2; a notebook shows
    it alone, as there is nothing in the calls between that a reader could mend.
    """

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it."""
        return [f"{type(self).__name__}: {self}"]


class DropoutGluonWarning(UserWarning):
    """What the reader should know and can mend; the command shows these alone, a line each."""


class SlowKernel(DropoutGluonWarning, RuntimeWarning):
    """MXNet's OpenBLAS does not know the processor."""


class ConfigError(DropoutGluonError, ValueError):
    """A value outside its range: a probability of 1.2, zero epochs, a negative seed."""


class DataError(DropoutGluonError):
    """Fashion-MNIST is missing, damaged, or cannot be had or written."""


class MXNetUnavailable(DropoutGluonError, ImportError):
    """MXNet is missing, or cannot run on this interpreter or with this NumPy."""


class LogError(DropoutGluonError, ValueError):
    """A file that should hold a run does not."""


class StoreError(DropoutGluonError):
    """A run store is damaged, of another kind, being written by another process, or cannot be written."""


class EnsembleError(DropoutGluonError):
    """An ensemble cannot start or go on: no worker, no scheduler, a worker that is not set up."""


class WriteError(DropoutGluonError):
    """A file or folder cannot be written; what was there before is as it was."""


class MeasurementError(DropoutGluonError):
    """A measurement of a trained network failed, or gave what JSON cannot hold.

    Attributes:
        log: the RunLog, with every epoch.
    """

    log: Any = None


DIVERGED = "training has diverged"


class Diverged(DropoutGluonError, ArithmeticError):
    """The training loss is no longer finite.

    Attributes:
        records: the epochs before the one that diverged.
        log: the RunLog with those epochs, where `run` was training; else None.
    """

    def __init__(self, epoch: int, learning_rate: float, loss: float, records: Sequence[Any]) -> None:
        super().__init__(
            f"the training loss of epoch {epoch} is {loss} at learning rate {learning_rate:g}: "
            f"{DIVERGED}, a smaller learning rate would help"
        )
        self.records = records
        self.log: Any = None
