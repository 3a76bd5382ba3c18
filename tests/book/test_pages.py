"""The book's pages: none is left out, each has what it needs, and the workflow publishes what make builds."""

import re

import nbformat
import pytest
import yaml
from places import ROOT
from staging import AS_THEY_ARE, PLACES, contents, stage
from written import HEADINGS, api, command

import dropout_gluon
from dropout_gluon.cli.main import build_parser

LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOURCES = sorted(
    [*(ROOT / name for name in (*PLACES, *AS_THEY_ARE)), *(ROOT / "docs").rglob("*.md"), *NOTEBOOKS]
)


def test_every_page_stands_once_in_the_contents(tmp_path):
    stage(ROOT, tmp_path, {"api.md": "# A", "command.md": "# C"})
    staged = {
        path.relative_to(tmp_path).with_suffix("").as_posix()
        for pattern in ("*.md", "*.ipynb")
        for path in tmp_path.rglob(pattern)
    }
    listed = re.findall(r"^(?!:|```)(?:.*<)?([\w./-]+)>?$", contents(tmp_path), re.MULTILINE)
    assert len(listed) == len(set(listed)) > 12
    assert set(listed) == staged - {"index"}


def test_pages_to_come_are_taken(tmp_path):
    for name in ("docs/exercises/8.md", "docs/exercises/claims.md", "notebooks/new.ipynb", "docs/new.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    sections = contents(tmp_path).split(":caption: ")[1:]
    assert [re.findall(r"^\S+/\S+$", section, re.MULTILINE) for section in sections] == [
        ["notebooks/new"], [], ["docs/exercises/8", "docs/exercises/claims"], ["docs/new"], [],
    ]  # fmt: skip


def test_the_interface_has_every_public_name_once():
    page = api()
    listed = re.findall(r"^\.\. auto\w+:: (\w+)$|^`(\w+)` is another", page, re.MULTILINE)
    assert sorted(name or other for name, other in listed) == dropout_gluon.__all__
    assert set(re.findall("^## (.*)$", page, re.MULTILINE)) <= set(HEADINGS.values())


def test_the_command_has_every_subcommand():
    headings = set(re.findall("^## (.*)$", command(), re.MULTILINE))
    said = build_parser().format_usage() + build_parser().format_help()
    assert headings == set(re.findall(r"^    ([a-z]+)\b", said, re.MULTILINE))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = nbformat.reads(text, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    for link in LINK.findall(re.sub("```.*?```", "", text, flags=re.DOTALL)):
        if not link.startswith(("https://", "#")):
            assert (path.parent / link.partition("#")[0]).exists(), link


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_figure_of_a_notebook_has_words(path):
    """In its HTML, where it has one, else in the metadata of its cell."""
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells, 1):
        for data in (output.get("data", {}) for output in cell.get("outputs", [])):
            if "image/png" in data:
                pictures = re.findall(r"<img[^>]*", data.get("text/html", ""))
                alts = [re.findall('alt="([^"]*)"', picture) for picture in pictures]
                alts = alts or [[cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")]]
                assert all(len(" ".join(words).split()) > 3 for words in alts), (
                    f"cell {number}: its metadata want mystnb.image.alt"
                )


def test_the_workflow_publishes_what_make_builds():
    workflow = yaml.safe_load((ROOT / "examples" / "publish-book.yml").read_text(encoding="utf-8"))
    steps = workflow["jobs"]["build"]["steps"]
    (upload,) = (step for step in steps if step.get("uses", "").startswith("actions/upload-pages-artifact@"))
    rule = re.search(r"^book:\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [step["run"] for step in steps if "run" in step] == ["make book"]
    assert rule[1].split()[-1] == upload["with"]["path"]
    assert workflow["jobs"]["publish"]["needs"] == "build"
    assert workflow["permissions"] == {"contents": "read", "pages": "write", "id-token": "write"}
    assert workflow[True]["push"]["branches"] == ["main"]  # YAML reads `on` as true
