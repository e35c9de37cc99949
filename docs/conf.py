"""Sphinx: `sphinx-build -W --keep-going -n -b html docs OUT`. No network is needed to build."""

import skgraph

project = "skgraph"
author = "The skgraph authors"
copyright = author
release = skgraph.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
html_theme = "furo"
html_title = f"skgraph {release}"

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3  # the anchors that GitHub gives headings

default_role = "code"  # what docstrings say in single backquotes
autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

# Of other projects, whose inventories would have to be downloaded.
nitpick_ignore_regex = [
    (r"py:.*", r"(torch|torch_geometric|numpy|np|networkx|nx|omegaconf|pathlib|os|collections|typing)\..*")
]
nitpick_ignore = [("py:class", "Tensor"), ("py:class", "Data")]  # where a module imports Topology for type checks alone
