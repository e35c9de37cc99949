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
autodoc_inherit_docstrings = False  # PyG's and torch's are written for their own sites
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_type_aliases = {"ArrayLike": "numpy.typing.ArrayLike"}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

# Of other projects, whose inventories would have to be downloaded.
nitpick_ignore_regex = [(r"py:.*", r"(torch|torch_geometric|numpy|np|networkx|pathlib|os|collections)\..*")]
# Where a module imports a name for type checks alone, Sphinx cannot evaluate its annotations.
nitpick_ignore = [("py:class", name) for name in ("Tensor", "Data", "ArrayLike")]
