"""In words, how a curve differs from those of the reference runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Optional

from .measure import Answers
from .record import Band

# For each curve: its columns, each with what it means to lie below and above the reference runs.
WORDS = {
    "training": (
        ("loss", "trains faster than", "trains slower than"),
        ("train_acc", "training accuracy is lower than in", "training accuracy is higher than in"),
    ),
    "test": (("test_acc", "test accuracy is lower than in", "test accuracy is higher than in"),),
}
WHOSE = {
    "released": "which most copies of the data have",
    "reshuffled": "which stands for the data that the book had",
}
_Stretch = Optional[tuple[int, int]]  # the first and the last epoch


def reason(curve: str, bands: Sequence[Band], reference: int, other_split: str | None) -> str:
    """How the curve differs, as the rest of a sentence that begins with the log.

    Args:
        curve: ``training`` or ``test``.
        bands: of the columns that were judged.
        reference: how many runs the bands are of.
        other_split: the split that the curve fits instead, if there is one.
    """
    found = (
        _column([b for b in bands if b.column == column], lower, higher, reference)
        for column, lower, higher in WORDS[curve]
    )
    said = next(filter(None, found), f"no value of the {curve} curve is unusual, but how they go together is")
    return said + (f"; it fits the {_told(other_split)}" if other_split else "")


def reason_of_all(
    answers: Sequence[Answers], mistakes: Sequence[str], curves: Sequence[str], other_split: str | None
) -> str:
    """How several logs differ as one.

    Args:
        answers: of each.
        mistakes: those that the answers are about.
        curves: in which they differ.
        other_split: the split that the test curves fit instead, if there is one.
    """
    said = f"together, their {' and '.join(curves)} curve{'s are' if len(curves) > 1 else ' is'} off"
    likelier = sum(one.mistakes[0].sum(axis=1) for one in answers)
    if len(mistakes) and likelier.max() > 0:
        said += f", most like runs with this: {mistakes[int(likelier.argmax())]}"
    fits = other_split if "test" in curves else None
    return said + (f"; the test curves fit the {_told(fits)}" if fits else "")


def _told(split: str) -> str:
    """What a split is, to somebody who has met it here, and how to ask with it."""
    return f"{split} split, {WHOSE[split]}: try --split {split}"


def _column(bands: Sequence[Band], lower: str, higher: str, reference: int) -> str:
    """How a column differs; empty where no stretch of it is off."""
    if not bands:
        return ""
    for whom, is_low, is_high in (
        ("any", lambda b: b.above == reference, lambda b: b.below == reference),
        ("97.5%", lambda b: b.value < b.low, lambda b: b.value > b.high),
    ):
        stretches = [(lower, _longest(bands, is_low)), (higher, _longest(bands, is_high))]
        found = [(words, stretch) for words, stretch in stretches if stretch]
        if found:
            words, stretch = max(found, key=lambda one: one[1][1] - one[1][0])
            return f"{words} {whom} of the {reference:,} recorded runs {_when(stretch, bands[-1].epoch)}"
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
