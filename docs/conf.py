"""
Settings of Sphinx.

`python3 run.py docs` builds the pages. So does rosdoc2, which executes this file in a copy of this
folder; up to 0.2.1 it does not say whose copy, so it must be told where the package is:
`PYTHONPATH=. rosdoc2 build --package-path .`
"""

from pathlib import Path
import sys

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import ik_solver_node  # noqa: E402, I100

# Not the folder above this file: rosdoc2 copies docs/, but not what the pages take from beside it.
ROOT = Path(ik_solver_node.__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'docs'))
from doc_pieces import setup  # noqa: E402, F401, I100

project = 'ik_solver_node'
author = 'ik_solver_node maintainers'
copyright = author  # noqa: A001
version = release = ik_solver_node.__version__

extensions = ['myst_parser', 'sphinx.ext.autodoc', 'sphinx.ext.mathjax', 'sphinx.ext.napoleon']
# What rosdoc2 adds; what sphinx-apidoc makes, which 0.2.1 runs whatever its settings say, too.
exclude_patterns = [
    'index.rst', '__*', '[A-Z]*', 'standard*', 'modules.rst', 'ik_solver_node*.rst']
myst_enable_extensions = ['dollarmath']
myst_heading_anchors = 3
html_theme = 'furo'
html_title = f'{project} {version}'
html_static_path = ['_static']
html_css_files = ['wide.css']
highlight_language = 'none'  # of blocks that do not say theirs: commands, and what they print

default_role = 'py:obj'
autodoc_typehints_format = 'short'
autodoc_type_aliases = {name: name for name in ('ArrayLike', 'Target', 'Request', 'Requests')}
autodoc_member_order = 'bysource'
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_ivar = True
napoleon_use_param = napoleon_use_rtype = False

# Every link inside these pages must lead somewhere. Types are no links for sure: numpydoc has them
# in words, and those of others would have to be fetched, while this builds without a network.
nitpicky = True
nitpick_ignore_regex = [('py:class', r'.*')]
