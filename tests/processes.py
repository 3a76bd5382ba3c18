"""Processes that tests start beside them, and waiting for what they do."""

import subprocess
import time


class Started(subprocess.Popen):
    """A process that ends with its block, however that ends.

    The block of a `Popen` waits for the process instead: where an assertion fails in it, for ever.
    """

    def __exit__(self, *raised):
        self.kill()
        super().__exit__(*raised)


def ends(condition, within=120.0):
    """Whether the condition holds now or soon: in so many seconds of a machine that has much else to do."""
    until = time.monotonic() + within
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
