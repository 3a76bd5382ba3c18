"""What the machine tells, and what is said where it tells nothing."""

import os

import pytest
from fresh import printed

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
    assert machine.processor_model() == "unknown"


def test_model_tells_processors_of_one_name_apart(monkeypatch):
    info = "cpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC\nstepping\t: 2\nflags\t\t: avx2 fma\n"
    monkeypatch.setattr(machine, "_cpuinfo", lambda: info)
    assert machine.processor_model() == "25-1-2"
    assert machine.processor() == ("AMD EPYC", frozenset({"avx2", "fma"}))


def test_what_an_import_adds_to_the_environment_is_taken_back(monkeypatch):
    monkeypatch.setenv("KEPT", "1")
    before = dict(os.environ)
    with machine.environment_kept():
        os.environ["ADDED"] = "1"
    assert dict(os.environ) == before


def test_a_verdict_leaves_the_environment_as_it_was():
    code = (
        "import os; before = dict(os.environ)\nimport dropout_gluon as gb\n"
        "gb.compare('epoch 1, loss 1.2070, train acc 0.534, test acc 0.769\\n')\n"
        "print(dict(os.environ) == before)"
    )
    assert printed(code) == "True\n"


@pytest.mark.parametrize(
    ("features", "kernel"),
    [
        (machine.AVX2, "Haswell"),
        (machine.AVX2 | machine.AVX512 | {"avx512_bf16"}, "SkylakeX"),
        (machine.AVX2 | {"avx512f", "avx512cd"}, "Haswell"),  # Knights Landing
        (frozenset({"sse4_2", "avx"}), None),
    ],
)
def test_a_kernel_fits_the_processor(features, kernel):
    assert machine.fitting_kernel(features) == kernel
