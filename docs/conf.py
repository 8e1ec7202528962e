"""Sphinx: the guides are Markdown, the reference comes from the docstrings."""

import os

import fastsock

project = "fastsock"
author = "The fastsock authors"
release = fastsock.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.intersphinx",
]
# Only where the site is published: `make docs` needs no network.
intersphinx_mapping = (
    {"python": ("https://docs.python.org/3", None)} if os.environ.get("READTHEDOCS") else {}
)
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"fastsock {release}"
html_show_copyright = False
autodoc_typehints = "signature"
autodoc_member_order = "groupwise"
default_role = "code"
napoleon_google_docstring = True
napoleon_use_ivar = True


def keep_whole(app, what, name, obj, options, lines):
    """Keep napoleon from reading "Result: a number" as a property's type and its description."""
    if what in ("property", "attribute"):
        lines.insert(0, "\\")  # an escaped end of line: nothing, and not empty


def setup(app):
    """Run before napoleon, whose priority is 500."""
    app.connect("autodoc-process-docstring", keep_whole, priority=400)
