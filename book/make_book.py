#!/usr/bin/env python3
"""Build the book: `make_book.py FOLDER`. Warnings fail, and whatever readers would miss (looking.py)."""

import argparse
import sys
from pathlib import Path

from browsing import browse, browser
from looking import look_through
from sphinx.cmd.build import build_main
from staging import stage
from written import pages

BOOK = Path(__file__).parent
ROOT = BOOK.parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the book goes")
    folder = parser.parse_args().folder
    work = ROOT / "build" / "book"
    stage(ROOT, work / "pages", pages())
    options = ["-q", "-E", "-W", "--keep-going", "-c", str(BOOK), "-d", str(work / "doctrees")]
    if build_main([*options, str(work / "pages"), str(folder)]):
        return 1
    faults = look_through(folder)
    if program := browser():
        faults += browse(folder, program)
    else:
        print("Not looked at in a browser: there is no chromium on the PATH")
    print(*faults, sep="\n", end="\n" * bool(faults), file=sys.stderr)
    if not faults:
        print(f"The book: {folder / 'index.html'}")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
