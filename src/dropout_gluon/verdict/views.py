"""Text, JSON, Markdown, JUnit and HTML views of a verdict; `Verdict` is the record that shows itself."""

from __future__ import annotations

import html
import json
import re
import textwrap
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from xml.etree import ElementTree as ET

from ..messages import printable
from .record import DIFFERS, MATCHES, UNDECIDED, Curve, Record

Group = None

FORMAT = "dropout_gluon verdict 1"
# White on each of these is read with ease (contrast above 4.5), on a white page and on a black one, and
# eyes that see no red or no green tell them apart.
COLOURS = {MATCHES: "#0072B2", DIFFERS: "#B84A00", UNDECIDED: "#595959"}
WIDTH = 110  # of the text view, in characters


@dataclass(frozen=True, repr=False)
class Verdict(Record):
    """Whether logs are the book's experiment: text at a prompt, a page in a notebook, its fields in Python.

    The attributes are those of `record.Record`: outcome, level, p, groups, power, notes.
    """

    def __str__(self) -> str:
        return "\n".join(_text(self))

    __repr__ = __str__  # what a Python prompt shows; `to_json` has every field

    def _repr_html_(self) -> str:
        return _html(self)


def to_text(verdict: Record) -> str:
    """The verdict for a terminal, at most 110 characters wide."""
    return "\n".join(_text(verdict)) + "\n"


def to_json(verdict: Record) -> str:
    """Everything the verdict holds, under the names of its fields."""
    return json.dumps({"format": FORMAT, **asdict(verdict)}, indent=1, allow_nan=False) + "\n"


def to_markdown(verdict: Record) -> str:
    """The verdict as GitHub shows it: for the summary of a CI job or a comment on a pull request."""
    curves = [[_markdown(cell) for cell in row] for row in _curve_table(verdict)]
    lines = [f"### {_markdown(verdict.headline)}", "", *_markdown_table(curves)]
    for group in verdict.groups:
        summary = f"{_markdown(group.label)}: {group.size}"
        lines += ["", f"<details><summary>{summary}</summary>", ""]
        lines += [*_markdown_table(_band_table(group)), "", "</details>"]
    for sentence in _sentences(verdict):
        lines += ["", _markdown(sentence)]
    return "\n".join(lines) + "\n"


def to_junit(verdict: Record) -> str:
    """The verdict as JUnit XML, a test case a curve, for CI servers; all of it is ASCII.

    It follows the schema of Jenkins, junit-10.xsd. Times are left out: nothing here was timed.
    """
    cases = [(group, curve) for group in verdict.groups for curve in group.curves]
    undecided = verdict.outcome == UNDECIDED
    failures = 0 if undecided else sum(curve.differs for _, curve in cases)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0"}
    counts["name"] = "dropout_gluon compare"
    root = ET.Element("testsuites", counts)
    suite = ET.SubElement(root, "testsuite", counts, skipped=str(len(cases) if undecided else 0))
    properties = ET.SubElement(suite, "properties")
    for name in ("outcome", "level", "p", "power"):
        ET.SubElement(properties, "property", name=name, value=str(getattr(verdict, name)))
    for group, curve in cases:
        name = f"{curve.name} curve of {group.label}"
        case = ET.SubElement(suite, "testcase", classname=group.split, name=name)
        if undecided:
            ET.SubElement(case, "skipped", message=verdict.headline)
        elif curve.differs:
            message = f"{curve.p_text}: {curve.reason}"
            ET.SubElement(case, "failure", type=DIFFERS, message=message).text = group.size
    ET.SubElement(suite, "system-out").text = to_text(verdict)
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="us-ascii", xml_declaration=True)
    return content.decode() + "\n"


VIEWS: dict[str, Callable[[Record], str]] = {
    "text": to_text,
    "json": to_json,
    "markdown": to_markdown,
    "junit": to_junit,
}

_Table = list[list[str]]  # its first row is the header


def _text(verdict: Record) -> Iterator[str]:
    yield verdict.headline
    for group in verdict.groups:
        yield ""
        yield from _wrapped(group.label)
        yield from _wrapped(group.size)
        for curve in group.curves:
            fits = f"  fits: {_fits(curve)}" if curve.name == "test" else ""
            yield f"  {curve.name + ' curve':<14}  {curve.word}  {curve.p_text:<10}{fits}".rstrip()
            if curve.reason:
                yield from _wrapped(curve.reason, "    ")
        table = _band_table(group)
        widths = [max(map(len, column)) for column in zip(*table)]
        for row in table:
            cells = [row[0].rjust(widths[0]), *map(str.ljust, row[1:], widths[1:])]
            yield f"  {'   '.join(cells)}".rstrip()
    yield ""
    for sentence in _sentences(verdict):
        yield from _wrapped(sentence)


def _html(verdict: Record) -> str:
    # Matplotlib takes long to import, and only this view needs it.
    from ..plotting import png
    from .figure import plot_verdict

    escape = html.escape
    chip = f"background:{COLOURS[verdict.outcome]};color:#fff;padding:2px 8px;border-radius:4px"
    alt = f"{verdict.headline}. The logs, epoch by epoch, in the bands of the reference runs."
    picture = b64encode(png(plot_verdict(verdict))).decode()
    parts = [
        f'<p><strong style="{chip}">{escape(verdict.headline)}</strong></p>',
        _html_table(_curve_table(verdict)),
        f'<img alt="{escape(alt)}" style="max-width:100%" src="data:image/png;base64,{picture}">',
    ]
    for group in verdict.groups:
        summary = f"{escape(group.label)}: {escape(group.size)}"
        parts.append(f"<details><summary>{summary}</summary>{_html_table(_band_table(group))}</details>")
    parts += [f"<p>{escape(sentence)}</p>" for sentence in _sentences(verdict)]
    # These classes keep a notebook's MathJax from names with $ in them.
    return f'<div class="tex2jax_ignore mathjax_ignore">{"".join(parts)}</div>'


def _curve_table(verdict: Record) -> _Table:
    head = ["logs", "curve", "outcome", "p", "fits split", "how it differs"]
    return [head] + [
        [group.label, curve.name, curve.word, curve.p_text, _fits(curve), curve.reason]
        for group in verdict.groups
        for curve in group.curves
    ]


def _band_table(group: Group) -> _Table:
    """A row an epoch: value, band and mark of every column."""
    columns = dict.fromkeys(band.column for band in group.bands)
    rows: dict[int, list[str]] = {}
    for band in group.bands:
        rows.setdefault(band.epoch, [str(band.epoch)]).append(str(band))
    return [["epoch", *(column.replace("_", " ") for column in columns)], *rows.values()]


def _sentences(verdict: Record) -> Iterator[str]:
    """What stands below the numbers: how to read the bands, the notes, the power."""
    yield (
        "After each value the band in which 95% of the reference runs lie, and low or high where the value "
        "lies outside: about 1 in 20 values of a good run do, and neighbours move together."
    )
    if any(len(group.logs) > 1 for group in verdict.groups):
        yield (
            "Where several logs were judged as one, the value is their mean, the band that of a single run: "
            "the mean of good runs seldom leaves it, and the logs can differ though it does not."
        )
    yield from map(printable, verdict.notes)
    yield f"Of logs with a planted bug, a verdict like this finds {verdict.power:.0%}."


def _fits(curve: Curve) -> str:
    return ", ".join(curve.fits) or "none"


def _markdown_table(table: _Table) -> Iterator[str]:
    for number, row in enumerate(table):
        yield f"| {' | '.join(f'**{cell}**' if _stands_out(cell) else cell for cell in row)} |"
        if number == 0:
            yield "|" + " --- |" * len(row)


def _html_table(table: _Table) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        said = [html.escape(cell) for cell in cells]
        bold = [f"<strong>{s}</strong>" if _stands_out(cell) else s for s, cell in zip(said, cells)]
        return "<tr>" + "".join(f"<{tag}>{s}</{tag}>" for s in bold) + "</tr>"

    body = "".join(row(cells, "td") for cells in table[1:])
    return f"<table><thead>{row(table[0], 'th')}</thead><tbody>{body}</tbody></table>"


def _stands_out(cell: str) -> bool:
    """Whether a cell is printed bold: a curve that differs, a value outside its band."""
    return cell == "DIFFERS" or cell.endswith(("] low", "] high"))


def _markdown(text: str) -> str:
    # As entities: they hold in tables and in HTML too, where a summary is, and a backslash does not.
    return re.sub(r"[\\`*_\[\]<>&|~#$]", lambda found: f"&#{ord(found[0])};", text)


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)
