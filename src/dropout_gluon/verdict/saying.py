"""What all views of a verdict say: its tables, as lists of rows of cells, and its sentences."""

from __future__ import annotations

import os.path
from collections.abc import Iterator, Sequence

from ..config import SPLITS
from ..messages import counted, listed, printable, shortened
from .record import AS_ONE, CUT_SHORT, DIFFERS, SOURCE_WIDTH, UNDECIDED, Curve, Record, Row

Table = list[list[str]]  # its first row is the header; a cell may have several lines
READING = (
    "After each value stands the band in which 95% of the recorded runs lie, and low or high where the value "
    "lies outside: about 1 in 20 values of a good run do, and neighbours move together."
)
EXPLAINED = {
    UNDECIDED: "Undecided: it does not differ, but by itself it would show fewer than two in three bugs.",
    CUT_SHORT: "Cut short: what there is of it does not differ.",
    AS_ONE: "As one: by itself it was not judged.",
}
NONE_COULD = "Undecided: it does not differ, and at this level none could."
OUTCOME, VALUES = "outcome", ("loss", "train acc", "test acc")  # names of columns
PROSE = ("below", "what is said of it")
FOLDS = 20  # logs of which a page shows every epoch, at most


def outcome_word(outcome: str) -> str:
    """An outcome as it is printed."""
    return outcome.upper() if outcome == DIFFERS else outcome


def stands_out(column: str, cell: str) -> bool:
    """Whether a cell is printed bold: a log that differs, a value outside its band."""
    if column == OUTCOME:
        return cell == "DIFFERS"
    return column in VALUES and cell.endswith(("] low", "] high"))


def common_file(verdict: Record) -> str:
    """The file that several logs are all of, in printable characters; empty where they are of none."""
    files = {row.file for row in verdict.rows}
    return printable(*files) if len(files) == 1 and len(verdict.rows) > 1 else ""


def common_folder(verdict: Record) -> str:
    """The folder of several files, with its slash, where a name is too long to be shown whole; else empty."""
    if common_file(verdict) or all(len(printable(row.source)) <= SOURCE_WIDTH for row in verdict.rows):
        return ""
    begin = os.path.commonprefix([row.file for row in verdict.rows])  # noqa: RUF071 - a folder only when cut
    folder, slash, _ = begin.rpartition("/")
    return folder + slash if folder and len(verdict.rows) > 1 else ""


def row_names(verdict: Record) -> list[str]:
    """What the logs are called: without their folder, and by their place alone, where that is said above."""
    if common_file(verdict):
        return [row.place for row in verdict.rows]
    folder = common_folder(verdict)
    return [shortened(printable(row.source.removeprefix(folder)), SOURCE_WIDTH) for row in verdict.rows]


def intro_place(verdict: Record) -> str:
    """The file or folder of several logs that `intro` begins with, in printable characters; else empty."""
    return common_file(verdict) or printable(common_folder(verdict))


def intro(verdict: Record) -> str:
    """How many logs these are, of which file or folder, and what they were held against."""
    rows, place = verdict.rows, intro_place(verdict)
    logs = f"{len(rows)} logs" if len(rows) > 1 else counted(len(rows[0].epochs), "epoch")
    return f"{place}{place and ': '}{logs}, ranked among {_held_against(rows)}"


def statements(verdict: Record, row: Row) -> Iterator[str]:
    """All that is said of a log; the split too, where it is not that of all."""
    yield from row.statements
    if len({one.split for one in verdict.rows}) > 1:
        yield f"held against the {row.split} split"


def row_table(verdict: Record) -> Table:
    """A row a log; columns with nothing in them are left out."""
    head = ["", "log", PROSE[0], "epochs", "p", OUTCOME, PROSE[1]]
    table = [
        [
            str(number) if len(verdict.rows) > 1 else "",
            name,
            printable(row.heading),
            str(len(row.epochs)),
            row.p_text.removeprefix("p = ").removeprefix("p "),
            outcome_word(row.outcome),
            "\n".join(statements(verdict, row)),
        ]
        for number, (name, row) in enumerate(zip(row_names(verdict), verdict.rows), 1)
    ]
    kept = [index for index, column in enumerate(zip(*table)) if any(column)]
    return [[cells[index] for index in kept] for cells in (head, *table)]


def band_table(row: Row) -> Table:
    """A row an epoch: value, band and mark of every column."""
    columns = dict.fromkeys(band.column for band in row.bands)
    rows: dict[int, list[str]] = {}
    for band in row.bands:
        rows.setdefault(band.epoch, [str(band.epoch)]).append(str(band))
    return [["epoch", *(column.replace("_", " ") for column in columns)], *rows.values()]


def curves_said(curves: Sequence[Curve], split: str) -> str:
    """Curve by curve how unusual it is, and which splits the test curve fits."""
    fits = f", {fits_said(curves[1], split)}" if split else ""
    return "; ".join(f"{curve.name} curve {curve.p_text}" for curve in curves) + fits


def fits_said(curve: Curve, split: str) -> str:
    """Which splits a test curve fits; empty where it was held against runs of no split."""
    if not split:
        return ""
    if len(curve.fits) == len(SPLITS):
        return "fits both splits"
    return f"fits the {curve.fits[0]} split" if curve.fits else "fits neither split"


def most_unusual(verdict: Record, most: int = FOLDS) -> list[tuple[int, Row]]:
    """The logs that lie farthest out, so many at most, each with its number, in the order of the verdict."""
    return sorted(by_p(verdict)[:most], key=lambda item: item[0])


def by_p(verdict: Record) -> list[tuple[int, Row]]:
    """All logs, each with its number, the most unusual first: of p that are the same both curves decide."""
    numbered = list(enumerate(verdict.rows, 1))
    return sorted(numbered, key=lambda item: (item[1].p, sum(curve.p for curve in item[1].curves)))


def summaries(verdict: Record) -> Iterator[tuple[str, Row]]:
    """The most unusual logs, each with what stands above its epochs."""
    names = row_names(verdict)
    for number, row in most_unusual(verdict):
        name = f"{number}: {names[number - 1]}" if len(names) > 1 else names[0]
        yield f"{name}, epoch by epoch: {curves_said(row.curves, row.split)}", row


def sentences(verdict: Record) -> Iterator[str]:
    """What stands below the logs: logs as one, what could not be read, notes, the power."""
    if len(verdict.rows) > 1:
        outcomes = {row.outcome for row in verdict.rows}
        explained = EXPLAINED if verdict.reached else {**EXPLAINED, UNDECIDED: NONE_COULD}
        yield from (said for outcome, said in explained.items() if outcome in outcomes)
    for joint in verdict.joint:
        split = verdict.rows[joint.members[0] - 1].split
        said = f"{joint.said} ({curves_said(joint.curves, split)})."
        yield f"{said[0].upper()}{said[1:]}"
    for refused in verdict.refused:
        yield f"Not read: {printable(refused.source)}: {printable(refused.reason)}"
    yield from map(printable, verdict.notes)
    if verdict.power is not None and verdict.outcome != DIFFERS:  # what differs is found
        yield f"Of logs with a planted bug, a verdict like this finds {verdict.power:.0%}."


def _held_against(rows: Sequence[Row]) -> str:
    """How many runs, of each split."""
    said = []
    for split in dict.fromkeys(row.split for row in rows):
        counts = sorted({row.reference for row in rows if row.split == split})
        runs = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
        said.append(f"{runs} recorded runs of the {split} split" if split else f"{runs} runs of your own")
    return listed(said)
