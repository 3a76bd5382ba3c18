"""Tables of epochs in text: CSV with a line of names, separated by commas, semicolons or tabs."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import LogError
from .found import excerpt
from .spelling import COLUMNS, NAMES, Values, column, numbers

SEPARATORS = ",;\t"
LONGEST = 10_000  # characters of a line of names


@dataclass
class Table:
    """A table whose names have been read.

    Attributes:
        separator: between cells.
        width: cells in a row.
        wanted: where loss, train acc and test acc stand.
        epoch: where the epoch stands; None: rows are counted.
        rows: how many were read.
    """

    separator: str
    width: int
    wanted: tuple[int, ...]
    epoch: int | None
    rows: int = 0

    @classmethod
    def headed(cls, line: str) -> Table | None:
        """The table that a line of names begins; None where it begins none."""
        for separator in SEPARATORS if len(line) <= LONGEST else "":
            names = [column(cell) for cell in line.split(separator)]
            wanted = [next((n for n in NAMES[c] if n in names), None) for c in COLUMNS]
            if all(wanted):
                epoch = names.index("epoch") if "epoch" in names else None
                return cls(separator, len(names), tuple(map(names.index, wanted)), epoch)
        return None

    def has(self, line: str) -> bool:
        """Whether a line is a row of it: it is as wide, or divided and begins with no word."""
        cells = line.split(self.separator)
        if len(cells) == self.width:
            return column(cells[self.wanted[0]]) is None  # else these are names again
        return len(cells) > 1 and not line.lstrip(" \"'")[:1].isalpha()

    def read(self, line: str) -> tuple[int, Values]:
        """Epoch and values of a row; LogError where it has none."""
        cells = [cell.strip().strip("\"'").strip() for cell in line.split(self.separator)]
        self.rows += 1
        shown = excerpt(line.strip())
        if len(cells) != self.width:
            raise LogError(f"{shown} has {len(cells)} columns, and the line of names has {self.width}")
        epoch = str(self.rows) if self.epoch is None else cells[self.epoch].partition(".")[0]
        try:
            read = numbers(cells[index] for index in self.wanted)
        except LogError as error:
            raise LogError(f"{error}, in {shown}") from error
        if not (epoch.isascii() and epoch.isdigit() and len(epoch) < 10):
            raise LogError(f"epoch is not a number but {excerpt(epoch)}, in {shown}")
        return int(epoch), read
