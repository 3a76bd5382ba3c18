"""Notebooks: the logs that their cells show, the heading above each, and what the code above it sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from .found import Found, excerpt, title
from .lines import DIVERGED, Above, read_lines
from .settings import Settings


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook, or of a page made of one.

    Attributes:
        number: counted from 1.
        code: what it runs; empty where it is of text.
        prose: Markdown; empty where it is of code.
        texts: what it shows, each to be read by itself.
        error: how it ended, where that was an error.
    """

    number: int
    code: str = ""
    prose: str = ""
    texts: tuple[str, ...] = ()
    error: str = ""


def is_notebook(content: object) -> bool:
    return isinstance(content, dict) and not content.keys().isdisjoint({"cells", "worksheets"})


def read_notebook_json(content: dict[str, Any], source: str) -> Found:
    """The logs of a notebook; what is not as a notebook has it is not read, and said."""
    cells, wrong, place = [], Found(), source
    try:
        sheets = content.get("worksheets", [content])  # of nbformat 3
        raw = [cell for sheet in sheets for cell in sheet["cells"]]
    except (AttributeError, KeyError, TypeError) as error:
        wrong.refuse(place, _strange(error))
        return wrong
    for number, cell in enumerate(raw, 1):
        try:
            cells.append(_cell(cell, number))
        except (AttributeError, KeyError, TypeError) as error:
            wrong.refuse(f"{source}, cell {number}", _strange(error))
    if not wrong and not any(cell.texts or cell.error for cell in cells):
        wrong.refuse(source, "no cell has outputs: the notebook was not executed")
    found = read_cells(cells, source)
    found.add(wrong)
    return found


def read_cells(cells: Iterable[Cell], source: str) -> Found:
    """The logs that cells show. A run does not go on in another cell, nor in another text of its cell."""
    found, above, settings = Found(), Above(None), Settings()
    ended: tuple[str, str] | None = None  # where the first error is, and which
    for cell in cells:
        for line in cell.prose.splitlines():
            above.pass_text(line)
        settings.read(cell.code)
        place = f"{source}, cell {cell.number}"
        shown = Found()
        for text in cell.texts:
            part = read_lines(text, f"{place}, line ", above.marked)
            if part.logs and cell.error:
                part.logs[-1] = replace(part.logs[-1], failure=cell.error)
            shown.add(part)
        if not shown.logs and (failure := DIVERGED.search(cell.error)):
            shown.refuse(place, excerpt(failure[0]))
        elif cell.error:
            ended = ended or (place, cell.error)
        shown.logs = [
            replace(log, source=place, cell=cell.number, sets=settings.beside_the_book(log))
            for log in shown.logs
        ]
        found.add(shown)
    if ended and not found:
        found.refuse(ended[0], f"it ended in {excerpt(ended[1])}, and no cell shows a log")
    return found


def _strange(error: Exception) -> str:
    return f"not as a notebook has it: {type(error).__name__}: {error}"


def _cell(cell: dict[str, Any], number: int) -> Cell:
    source = cell.get("source") or cell.get("input") or ""  # "input" in nbformat 3
    source = (
        "".join(line for line in source if isinstance(line, str)) if isinstance(source, (str, list)) else ""
    )
    kind = cell.get("cell_type")
    return Cell(
        number,
        code=source if kind == "code" else "",
        prose=source if kind == "markdown" else "",
        texts=_outputs(cell),
        error=_error(cell),
    )


def _outputs(cell: dict[str, Any]) -> tuple[str, ...]:
    """What a cell printed, what it wrote to standard error, and what it showed: a text each.

    Apart, because progress bars and figures come between the lines that a cell prints.
    """
    texts: dict[str, str] = defaultdict(str)
    for output in cell.get("outputs", []):
        if output["output_type"] == "stream":  # the name is "stream" in nbformat 3
            texts[output.get("name") or output.get("stream", "stdout")] += "".join(output["text"])
        else:
            shown = {**output, **output.get("data", {})}
            texts["shown"] += "".join(shown.get("text/plain") or shown.get("text") or "") + "\n"
    return tuple(texts.values())


ERRORS = ("error", "pyerr")  # the latter in nbformat 3


def _error(cell: dict[str, Any]) -> str:
    """The last error that a cell shows, as Python says it."""
    for output in reversed(cell.get("outputs", [])):
        if output["output_type"] in ERRORS:
            said = ": ".join(str(output[part]) for part in ("ename", "evalue") if output.get(part))
            return title(said) or "an error"
    return ""
