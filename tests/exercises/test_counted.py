"""Every p that an answer gives is adjusted for as many comparisons as it says, whatever the page has."""

import re

import pytest

from dropout_gluon.exercises import effects, record
from dropout_gluon.exercises.catalogue import MODULES, find


@pytest.mark.parametrize("name", MODULES)
def test_p_is_adjusted_for_as_many_as_is_said(name, monkeypatch):
    counts, adjust = set(), effects._holm

    def counted(each):
        counts.add(len(each))
        return adjust(each)

    monkeypatch.setattr(effects, "_holm", counted)
    asked = find(name)
    answer = asked.analyse(record.of(asked.configs(), record.load(name)[1]))
    said = {int(n) for table in answer.tables for n in re.findall(r"Holm over (\d+)", table.caption)}
    assert said == {count for count in counts if count > 1}
