"""The course's chapters as Jupyter notebooks, which the site offers for download.

A chapter is Markdown with directives of MyST, which Jupyter does not know. Boxes become quotations,
references become their text, and the line that installs the package becomes the first cell. What the site
folds is folded in JupyterLab, too: solutions are not in sight.
"""

import json
import re
from pathlib import Path
from typing import Any

_BLOCK = re.compile(r"^```(?:\{(?P<kind>[\w-]+)\})?(?P<title>[^\n`]*)\n(?P<body>.*?)^```$", re.M | re.S)
_OPTIONS = re.compile(r"---\n.*?^---\n|(?::[^\n]*\n)+\n*", re.M | re.S)
_ROLE = re.compile(r"\{(?:ref|doc)\}`([^`<]+?)\s*<[^`>]*>`")
_LABEL = re.compile(r"^\([\w-]+\)=\n", re.M)
INSTALLS = "%pip install npdeconv"


def write_notebook(chapter: Path, target: Path) -> None:
    """Write a chapter (MyST Markdown) as a notebook."""
    target.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps(notebook(chapter.read_text(encoding="utf-8")), indent=1, ensure_ascii=False)
    target.write_text(content + "\n", encoding="utf-8")


def notebook(page: str) -> dict[str, Any]:
    """Return the notebook of a page, as its format has it."""
    text = page.split("---\n", 2)[2]
    cells: list[dict[str, Any]] = []
    prose, end = "", 0
    for block in _BLOCK.finditer(text):
        prose, end = prose + text[end : block.start()], block.end()
        options = _OPTIONS.match(block["body"])
        code = block["body"][options.end() if options else 0 :].strip()
        if block["kind"] == "code-cell" or code == INSTALLS:
            cells += [*_markdown(prose), _code(code, is_folded="hide-input" in block["body"])]
            prose = ""
        elif block["kind"] == "dropdown":
            prose += f"<details><summary>{block['title'].strip()}</summary>\n\n{code}\n\n</details>"
        elif block["kind"] == "admonition":
            lines = [f"**{block['title'].strip()}**", "", *code.split("\n")]
            prose += "\n".join(f"> {line}".rstrip() for line in lines)
        elif block["kind"] != "raw":
            prose += block[0]
    cells += _markdown(prose + text[end:])
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def _markdown(prose: str) -> list[dict[str, Any]]:
    plain = _LABEL.sub("", _ROLE.sub(r"\1", prose)).strip()
    return [{"cell_type": "markdown", "metadata": {}, "source": plain}] if plain else []


def _code(code: str, *, is_folded: bool) -> dict[str, Any]:
    metadata = {"jupyter": {"source_hidden": True}} if is_folded else {}
    return {"cell_type": "code", "execution_count": None, "metadata": metadata, "outputs": [], "source": code}
