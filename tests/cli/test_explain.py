"""`npdeconv explain`: the page, and what it may replace."""

import pytest

from npdeconv import cli
from npdeconv.report import worked_example


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_page_is_written_where_it_is_asked_for(tmp_path, capsys):
    assert cli.main(["explain", "--out", "new/page.html"]) == 0
    page = tmp_path / "new" / "page.html"
    assert page.read_text(encoding="utf-8") == worked_example.render()
    size = round(page.stat().st_size / 1000)
    assert capsys.readouterr().out == f"new/page.html ({size} kB), to open in a browser\n"
    assert cli.main(["explain"]) == 0
    assert (tmp_path / "worked_example.html").exists()


def test_it_replaces_pages_of_its_own_alone(tmp_path, capsys):
    page = tmp_path / "page.html"
    assert cli.main(["explain", "--out", "page.html"]) == 0
    old = page.read_text(encoding="utf-8")
    page.write_text(old + "an older one", encoding="utf-8")
    assert cli.main(["explain", "--out", "page.html"]) == 0
    assert page.read_text(encoding="utf-8") == old
    page.write_text("<!doctype html>\n<title>mine</title>")
    capsys.readouterr()
    assert cli.main(["explain", "--out", "page.html"]) == 2
    said = (
        "page.html: expected a page of `npdeconv explain` to replace, got another file; choose another name"
    )
    assert capsys.readouterr().err == f"npdeconv: {said}\n"
    assert page.read_text() == "<!doctype html>\n<title>mine</title>"


def test_it_needs_a_place_for_a_file(tmp_path, capsys):
    assert cli.main(["explain", "--out", "."]) == 2
    assert "expected a file to write the page to, got a folder" in capsys.readouterr().err
    (tmp_path / "mine").write_text("mine")
    assert cli.main(["explain", "--out", "mine/page.html"]) == 2
    assert "mine: expected a folder to write to, but mine is a file" in capsys.readouterr().err
