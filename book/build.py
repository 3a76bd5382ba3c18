#!/usr/bin/env python3
"""Build the book: `build.py FOLDER`. A warning fails, and so does what a reader would miss (check.py)."""

import argparse
import sys
from pathlib import Path

from check import look_through
from sphinx.cmd.build import build_main
from stage import stage
from written import pages

BOOK = Path(__file__).parent
ROOT = BOOK.parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the book goes; what the last build left there is replaced")
    folder = parser.parse_args().folder
    work = ROOT / "build" / "book"
    stage(ROOT, work / "pages", pages())
    options = ["-q", "-E", "-W", "--keep-going", "-c", str(BOOK), "-d", str(work / "doctrees")]
    if build_main([*options, str(work / "pages"), str(folder)]):
        return 1
    faults = look_through(folder)
    print(*faults, sep="\n", end="\n" * bool(faults), file=sys.stderr)
    if not faults:
        print(f"The book: {folder / 'index.html'}")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
