"""The text that bytes are: UTF-8, or UTF-16 and UTF-32 by their marks, or GBK, or Latin-1."""

from __future__ import annotations

import codecs
import re

from ..runs.store import START
from .found import error

MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),  # before that of UTF-16, with which it begins
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
SAMPLE = 1 << 16  # bytes that decide what is no UTF-8
_HIGH = re.compile(rb"[\x80-\xff]+")
# Those of Latin-1 that are no letters and no signs: Windows has quotes, dashes and the like in some.
_CONTROLS = re.compile(rb"[\x81\x83\x86-\x89\x8b\x8d\x8f\x90\x98\x9b\x9d\x9f]")


def decoded(content: bytes, source: str) -> str:
    """The text of a file, which messages call `source`; LogError where it has none."""
    encoding = next((name for mark, name in MARKS if content.startswith(mark)), "UTF-8")
    if encoding == "UTF-8" and b"\0" in content and not content.startswith(START):
        raise error(source, "binary, not text (UTF-16 is read where it has its byte order mark)")
    try:
        return content.decode("utf-8-sig" if encoding == "UTF-8" else encoding)
    except UnicodeDecodeError as wrong:
        if encoding == "UTF-8" and (other := _other(content, wrong.start)):
            return content.decode(other)
        line = content[: wrong.start].count(b"\n") + 1
        raise error(f"{source}:{line}", f"byte 0x{content[wrong.start]:02x} is not {encoding}") from wrong


def _other(content: bytes, start: int) -> str | None:
    """The encoding of text that is not UTF-8 from `start` on; None where it is no text.

    A character of GBK takes two bytes, mostly both of them high; one of Latin-1 mostly stands by itself,
    between letters of ASCII. What either makes of the other's is of no matter to a log: both have the same
    digits, and those stay.
    """
    runs = [len(run) for run in _HIGH.findall(content[start : start + SAMPLE])]
    if sum(length % 2 == 0 for length in runs) * 2 > len(runs):
        try:
            content.decode("gbk")
        except UnicodeDecodeError:
            pass
        else:
            return "gbk"
    return None if _CONTROLS.search(content) else "cp1252"
