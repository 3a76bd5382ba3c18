"""What tests start ends with them."""

import time

import pytest
from processes import Started, ends


def test_a_process_ends_with_a_test_that_fails():
    with pytest.raises(AssertionError), Started(["sleep", "1000"]) as process:
        raise AssertionError
    assert process.returncode < 0


def test_waiting_ends():
    assert ends(lambda: True, within=0)
    assert not ends(lambda: False, within=0)
    until = time.monotonic() + 0.05
    assert ends(lambda: time.monotonic() > until)
