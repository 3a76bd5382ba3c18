"""Short code and short numbers stay on one line: `--retry-failed`, 2.9e-06, p = 0.00071, 0.0022 / 0.0253."""

import re

from docutils import nodes
from sphinx.application import Sphinx

SHORT = 30  # characters


def mark(app: Sphinx, doctree: nodes.document) -> None:
    for node in doctree.findall(lambda node: isinstance(node, (nodes.literal, nodes.entry))):
        text = node.astext()
        is_whole = isinstance(node, nodes.literal) or re.match(r"[-+<]?\s*\d|p [=<]", text)
        if len(text) <= SHORT and is_whole:
            node["classes"].append("unbroken")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", mark)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
