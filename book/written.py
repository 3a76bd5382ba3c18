"""The pages that are written from the package itself: its public names, and the command's help."""

import argparse
import inspect
from functools import partial

import dropout_gluon
from dropout_gluon.cli.main import build_parser

# Where a name is at home, a module or its room -> the heading that it stands under, in this order. Names of
# other rooms come after these, under their room's name.
HEADINGS = {
    "chapter": "The chapter",
    "drop_in": "In the place of the book's helper",
    "fashion_mnist": "The data",
    "config": "A run",
    "runs.run": "A run",
    "logs": "A run",
    "runs": "Many runs",
    "reproduction": "The experiment",
    "verdict": "The verdict",
    "reading": "Logs of others",
    "exercises": "The exercises",
    "plotting": "Figures",
    "errors": "Errors",
}

WIDTH = 90  # characters of a line of help

API = """\
# The Python interface

```python
import dropout_gluon as gb
```

`gb.scratch.mlp` and `gb.concise.mlp` are the chapter's network, by hand and of Gluon's layers. MXNet's own
`mx`, `nd`, `autograd`, `gluon`, `init` and `nn` can be had as `gb.nd` and so on. All else is here, by what it
is for.
"""

COMMAND = """\
# The command

What `dropout-gluon` and each of its subcommands says to `--help`.
"""


def pages() -> dict[str, str]:
    """Page -> its text."""
    return {"api.md": api(), "command.md": command()}


def api() -> str:
    """The public names' docstrings, by what the names are for."""
    sections: dict[str, list[str]] = {heading: [] for heading in HEADINGS.values()}
    for name in dropout_gluon.__all__:
        home = dropout_gluon._HOME[name]
        room = home.partition(".")[0]
        heading = HEADINGS.get(home) or HEADINGS.get(room, room)
        sections.setdefault(heading, []).append(_directive(name, getattr(dropout_gluon, name)))
    for module in dropout_gluon.CHAPTER:
        sections[HEADINGS["chapter"]].append(_function(f"dropout_gluon.chapter.{module}.mlp"))
    body = "".join(f"\n## {heading}\n\n{''.join(names)}" for heading, names in sections.items() if names)
    return API + body


def _directive(name: str, value: object) -> str:
    if not str(getattr(value, "__module__", "")).startswith("dropout_gluon"):
        return f"`{name}` is another package's: see there.\n\n"
    if inspect.isclass(value) and issubclass(value, Exception):
        return _block(f".. autoexception:: {name}\n   :show-inheritance:")
    if inspect.isclass(value):
        return _block(f".. autoclass:: {name}\n   :members:")
    return _function(name)


def _function(name: str) -> str:
    return _block(f".. autofunction:: {name}")


def _block(directive: str) -> str:
    return f"```{{eval-rst}}\n.. currentmodule:: dropout_gluon\n{directive}\n```\n\n"


def command() -> str:
    """The help of the command, and of each subcommand."""
    parser = build_parser()
    (subcommands,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    text = COMMAND + _help(parser)
    return text + "".join(f"\n## {name}\n{_help(sub)}" for name, sub in subcommands.choices.items())


def _help(parser: argparse.ArgumentParser) -> str:
    parser.formatter_class = partial(parser.formatter_class, width=WIDTH)  # not that of the terminal here
    return f"\n```\n{parser.format_help()}```\n"
