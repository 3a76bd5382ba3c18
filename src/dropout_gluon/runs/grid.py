"""Every combination of values, as configurations that are made when they are asked for."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence, Sized
from itertools import islice, product
from typing import Any, overload

from ..config import RunConfig, check_choice, check_field, check_kind
from ..errors import ConfigError
from ..messages import shown

FIELDS = tuple(RunConfig.__dataclass_fields__)
MOST_CHECKED = 10_000  # combinations, before the first is run


class Grid(Sequence[RunConfig]):
    """The combinations of values, the last field changing fastest, none of them twice.

    A sequence like a list, of which only the values are kept: its length is their product, and whether it
    has a configuration is asked of each value. So ten thousand million runs take no memory and no time.

    Args:
        values: field of RunConfig -> its values, a list or a range; a value given twice counts once.

    Attributes:
        values: field -> its different values, as RunConfig has them.

    Raises:
        ConfigError: there is no such field, its values are no list, or one of them is outside its range.
    """

    def __init__(self, values: Mapping[str, Sequence[Any]]) -> None:
        check_kind("the values", values, Mapping, "a dict of lists, as {'seed': range(3)}")
        self.values = {
            check_choice("a field", name, FIELDS): _checked(name, of) for name, of in values.items()
        }
        self._length = math.prod(map(len, self.values.values()))
        if self._length > sys.maxsize:
            raise ConfigError(f"{self._length:.0e} combinations are more than can be counted")
        # What does not go together is found before the first run, not at a later one; ranges go with all.
        kinds = [of[:1] if isinstance(of, range) else of for of in self.values.values()]
        for combination in islice(product(*kinds), MOST_CHECKED):
            RunConfig(**dict(zip(self.values, combination)))

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> RunConfig: ...

    @overload
    def __getitem__(self, index: slice) -> list[RunConfig]: ...

    def __getitem__(self, index: int | slice) -> RunConfig | list[RunConfig]:
        if isinstance(index, slice):
            return [self[place] for place in range(self._length)[index]]
        place = range(self._length)[index]  # which counts from the end, too, and refuses what is beyond
        fields = {}
        for name, of in reversed(self.values.items()):
            place, which = divmod(place, len(of))
            fields[name] = of[which]
        return RunConfig(**fields)

    def __iter__(self) -> Iterator[RunConfig]:
        return map(self.__getitem__, range(self._length))

    def __contains__(self, config: object) -> bool:
        chapter = RunConfig()
        return isinstance(config, RunConfig) and all(
            getattr(config, name) in self.values.get(name, (getattr(chapter, name),)) for name in FIELDS
        )

    def __add__(self, other: Sequence[RunConfig]) -> list[RunConfig]:
        return [*self, *other]

    def __radd__(self, other: Sequence[RunConfig]) -> list[RunConfig]:
        return [*other, *self]

    def __repr__(self) -> str:
        return f"<{self._length} RunConfigs: every combination of {', '.join(self.values) or 'nothing'}>"


def grid(values: Mapping[str, Sequence[Any]]) -> Grid:
    """Every combination of the values, the last field changing fastest: `grid({"seed": range(3)})`.

    Raises:
        ConfigError: there is no such field, its values are no list, or one of them is outside its range.
    """
    return Grid(values)


def _checked(name: str, values: Any) -> Sequence[Any]:
    """The values as RunConfig has them, each once; of a range, whose ends tell, the range itself."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Sized) or getattr(values, "ndim", 1) == 0:
        raise ConfigError(f"{name} must be a list of values, not {shown(values)}")
    if isinstance(values, range):
        for end in {*values[:1], *values[-1:]}:
            check_field(name, end)
        return values
    return tuple(dict.fromkeys(check_field(name, value) for value in values))
