"""A page that follows a training run."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from npdeconv.data import Dataset
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.report.collect import collect
from npdeconv.report.page import write
from npdeconv.visualize import find_snapshots

IMAGES = 200  # few, so that looking costs little beside training
REFRESH = 2.0, 30.0  # seconds: the page reads itself at least and at most that often


class Watch:
    """Rewrites the page of a run after every epoch: a callback for `npdeconv.training.fit`.

    Parameters
    ----------
    path : path
        Of the page.
    dataset : Dataset
        The images to search.
    snapshots : path
        Folder of `npdeconv.callbacks.Snapshots`; that callback is to come before this one.
    run : str
        What to call the run.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`.

    Notes
    -----
    The page reads itself again until a page without `refresh` takes its place, see
    `npdeconv.report.write`: write that when training is over.
    """

    def __init__(
        self, path: Path, dataset: Dataset, *, snapshots: Path, run: str = "", workers: Workers = None
    ) -> None:
        self.path, self.dataset, self.snapshots = path, dataset, snapshots
        self.run, self.workers = run, workers

    def __call__(self, network: Sequential, history: Mapping[str, Sequence[float]]) -> None:
        """Look at the network after an epoch."""
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
    """Return the snapshots of a run by epoch; none if it keeps none."""
    try:
        return find_snapshots(folder)
    except FileNotFoundError:
        return {}
