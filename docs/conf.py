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
autodoc_typehints = "signature"
autodoc_member_order = "groupwise"
default_role = "code"
napoleon_google_docstring = True
napoleon_use_ivar = True
