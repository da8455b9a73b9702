"""A page of one file: a template, filled with styles, scripts and data. It reaches for nothing else."""

import base64
import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from npdeconv import _files
from npdeconv._version import __version__

TEMPLATES = Path(__file__).parent / "templates"


def assemble(template: str, styles: Iterable[str], scripts: Iterable[str], data: Any, **values: Any) -> str:
    """Return a page as HTML.

    Values of the template are escaped, and so are the data, which the scripts find as JSON. A content
    security policy allows only the page's own script and style, and no connection.

    Parameters
    ----------
    template : str
        Its file in `templates/`.
    styles, scripts : iterables of str
        Names of files in `templates/`, without `.css` and `.js`, in their order on the page.
    data
        What JSON can hold.
    **values
        What the template names, beside `version`.
    """
    style = "\n".join(_read(f"{name}.css") for name in styles)
    script = "\n".join(_read(f"{name}.js") for name in scripts)
    return _template(template).render(
        version=__version__,
        style=Markup(style),
        style_hash=_hash(style),
        script=Markup(script),
        script_hash=_hash(script),
        payload=Markup(as_json(data)),
        **values,
    )


def as_json(data: Any) -> str:
    """Return the JSON text for a script element: nothing in it can end the element or begin another."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    # In JSON these occur only in strings, where the escape means the same.
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def save(path: str | Path, page: str) -> int:
    """Write a page, whole or not at all, and return its size in bytes."""
    encoded = page.encode(errors="backslashreplace")  # names may have lone surrogates
    _files.replace(Path(path), lambda file: file.write(encoded))
    return len(encoded)


def begins_like(path: Path, template: str) -> bool:
    """Tell whether a file begins like the pages made from a template."""
    start = _read(template).partition("{{")[0].encode()
    with path.open("rb") as file:
        return file.read(len(start)) == start


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("npdeconv.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


@cache
def _read(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return the hash of a script or style for the content security policy."""
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")
