"""The first cell of the notebooks on a service that has Python, NumPy 2, matplotlib and pip: `nox -s hosted`.

    python tests/notebooks/hosted.py WHEEL

Run in an environment without the package, it runs the cell, with the wheel in place of the repository's
address, and then what the notebooks need: no restart, and the NumPy that was there.
"""

import json
import sys
from pathlib import Path

import matplotlib
import numpy

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "your-own-log.ipynb"
ADDRESS = "git+https://github.com/dropout-gluon/dropout_gluon"


def main():
    before = numpy.__version__, matplotlib.__version__
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    first, imports, example, *_ = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    assert ADDRESS in first
    names = {}
    exec(first.replace(ADDRESS, sys.argv[1]), names)
    assert "replaced" not in names or names["replaced"] == []
    exec(imports, names)
    exec(example.replace("gb.compare", "verdict = gb.compare"), names)
    assert str(names["verdict"]).startswith("DIFFERS")
    exec("from mxnet import nd\nprinted = str(gb.dropout(nd.arange(16).reshape((2, 8)), 0))", names)
    assert "[ 8.  9. 10. 11. 12. 13. 14. 15.]]" in names["printed"]
    from importlib import metadata

    assert (metadata.version("numpy"), metadata.version("matplotlib")) == before
    print("NumPy", before[0], "is as it was, and MXNet", metadata.version("mxnet"), "runs on it")


if __name__ == "__main__":
    main()
