"""The documentation site: `make docs` builds it into docs/_build/html, with no network."""

import hashlib
import os
import re
import shutil
import sys
from os.path import relpath
from pathlib import Path
from typing import Any

import matplotlib as mpl
from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))

from notebooks import write_notebook

import npdeconv
from npdeconv.report import worked_example

mpl.use("Agg")
os.environ.pop("NPDECONV_DATA", None)  # chapters have the data that the package embeds, and no other
os.environ.pop("MPLBACKEND", None)  # kernels inherit it, and would draw no figure

DOCS = Path(__file__).parent
ROOT = DOCS.parent
BUILD = DOCS / "_build"

project = "npdeconv"
author = "The npdeconv developers"
copyright = author  # noqa: A001  Sphinx's name for it
version = release = npdeconv.__version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
# The gallery writes scripts and notebooks beside its pages, under the same names.
exclude_patterns = ["_build", "_templates", "gallery/*", "images"]
exclude_patterns += [f"auto_gallery/*.{kind}" for kind in ("ipynb", "json", "md5", "py", "zip")]
templates_path = ["_templates"]
nitpicky = True
# Names of other projects, whose inventories are not fetched. Never a name of our own.
nitpick_ignore_regex = [
    ("py:.*", r"(numpy|np|npt|scipy|matplotlib|PIL|numba|onnx|tqdm)\..*"),
    ("py:.*", r"(argparse|collections|concurrent|contextlib|enum|os|pathlib|threading|types|typing)\..*"),
]

# Pages outside this folder that the site shows, by the page that stands for each of them here.
OUTSIDE = {
    "benchmarks": ROOT / "benchmarks" / "README.md",
    "changes": ROOT / "CHANGELOG.md",
    "contributing": ROOT / "CONTRIBUTING.md",
    "data": ROOT / "datasets" / "README.md",
}

# Python's docstrings.
autodoc_typehints = "none"  # numpydoc's sections state the types
autosummary_generate = True
autosummary_ignore_module_all = False  # a room shows what its `__all__` names
numpydoc_show_class_members = False

# Chapters and guides are notebooks in Markdown. They are executed once for one state of the package.
myst_enable_extensions = ["amsmath", "attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "cache"
nb_execution_cache_path = str(BUILD / "jupyter_cache")
nb_execution_show_tb = True  # with its warning, which -W makes an error: so all that fail are named
nb_execution_timeout = 240
nb_merge_streams = True

# The gallery: each example is a script and becomes a page.
sphinx_gallery_conf: dict[str, Any] = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "image_scrapers": ("matplotlib",),
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,  # that page loads scripts from elsewhere
}

# The looks. Nothing is loaded from outside: MathJax is one file, which draws its letters as SVG.
html_theme = "pydata_sphinx_theme"
html_title = "npdeconv"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system
html_show_sourcelink = False
html_show_search_summary = False  # a page opened as a file may not fetch the others
html_theme_options = {
    "navigation_with_keys": True,
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
mathjax_path = "mathjax/tex-svg-full.js"
mathjax3_config = {"options": {"enableMenu": False}}  # the menu would load its parts from elsewhere


def forget_what_older_sources_gave() -> None:
    """Delete executed notebooks and examples if the package has changed since: their outputs may be wrong."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "npdeconv").rglob("*.py")):
        digest.update(path.read_bytes())
    stamp = BUILD / "sources.sha256"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != digest.hexdigest():
        for folder in (BUILD / "jupyter_cache", DOCS / "auto_gallery"):
            shutil.rmtree(folder, ignore_errors=True)
        BUILD.mkdir(exist_ok=True)
        stamp.write_text(digest.hexdigest(), encoding="utf-8")


def write_the_worked_example() -> None:
    """Make the page that the landing page and chapter 6 embed."""
    worked_example.write(DOCS / "_static" / "worked_example.html")


def write_the_notebooks() -> None:
    """Make the notebooks that the course offers for download."""
    for chapter in sorted((DOCS / "course").glob("chapter*.md")):
        write_notebook(chapter, DOCS / "_static" / "notebooks" / f"{chapter.stem}.ipynb")


def lead_links_to_pages(app: Sphinx, docname: str, source: list[str]) -> None:
    """Give a page that stands for a file outside its text, and lead links to such files to their pages.

    Links are written as a code host wants them, relative to the file they are in. Those to other files of the
    repository stay as they are, and MyST offers the file itself.
    """
    here = (DOCS / docname).parent
    folder = OUTSIDE[docname].parent if docname in OUTSIDE else here
    if docname in OUTSIDE:
        source[0] = OUTSIDE[docname].read_text(encoding="utf-8")
    pages = {path: DOCS / f"{name}.md" for name, path in OUTSIDE.items()}
    pages[ROOT / "README.md"] = DOCS / "index.md"

    def led(match: re.Match[str]) -> str:
        target, anchor = match[1], match[2] or ""
        path = (folder / target).resolve()
        if not path.exists():
            return match[0]
        return f"]({Path(relpath(pages.get(path, path), here)).as_posix()}{anchor})"

    source[0] = re.sub(r"\]\(([^)#:\s]+)(#[^)\s]*)?\)", led, source[0])


def setup(app: Sphinx) -> None:
    """Sphinx calls this."""
    forget_what_older_sources_gave()
    write_the_worked_example()
    write_the_notebooks()
    app.connect("source-read", lead_links_to_pages)
