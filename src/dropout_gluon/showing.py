"""What a notebook shows: tables and pictures as HTML, to be read at any width, in light and dark themes."""

from __future__ import annotations

import html
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

CLASS = "dropout-gluon"
# A figure is drawn on white. In a dark theme its lightness is turned over, and its hues stay. What a notebook
# takes for unsafe loses these rules, and shows the figure as the white card that it is.
_DARK = (
    "[data-jp-theme-light=false]",  # JupyterLab and Notebook
    ".vscode-dark",
    "html[theme=dark]",  # Colab
    "html[data-theme=dark]",  # the pages of Sphinx's themes
    "html.dark",
)
_STYLE = (
    f"<style>{','.join(f'{theme} .{CLASS} img' for theme in _DARK)}"
    "{filter:invert(.93) hue-rotate(180deg)}</style>"
)
PIXELS_AN_INCH = 100  # of a figure where there is room, so that its text is as large as that around it
NARROWEST = 640  # pixels of a figure: narrower its text is not read, and it is scrolled instead
LONGEST = 30  # characters of a cell that is not broken
_WORD = re.compile(r"(?<!\d)[^\W\d_]|[^\W\d_e]")  # what numbers, their intervals, and a dash for none lack
# Notebooks align cells to the right, and cells of prose are not read so.
_CELL = "vertical-align:top;padding:3px 12px 3px 0"


@dataclass(frozen=True)
class Table:
    """Numbers as they are printed.

    Attributes:
        caption: what they are, with units, and of how many runs.
        head: of the columns; the first names the rows.
        rows: as many cells each.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __str__(self) -> str:
        widths = [max(map(len, column)) for column in zip(self.head, *self.rows)]
        lines = [
            "  ".join(
                cell.rjust(width) if place else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(row, widths))
            )
            for row in (self.head, *self.rows)
        ]
        return "\n".join([self.caption, *(line.rstrip() for line in lines)])

    __repr__ = __str__  # a notebook that is read as text

    def to_markdown(self) -> str:
        rule = ["---", *["---:"] * (len(self.head) - 1)]
        rows = (self.head, tuple(rule), *self.rows)
        return f"{self.caption}\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def to_html(self) -> str:
        return table(self.head, self.rows, self.caption)

    def _repr_html_(self) -> str:
        return page(self.to_html())


def page(*parts: str) -> str:
    """Pieces of HTML as one that a notebook shows."""
    # The other classes keep a notebook's MathJax from names with $ in them.
    return f'{_STYLE}<div class="{CLASS} tex2jax_ignore mathjax_ignore">{"".join(parts)}</div>'


def paragraph(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"


def picture(png: bytes, alt: str, inches: float) -> str:
    """A figure as large as its text asks for, smaller where there is less room; too small, it is scrolled.

    Args:
        png: the figure, drawn on white.
        alt: what it shows, for who does not see it.
        inches: its width.
    """
    wide = round(PIXELS_AN_INCH * inches)
    style = f"width:{wide}px;max-width:100%;min-width:{min(wide, NARROWEST)}px;height:auto;border-radius:6px"
    content = b64encode(png).decode()
    return _scrolled(f'<img alt="{html.escape(alt)}" style="{style}" src="data:image/png;base64,{content}">')


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str = "",
    below: Iterable[str] = (),
    cell: Callable[[str, str], str] = lambda column, text: html.escape(text),
) -> str:
    """A table whose numbers are aligned to the right and on one line, and whose prose is to the left.

    Args:
        head: names of the columns.
        rows: as many cells each.
        caption: what stands above.
        below: for each row what is said of it, in the whole width below it: prose beside numbers would be
            squeezed. Empty: nothing.
        cell: the content of a cell as HTML, of the name of its column and its text.
    """
    styles = [_style(column) for column in zip(*rows)] or [_style(())] * len(head)
    names = "".join(
        f'<th scope="col" style="{style}">{html.escape(name)}</th>' for name, style in zip(head, styles)
    )
    body = ""
    for row, more in zip_longest(rows, below, fillvalue=""):
        cells = "".join(
            f'<td style="{style}">{cell(name, text)}</td>' for name, style, text in zip(head, styles, row)
        )
        body += f"<tr>{cells}</tr>"
        if more:
            lines = "<br>".join(map(html.escape, more.split("\n")))
            body += f'<tr><td colspan="{len(head)}" style="text-align:left;{_CELL}">{lines}</td></tr>'
    # Not in the table, with which it would be cut off and scrolled.
    said = f'<p style="margin:12px 0 4px">{html.escape(caption)}</p>' if caption else ""
    return said + _scrolled(f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>")


def _style(column: Sequence[str]) -> str:
    """Of the cells of a column: a number, its interval or a name is not broken, sentences are."""
    if not any(map(_WORD.search, column)):
        return f"text-align:right;white-space:nowrap;{_CELL}"
    broken = any(len(cell) > LONGEST for cell in column)
    # Beside many numbers sentences would be broken at every word: the table is scrolled instead. In em, as
    # JupyterLab strikes the unit ch from notebooks that it does not trust.
    return f"text-align:left;{f'min-width:{LONGEST / 2:.0f}em' if broken else 'white-space:nowrap'};{_CELL}"


def _scrolled(content: str) -> str:
    return f'<div style="overflow-x:auto">{content}</div>'
