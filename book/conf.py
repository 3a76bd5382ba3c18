"""Sphinx's settings for the book that `make book` builds (make_book.py)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from dropout_gluon.machine import installed

project = "dropout_gluon"
release = installed(project)
language = "en"
root_doc = "index"
html_title = f"dropout_gluon {release}"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "mathml",
    "repository_links",
    "unbroken",
]

# The notebooks are shown as they were saved.
nb_execution_mode = "off"
nb_merge_streams = True
nb_ipywidgets_js = {}  # its scripts are another host's
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4  # `performance.md#threads`, as GitHub has it
html_math_renderer = "mathml"
highlight_language = "none"  # of a block that names none: what a terminal shows

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
# By name: what each takes, the docstrings say.
autodoc_type_aliases = {name: name for name in ("NDArray", "Network", "Iterator", "Log", "Runner", "Say")}
python_use_unqualified_type_names = True
maximum_signature_line_length = 90
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_custom_sections = [("Warns", "returns_style")]
default_role = "py:obj"  # `RunConfig` in a docstring

# Its fonts are the reader's, its scripts are in the book: nothing is asked of another host.
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
pygments_style = "a11y-light"
pygments_dark_style = "a11y-dark"
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True


def readable(app, what, name, documented, options, signature, returned):
    """A signature without `<factory>`, which dataclasses have for a default made anew, and no Python is."""
    return signature and signature.replace("<factory>", "..."), returned


def setup(app):
    app.connect("autodoc-process-signature", readable)
