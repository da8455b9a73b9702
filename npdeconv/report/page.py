"""The page: a template, filled with styles, scripts, pictures and numbers."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from npdeconv import _files
from npdeconv._version import __version__
from npdeconv.report.contents import Report
from npdeconv.report.downscaling import SIDE
from npdeconv.report.payload import as_json

TEMPLATES = Path(__file__).parent / "templates"
# Each script uses definitions of earlier ones only.
SCRIPTS = (
    "page",
    "state",
    "curves",
    "maps",
    "detail",
    "mistakes",
    "scatter",
    "occlusion",
    "classes",
    "follow",
    "start",
)


def write(path: str | Path, report: Report, *, refresh: float | None = None) -> int:
    """Write the page, whole or not at all, and return its size in bytes.

    Parameters
    ----------
    path : path
    report : Report
        See `npdeconv.report.collect`.
    refresh : float, optional
        Seconds after which the page reloads itself, with the same choices; never unless given.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> rng = np.random.default_rng(0)
    >>> conv, dense = nd.layers.Conv2D(1, 2, 5, stride=3, rng=rng), nd.layers.Dense(128, 10, rng=rng)
    >>> layers = {"conv": conv, "relu": nd.layers.ReLU(), "flatten": nd.layers.Flatten(), "logits": dense}
    >>> net, digits = nd.layers.Sequential(layers, input_shape=(28, 28, 1)), nd.data.load_strokes(20)
    >>> with TemporaryDirectory() as folder:
    ...     size = nd.report.write(f"{folder}/page.html", nd.report.collect(net, digits, examples=0))
    >>> size > 10_000
    True
    """
    page = render(report, refresh=refresh).encode(errors="backslashreplace")  # names may have lone surrogates
    _files.replace(Path(path), lambda file: file.write(page))
    return len(page)


def is_page(path: Path) -> bool:
    """Tell whether a file begins like a page written by `write`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "notes.html")
    ...     _ = path.write_text("<p>mine</p>")
    ...     nd.report.is_page(path)
    False
    """
    start = _read("report.html.j2").partition("{{")[0].encode()
    with path.open("rb") as file:
        return file.read(len(start)) == start


def render(report: Report, *, refresh: float | None = None) -> str:
    """Return the page as HTML.

    Names from the run and the data set are escaped. A content security policy also allows only the
    page's own script and style, and no connection.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> conv, dense = nd.layers.Conv2D(1, 2, 5, stride=3, rng=rng), nd.layers.Dense(128, 10, rng=rng)
    >>> layers = {"conv": conv, "relu": nd.layers.ReLU(), "flatten": nd.layers.Flatten(), "logits": dense}
    >>> net, digits = nd.layers.Sequential(layers, input_shape=(28, 28, 1)), nd.data.load_strokes(20)
    >>> page = nd.report.render(nd.report.collect(net, digits, examples=0))
    >>> "<html" in page, "https://" in page
    (True, False)
    """
    style, script = _read("report.css"), "\n".join(_read(f"{name}.js") for name in SCRIPTS)
    return _template().render(
        report=report,
        side=SIDE,
        version=__version__,
        style=Markup(style),
        style_hash=_hash(style),
        script=Markup(script),
        script_hash=_hash(script),
        payload=Markup(as_json(report, refresh)),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("npdeconv.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


@cache
def _read(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return the hash of a script or style for the content security policy."""
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")
