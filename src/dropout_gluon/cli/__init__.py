"""The command dropout-gluon, a file a subcommand: each parses, calls one function, and prints.

`command` is what the shell starts. It catches a Ctrl-C from its first line on, while the rest is still being
imported.
"""

from __future__ import annotations

from ..messages import say
from .statuses import INTERRUPTED


def command() -> int:
    """Run the command of the process; its exit status."""
    try:
        from .main import main

        return main()
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
