"""The view of a verdict in a notebook: a piece of HTML."""

from __future__ import annotations

import html
from collections.abc import Iterator

from ..plotting import image
from ..showing import page, paragraph, table
from .figure import DRAWN, plot_verdict
from .record import AS_ONE, CUT_SHORT, DIFFERS, MATCHES, UNDECIDED, Record
from .saying import (
    FOLDS,
    OUTCOME,
    PROSE,
    READING,
    band_table,
    intro,
    row_table,
    sentences,
    stands_out,
    summaries,
)

# White on each of these is read with ease (contrast above 4.5), on a white page and on a black one, and
# eyes that see no red or no green tell them apart.
COLOURS = {MATCHES: "#0072B2", DIFFERS: "#B84A00", UNDECIDED: "#595959"}
COLOURS.update(dict.fromkeys((CUT_SHORT, AS_ONE), COLOURS[UNDECIDED]))


def to_html(verdict: Record) -> str:
    """The verdict with its figure, and a fold for the epochs of each log."""
    parts = [
        f'<p style="margin-top:6px">{_chip(verdict.headline, verdict.outcome)}</p>',
        paragraph(intro(verdict)),
        _logs(verdict),
        *map(paragraph, sentences(verdict)),
        _picture(verdict),
        *_folds(verdict),
    ]
    return page(*parts)


def _picture(verdict: Record) -> str:
    logs = "The log" if len(verdict.rows) == 1 else f"The {min(DRAWN, len(verdict.rows))} most unusual logs"
    alt = f"{verdict.headline}. {logs}, epoch by epoch, in the bands of the recorded runs."
    return image(plot_verdict(verdict), alt)


def _folds(verdict: Record) -> Iterator[str]:
    if len(verdict.rows) > FOLDS:
        yield f"<p>Epoch by epoch the {FOLDS} most unusual logs:</p>"
    for summary, row in summaries(verdict):
        head, *rows = band_table(row)
        epochs = f"{paragraph(READING)}{table(head, rows, cell=_cell)}"
        yield f"<details><summary>{html.escape(summary)}</summary>{epochs}</details>"


def _logs(verdict: Record) -> str:
    """A row a log, and below it what is said of it."""
    head, *rows = row_table(verdict)
    if head[-1] != PROSE[1]:
        return table(head, rows, cell=_cell)
    return table(head[:-1], [row[:-1] for row in rows], below=[row[-1] for row in rows], cell=_cell)


def _cell(column: str, text: str) -> str:
    if column == OUTCOME:
        return _chip(text, text.lower())
    said = html.escape(text)
    return f"<strong>{said}</strong>" if stands_out(column, text) else said


def _chip(said: str, outcome: str) -> str:
    style = f"background:{COLOURS[outcome]};color:#fff;padding:2px 8px;border-radius:4px"
    return f'<strong style="{style}">{html.escape(said)}</strong>'
