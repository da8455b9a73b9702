"""The example notebook runs as it is, and shows bars, figures and results."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "notebook.ipynb"


@pytest.mark.slow
def test_the_example_notebook_runs_as_is_and_shows_what_it_says(tmp_path, monkeypatch):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.delenv("NPDECONV_DATA", raising=False)
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the kernel chooses its own
    monkeypatch.setenv("PYTHONPATH", str(PAGE.parents[2]))
    notebook = nbformat.read(PAGE, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    client = nbclient.NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    imports, trained, curves, result, printed, projections, occluded = [
        cell.outputs for cell in notebook.cells if cell.cell_type == "code"
    ]
    assert imports == []
    assert {part.name for part in trained} == {"stderr"}
    bar = "".join(part.text for part in trained)
    assert re.search(r"epoch 3/3: 100%.*accuracy=0\.\d+", bar)
    assert "Warning" not in bar
    returned, figure = curves
    assert returned.data["text/plain"] == "<2 Axes>"
    assert "image/png" in figure.data
    (shown,) = result
    assert "5 pictures, 28 x 28 pixels; mid-gray is 0" in shown.data["text/html"]
    assert printed[0].text == shown.data["text/plain"] + "\n"
    (figure,) = projections
    assert "image/png" in figure.data
    assert "(P, Q), of the recorded class" in occluded[0].data["text/html"]
