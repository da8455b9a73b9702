"""The page: a template, filled with styles, scripts, pictures and numbers."""

from pathlib import Path

from npdeconv.report import assembly
from npdeconv.report.contents import Report
from npdeconv.report.downscaling import SIDE
from npdeconv.report.payload import page_data

TEMPLATE = "report.html.j2"
# Each script uses definitions of earlier ones only.
SCRIPTS = (
    "elements",
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
    return assembly.save(path, render(report, refresh=refresh))


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
    return assembly.begins_like(path, TEMPLATE)


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
    data = page_data(report, refresh)
    return assembly.assemble(TEMPLATE, ("base", "report"), SCRIPTS, data, report=report, side=SIDE)
