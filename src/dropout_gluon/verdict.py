"""The verdict on training logs: a record, and text, JSON, Markdown, JUnit and HTML as views of it."""

from __future__ import annotations

import html
import json
import re
import textwrap
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from xml.etree import ElementTree as ET

from .logs import EpochRecord

FORMAT = "dropout_gluon verdict 1"
MATCHES, DIFFERS, UNDECIDED = "matches", "differs", "undecided"
HEADLINES = {
    MATCHES: "MATCHES the book's experiment",
    DIFFERS: "DIFFERS from the book's experiment",
    UNDECIDED: "UNDECIDED: nothing differs, but so little would hide most planted bugs",
}
# White on each of these is read with ease (contrast above 4.5), on a white page and on a black one, and
# eyes that see no red or no green tell them apart.
COLOURS = {MATCHES: "#0072B2", DIFFERS: "#B84A00", UNDECIDED: "#595959"}
WIDTH = 110  # of the text view, in characters
SOURCES, SOURCE_WIDTH = 3, 40  # how many sources of a group are named, and how long a name may be


@dataclass(frozen=True)
class Band:
    """Where one value of the logs lies among those of the reference runs.

    Attributes:
        epoch: counted from 1.
        column: ``loss``, ``train_acc`` or ``test_acc``.
        value: of the log; of several logs their mean.
        low: 2.5% of the reference runs lie below this.
        median: of the reference runs.
        high: 2.5% of the reference runs lie above this.
        below: how many reference runs lie below `value`.
        above: how many lie above it.
    """

    epoch: int
    column: str
    value: float
    low: float
    median: float
    high: float
    below: int
    above: int

    @property
    def inside(self) -> bool:
        """Whether the value lies in the band."""
        return self.low <= self.value <= self.high

    def __str__(self) -> str:
        """The value, the band, and on which side of the band the value lies if it is outside."""
        low, high = _number(self.low), _number(self.high)
        mark = "" if self.inside else " low" if self.value < self.low else " high"
        return f"{_number(self.value)} [{low}, {high}]{mark}"


@dataclass(frozen=True)
class Curve:
    """One of the two curves of a log, and whether it is what chance gives.

    Attributes:
        name: ``training`` (loss and training accuracy) or ``test`` (test accuracy).
        p: how probable it is that a verdict on good runs has a curve that lies as far out as this one, or
            farther. It counts that there are two curves and how many groups of logs are judged, so that it
            compares with the level as it is.
        differs: whether p is at most the level.
        fits: the splits (``reshuffled``, ``released``) whose reference the curve does not differ from.
        reason: how it differs, in words; empty where it does not.
    """

    name: str
    p: float
    differs: bool
    fits: tuple[str, ...]
    reason: str = ""

    @property
    def word(self) -> str:
        """``DIFFERS`` or ``matches``."""
        return "DIFFERS" if self.differs else "matches"

    @property
    def p_text(self) -> str:
        """p as it is printed."""
        return _p_text(self.p)


@dataclass(frozen=True)
class Group:
    """Logs that were judged jointly, as one.

    Attributes:
        sources: where each log was read: ``log.txt:3``, ``nb.ipynb, cell 7, line 1``, ``run 1``.
        logs: their epochs, the first ten at most, all logs equally many.
        split: of the reference runs they were held against.
        reference: how many reference runs that was.
        curves: the training curve and the test curve.
        bands: epoch by epoch, loss, train_acc, test_acc.
    """

    sources: tuple[str, ...]
    logs: tuple[tuple[EpochRecord, ...], ...]
    split: str
    reference: int
    curves: tuple[Curve, Curve]
    bands: tuple[Band, ...]

    @property
    def epochs(self) -> int:
        """How many epochs were judged."""
        return len(self.logs[0])

    @property
    def names(self) -> tuple[str, ...]:
        """The sources, in printable characters, long ones shortened."""
        return tuple(_shortened(_printable(source)) for source in self.sources)

    @property
    def label(self) -> str:
        """The names of all logs; of many the first two, and how many more there are."""
        shown = self.names if len(self.names) <= SOURCES else self.names[: SOURCES - 1]
        more = len(self.names) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")

    @property
    def size(self) -> str:
        """How much was held against how much, in words."""
        logs = _counted(len(self.logs), "log")
        together = "" if len(self.logs) == 1 else ", judged as one,"
        return (
            f"{logs} of {_counted(self.epochs, 'epoch')}{together} "
            f"against {_counted(self.reference, 'reference run')} of the {self.split} split"
        )


@dataclass(frozen=True, repr=False)
class Verdict:
    """Whether logs are the book's experiment.

    Attributes:
        outcome: ``matches``, ``differs``, or ``undecided``: nothing differs, but most of the planted bugs
            would not show in so little.
        level: the rate of false alarms of the whole verdict.
        p: the smallest p of its curves.
        groups: the logs, grouped as they were judged.
        power: share of the planted bugs' logs (docs/verdict.md) that a verdict on logs like these finds.
        notes: what else the reader must know, a sentence each.
    """

    outcome: str
    level: float
    p: float
    groups: tuple[Group, ...]
    power: float
    notes: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        """The exit status of a command: 0 matches, 1 differs, 2 undecided."""
        return (MATCHES, DIFFERS, UNDECIDED).index(self.outcome)

    @property
    def headline(self) -> str:
        """The outcome in plain words, with p and the level."""
        return f"{HEADLINES[self.outcome]} ({_p_text(self.p)}, level {self.level:g})"

    def __str__(self) -> str:
        return "\n".join(_text(self))

    __repr__ = __str__  # what a Python prompt shows; `to_json` has every field

    def _repr_html_(self) -> str:
        return _html(self)


def to_text(verdict: Verdict) -> str:
    """The verdict for a terminal, at most 110 characters wide."""
    return f"{verdict}\n"


def to_json(verdict: Verdict) -> str:
    """Everything the verdict holds, under the names of its fields."""
    return json.dumps({"format": FORMAT, **asdict(verdict)}, indent=1, allow_nan=False) + "\n"


def to_markdown(verdict: Verdict) -> str:
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


def to_junit(verdict: Verdict) -> str:
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


VIEWS: dict[str, Callable[[Verdict], str]] = {
    "text": to_text,
    "json": to_json,
    "markdown": to_markdown,
    "junit": to_junit,
}

_Table = list[list[str]]  # its first row is the header


def _text(verdict: Verdict) -> Iterator[str]:
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


def _html(verdict: Verdict) -> str:
    from .plotting import plot_verdict, png  # Matplotlib takes long to import, and only this view needs it

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


def _curve_table(verdict: Verdict) -> _Table:
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


def _sentences(verdict: Verdict) -> Iterator[str]:
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
    yield from map(_printable, verdict.notes)
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


def _printable(text: str) -> str:
    """On one line, all else that is not printable as an escape: file names may hold any character."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _shortened(source: str) -> str:
    """Without its middle where it is long: the folder is at its start, the line at its end."""
    return source if len(source) <= SOURCE_WIDTH else f"{source[:10]}...{source[13 - SOURCE_WIDTH :]}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _p_text(p: float) -> str:
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.2g}"


def _number(value: float) -> str:
    """To four digits; a loss that has run away is too long for that."""
    return f"{value:.4f}" if value < 1000 else f"{value:.2e}"
