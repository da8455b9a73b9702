"""The pages of the API reference, as autosummary generates them, show every public name and no other."""

import re
from pathlib import Path

import pytest

from tests.vocabulary import public_names, rooms

DOCS = Path(__file__).parents[2] / "docs"
INDEX = DOCS / "reference" / "index.rst"


def listed() -> list[str]:
    return re.findall(r"^   npdeconv\.(\w+)$", INDEX.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_room_has_a_page():
    assert sorted(listed()) == sorted(rooms())


def test_the_rooms_come_in_the_order_of_the_readme():
    table = (DOCS.parent / "README.md").read_text(encoding="utf-8").split("| module in `npdeconv/` |")[1]
    named = re.findall(r"`(\w+)(?:/|\.py)`", table.split("\n\n")[0])
    assert listed() == sorted(rooms(), key=named.index)


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, str]:
    """The pages of all rooms, generated from their template."""
    generate = pytest.importorskip("sphinx.ext.autosummary.generate")
    out = tmp_path_factory.mktemp("reference")
    templates = str(DOCS / "_templates")
    generate.main(["--respect-module-all", "--templates", templates, "--output-dir", str(out), str(INDEX)])
    return {room: (out / f"npdeconv.{room}.rst").read_text(encoding="utf-8") for room in listed()}


@pytest.mark.slow  # the oldest versions are tested without Sphinx
@pytest.mark.parametrize("room", rooms())
def test_a_page_shows_every_public_name(room, pages):
    shown = re.findall(r"^\.\. auto(?:class|function|data|exception):: (\w+)$", pages[room], re.MULTILINE)
    assert len(set(shown)) == len(shown)
    assert set(public_names(rooms()[room])) <= set(shown)
    if hasattr(rooms()[room], "__all__"):
        assert sorted(shown) == public_names(rooms()[room])
