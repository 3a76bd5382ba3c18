"""What a runner of GitHub Actions makes of a step's output: the commands in it, decoded as it does."""

from typing import NamedTuple

KINDS = ("notice", "warning", "error")


class Annotation(NamedTuple):
    kind: str
    file: str
    line: str
    said: str


def annotations(output: str) -> list[Annotation]:
    """The annotations of a step; any other command but for the two that stop and resume them is refused."""
    found, resumed_by = [], ""
    for line in map(str.strip, output.splitlines()):
        if resumed_by:
            resumed_by = "" if line == f"::{resumed_by}::" else resumed_by
        elif line.startswith("::stop-commands::"):
            resumed_by = line.removeprefix("::stop-commands::")
            assert len(resumed_by) >= 32, "a token that can be guessed"
        elif line.startswith("::"):
            head, _, data = line[2:].partition("::")
            kind, _, rest = head.partition(" ")
            assert kind in KINDS, line
            properties = dict(one.split("=", 1) for one in rest.split(",") if one)
            assert set(properties) <= {"file", "line"}
            where = [
                decoded(properties.get(name, ""), ("%3A", ":"), ("%2C", ",")) for name in ("file", "line")
            ]
            found.append(Annotation(kind, *where, decoded(data)))
    assert not resumed_by, "commands are stopped to the end"
    return found


def decoded(text: str, *more: tuple[str, str]) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), *more, ("%25", "%")):
        text = text.replace(code, character)
    return text
