"""What a notebook's code sets beside the book's values: numbers assigned to names or handed to calls."""

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
KEYWORDS = {"num_epochs", *FIELDS}  # of calls
LONGEST = 20_000  # characters of code that is looked at
_NAME = re.compile("|".join(sorted({*NAMES, *KEYWORDS, RunConfig.__name__})))
_MAGIC = re.compile(r"^[ \t]*[%!?].*", re.MULTILINE)  # of IPython


class Settings:
    """What the names stand for, cell by cell; and what the calls of the last cell are handed."""

    def __init__(self) -> None:
        self._values: dict[str, float] = {}
        self._handed: dict[str, tuple[float, ...] | None] = {}  # None: nobody knows
        self._configured = False  # by a RunConfig, for which the names mean nothing

    def read(self, code: str) -> None:
        """Another cell; what does not parse sets nothing."""
        self._handed, self._configured = {}, False
        if len(code) > LONGEST or not _NAME.search(code):
            return
        statements = _statements(code) or _statements(_MAGIC.sub("", code))
        for statement in statements:
            if isinstance(statement, ast.Assign):
                for target in statement.targets:
                    self._assign(target, statement.value)
        for node in (node for statement in statements for node in ast.walk(statement)):
            if isinstance(node, ast.Call):
                self._call(node)

    def _call(self, call: ast.Call) -> None:
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        self._configured |= called == RunConfig.__name__
        for keyword in call.keywords:
            if keyword.arg in KEYWORDS:
                given = keyword.value
                parts = given.elts if isinstance(given, (ast.Tuple, ast.List)) else [given]
                numbers = [self._number(part) for part in parts]
                value = tuple(number for number in numbers if number is not None)
                known = value if len(value) == len(numbers) else None
                # Calls that are handed different values are different runs.
                self._handed[keyword.arg] = known if self._handed.get(keyword.arg, known) == known else None

    def _number(self, value: ast.expr) -> float | None:
        if isinstance(value, ast.Name):
            return self._values.get(value.id)
        number = value.value if isinstance(value, ast.Constant) else None
        return float(number) if isinstance(number, (int, float)) and not isinstance(number, bool) else None

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
            same = len(parts) == len(target.elts)
            for index, name in enumerate(target.elts):
                self._assign(name, parts[index] if same else value)
        elif isinstance(target, ast.Name) and target.id in NAMES:
            number = None if isinstance(value, ast.Name) else self._number(value)
            if number is None:
                self._values.pop(target.id, None)  # what it is now is not known
            else:
                self._values[target.id] = number

    def beside_the_book(self, log: ReadLog) -> tuple[tuple[str, str], ...]:
        """Field -> what was set, where that is not the book's; of the epochs, where it is not the log's."""
        return tuple(self._departures(log))

    def _departures(self, log: ReadLog) -> Iterator[tuple[str, str]]:
        assigned = {} if self._configured else self._values
        for name, (names, book) in FIELDS.items():
            usual = tuple(assigned.get(one, number) for one, number in zip(names, book))
            values = self._handed.get(name, usual)
            if values is not None and values != book:
                yield name, ", ".join(f"{value:.12g}" for value in values)
        if assigned.get("num_hiddens", 256) != 256:
            yield "num_hiddens", f"{assigned['num_hiddens']:.12g}"
        usual = (assigned.get("num_epochs", BOOK.num_epochs if self._configured else len(log.epochs)),)
        epochs = self._handed.get("num_epochs", usual)
        if log.step == 1 and epochs is not None and epochs != (len(log.epochs),):
            yield "num_epochs", ", ".join(f"{number:.12g}" for number in epochs)


def _statements(code: str) -> list[ast.stmt]:
    try:
        with warnings.catch_warnings():  # of a backslash in somebody's text
            warnings.simplefilter("ignore")
            return ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
