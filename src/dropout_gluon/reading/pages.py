"""Pages of HTML: notebooks as nbconvert and JupyterBook write them, and any page with preformatted text.

Not by `html.parser`, which for a comment that never ends looks through the rest of the page, each time anew.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from .cells import Cell, read_cells
from .found import Found, title
from .lines import TRACEBACK, last_heading, read_lines

_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_PRE = re.compile(r"<pre\b", re.IGNORECASE)
_TAG = re.compile(r"<(/?)(pre|h[1-6]|div|script|style)\b([^<>]*)>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[/a-z!][^<>]*>", re.IGNORECASE)
_CLASS = re.compile(r"""\bclass\s*=\s*["']?([^"'<>]*)""", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z]{1,31}[0-9]{0,2});", re.IGNORECASE)
_INK = re.compile(r"\S")
CELL, PROSE = {"cell", "jp-cell"}, {"text_cell", "jp-markdowncell"}
# What a cell shows, by what the attributes of an output's tag have in them; printed is what has none of them.
SHOWN = {"stderr": "stderr", "execute": "result", "text_plain": "result"}
OUTPUTS = ("output", "stderr", "result")


def is_page(text: str) -> bool:
    """Whether a text is HTML, or a piece of it with preformatted text."""
    ink = _INK.search(text)
    return bool(ink and ink[0] == "<" and (_PAGE.match(text) or _PRE.search(text)))


def read_page(text: str, source: str, between: str = ":") -> Found | None:
    """The logs in the preformatted text of a page, by cell where it shows the cells of a notebook.

    Of a piece of a page, which may be Markdown with some HTML in it, what stands between is read, too. None
    where the whole may have been meant as plain text.
    """
    blocks = list(_blocks(text))
    if any(block.cell for block in blocks):
        return read_cells(_cells(blocks), source)
    is_whole, prefix = _PAGE.match(text), f"{source}{between}"
    found, heading, end, line = Found(), None, 0, 1
    for block in blocks:
        if not is_whole:
            passed = text[end : block.start]
            found.add(read_lines(passed, prefix, first=line))
            heading = last_heading(passed) or heading
            line += text.count("\n", end, block.end)
            end = block.end
        if block.area == "heading":
            heading = title(block.text)
        else:
            found.add(read_lines(block.text, prefix, heading, block.line))
    if not is_whole:
        found.add(read_lines(text[end:], prefix, first=line))
    return found or None


class _Block(NamedTuple):
    """A heading or a piece of preformatted text.

    Attributes:
        area: ``heading``, ``input``, ``output``, ``stderr`` or ``result``; ``prose`` for preformatted text in
            Markdown.
        cell: the number of the cell that it stands in; 0: in none.
        line: of the page on which its text begins.
        start, end: of it in the page, with its tags.
    """

    area: str
    cell: int
    line: int
    text: str
    start: int
    end: int


def _blocks(page: str) -> Iterator[_Block]:
    """The blocks of a page, in order; one that does not end is none."""
    area, cell, line, counted = "output", 0, 1, 0
    opened: re.Match[str] | None = None  # whose end is awaited
    for tag in _TAG.finditer(page):
        name, is_end = tag[2].lower(), bool(tag[1])
        if opened:
            if is_end and name == opened[2].lower():
                start = opened.end()
                line += page.count("\n", counted, start)
                counted = start
                if name not in ("script", "style"):
                    yield _Block(
                        area if name == "pre" else "heading",
                        cell,
                        line,
                        _plain(page[start : tag.start()]),
                        opened.start(),
                        tag.end(),
                    )
                opened = None
        elif is_end:
            continue
        elif name != "div":
            opened = tag
        elif classes := _CLASS.search(tag[3]):
            words = set(classes[1].lower().split())
            if words & CELL:
                cell += 1
                area = "prose" if words & PROSE else "output"
            elif area != "prose" and (known := [a for a in ("input", "output") if a in classes[1].lower()]):
                shown = [kind for mark, kind in SHOWN.items() if mark in tag[3].lower()]
                area = shown[0] if shown and known[0] == "output" else known[0]


def _plain(text: str) -> str:
    """The text of a block, without tags, characters for their names."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), _ANY_TAG.sub("", text))


def _cells(blocks: list[_Block]) -> Iterator[Cell]:
    """The cells; each with what it printed, wrote to standard error, and showed, in one text of a kind.

    A page may have a block for every line of them, as the notebook has that was made by executing it.
    """
    for number, group in groupby(blocks, key=lambda block: block.cell):
        parts = defaultdict(list)
        for block in group:
            is_error = block.area in OUTPUTS and TRACEBACK in block.text
            shown = block.text.removeprefix("\n").removesuffix("\n")
            parts["error" if is_error else block.area].append(shown)
        *_, error = "\n".join(parts["error"]).rstrip().rpartition("\n")
        yield Cell(
            number,
            code="\n".join(parts["input"]),
            prose="\n".join(f"# {' '.join(text.split()).rstrip('¶')}" for text in parts["heading"]),
            texts=tuple("\n".join(parts[area]) for area in OUTPUTS if parts[area]),
            error=title(error).rstrip(": "),
        )
