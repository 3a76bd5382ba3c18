"""The house: no two modules import each other in a circle, and CONTRIBUTING.md shows every one of them."""

import re
from graphlib import TopologicalSorter

import grimp
import pytest
from places import ROOT

PACKAGE = "dropout_gluon"


@pytest.fixture(scope="module")
def imports():
    """Module -> the modules that it imports, inside functions too, but not for types alone."""
    graph = grimp.build_graph(PACKAGE, exclude_type_checking_imports=True)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def test_nothing_runs_in_a_circle(imports):
    order = list(TopologicalSorter(imports).static_order())  # which raises where there is one
    assert len(order) == len(imports) > 30


def test_the_picture_shows_every_room_and_file(imports):
    picture = re.search("```\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.S)[1]
    # The files of `compat` and `cli` stand for themselves: the finder, and a file a subcommand.
    shown = set(re.findall(r"\w+", picture))
    names = {module.split(".")[-1] for module in imports if not re.search(r"\.(cli|compat)\.", module)}
    assert names - {PACKAGE, "reference"} - shown == set()


def test_the_table_names_files_that_are_there():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("## What a change touches")[2].partition("## Numbers")[0]
    paths = re.findall(r"`((?:\w+/)+[\w-]+\.\w+|\w+\.py|tests/[\w/]+)[`:]", table)
    assert len(paths) > 10
    for path in paths:
        assert (ROOT / path).exists() or (ROOT / "src" / PACKAGE / path).exists(), path
