"""The documentation site: ``make docs`` writes it to ``build/docs``, without a network.

The pages are the READMEs beside the code, and the pages in this folder. The reference of options, commands
and names is made from the code when the site is built.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "site"))

from gmplug import __version__

project = "gmplug"
author = "the authors of gmplug"
project_copyright = "MIT license"
release = version = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "math_as_mathml",
    "reference_pages",
]
root_doc = "docs/index"
include_patterns = [
    "docs/**",
    "gmplug/**/README.md",
    "plugins/README.md",
    "plugins/*/README.md",
    "examples/README.md",
    "examples/*/README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
]
exclude_patterns = ["docs/site", "**/template/**", "**/vendor/**", "build", ".venv*"]

myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 4
# A code block of gmplug shows TOML, Python, commands, or an excerpt of a file.
highlight_language = "none"

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
napoleon_google_docstring = False

html_theme = "pydata_sphinx_theme"
html_title = f"gmplug {release}"
html_theme_options = {
    "navbar_align": "left",
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "navigation_with_keys": False,
}
html_sidebars = {"docs/index": []}
html_show_sourcelink = False
html_copy_source = False
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True
