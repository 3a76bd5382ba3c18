"""What commands that run many runs share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from typing import Any

from ..messages import named, say


@contextmanager
def sweeping(scheduler: str | None, store: str) -> Iterator[Any]:
    """The client of a Dask scheduler, None where none is named; interrupted, it says how to go on."""
    from ..runs.cluster import connect

    with nullcontext() if scheduler is None else closing(connect(scheduler)) as client:
        try:
            yield client
        except KeyboardInterrupt:
            say(f"the runs that ended are in {named(store)}; the same command goes on")
            raise
