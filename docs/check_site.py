"""Check a built site: `python docs/check_site.py docs/_build/html` lists its faults, and fails if it has any.

A site is opened as files and without a network. So pages and style sheets may load nothing from outside, and
every link within the site must lead to a file, and to an anchor that is there.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADING = {  # attributes whose address a browser loads by itself, by element
    "audio": ["src"],
    "embed": ["src"],
    "iframe": ["src"],
    "image": ["href", "xlink:href"],
    "img": ["src", "srcset"],
    "input": ["src"],
    "link": ["href"],
    "object": ["data"],
    "script": ["src"],
    "source": ["src", "srcset"],
    "track": ["src"],
    "use": ["href", "xlink:href"],
    "video": ["src", "poster"],
}
NOT_PAGES = {"webpack-macros.html"}  # a template that the theme leaves among its files
IN_CSS = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


class Page(HTMLParser):
    """What a page loads, where it links to, and the anchors it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self._in_style = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element's addresses and anchors."""
        self._in_style = tag == "style"
        values = {name: value for name, value in attrs if value is not None}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        self.loaded += in_css(values.get("style", ""))
        for name in LOADING.get(tag, []):
            if name == "srcset":
                self.loaded += [one.split()[0] for one in values.get(name, "").split(",") if one.strip()]
            elif name in values:
                self.loaded.append(values[name])
        if tag in ("a", "area") and "href" in values:
            self.links.append(values["href"])

    def handle_data(self, data: str) -> None:
        """Note what a style element loads."""
        if self._in_style:
            self.loaded += in_css(data)

    def handle_endtag(self, tag: str) -> None:
        """A style element ends."""
        self._in_style = False


def in_css(text: str) -> list[str]:
    """Return the addresses that a style sheet loads."""
    return [first or second for first, second in IN_CSS.findall(text)]


def faults(site: Path) -> list[str]:
    """Return a sentence for each thing that is wrong, `[]` for a good site."""
    files = [path for path in sorted(site.rglob("*.html")) if path.name not in NOT_PAGES]
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in files}
    found = []
    for path, page in pages.items():
        for address in page.loaded:
            found += fault(path, address, pages, loads=True)
        for address in page.links:
            found += fault(path, address, pages, loads=False)
    for path in sorted(site.rglob("*.css")):
        for address in in_css(path.read_text(encoding="utf-8")):
            found += fault(path, address, pages, loads=True)
    return [f"{path.relative_to(site)}: {what}" for path, what in found]


def fault(path: Path, address: str, pages: dict[Path, Page], *, loads: bool) -> list[tuple[Path, str]]:
    """Return what is wrong with an address on a page or in a style sheet: one entry, or none."""
    parts = urlsplit(address.strip())
    if parts.scheme == "data" or (parts.scheme and not loads):
        return []
    if parts.scheme or parts.netloc:
        return [(path, f"{'loads' if loads else 'links to'} {address} from outside")]
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_file():
        return [(path, f"{'loads' if loads else 'links to'} {address}, which is no file")]
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].anchors:
        return [(path, f"links to {address}, which has no such anchor")]
    return []


def main() -> None:
    """Print what is wrong with the site that the command names."""
    site = Path(sys.argv[1]).resolve()
    if not (site / "index.html").is_file():
        sys.exit(f"{site}: expected a built site, found no index.html")
    found = faults(site)
    print("\n".join([*found, f"{len(list(site.rglob('*.html')))} pages, {len(found)} faults"]))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
