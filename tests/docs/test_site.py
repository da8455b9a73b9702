"""The documentation site: its check finds faults, and the built site has none and works without a network."""

import re
from pathlib import Path

import pytest

from docs.check_site import faults
from tests.browsing import SECOND

SITE = Path(__file__).parents[2] / "docs/_build/html"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('<script src="https://c.example/a.js"></script>', "loads https://c.example/a.js from outside"),
        ('<script src="//c.example/a.js"></script>', "loads //c.example/a.js from outside"),
        (
            '<link rel="stylesheet" href="http://x.example/a.css">',
            "loads http://x.example/a.css from outside",
        ),
        ('<link rel="preconnect" href="https://x.example">', "loads https://x.example from outside"),
        ('<img src="https://x.example/a.png">', "loads https://x.example/a.png from outside"),
        ('<img srcset="other.html 1x, https://x.example/a.png 2x">', "https://x.example/a.png from outside"),
        ('<iframe src="https://x.example/"></iframe>', "loads https://x.example/ from outside"),
        ("<style>@import 'https://x.example/a.css';</style>", "loads https://x.example/a.css from outside"),
        (
            '<p style="background: url(https://x.example/a.png)">',
            "loads https://x.example/a.png from outside",
        ),
        ('<img src="gone.png">', "loads gone.png, which is no file"),
        ('<a href="gone.html">', "links to gone.html, which is no file"),
        ('<a href="folder/">', "links to folder/, which is no file"),
        ('<a href="//x.example/">', "links to //x.example/ from outside"),
        ('<a href="other.html#gone">', "links to other.html#gone, which has no such anchor"),
        ('<a href="#gone">', "links to #gone, which has no such anchor"),
    ],
)
def test_faults_are_found(line, fault, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "other.html").write_text("<p id='there'>", encoding="utf-8")
    (tmp_path / "page.html").write_text(line, encoding="utf-8")
    (found,) = faults(tmp_path)
    assert found.startswith("page.html: ")
    assert found.endswith(fault)


def test_faults_in_style_sheets_are_found(tmp_path):
    (tmp_path / "a.css").write_text(
        "@import 'https://x.example/b.css'; @import url(gone.css); a {b: url(\"//x.example/c.woff\")}",
        encoding="utf-8",
    )
    assert faults(tmp_path) == [
        "a.css: loads https://x.example/b.css from outside",
        "a.css: loads gone.css, which is no file",
        "a.css: loads //x.example/c.woff from outside",
    ]


def test_a_good_page_has_no_faults(tmp_path):
    (tmp_path / "a picture.png").write_bytes(b"")
    (tmp_path / "other.html").write_text("<p id='ü'>", encoding="utf-8")
    (tmp_path / "page.html").write_text(
        "<a href='https://x.example/'><a href='#'><a href='other.html#%C3%BC'><a name='here'><a href='#here'>"
        "<img src='a%20picture.png?v=1'><img src='data:image/gif;base64,R0'><style>a {b: url(#c)}</style>"
        "<p id='c'>not url(https://x.example/) in prose",
        encoding="utf-8",
    )
    assert faults(tmp_path) == []


@pytest.fixture(scope="module")
def site():
    """The built site, a folder."""
    if not (SITE / "index.html").is_file():
        pytest.skip("needs the built site: make docs")
    return SITE


@pytest.mark.slow
def test_the_built_site_has_no_faults(site):
    assert faults(site) == []


@pytest.mark.slow
def test_every_figure_of_a_chapter_is_there(site):
    for path in sorted((site / "course").glob("chapter*.html")):
        text = path.read_text(encoding="utf-8")
        figures = set(re.findall(r"<em>Figure (\d\.\d+)", text))
        assert figures, path.name
        assert len(re.findall(r'<img [^>]*src="\.\./_images/', text)) >= len(figures), path.name


@pytest.fixture
def page(browser, site):
    """A page that fails the test if it complains or asks for anything outside the site."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(20 * SECOND)
    complaints = []

    def complain(what):
        complaints.append(f"{page.url}: {what}")

    page.on(
        "console", lambda message: message.type in ("error", "warning") and complaints.append(message.text)
    )
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    yield page
    context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith(("data:", "blob:", site.as_uri()))] == []


def page_names():
    """Return the pages of the built site, those of the package's source aside."""
    found = [path.relative_to(SITE).as_posix() for path in sorted(SITE.rglob("*.html"))]
    return [name for name in found if not name.startswith(("_modules/", "_static/"))]


@pytest.mark.slow
def test_pages_need_no_network_and_fit_a_phone(page, site):
    wide = []
    for name in page_names():
        page.goto((site / name).as_uri(), wait_until="load")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide.append(f"{name}: {width} pixels")
    assert wide == []


@pytest.mark.slow
def test_the_search_works_in_files(page, site):
    page.goto(f"{(site / 'search.html').as_uri()}?q=switches")
    page.wait_for_selector("#search-results li a")
    hits = page.locator("#search-results li a")
    assert hits.count() > 1
    hits.first.click()
    page.wait_for_url(lambda url: "search.html" not in url)
    assert "switch" in page.inner_text("article").casefold()


@pytest.mark.slow
def test_formulas_are_drawn(page, site):
    names = [name for name in page_names() if "mathjax/" in (site / name).read_text(encoding="utf-8")]
    assert names
    for name in names:
        page.goto((site / name).as_uri())
        page.wait_for_selector(".math mjx-container svg", state="attached")
        assert page.locator(".math merror, .math [data-mml-node=merror]").count() == 0, name
