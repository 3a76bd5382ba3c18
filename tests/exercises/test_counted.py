"""Every p that an answer gives is adjusted for as many comparisons as it says, whatever the page has."""

import re

import pytest

from dropout_gluon.exercises import effects, record
from dropout_gluon.exercises.catalogue import MODULES, find

# How many are adjusted together, a number for each family of comparisons.
FAMILIES = {
    "1": [2, 10, 25],
    "2": [3, 3, 4, 4],
    "3": [10],
    "4": [11, 11, 21, 21],
    "5": [8, 9],
    "6": [6],
    "7": [6, 10],
    "8": [8],
    "claims": [],
}


@pytest.mark.parametrize("name", MODULES)
def test_p_is_adjusted_for_as_many_as_is_said(name, monkeypatch):
    counts, adjust = [], effects._holm

    def counted(each):
        counts.append(len(each))
        return adjust(each)

    monkeypatch.setattr(effects, "_holm", counted)
    asked = find(name)
    answer = asked.analyse(record.of(asked.configs(), record.load(name)[1]))
    assert sorted(counts) == sorted(2 * FAMILIES[name])  # of Student's p and of the ranks'
    said = {int(n) for table in answer.tables for n in re.findall(r"Holm over (\d+)", table.caption)}
    assert said == {*FAMILIES[name]}
