"""The view of a verdict for a terminal."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

from ..messages import counted, printable, shortened
from .record import Record, Row
from .saying import (
    READING,
    Table,
    band_table,
    fits_said,
    intro,
    intro_place,
    outcome_word,
    row_names,
    sentences,
    statements,
)

PAGE_WIDTH, NARROW = 110, 80  # characters: of several logs and of tables, and of one log
LEAST = 12  # characters that a heading is not shortened below


def text_lines(verdict: Record, table: bool = False) -> Iterator[str]:
    """The lines; with a table of the epochs of every log, or without."""
    one = len(verdict.rows) == 1
    width = NARROW if one else PAGE_WIDTH
    yield from _wrapped(verdict.headline, width)
    yield ""
    yield from _one_log(verdict, verdict.rows[0]) if one else _introduced(verdict)
    for lines, row in zip(() if one else _several_logs(verdict), verdict.rows):
        yield from lines
        yield from ("", *_aligned(band_table(row)), "") if table else ()
    if one and table:
        yield from ("", *_aligned(band_table(verdict.rows[0])))
    below = [*sentences(verdict), *([READING] if table else [])]
    if below:
        yield ""
    for sentence in below:
        yield from _wrapped(sentence, width)


def _one_log(verdict: Record, row: Row) -> Iterator[str]:
    # On one line however long it is: so a terminal opens the file, and a reader copies its name.
    source, heading = printable(row.source), f"({printable(row.heading)})" if row.heading else ""
    if _width(source) + 1 + _width(heading) <= NARROW:
        source, heading = f"{source} {heading}".rstrip(), ""
    yield source
    yield from _wrapped(heading, NARROW)
    yield from _wrapped(intro(verdict), NARROW)
    training, test = row.curves
    yield f"  training curve  {training.p_text}"
    yield f"  test curve      {test.p_text:<11} {fits_said(test, row.split)}".rstrip()
    if row.outcome not in verdict.headline.lower():
        yield f"  {row.outcome}"
    for statement in row.statements:
        yield from _wrapped(statement, NARROW, "  ")


def _introduced(verdict: Record) -> list[str]:
    """The intro of several logs, in which the name of their file or folder is not broken."""
    place, said = intro_place(verdict), intro(verdict)
    return _wrapped(place.replace(" ", "\xa0") + said[len(place) :], PAGE_WIDTH, whole=True)


def _several_logs(verdict: Record) -> Iterator[list[str]]:
    """The lines of each log: number, name, heading, epochs, p and outcome in columns, and what is said."""
    columns: Sequence[Sequence[str]] = [
        [str(number) for number, _ in enumerate(verdict.rows, 1)],
        row_names(verdict),
        [printable(row.heading) for row in verdict.rows],
        [counted(len(row.epochs), "epoch") for row in verdict.rows],
        [row.p_text for row in verdict.rows],
        [outcome_word(row.outcome) for row in verdict.rows],
    ]
    widths = [max(map(_width, column)) for column in columns]
    indent = " " * (widths[0] + 4)
    room = PAGE_WIDTH - sum(widths) + widths[2] - 2 * len(widths)
    widths[2] = min(widths[2], max(LEAST, room))
    for cells, row in zip(zip(*columns), verdict.rows):
        number, name, heading, *others = cells
        shown = [name, _cut(heading, widths[2]), *others]
        line = "  ".join(_padded(cell, width) for cell, width in zip(shown, widths[1:]) if width)
        said = "; ".join(statements(verdict, row))
        yield [f"  {number.rjust(widths[0])}  {line}".rstrip(), *_wrapped(said, PAGE_WIDTH, indent)]


def _aligned(table: Table) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*table)]
    for row in table:
        cells = [row[0].rjust(widths[0]), *map(str.ljust, row[1:], widths[1:])]
        yield f"  {'   '.join(cells)}".rstrip()


def _wrapped(text: str, width: int, indent: str = "", whole: bool = False) -> list[str]:
    """Lines of this width; with whole words a line with a longer one is longer, too."""
    kept = re.sub("p ([=<]) ", "p\xa0\\1\xa0", text)  # a p is not broken
    lines = textwrap.wrap(
        kept,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=not whole,
        break_on_hyphens=False,
    )
    return [line.replace("\xa0", " ") for line in lines]


def _width(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two, an accent none."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _cut(text: str, width: int) -> str:
    """Shortened to so many columns."""
    most = width
    while _width(text) > width:
        text, most = shortened(text, most), most - 1
    return text
