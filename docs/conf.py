"""Sphinx: the pages are Markdown, the reference comes from the docstrings."""

import fastsock

project = "fastsock"
author = "The fastsock authors"
release = fastsock.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 3
html_theme = "furo"
autodoc_typehints = "signature"
default_role = "code"
napoleon_google_docstring = True
