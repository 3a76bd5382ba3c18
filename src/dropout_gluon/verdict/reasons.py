"""In words, how a curve differs from those of the reference runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Optional

from .record import Band

# For each curve: its columns, each with what it means to lie below and above the reference runs.
WORDS = {
    "training": (
        ("loss", "trains faster than", "trains slower than"),
        ("train_acc", "training accuracy is lower than in", "training accuracy is higher than in"),
    ),
    "test": (("test_acc", "test accuracy is lower than in", "test accuracy is higher than in"),),
}
STANDARD_ERRORS = 3.0  # from which on the mean of several logs counts as off

_Stretch = Optional[tuple[int, int]]  # the first and the last epoch


def reason(curve: str, bands: Sequence[Band], logs: int, reference: int, other_split: str | None) -> str:
    """How the curve differs, as the rest of a sentence that begins with the log.

    Args:
        curve: ``training`` or ``test``.
        bands: of all columns.
        logs: how many logs the bands' values are the mean of.
        reference: how many runs the bands are of.
        other_split: the split that the curve fits instead, if there is one.
    """
    found = [
        words
        for column, lower, higher in WORDS[curve]
        for words in [_column([b for b in bands if b.column == column], lower, higher, logs, reference)]
        if words
    ]
    said = found[0] if found else "no value on its own is unusual, but how they go together is"
    if curve == "test" and other_split:
        said += f"; it fits the {other_split} split"
    return said


def _column(bands: Sequence[Band], lower: str, higher: str, logs: int, reference: int) -> str:
    """How a column differs; empty where no stretch of it is off."""
    last = bands[-1].epoch
    if logs > 1:
        error = (1 / logs + 1 / reference) ** 0.5

        def off(band: Band) -> float:
            spread = (band.high - band.low) / (2 * 1.96)
            return float((band.value - band.median) / max(spread * error, 1e-12))

        kinds = [
            (lower, lambda b: off(b) < -STANDARD_ERRORS, f"the {reference} reference runs on average"),
            (higher, lambda b: off(b) > STANDARD_ERRORS, f"the {reference} reference runs on average"),
        ]
    else:
        kinds = [
            (lower, lambda b: b.above == reference, f"any of the {reference} reference runs"),
            (higher, lambda b: b.below == reference, f"any of the {reference} reference runs"),
            (lower, lambda b: b.value < b.low, f"97.5% of the {reference} reference runs"),
            (higher, lambda b: b.value > b.high, f"97.5% of the {reference} reference runs"),
        ]
    for words, is_off, whom in kinds:
        if stretch := _longest(bands, is_off):
            return f"{words} {whom} {_when(stretch, last)}"
    return ""


def _longest(bands: Sequence[Band], is_off: Callable[[Band], bool]) -> _Stretch:
    """The longest stretch of epochs that are off."""
    best, start = None, None
    for band in bands:
        if not is_off(band):
            start = None
            continue
        start = band.epoch if start is None else start
        if best is None or band.epoch - start > best[1] - best[0]:
            best = (start, band.epoch)
    return best


def _when(stretch: tuple[int, int], last: int) -> str:
    first, end = stretch
    if first == end:
        return f"at epoch {first}"
    if end == last:
        return "at every epoch" if first == 1 else f"from epoch {first} on"
    return f"from epoch {first} to {end}"
