"""Text, JSON, Markdown, JUnit, GitHub and HTML views of a verdict; `Verdict`, which shows itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from xml.etree import ElementTree as ET

from ..messages import printable
from .record import CUT_SHORT, DIFFERS, MATCHES, UNDECIDED, Record
from .saying import (
    READING,
    Table,
    band_table,
    by_p,
    common_file,
    curves_said,
    intro,
    row_table,
    sentences,
    stands_out,
    summaries,
)
from .text import text_lines

FORMAT = "dropout_gluon verdict 2"  # docs/verdict.schema.json


@dataclass(frozen=True, repr=False)
class Verdict(Record):
    """Whether logs are the book's experiment: text at a prompt, a page in a notebook, its fields in Python.

    The attributes are those of `record.Record`: outcome, level, p, rows, joint, refused, power, notes.
    """

    def __str__(self) -> str:
        return "\n".join(text_lines(self))

    __repr__ = __str__  # what a Python prompt shows; `to_json` has every field

    def _repr_html_(self) -> str:
        from .page import to_html

        return to_html(self)


def to_text(verdict: Record, *, table: bool = False) -> str:
    """The verdict for a terminal, at most 110 characters wide but for the names of files.

    Args:
        verdict: of any number of logs; of one it fits a screen of 80 by 24.
        table: whether to show every epoch of every log, with its band.
    """
    return "\n".join(text_lines(verdict, table)) + "\n"


def to_json(verdict: Record) -> str:
    """Everything the verdict holds, under the names of its fields: docs/verdict.schema.json."""
    return json.dumps({"format": FORMAT, **asdict(verdict)}, indent=1, allow_nan=False) + "\n"


def to_markdown(verdict: Record) -> str:
    """The verdict as GitHub shows it: for the summary of a CI job or a comment on a pull request."""
    lines = [f"### {_markdown(verdict.headline)}", "", f"{_markdown(intro(verdict))}:", ""]
    lines += _markdown_table(row_table(verdict))
    for sentence in (*sentences(verdict), READING):
        lines += ["", _markdown(sentence)]
    for summary, row in summaries(verdict):
        lines += ["", f"<details><summary>{_markdown(summary)}</summary>", ""]
        lines += [*_markdown_table(band_table(row)), "", "</details>"]
    return "\n".join(lines) + "\n"


def to_junit(verdict: Record) -> str:
    """The verdict as JUnit XML, a test case a log, for CI servers; all of it is ASCII.

    Logs that were judged as one are a case more, and so is each that could not be read, as an error. It
    follows the schema of Jenkins, junit-10.xsd. Times are left out: nothing here was timed.
    """
    suite = ET.Element("testsuite")
    properties = ET.SubElement(suite, "properties")
    for name in ("outcome", "level", "p", "power"):
        ET.SubElement(properties, "property", name=name, value=str(getattr(verdict, name)))
    for name, kind, message, more in _cases(verdict):
        case = ET.SubElement(suite, "testcase", classname="dropout_gluon.compare", name=name)
        if kind == "failure":
            ET.SubElement(case, kind, type=DIFFERS, message=message).text = more
        elif kind == "error":
            ET.SubElement(case, kind, type="unreadable", message=message)
        elif kind == "skipped":
            ET.SubElement(case, kind, message=message)
    ET.SubElement(suite, "system-out").text = to_text(verdict)
    counts = {"tests": str(len(suite.findall("testcase"))), "name": "dropout_gluon compare"}
    counts.update((f"{kind}s", str(len(suite.findall(f".//{kind}")))) for kind in ("failure", "error"))
    suite.attrib.update(counts, skipped=str(len(suite.findall(".//skipped"))))
    root = ET.Element("testsuites", counts)
    root.append(suite)
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="us-ascii", xml_declaration=True)
    return content.decode() + "\n"


def to_github(verdict: Record) -> str:
    """The verdict as annotations of a GitHub Actions job, each at its file and line where these are known.

    The verdict itself is first, a notice where all match; then each log that differs, the most unusual first,
    as GitHub shows ten of a kind. A line is a command to the runner, in which file names, headings and
    whatever else comes from a log are escaped: none of them can begin a command of its own.
    """
    kind = {MATCHES: "notice", DIFFERS: "error", UNDECIDED: "warning"}[verdict.outcome]
    lines = [_annotation(kind, "", verdict.headline)]
    for number, row in by_p(verdict):
        kind = {DIFFERS: "error", CUT_SHORT: "warning"}.get(row.outcome, "")
        name = f"log {number}: " if len(verdict.rows) > 1 else ""
        if kind:
            lines.append(_annotation(kind, row.source, f"{name}{row.outcome}, {row.p_text}: {row.said}"))
    file = common_file(verdict)
    lines += [_annotation("error", file, joint.said) for joint in verdict.joint if joint.differs]
    for refused in verdict.refused:
        lines.append(_annotation("error", refused.source, f"not read: {refused.reason}"))
    lines += [_annotation("notice", "", note) for note in verdict.notes]
    return "\n".join(lines) + "\n"


VIEWS: dict[str, Callable[[Record], str]] = {
    "text": to_text,
    "json": to_json,
    "markdown": to_markdown,
    "junit": to_junit,
    "github": to_github,
}


# log.txt:3; nb.ipynb, cell 7; runs.jsonl:2, cell 3
_SOURCE = re.compile(r"(?P<file>.+?)(:(?P<line>\d+))?(?P<cell>, cell \d+.*)?", re.DOTALL)


def _annotation(kind: str, source: str, said: str) -> str:
    """A workflow command, at the file and line of a source."""
    found = _SOURCE.fullmatch(source)
    where = {name: value for name, value in found.groupdict().items() if value} if found else {}
    cell = where.pop("cell", "").removeprefix(", ")
    said = f"{cell}, {said}" if cell else said
    properties = ",".join(f"{name}={_property(value)}" for name, value in where.items())
    return f"::{kind}{properties and ' '}{properties}::{_command_data(said)}"


def _command_data(text: str) -> str:
    """As the runner decodes it; a line end would begin another command."""
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _command_data(text).replace(":", "%3A").replace(",", "%2C")


def _cases(verdict: Record) -> Iterator[tuple[str, str, str, str]]:
    """Name, what became of it (failure, error, skipped; else empty), in brief, and in full."""
    for number, row in enumerate(verdict.rows, 1):
        heading = f" ({printable(row.heading)})" if row.heading else ""
        name = f"log {number}: {printable(row.source)}{heading}"
        if row.differs:
            yield name, "failure", f"{row.p_text}: {row.said}", curves_said(row.curves, row.split)
        elif row.outcome == MATCHES:
            yield name, "", "", ""
        else:
            yield name, "skipped", "; ".join((row.outcome, row.p_text, *row.statements)), ""
    for joint in verdict.joint:
        if joint.differs:
            split = verdict.rows[joint.members[0] - 1].split
            yield joint.name, "failure", joint.said, curves_said(joint.curves, split)
        else:
            yield joint.name, "skipped" if verdict.outcome == UNDECIDED else "", verdict.headline, ""
    for refused in verdict.refused:
        yield f"not read: {printable(refused.source)}", "error", printable(refused.reason), ""


def _markdown_table(table: Table) -> Iterator[str]:
    head, *rows = table
    yield f"| {' | '.join(map(_markdown, head))} |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield f"| {' | '.join(map(_markdown_cell, head, row))} |"


def _markdown_cell(column: str, cell: str) -> str:
    said = "<br>".join(map(_markdown, cell.split("\n")))
    return f"**{said}**" if stands_out(column, cell) else said


def _markdown(text: str) -> str:
    # As entities: they hold in tables and in HTML too, where a summary is, and a backslash does not.
    return re.sub(r"[\\`*_\[\]<>&|~#$]", lambda found: f"&#{ord(found[0])};", text)
