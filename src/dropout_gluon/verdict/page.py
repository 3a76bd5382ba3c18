"""The view of a verdict in a notebook: a piece of HTML."""

from __future__ import annotations

import html
from base64 import b64encode
from collections.abc import Iterator

from ..plotting import png
from .figure import DRAWN, plot_verdict
from .record import AS_ONE, CUT_SHORT, DIFFERS, MATCHES, UNDECIDED, Record
from .saying import (
    FOLDS,
    OUTCOME,
    PROSE,
    READING,
    Table,
    band_table,
    intro,
    most_unusual,
    row_table,
    sentences,
    stands_out,
    summary,
)

# White on each of these is read with ease (contrast above 4.5), on a white page and on a black one, and
# eyes that see no red or no green tell them apart.
COLOURS = {MATCHES: "#0072B2", DIFFERS: "#B84A00", UNDECIDED: "#595959"}
COLOURS.update(dict.fromkeys((CUT_SHORT, AS_ONE), COLOURS[UNDECIDED]))
# A notebook's own style aligns cells to the right, and other text is of the colour of its theme.
STYLE = "text-align:left;vertical-align:top;padding:3px 10px 3px 0"


def to_html(verdict: Record) -> str:
    """The verdict with its figure, and a fold for the epochs of each log."""
    escape = html.escape
    parts = [
        f"<p>{_chip(verdict.headline, verdict.outcome)}</p>",
        f"<p>{escape(intro(verdict))}</p>",
        _table(row_table(verdict)),
        *(f"<p>{escape(sentence)}</p>" for sentence in sentences(verdict)),
        _picture(verdict),
        *_folds(verdict),
    ]
    # These classes keep a notebook's MathJax from names with $ in them.
    return f'<div class="tex2jax_ignore mathjax_ignore">{"".join(parts)}</div>'


def _picture(verdict: Record) -> str:
    logs = "The log" if len(verdict.rows) == 1 else f"The {min(DRAWN, len(verdict.rows))} most unusual logs"
    alt = f"{verdict.headline}. {logs}, epoch by epoch, in the bands of the recorded runs."
    content = b64encode(png(plot_verdict(verdict))).decode()
    return f'<img alt="{html.escape(alt)}" style="max-width:100%" src="data:image/png;base64,{content}">'


def _folds(verdict: Record) -> Iterator[str]:
    if len(verdict.rows) > FOLDS:
        yield f"<p>Epoch by epoch the {FOLDS} most unusual logs:</p>"
    for number, row in most_unusual(verdict):
        table = _table(band_table(row))
        said = html.escape(summary(verdict, number, row))
        yield f"<details><summary>{said}</summary><p>{READING}</p>{table}</details>"


def _table(table: Table) -> str:
    head, *rows = table
    names = "".join(_element("th", name, html.escape(name)) for name in head)
    body = "".join(f"<tr>{''.join(map(_cell, head, row))}</tr>" for row in rows)
    content = f"<thead><tr>{names}</tr></thead><tbody>{body}</tbody>"
    return f'<div style="overflow-x:auto"><table>{content}</table></div>'


def _cell(column: str, cell: str) -> str:
    said = "<br>".join(map(html.escape, cell.split("\n")))
    if column == OUTCOME:
        said = _chip(cell, cell.lower())
    elif stands_out(column, cell):
        said = f"<strong>{said}</strong>"
    return _element("td", column, said)


def _element(tag: str, column: str, content: str) -> str:
    style = STYLE if column in PROSE else f"{STYLE};white-space:nowrap"
    return f'<{tag} style="{style}">{content}</{tag}>'


def _chip(said: str, outcome: str) -> str:
    style = f"background:{COLOURS[outcome]};color:#fff;padding:2px 8px;border-radius:4px"
    return f'<strong style="{style}">{html.escape(said)}</strong>'
