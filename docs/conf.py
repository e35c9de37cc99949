"""Sphinx: `sphinx-build -W --keep-going -n -b html docs OUT`. No network is needed to build."""

from docutils import nodes
from math_core import LatexToMathML

import skgraph

project = "skgraph"
author = "The skgraph authors"
copyright = author
release = skgraph.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_math_renderer = "mathml"
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
nitpick_ignore_regex = [(r"py:.*", r"(torch|torch_geometric|numpy|np|networkx|matplotlib|pathlib|os|collections)\..*")]
# Where a module imports a name for type checks alone, Sphinx cannot evaluate its annotations.
nitpick_ignore = [("py:class", name) for name in ("Tensor", "Data", "ArrayLike")]


def setup(app):
    """Write equations as MathML, which browsers show without a script and without a network."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math, None))


def visit_math(translator, node):
    """Write an equation of a line (`math`) or of a paragraph (`math_block`)."""
    block = isinstance(node, nodes.math_block)
    math = LatexToMathML().convert_with_local_state(node.astext(), displaystyle=block)
    translator.body.append(f'<div style="overflow: auto hidden; padding: 0.5em 0">{math}</div>' if block else math)
    raise nodes.SkipNode
