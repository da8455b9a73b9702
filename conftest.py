"""What the examples of all docstrings share: `np`, `nd`, and no window and no figure that stays open."""

import os
import sys
from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pytest

import npdeconv as nd

mpl.use("Agg")

NEED_DATA = "load_mnist(", "load_cifar10(", "load_rps("


@pytest.fixture(autouse=True)
def example(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Prepare an example, close its figures, and skip it by name if it needs data that are not here."""
    if not isinstance(request.node, pytest.DoctestItem):
        yield
        return
    lines = "".join(one.source for one in request.node.dtest.examples)
    if any(loader in lines for loader in NEED_DATA) and not os.environ.get("NPDECONV_DATA"):
        pytest.skip("needs real data: NPDECONV_DATA is not set")
    request.node.dtest.globs.clear()  # of its module: readers do not have them
    monkeypatch.setattr("npdeconv.models._OWN", {})  # what an example registers, no other test finds
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(autouse=True)
def imports(doctest_namespace: dict[str, object]) -> None:
    """Import for every example what all of them need, as NumPy's own do."""
    doctest_namespace.update(np=np, nd=nd, __name__="__main__")
