"""Every notebook runs in a real Jupyter kernel as it is, and shows what it was saved with.

Numbers that rest on training are the saved ones on the processor of the record alone, all others everywhere.
"""

import configparser
import re

import pytest
from notebooks_at_hand import (
    NAMES,
    ROUNDING,
    code,
    executed,
    figures,
    pages,
    said,
    saved,
    tagged,
    tagged_cells,
)
from places import ROOT

pytestmark = pytest.mark.data


@pytest.fixture(scope="module", params=NAMES)
def name(request):
    return request.param


@pytest.fixture(params=["as saved", "executed"])
def notebook(request, name):
    return saved(name) if request.param == "as saved" else executed(name)


def test_all_notebooks_are_tried():
    assert sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb")) == sorted(NAMES)


def test_no_cell_fails_or_warns_and_every_one_was_run(notebook):
    cells = code(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [
        output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"
    ]
    assert not re.search("Warning|Error", "".join(map(said, cells)))


def test_what_does_not_rest_on_training_is_as_it_was_saved(name):
    pairs = list(zip(code(saved(name)), code(executed(name))))
    held = [(before, after) for before, after in pairs if not tagged(before, ROUNDING)]
    assert any(said(before) for before, _ in held)
    for before, after in held:
        assert said(after) == said(before)
        assert pages(after) == pages(before)


def test_the_rest_has_as_many_outputs_of_the_same_kinds(name):
    def kinds(notebook):
        return [
            [(output.output_type, *sorted(output.get("data", ()))) for output in cell.outputs]
            for cell in code(notebook)
        ]

    assert kinds(executed(name)) == kinds(saved(name))


def test_figures_are_said_in_words(notebook):
    assert all(re.search('alt="[^"]{20,}"', figure) for figure in figures(notebook))


def test_nothing_saved_names_a_place_of_one_machine(name):
    text = (ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8")
    assert not re.search(r"/(tmp|home|root|work)/", text)


def test_the_first_cell_is_one_and_knows_where_the_package_is(name):
    (first, *others), (known, *_) = (code(saved(one)) for one in (name, NAMES[0]))
    assert tagged(first, "install")
    assert not tagged_cells(saved(name), "install")[1:]
    assert first.source == known.source
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    assert f'"git+{setup["metadata"]["url"]}"' in first.source
    assert others[0].source.startswith("import dropout_gluon as gb")


def test_the_first_cell_does_nothing_where_the_package_is(name):
    assert code(executed(name))[0].outputs == []
