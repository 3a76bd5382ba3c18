"""Where the benchmarks write what they measured: their sections of a page in docs, and its figures."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from dropout_gluon.files import write_whole

DOCS = Path(__file__).resolve().parent.parent / "docs"
DOCUMENT = DOCS / "performance.md"

# Importing MXNet through the package sets variables that the processes measured later would inherit, so a
# process of its own is asked.
ENVIRONMENT = "import json; from dropout_gluon.runs import run as runs; print(json.dumps(runs.environment()))"


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The arguments, with the option that all benchmarks share."""
    parser.add_argument("--stdout", action="store_true", help="print only, leave the files in docs alone")
    arguments = parser.parse_args()
    if "mxnet" in sys.modules:
        sys.exit("MXNet is imported here, and what the package sets for it would reach what is measured")
    return arguments


def publish(
    section: str,
    content: str,
    figures: Mapping[str, bytes] | None = None,
    *,
    document: Path = DOCUMENT,
    stdout: bool = False,
) -> None:
    """Print a section, and write it into the document and its figures beside it.

    Args:
        section: the name in its markers; a document without them ends the program after the section is
            printed, so that nothing measured is lost.
        content: Markdown.
        figures: PNGs by the name of their file.
        document: the Markdown file that has the section.
        stdout: print only.
    """
    print(content)
    if stdout:
        return
    text = document.read_text(encoding="utf-8")
    try:
        text = replace_section(text, section, content)
    except ValueError as error:
        sys.exit(f"{document.name} stays as it is: {error}")
    for name, png in (figures or {}).items():
        write_whole(document.parent / name, png)
    write_whole(document, text.encode())


def replace_section(text: str, section: str, content: str) -> str:
    """The text with `content` between the section's markers; ValueError unless it has them once, in order."""
    start, end = f"<!-- {section} -->", f"<!-- end {section} -->"
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not (found and closed) or text.count(start) > 1 or text.count(end) > 1:
        raise ValueError(f"it must have {start} and then {end}, each once")
    return f"{before}{start}\n\n{content.strip()}\n\n{end}{after}"


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    header = list(header)
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def setting(versions: Mapping[str, str] | None = None) -> str:
    """One line: processor, threads, versions and date.

    Args:
        versions: of peers, by name, beside our own.
    """
    command = [sys.executable, "-W", "ignore", "-c", ENVIRONMENT]
    ours = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    # The date is where a reader of the document looks for how old the figures are.
    named = {"Python": ours["python"], "mxnet": ours["mxnet"], "numpy": ours["numpy"], **(versions or {})}
    return (
        f"{ours['processor']}, {os.cpu_count()} processors, {ours['threads']} threads; "
        + ", ".join(f"{name} {version}" for name, version in named.items())
        + f"; {date.today().isoformat()}."
    )
