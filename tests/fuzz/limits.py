"""What the code may do with an example: answer, or refuse in one line; soon, and in little memory."""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
import warnings
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from hypothesis import settings

from dropout_gluon.errors import DropoutGluonError, DropoutGluonWarning

MEMORY = 500 * 10**6
LONGEST = 400  # characters of an error, the names in it apart
# Where there are several logs, a verdict draws thousands of groups of runs: most of a second by itself.
JUDGING = 5.0


class Tally:
    """How many examples each test had, and who is told of each."""

    def __init__(self):
        self.counts: Counter[str] = Counter()
        self.tell = lambda: None

    def add(self):
        self.counts[os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0]] += 1
        self.tell()


tally = Tally()


class TooLong(Exception):
    """An example takes longer than it may."""


@contextmanager
def within_limits(seconds=1.0):
    """For a part of an example: TooLong or MemoryError where it takes more than it may.

    The time is the processor's, by a timer of the kernel: a busy machine makes no example fail, and one that
    never ends does. The memory is address space beyond what the process has already, which the kernel then
    refuses: more is never in use than that, whatever the process used before, and a machine is not filled by
    an example that wants all of it. Only Linux holds such a limit. The garbage waits, as most of it is
    Hypothesis's, which in a long run takes a second to look through.
    """
    late = []

    def stop(*_):
        late.append(f"more than {seconds:g} s of the processor")
        raise TooLong(late[0])

    before, (soft, hard) = signal.signal(signal.SIGPROF, stop), resource.getrlimit(resource.RLIMIT_AS)
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_bytes().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, hard))
    gc.disable()
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        gc.enable()
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.signal(signal.SIGPROF, before)
    if late:  # where nothing can be raised, as in a __del__
        raise TooLong(late[0])


@contextmanager
def strict():
    """NumPy's warnings are errors, as a reader should never see one; ours are said, and are none."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("ignore", DropoutGluonWarning)
        yield


def attempt(function, *arguments, seconds=1.0, **keywords):
    """What the function gives; None where it refuses, which it must do by an error of ours in one line."""
    try:
        with within_limits(seconds), strict():
            return function(*arguments, **keywords)
    except DropoutGluonError as error:
        said = str(error)
        assert said
        assert len(said.splitlines()) == 1, said
        names = sum(len(str(argument)) for argument in arguments if isinstance(argument, os.PathLike))
        assert len(said) <= LONGEST + 2 * names, said
        return None


def share(part):
    """Settings for a test whose examples take long: that part of the others' number."""
    return settings(max_examples=max(1, round(settings.default.max_examples * part)))
