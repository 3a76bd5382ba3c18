"""The logs in a text: lines read one by one, tables row by row, and put together into runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from ..errors import LogError
from .assembly import FIRST, Lacking, Row, Run
from .found import Found, Unread, excerpt, title
from .spelling import BOOKS_LINE, COLOUR, Head, Incomplete, Values, heads, is_names, narrowed, values
from .tables import Table

CHUNK = 1 << 20  # characters that are divided into lines at once, so that a long text is not there twice
LABELS = ("loss", "acc", "损失", "准确率", "精度")
DIVERGED = re.compile(r"training loss of epoch \d+ is .*")  # as errors.Diverged has it

_CUT = re.compile(r"epoch\s+\d+\s*,\s*(?:lo?s?)?\Z", re.IGNORECASE)
_PART = re.compile("[^\r\b]+")  # of a line that is rewritten on a terminal
_HEADING = re.compile(r"^#{1,6}\s(.*)", re.MULTILINE)
_CLOSING = re.compile(r"(?<=\s)#+\s*\Z")  # of a heading
_BAR = re.compile(r"\d%\|")  # of progress
TRACEBACK = "Traceback (most recent call last)"  # before it, IPython has the kind of the error
AN_ERROR = "an error"
_ERRORS = ("Error", "Exception", "Interrupt", "Exit")
_UNDERLINE = re.compile("=+|-{2,}")


def read_lines(text: str, prefix: str, heading: str | None = None, first: int = 1) -> Found:
    """The logs in a text; a place in it is `prefix` and the number of the line.

    Args:
        text: any text, lines of logs in it.
        prefix: of places, as ``log.txt:``.
        heading: what stands above all of it; None takes the text's own headings.
        first: the number of its first line.
    """
    reader = _Reader(prefix, heading)
    for number, line in enumerate(_divided(text), first):
        reader.read(number, line)
    return reader.end(line)


def _divided(text: str) -> Iterator[str]:
    start = 0
    while (end := text.find("\n", start + CHUNK)) >= 0:
        yield from text[start:end].split("\n")
        start = end + 1
    yield from text[start:].split("\n")


@dataclass
class _Announced:
    """An epoch whose values are on lines to come, as Keras has it."""

    place: str
    epoch: int
    heading: str
    lacking: Lacking | None = None
    is_done: bool = False


class _Reader:
    """Where the reading of a text stands."""

    def __init__(self, prefix: str, heading: str | None) -> None:
        self.prefix, self.place = prefix, ""
        self.above = Above(heading)
        self.runs: list[Run] = []
        self.run = Run()  # the last of them; or one without rows, which is not among them
        self.table: Table | None = None
        self.announced: _Announced | None = None
        self.part = 0  # of the text, counted on from line to line
        self.lacking: dict[int | None, Lacking] = {}  # in this line
        self.others: dict[object, tuple[Lacking, int]] = {}  # the first such line, and how many
        self.is_error = False  # whether the lines are those of an error

    def read(self, number: int, line: str) -> None:
        """One line, without its end."""
        self.place = f"{self.prefix}{number}"
        if "\x1b" in line:
            line = COLOUR.sub("", line)
        plain = narrowed(line)
        if self.table and self._is_of_table(self.table, plain):
            return
        if self._is_of_error(line):
            return
        low = plain.lower()
        may_have = any(label in low for label in LABELS) or ("epoch" in low and "/" in low)
        if not (may_have and self._epochs(line, plain)):
            self.above.pass_text(line)

    def _is_of_table(self, table: Table, line: str) -> bool:
        """Whether a line is a row, which is read, or nothing; any other may end the table."""
        if not line.strip("|-: \t\r"):  # empty, or the rule below Markdown's names
            table.is_interrupted = True
            return True
        if not table.has(line):
            table.is_interrupted = True
            self.table = table if table.stays_open(line) else None
            return False
        try:
            epoch, read = table.read(line)
        except LogError as error:
            if table.is_interrupted and line.lstrip()[:1].isalpha():  # words as wide, below a table
                self.table = None
                return False
            self._spoil(str(error))
        else:
            self._take(Row(self.place, self.part, epoch, read))
        return True

    def _is_of_error(self, line: str) -> bool:
        """Whether a line is the first or the last of an error that Python prints."""
        before, begins, _ = line.partition(TRACEBACK)
        if begins:
            self.is_error = True
            kind = (before.split() or [""])[-1]
            self.run.broken = self.run.broken or (kind if kind.endswith(_ERRORS) else AN_ERROR)
            return True
        if not self.is_error or not line.strip() or line[0].isspace():
            return False
        self.is_error = False
        if self.run.broken == AN_ERROR and not heads(line, 0, len(line)):
            self.run.broken = title(line)
            return True
        return False

    def _epochs(self, line: str, plain: str) -> bool:
        """The epochs in a line; whether there are any, or the names of a table."""
        if failure := DIVERGED.search(line):
            self._fail(failure[0])
            return True
        found = False
        for part in _PART.finditer(plain):
            self.part += 1
            start, end = part.span()
            known = heads(plain, start, end)
            # Lines glued together, because nothing or a written-out \n separates them, are read one by one.
            for head, until in zip(known, [head.start for head in known[1:]] + [end]):
                shown = line[head.start : until].strip()
                found |= self._epoch(head, plain[head.end : until], shown, until == len(plain))
            if len(known) == 1 and not found:  # as in `loss …, train acc …, test acc … in epoch 1`
                found = self._epoch(known[0], plain[start : known[0].start], line[start:end].strip())
            if not known:
                found |= self._without_head(line[start:end].strip(), part[0])
        for lacking in self.lacking.values():
            self._pass(lacking)
        self.lacking.clear()
        return found

    def _epoch(self, head: Head, text: str, shown: str, is_last: bool = False) -> bool:
        """What stands behind the number of an epoch; whether that is anything."""
        try:
            read = values(text)
        except LogError as error:
            self._spoil(f"{error}, in {excerpt(shown)}", head.epoch)
            return True
        if read is None:
            if head.is_keras:
                self._announce(_Announced(self.place, head.epoch or 0, self.above.heading))
            return head.is_keras
        self._announce(None)
        if isinstance(read, Incomplete):
            self.lacking[head.epoch] = Lacking(self.place, head.epoch, shown, read)
        elif head.epoch is None:
            self._spoil(f"{excerpt(shown)} cannot be read: the book's line is {BOOKS_LINE!r}")
        else:
            self.lacking.pop(head.epoch, None)  # what is rewritten
            at_end = read.at_end if is_last else None
            read = read._replace(is_keras=read.is_keras and head.is_keras, at_end=at_end)
            self._take(Row(self.place, self.part, head.epoch, read))
        return True

    def _without_head(self, shown: str, text: str) -> bool:
        """A part of a line that names no epoch: the names of a table, or values of the epoch announced."""
        if table := Table.headed(text):
            self._announce(None)
            self.table, self.run = table, Run()
            return True
        epoch = self.announced
        if not epoch:
            self._pass_headless(shown, text)
            return False
        try:
            read = values(text)
        except LogError as error:
            self._spoil(f"{error}, in {excerpt(shown)}", epoch.epoch)
            return True
        if isinstance(read, Values):
            epoch.is_done = True
            read = read._replace(at_end=None)
            self._take(Row(epoch.place, self.part, epoch.epoch, read), epoch.heading)
        elif read and not epoch.is_done:
            epoch.lacking = Lacking(self.place, epoch.epoch, shown, read)
        return read is not None

    def _pass_headless(self, shown: str, text: str) -> None:
        """A part of a line that names no epoch: what looks like one, or like a table's names, is said."""
        if is_names(text):
            self._leave(Lacking(self.place, None, shown, None, "names columns that spaces separate"))
            return
        with suppress(LogError):
            read = values(text)
            if isinstance(read, Values) or (isinstance(read, Incomplete) and read.is_much):
                self._leave(Lacking(self.place, None, shown, None, "names no epoch"))

    def _announce(self, epoch: _Announced | None) -> None:
        """Expect the values of another epoch, or of none; the one before may have stayed without."""
        if self.announced and self.announced.lacking and not self.announced.is_done:
            self._pass(self.announced.lacking)
        self.announced = epoch

    def _take(self, row: Row, heading: str = "") -> None:
        """A row for the run that it belongs to, or for one that begins with it."""
        run = self.run
        if run.goes_on and row.rewrites(run.rows[-1]):
            run.rows[-1] = row
        elif run.repeats(row):
            pass
        elif run.takes(row.epoch):
            if run.lacking:
                self._leave(run.lacking)
            run.rows.append(row)
            run.lacking, run.passed, run.broken = None, False, ""
        elif row.epoch in FIRST:
            self._begin(heading).rows.append(row)
        elif run.goes_on and row.epoch == run.rows[-1].epoch:
            self._spoil(f"epoch {row.epoch} is there twice, with other values: two runs may alternate")
        elif run.goes_on and row.epoch > run.rows[-1].epoch:
            self._spoil(f"epoch {row.epoch} where epoch {run.due} is due")
        elif not run.spoilt:  # of another run, whose beginning is not here
            self.run = Run()
            self._spoil(f"epoch {row.epoch} where epoch 1 is due")
        self.above.pass_log()

    def _begin(self, heading: str = "") -> Run:
        self.run = Run(heading or self.above.heading)
        self.runs.append(self.run)
        return self.run

    def _spoil(self, reason: str, epoch: int | None = None) -> None:
        """Something is wrong here: with the run, or with one that would begin here."""
        if not self.run.goes_on or (epoch in FIRST and not self.run.takes(epoch)):
            if self.run.spoilt and epoch not in FIRST:
                return
            self._begin()
        self.run.spoil(self.place, reason)
        self.above.pass_log()

    def _fail(self, failure: str) -> None:
        if self.run.goes_on:
            self.run.failure = title(failure)
        else:
            self._spoil(excerpt(failure))

    def _pass(self, lacking: Lacking) -> None:
        """A line that lacks values: of another section, or the next of the run, which then ends in it."""
        if self.run.takes(lacking.epoch) and not self.run.passed and not self.run.lacking:
            self.run.lacking = lacking
        else:
            self.run.passed = True
            self._leave(lacking)
        self.above.pass_log()

    def _leave(self, lacking: Lacking) -> None:
        kind = lacking.found or lacking.why
        first, count = self.others.get(kind, (lacking, 0))
        self.others[kind] = first, count + 1

    def end(self, last_line: str) -> Found:
        """What was found, `last_line` being the end of the text."""
        self._announce(None)
        last_line = COLOUR.sub("", last_line)
        if _CUT.search(narrowed(last_line)) or self._ends_in_digits():
            self._spoil(f"{excerpt(last_line)} is cut short at the end of the text")
        found = Found()
        for run in self.runs:
            if run.lacking:
                run.spoil(run.lacking.place, run.lacking.reason)
            found.put(run.result())
        for first, count in self.others.values():
            if first.found and first.found.is_of_another_section:
                found.left_out += count
            else:
                more = f" (and {count - 1} more like it)" if count > 1 else ""
                found.unread.append(Unread(first.place, first.reason + more, stray=True))
        return found

    def _ends_in_digits(self) -> bool:
        """Whether the text ends in a value with fewer decimals than all before it: some may be lost."""
        rows = self.run.rows
        if len(rows) < 2 or rows[-1].place != self.place or rows[-1].values.at_end is None:
            return False
        *before, last = rows
        column = rows[-1].values.at_end
        # Who rounds in Python prints 0.87 for 0.870, now and then.
        same = len({row.values.decimals for row in before}) == 1
        return same and last.values.decimals[column] < before[0].values.decimals[column]


def last_heading(text: str) -> str:
    """The last heading of Markdown in a text; empty where it has none."""
    marked = _HEADING.findall(text)
    return title(_CLOSING.sub("", marked[-1])) if marked else ""


class Above:
    """What stands above a line: the nearest heading, or else one line of text by itself, directly above."""

    def __init__(self, heading: str | None) -> None:
        self._given, self._heading = heading, ""
        self._lone = self._before = ""
        self._is_fenced = False

    @property
    def marked(self) -> str:
        """The nearest heading alone."""
        return self._heading

    @property
    def heading(self) -> str:
        if self._given is not None:
            return self._given
        return self._heading or (title(self._lone) if any(map(str.isalpha, self._lone)) else "")

    def pass_log(self) -> None:
        self._lone = self._before = ""

    def pass_text(self, line: str) -> None:
        line = line.strip()
        if _BAR.search(line) or line.startswith("sep="):  # the latter for Excel
            return
        if line.startswith("```"):
            self._is_fenced = not self._is_fenced
        elif heading := None if self._is_fenced else self._heading_in(line):
            self._heading = heading
            self._lone = self._before = ""
        else:
            self._lone = "" if self._before else line
            self._before = line

    def _heading_in(self, line: str) -> str:
        """A heading of Markdown, which may have its text on the line before; empty where there is none."""
        if line[:1] == "#" and (marked := last_heading(line)):
            return marked
        return title(self._before) if self._before and _UNDERLINE.fullmatch(line) else ""
