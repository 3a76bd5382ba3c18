"""Links to what the book has no page of (code, schemas, examples) go to the repository's address.

A link to nothing stays what it is, and the build fails on it.
"""

from pathlib import Path
from posixpath import dirname, join, normpath

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from staging import PLACES

ROOT = Path(__file__).parent.parent
REPOSITORY = "https://github.com/dropout-gluon/dropout_gluon"
# Where a page stands in the repository, if not where it stands in the book.
FILES = {page.rpartition(".")[0]: file for file, page in PLACES.items()}


def resolve(app: Sphinx, doctree: nodes.document) -> None:
    here = app.env.docname
    folder = dirname(FILES.get(here, here))
    for link in list(doctree.findall(pending_xref)):
        if link["reftype"] != "myst" or link.get("refdomain"):
            continue
        target, _, heading = link["reftarget"].partition("#")
        path = normpath(join(folder, target))
        if path in PLACES:
            link["refdomain"], link["reftarget"] = "doc", PLACES[path].rpartition(".")[0]
            link["reftargetid"] = heading or None
        elif target and not path.startswith("..") and (ROOT / path).exists():
            kind = "tree" if (ROOT / path).is_dir() else "blob"
            address = f"{REPOSITORY}/{kind}/main/{path}{'#' * bool(heading)}{heading}"
            link.replace_self(nodes.reference("", "", *link.children, refuri=address))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
