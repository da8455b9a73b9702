"""A page that follows a training run."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from npdeconv.data import Dataset
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.report.collect import collect
from npdeconv.report.page import write
from npdeconv.visualize import find_snapshots

IMAGES = 200  # few, so that a report takes little time beside training
REFRESH = 2.0, 30.0  # shortest and longest time between two reloads, in seconds


class Watch:
    """Rewrites the page of a run after every epoch: a callback for `npdeconv.training.fit`.

    Parameters
    ----------
    path : path
        Of the page.
    dataset : Dataset
        The images to search.
    snapshots : path
        Folder of `npdeconv.callbacks.Snapshots`; that callback must come before this one.
    run : str
        Name of the run.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`.

    Notes
    -----
    The page reloads itself until it is replaced by a page without `refresh`, to be written when
    training is over, see `npdeconv.report.write`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> rng = np.random.default_rng(0)
    >>> conv, dense = nd.layers.Conv2D(1, 2, 5, stride=3, rng=rng), nd.layers.Dense(128, 10, rng=rng)
    >>> layers = {"conv": conv, "relu": nd.layers.ReLU(), "flatten": nd.layers.Flatten(), "logits": dense}
    >>> net, digits = nd.layers.Sequential(layers, input_shape=(28, 28, 1)), nd.data.load_strokes(20)
    >>> sgd = nd.optimizers.SGD(0.01)
    >>> with TemporaryDirectory() as folder:
    ...     watch = nd.report.Watch(Path(folder, "page.html"), digits, snapshots=Path(folder))
    ...     _ = nd.training.fit(net, digits, sgd, epochs=1, rng=rng, callbacks=[watch])
    ...     nd.report.is_page(Path(folder, "page.html"))
    True
    """

    def __init__(
        self, path: Path, dataset: Dataset, *, snapshots: Path, run: str = "", workers: Workers = None
    ) -> None:
        self.path, self.dataset, self.snapshots = path, dataset, snapshots
        self.run, self.workers = run, workers

    def __call__(self, network: Sequential, history: Mapping[str, Sequence[float]]) -> None:
        """Rewrite the page after an epoch."""
        report = collect(
            network,
            self.dataset,
            run=self.run,
            history=history,
            snapshots=known_snapshots(self.snapshots),
            image_count=IMAGES,
            examples=0,
            workers=self.workers,
        )
        least, most = REFRESH
        write(self.path, report, refresh=min(max(history["seconds"][-1] / 4, least), most))


def known_snapshots(folder: Path) -> dict[int, Path]:
    """Return the snapshots of a run by epoch; empty if it has none.

    Examples
    --------
    >>> from pathlib import Path
    >>> nd.report.known_snapshots(Path("nowhere"))
    {}
    """
    try:
        return find_snapshots(folder)
    except FileNotFoundError:
        return {}
