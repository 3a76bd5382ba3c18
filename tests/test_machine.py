"""What the machine tells, and what is said where it tells nothing."""

import os

import pytest

from dropout_gluon import machine


@pytest.fixture(autouse=True)
def _fresh():
    machine.processor.cache_clear()
    yield
    machine.processor.cache_clear()


def test_processors_are_those_that_the_process_may_use(monkeypatch):
    assert machine.processors() == len(os.sched_getaffinity(0))
    monkeypatch.delattr(os, "sched_getaffinity")
    assert machine.processors() == os.cpu_count()
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.processors() == 1


def test_processor_has_a_name_without_cpuinfo_too(monkeypatch):
    assert machine.processor()[0]
    machine.processor.cache_clear()
    monkeypatch.setattr(machine, "_cpuinfo", lambda: "")
    bare, none = machine.processor()
    assert bare
    assert none == frozenset()
