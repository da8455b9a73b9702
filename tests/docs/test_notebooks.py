"""The chapters as notebooks for download: the same code, and nothing that Jupyter does not know."""

import re
import runpy
from pathlib import Path

import pytest

from tests.docs.test_chapters import CHAPTERS, cells_of

DOCS = Path(__file__).parents[2] / "docs"
NOTEBOOKS = runpy.run_path(str(DOCS / "notebooks.py"))


def parts(notebook, kind):
    return [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == kind]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_becomes_a_notebook_that_installs_the_package_first(path):
    page = path.read_text(encoding="utf-8")
    made = NOTEBOOKS["notebook"](page)
    codes = [cell.code.strip() for cell in cells_of(page)]
    assert parts(made, "code") == ["%pip install npdeconv", *codes]
    prose = "\n".join(parts(made, "markdown"))
    assert not re.search(
        r"\{(ref|doc|admonition|code-cell|raw|dropdown)\}|^\([\w-]+\)=$|^:\w+:", prose, re.MULTILINE
    )
    assert prose.count("*Figure ") == page.count("*Figure ")
    assert "Learning goals." in prose


def test_what_the_site_folds_is_folded_and_boxes_become_quotations():
    page = (
        "---\nkernel: x\n---\n(one)=\n# One\n\n```{admonition} Exercise 9.1\n:class: tip\nWrite `f`.\n```\n\n"
        "See {ref}`two <two>`.\n\n```{code-cell} ipython3\n---\ntags: [hide-input]\n---\nx = 1\n```\n\n"
        "```text\nnpdeconv learn\n```\n\n```{dropdown} Show it\n`1`\n```\n\n"
        "```{raw} html\n<p>\n```\n\n```{code-cell} ipython3\nx\n```\n"
    )
    first, solution, between, shown = NOTEBOOKS["notebook"](page)["cells"]
    assert first["source"] == "# One\n\n> **Exercise 9.1**\n>\n> Write `f`.\n\nSee two."
    assert (solution["source"], solution["metadata"]) == ("x = 1", {"jupyter": {"source_hidden": True}})
    folded = "<details><summary>Show it</summary>\n\n`1`\n\n</details>"
    assert between["source"] == f"```text\nnpdeconv learn\n```\n\n{folded}"
    assert (shown["source"], shown["metadata"]) == ("x", {})


@pytest.mark.slow  # the oldest versions are tested without nbformat
def test_notebooks_are_valid(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    NOTEBOOKS["write_notebook"](CHAPTERS[0], tmp_path / "new" / "chapter1.ipynb")
    nbformat.validate(nbformat.read(tmp_path / "new" / "chapter1.ipynb", as_version=4))
