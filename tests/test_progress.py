"""Progress bars show in a terminal and in a notebook, not in a pipe."""

import ast
import sys
from pathlib import Path

import pytest

import npdeconv
from npdeconv._progress import progress_bar
from npdeconv.data import load_strokes, strokes
from npdeconv.parallel import progress_bars

BAR = """
import warnings
warnings.simplefilter("error")  # in particular, tqdm's about ipywidgets
import npdeconv as nd
"""
WORK = """
from npdeconv._progress import progress_bar
for _ in progress_bar(range(3), unit="apple", shown={shown}):
    pass
"""


@pytest.mark.parametrize(("is_terminal", "shown"), [(True, True), (True, False), (False, True)])
def test_a_bar_shows_in_a_terminal_on_request(capsys, monkeypatch, is_terminal, shown):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    assert list(progress_bar("abc", unit="apple", shown=shown)) == ["a", "b", "c"]
    out, err = capsys.readouterr()
    assert out == ""
    assert ("3/3" in err) is (is_terminal and shown)
    assert ("apple/s" in err) is (is_terminal and shown)


def test_every_analysis_asks_for_its_bar_in_one_place():
    for path in Path(npdeconv.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and path.name != "_progress.py":
                assert ast.unparse(node.func) != "tqdm", f"{path}: a bar that no notebook shows"


def test_the_library_shows_no_bar_unasked(monkeypatch):
    """Except of a download, and of shards, whose maps ask before."""
    package = Path(npdeconv.__file__).parent
    asking = {"_progress.py", "parallel.py", "data/files.py"}
    for path in package.rglob("*.py"):
        place = path.relative_to(package).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "progress_bar":
                named = {keyword.arg for keyword in node.keywords}
                assert "shown" in named or place in asking or place.startswith("cli/"), place
    asked = []
    monkeypatch.setattr(strokes, "progress_bar", lambda items, **o: asked.append(o["shown"]) or items)
    load_strokes(1)
    with progress_bars():
        load_strokes(1)
    assert asked == [False, True]


def ran(*cells):
    """Return what each cell of a notebook shows, as one text."""
    nbclient, v4 = pytest.importorskip("nbclient"), pytest.importorskip("nbformat.v4")
    pytest.importorskip("ipykernel")
    notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return [str(cell.outputs) for cell in notebook.cells]


@pytest.mark.slow
def test_a_notebook_without_widgets_shows_bars_of_text_and_no_warning():
    blocked = "import sys; sys.modules['ipywidgets'] = None"
    quiet, shown, hidden = ran(blocked + BAR, WORK.format(shown=True), WORK.format(shown=False))
    assert quiet == hidden == "[]"
    assert "3/3" in shown
    assert "apple/s" in shown
    assert "IProgress" not in shown
