"""The pages are those of the recorded runs, word for word, and every exercise has one."""

import pytest
from places import ROOT

from dropout_gluon.exercises import answered
from dropout_gluon.exercises.catalogue import MODULES
from dropout_gluon.exercises.contrasts import BY_RANKS, RANKS_SAID

PAGES = ROOT / "docs/exercises"


@pytest.mark.parametrize("name", MODULES)
def test_a_page_is_what_the_record_says(name):
    page = PAGES / f"{name}.md"
    found = answered.exercise(name)
    assert page.read_text(encoding="utf-8") == found.to_markdown(f"{name}.png")
    assert (PAGES / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert found.answer.runs == len(found.exercise.configs())
    assert f"{found.answer.runs:,} runs, " in found.source
    # A p by ranks in a table is explained, and is where it is explained.
    in_a_table = any(BY_RANKS in cell for table in found.answer.tables for row in table.rows for cell in row)
    assert (RANKS_SAID in page.read_text(encoding="utf-8")) == in_a_table
