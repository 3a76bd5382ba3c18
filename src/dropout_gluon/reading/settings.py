"""What the code of a notebook sets beside the book's values: simple assignments of numbers to known names."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from ..config import RunConfig
from .found import ReadLog

BOOK = RunConfig()
# Field -> names in the chapter's code, and the book's values of these.
FIELDS: dict[str, tuple[tuple[str, ...], tuple[float, ...]]] = {
    "hidden_sizes": (("num_hiddens1", "num_hiddens2"), BOOK.hidden_sizes),
    "drop_probs": (("drop_prob1", "drop_prob2"), BOOK.drop_probs),
    "learning_rate": (("lr",), (BOOK.learning_rate,)),
    "batch_size": (("batch_size",), (BOOK.batch_size,)),
    "sigma": (("sigma",), (BOOK.sigma,)),
}
NAMES = {"num_hiddens", "num_epochs", *(name for names, _ in FIELDS.values() for name in names)}
LONGEST = 20_000  # characters of code that is looked at
_NAME = re.compile("|".join(sorted(NAMES)))
_MAGIC = re.compile(r"^[ \t]*[%!?].*", re.MULTILINE)  # of IPython


class Settings:
    """What the names stand for, cell by cell."""

    def __init__(self) -> None:
        self._values: dict[str, float] = {}

    def read(self, code: str) -> None:
        """Another cell; what does not parse sets nothing."""
        if len(code) > LONGEST or not _NAME.search(code):
            return
        for statement in _statements(code) or _statements(_MAGIC.sub("", code)):
            if isinstance(statement, ast.Assign):
                for target in statement.targets:
                    self._assign(target, statement.value)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
            same = len(parts) == len(target.elts)
            for index, name in enumerate(target.elts):
                self._assign(name, parts[index] if same else value)
        elif isinstance(target, ast.Name) and target.id in NAMES:
            number = value.value if isinstance(value, ast.Constant) else None
            if isinstance(number, (int, float)) and not isinstance(number, bool):
                self._values[target.id] = float(number)
            else:
                self._values.pop(target.id, None)  # what it is now is not known

    def beside_the_book(self, log: ReadLog) -> tuple[tuple[str, str], ...]:
        """Field -> what was set, where that is not the book's; of the epochs, where it is not the log's."""
        return tuple(self._departures(log))

    def _departures(self, log: ReadLog) -> Iterator[tuple[str, str]]:
        for name, (names, book) in FIELDS.items():
            values = tuple(self._values.get(one, usual) for one, usual in zip(names, book))
            if values != book:
                yield name, ", ".join(f"{value:.12g}" for value in values)
        if self._values.get("num_hiddens", 256) != 256:
            yield "num_hiddens", f"{self._values['num_hiddens']:.12g}"
        epochs = self._values.get("num_epochs", len(log.epochs))
        if log.step == 1 and epochs != len(log.epochs):
            yield "num_epochs", f"{epochs:.12g}"


def _statements(code: str) -> list[ast.stmt]:
    try:
        with warnings.catch_warnings():  # of a backslash in somebody's text
            warnings.simplefilter("ignore")
            return ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
