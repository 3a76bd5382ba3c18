"""Whatever happens to a store and to its writers: each run that was appended is there, and no half of one."""

import os
import select
import shutil
import signal
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from limits import attempt, share, tally
from strategies import RUNS, STORES

from dropout_gluon.runs.store import RunStore, read_store, scan, to_line

NUMBERS = st.integers(0, 9)
GOOD = set(map(to_line, RUNS))


def numbered(number):
    """One of ten runs, the ninth of which failed."""
    run = RUNS[number]
    return replace(run, config=replace(run.config, seed=number), failure="diverged" if number == 9 else "")


class Store(RuleBasedStateMachine):
    """A store, and what it must hold."""

    def __init__(self):
        super().__init__()
        tally.add()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "runs.jsonl"
        self.store = None
        self.written = []  # in their order
        self.torn = False  # None where it may be
        self.ended = True  # the last line: who writes next opens the store, which ends it

    def teardown(self):
        if self.store:
            self.store.close()
        shutil.rmtree(self.folder)

    def latest(self):
        return {run.config.digest: run for run in self.written}

    @precondition(lambda self: not self.store)
    @rule()
    def open(self):
        self.store = attempt(RunStore, self.path)
        assert self.store.digests == {digest: bool(run.failure) for digest, run in self.latest().items()}
        assert self.torn is None or self.torn == bool(self.store.said)
        self.torn, self.ended = False, True
        assert self.path.read_bytes() == b"".join(map(to_line, self.written))

    @precondition(lambda self: self.store)
    @rule(number=NUMBERS)
    def append(self, number):
        self.store.append(numbered(number))
        self.written.append(numbered(number))

    @precondition(lambda self: self.store)
    @rule()
    def another_writer_is_refused(self):
        assert attempt(RunStore, self.path) is None

    @precondition(lambda self: self.store)
    @rule()
    def close(self):
        self.store.close()
        self.store = None

    @precondition(lambda self: not self.store and self.torn is False and self.ended)
    @rule(number=NUMBERS, kept=st.floats(0, 1), zeros=st.sampled_from([0, 0, 1, 300, 5000]))
    def tear(self, number, kept, zeros):
        """A last line of which the beginning is there, or room; one that is whole but for its end counts."""
        line = to_line(numbered(number))
        rest = line[: round(kept * (len(line) - 1))]
        with self.path.open("ab") as file:
            file.write(rest + bytes(zeros))
        self.torn = bool(rest or zeros)
        if rest == line[:-1] and not zeros:
            self.written.append(numbered(number))
            self.torn, self.ended = False, False

    @precondition(lambda self: not self.store and self.torn is False)
    @rule(
        numbers=st.lists(NUMBERS, min_size=3, max_size=6),
        acknowledged=st.integers(0, 2),
        wait=st.floats(0, 2e-3),
    )
    def kill(self, numbers, acknowledged, wait):
        """A writer, killed in the middle: what it said is written is there, and at most one run more."""
        runs = [numbered(number) for number in numbers]
        reader, writer = os.pipe()
        if (pid := os.fork()) == 0:  # killed in any case, so that no state that a fork copies can hang it
            try:
                with RunStore(self.path) as store:
                    for run in runs:
                        store.append(run)
                        os.write(writer, b".")
                    time.sleep(60)
            finally:
                os._exit(1)
        os.close(writer)
        said = 0
        while said < acknowledged and select.select([reader], [], [], 10)[0]:
            said += len(os.read(reader, 1))
        time.sleep(wait)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with open(reader, "rb") as rest:
            said += len(rest.read())
        there = list(scan(self.path)) if self.path.exists() else []
        assert there[: len(self.written)] == self.written
        new = there[len(self.written) :]
        assert said <= len(new) <= said + 1
        assert new == runs[: len(new)]
        self.written, self.torn, self.ended = there, None, False

    @invariant()
    def every_run_is_there(self):
        logs = list(self.latest().values())
        assert (attempt(read_store, self.path, failed=True) or []) == logs
        assert (attempt(read_store, self.path) or []) == [log for log in logs if not log.failure]


TestStore = pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")(
    Store.TestCase
)
TestStore.settings = settings(share(0.4), stateful_step_count=12)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "runs.jsonl"


@given(STORES)
def test_any_file(path, content):
    """It is read, every run as it was written, or refused; opened for writing, it loses no byte."""
    path.write_bytes(content)
    logs = attempt(read_store, path, failed=True)
    assert GOOD.issuperset(map(to_line, logs or []))
    torn = path.with_name("runs.jsonl.torn")
    torn.unlink(missing_ok=True)
    store = attempt(RunStore, path)
    if store:
        store.close()
        now, aside = path.read_bytes(), torn.read_bytes()[:-1] if torn.exists() else b""
        assert now + aside in (content, content + b"\n")
        assert store.digests == {log.config.digest: bool(log.failure) for log in logs or []}
    else:
        assert path.read_bytes() == content
        assert not torn.exists()
