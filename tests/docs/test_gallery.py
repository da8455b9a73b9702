"""The gallery shows every plot of the package."""

import ast
from pathlib import Path

import pytest

from npdeconv import plot

SCRIPTS = sorted((Path(__file__).parents[2] / "docs" / "gallery").glob("plot_*.py"))


def called(path: Path) -> set[str]:
    """Return the functions of `nd.plot` that a script calls."""
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    names = [ast.unparse(function) for function in calls]
    return {name.removeprefix("nd.plot.") for name in names if name.startswith("nd.plot.")}


def test_every_plot_is_in_the_gallery():
    assert set().union(*map(called, SCRIPTS)) == set(plot.__all__)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_is_short_has_a_title_and_says_what_is_seen(path):
    text = path.read_text(encoding="utf-8")
    title, line, _, *said = (ast.get_docstring(ast.parse(text)) or "").split("\n")
    assert len(line) == len(title)
    assert set(line) == {"="}
    assert " ".join(said).count(".") >= 2, "two sentences"
    assert len(text.splitlines()) <= 60
