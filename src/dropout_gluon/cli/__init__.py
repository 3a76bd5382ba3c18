"""The command dropout-gluon, a file a subcommand: each parses, calls one function, and prints.

`command` is what the shell starts. It catches a Ctrl-C from its first line on, while the rest is still being
imported.
"""

from __future__ import annotations

import sys
from contextlib import suppress

from .statuses import INTERRUPTED


def command() -> int:
    """Run the command of the process; its exit status."""
    try:
        from .main import main

        return main()
    except KeyboardInterrupt:
        with suppress(OSError):
            print("dropout-gluon: interrupted", file=sys.stderr)
        return INTERRUPTED
