"""The notebooks, as they are saved and as they come out of a real Jupyter kernel."""

import atexit
import os
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path
from unittest import mock

import nbformat
from filelock import FileLock
from nbclient import NotebookClient
from places import ROOT

NAMES = ("dropout", "exercises", "your-own-log")
ROUNDING = "rounding"  # the tag of cells whose numbers rest on training


def saved(name):
    return nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)


@cache
def executed(name):
    """The notebook after a run; of several processes that share the tests the first one runs it."""
    shared = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if not shared:
        return execute(name)
    folder = Path(tempfile.gettempdir()) / f"notebooks-{shared}"
    folder.mkdir(exist_ok=True)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)  # when no process has tests left
    path = folder / f"{name}.ipynb"
    with FileLock(f"{path}.lock"):
        if not path.exists():
            nbformat.write(execute(name), path)
        return nbformat.read(path, as_version=4)


def execute(name):
    """Run a notebook beside copies of the others; nbclient raises where a cell does."""
    notebook = saved(name)
    for cell in notebook.cells:
        cell["outputs"], cell["execution_count"] = [], None
    with tempfile.TemporaryDirectory() as folder:
        there = Path(shutil.copytree(ROOT / "notebooks", Path(folder) / "notebooks"))
        before = sorted(path.name for path in there.iterdir())
        with mock.patch.dict(os.environ):
            os.environ.pop("PYTHONWARNINGS", None)  # a reader has none
            options = {"timeout": 600, "coalesce_streams": True, "resources": {"metadata": {"path": there}}}
            NotebookClient(notebook, **options).execute()
        assert sorted(path.name for path in there.iterdir()) == before
    return notebook


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tagged(cell, tag):
    return tag in cell.metadata.get("tags", [])


def tagged_cells(notebook, tag):
    return [cell for cell in code(notebook) if tagged(cell, tag)]


def said(cell):
    """What a cell says as text: all but figures, which look otherwise with another matplotlib."""
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "".join(texts)


def pages(cell):
    """What it shows as HTML, without the pictures."""
    shown = [output.get("data", {}).get("text/html", "") for output in cell.outputs]
    return [re.sub(r"data:image/png;base64,[\w+/=]+", "", page) for page in shown]


def figures(notebook):
    return [
        picture
        for cell in code(notebook)
        for output in cell.outputs
        for picture in re.findall("<img [^>]+>", output.get("data", {}).get("text/html", ""))
    ]
