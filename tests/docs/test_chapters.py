"""The chapters of the course run from top to bottom, and each has what every chapter has.

`make docs` runs the chapters, too, and keeps what it ran. A chapter that has run there since it and the
package have last changed is not run again here.
"""

import hashlib
import json
import re
import sqlite3
import sys
import time
import types
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from npdeconv.data import files

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted((ROOT / "docs" / "course").glob("chapter*.md"))
BUILD = ROOT / "docs" / "_build"
SECONDS = 120
EXERCISES = {1: 2, 2: 3, 3: 2, 4: 3, 5: 2, 6: 3, 7: 3, 8: 2}  # how many each chapter has

HEADER = {
    "a question before the box": r"\A[^`]*\?\*\*",
    "its goals": r"\*\*You will be able to\*\*",
    "its prerequisites": r"\*\*You need\*\*",
    "its minutes": r"\*\*It takes\*\* \d+ minutes",
    "the line that installs the package": r"^%pip install npdeconv$",
    "what we now know, and cannot know": r"^## What we now know, and what we cannot know$",
}

every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


class Cell(NamedTuple):
    number: int  # from 1, as Jupyter counts
    line: int  # of its first line of code in the chapter's file
    code: str


def cells_of(text):
    """Return the code cells of a MyST notebook, without their options."""
    cells = []
    for found in re.finditer(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        options = re.match(r"---\n.*?^---\n|(?::[^\n]*\n)*\n*", found[1], re.MULTILINE | re.DOTALL)
        line = text[: found.start(1) + options.end()].count("\n") + 1
        cells.append(Cell(len(cells) + 1, line, found[1][options.end() :]))
    return cells


def run(name, cells, namespace):
    """Run cells in order; the message of an AssertionError names the cell and the line that failed."""
    for cell in cells:
        try:
            # Empty lines in front, so that line numbers are those of the chapter's file.
            exec(compile("\n" * (cell.line - 1) + cell.code, name, "exec"), namespace)
        except Exception as error:
            trace, line = error.__traceback__, getattr(error, "lineno", None)
            while trace is not None:
                line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == name else line
                trace = trace.tb_next
            message = f"{name}, cell {cell.number}, line {line}: {type(error).__name__}: {error}"
            raise AssertionError(message) from error
        plt.close("all")


def seconds_in_the_site(path, cells):
    """Return how long the site took to run these cells, or None if it has not run them with this package."""
    digest = hashlib.sha256()
    for source in sorted((ROOT / "npdeconv").rglob("*.py")):
        digest.update(source.read_bytes())
    stamp, cache = BUILD / "sources.sha256", BUILD / "jupyter_cache"
    if not (cache / "global.db").is_file() or stamp.read_text(encoding="utf-8") != digest.hexdigest():
        return None
    with closing(sqlite3.connect((cache / "global.db").as_uri() + "?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT uri, hashkey, data FROM nbcache").fetchall()
    for uri, key, data in rows:
        ran = json.loads((cache / "executed" / key / "base.ipynb").read_text(encoding="utf-8"))["cells"]
        codes = ["".join(cell["source"]).strip() for cell in ran if cell["cell_type"] == "code"]
        if Path(uri).name == path.name and codes == [cell.code.strip() for cell in cells]:
            return json.loads(data)["execution_seconds"]
    return None


@pytest.mark.slow
@every_chapter
def test_a_chapter_runs_in_two_minutes_with_the_embedded_data(path, monkeypatch, tmp_path):
    cells = cells_of(path.read_text(encoding="utf-8"))
    seconds = seconds_in_the_site(path, cells)
    if seconds is None:
        module = types.ModuleType(path.stem)  # in which a cell's classes can be pickled, as in a notebook
        monkeypatch.setitem(sys.modules, path.stem, module)
        monkeypatch.delenv("NPDECONV_DATA", raising=False)
        monkeypatch.setattr(files, "data_folders", lambda: [tmp_path])
        monkeypatch.setattr(files, "_download", refuse)
        monkeypatch.chdir(tmp_path)
        began = time.monotonic()
        with mpl.rc_context():
            run(path.stem, cells, vars(module))
        seconds = time.monotonic() - began
    assert seconds < SECONDS


def refuse(source, folder):
    raise AssertionError(f"a chapter uses {source.path}, which the package does not embed")


@every_chapter
def test_a_chapter_loads_nothing_that_is_not_embedded(path):
    """The site may run where data files lie about; a reader has none."""
    assert not re.search(
        r"load_(mnist|rps|cifar10|photos|published|card)\(", path.read_text(encoding="utf-8")
    )


@every_chapter
def test_a_chapter_has_what_every_chapter_has(path):
    _, _, page = path.read_text(encoding="utf-8").split("---\n", 2)
    lacking = [what for what, pattern in HEADER.items() if not re.search(pattern, page, re.MULTILINE)]
    assert not lacking, f"{path.stem} lacks {', '.join(lacking)}"


@every_chapter
def test_a_chapter_leads_to_its_exercises(path):
    number = int(re.match(r"chapter(\d+)", path.stem)[1])
    page = path.read_text(encoding="utf-8")
    for exercise in (f"{number}.{n + 1}" for n in range(EXERCISES[number])):
        assert f"Exercise {exercise}" in page, f"{path.stem} does not mention exercise {exercise}"
        assert f"`npdeconv learn test {exercise}`" in page, (
            f"{path.stem} does not say how to check {exercise}"
        )


@every_chapter
def test_figures_are_described_in_words(path):
    """Every cell that draws has a text for those who do not see it, and a caption that says what to see."""
    page = path.read_text(encoding="utf-8")
    for cell in re.finditer(r"^```\{code-cell\}[^\n]*\n(.*?)^```\n+([^\n]*)", page, re.MULTILINE | re.DOTALL):
        if "plt.subplots(" in cell[1]:
            line = page[: cell.start()].count("\n") + 1
            assert re.search(r"^    alt: .{20}", cell[1], re.MULTILINE), (
                f"{path.stem}, line {line}: no alt text"
            )
            assert cell[2].startswith("*Figure "), f"{path.stem}, line {line}: no caption"


def test_a_failure_names_the_chapter_the_cell_and_the_line():
    first, second = (
        "```{code-cell} ipython3\n:tags: [hide-input]\n\nx = 0\n```\n",
        "```{code-cell}\n%s\n```\n",
    )
    page = f"Text.\n\n{first}\nMore.\n\n{second}"
    raised = page % "y = 1\n\n1 / x"
    with pytest.raises(
        AssertionError, match=r"^chapter0, cell 2, line 14: ZeroDivisionError: division by zero$"
    ):
        run("chapter0", cells_of(raised), {})
    mistyped = page % "y = 1\nx ="
    with pytest.raises(AssertionError, match=r"^chapter0, cell 2, line 13: SyntaxError: invalid syntax"):
        run("chapter0", cells_of(mistyped), {})
