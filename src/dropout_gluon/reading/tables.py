"""Tables of epochs in text: CSV with a line of names, separated by commas, semicolons or tabs; Markdown's."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import LogError
from .found import excerpt
from .spelling import COLUMNS, NAMES, Values, column, has_label, heads, numbers

SEPARATORS = ",;\t|"
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
        is_interrupted: a line that is none of its own came since the last row.
    """

    separator: str
    width: int
    wanted: tuple[int, ...]
    epoch: int | None
    rows: int = 0
    is_interrupted: bool = False

    @classmethod
    def headed(cls, line: str) -> Table | None:
        """The table that a line of names begins; None where it begins none."""
        for separator in SEPARATORS if len(line) <= LONGEST else "":
            names = [column(cell) for cell in line.split(separator)]
            wanted = [next((n for n in NAMES[c] if n in names), None) for c in COLUMNS]
            # Markdown's are often of something else, a row a network: they are read where they have epochs.
            if all(wanted) and ("epoch" in names or separator != "|"):
                epoch = names.index("epoch") if "epoch" in names else None
                return cls(separator, len(names), tuple(map(names.index, wanted)), epoch)
        return None

    def has(self, line: str) -> bool:
        """Whether a line is a row of it: it is as wide, or divided and begins with no word."""
        cells = line.split(self.separator)
        if len(cells) == self.width:
            # Else these are names again, or a line that names its values itself.
            return not has_label(cells[self.wanted[0]])
        return len(cells) > 1 and not line.lstrip(" \"'")[:1].isalpha()

    def stays_open(self, line: str) -> bool:
        """Whether rows may go on behind a line that is none: it is not divided, and names no epoch."""
        return not line.strip("|-: ") or not (self.separator in line or heads(line, 0, len(line)))

    def read(self, line: str) -> tuple[int, Values]:
        """Epoch and values of a row; LogError where it has none."""
        cells = [cell.strip().strip("\"'").strip() for cell in line.split(self.separator)]
        shown = excerpt(line.strip())
        if len(cells) != self.width:
            raise LogError(f"{shown} has {len(cells)} columns, and the line of names has {self.width}")
        epoch = self.rows + 1 if self.epoch is None else whole(cells[self.epoch])
        try:
            read = numbers(cells[index] for index in self.wanted)
        except LogError as error:
            raise LogError(f"{error}, in {shown}") from error
        if epoch is None:
            raise LogError(f"epoch is not a whole number but {excerpt(cells[self.epoch or 0])}, in {shown}")
        self.rows, self.is_interrupted = self.rows + 1, False
        return epoch, read


def whole(text: str) -> int | None:
    """The whole number that a cell has, as programs write it: ``1``, ``1.0``, ``1.000e+00``; else None."""
    try:
        number = float(text) if text.isascii() else -1.0
    except ValueError:
        return None
    return int(number) if 0 <= number < 1e9 and number.is_integer() else None
