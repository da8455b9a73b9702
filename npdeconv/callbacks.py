"""Plain callables for `npdeconv.training.fit`: called with (network, history) after each epoch."""

import sys
from collections.abc import Collection
from pathlib import Path

from tqdm import tqdm

from npdeconv import weights
from npdeconv.layers import Sequential
from npdeconv.training import History


class Snapshots:
    """Save the weights after chosen epochs, as `folder/epoch_NNNN.npz`.

    Parameters
    ----------
    folder : path
        Made if it does not exist.
    epochs : collection of int, optional
        All epochs unless given. The paper shows 1, 2, 5, 10, 20, 30, 40 and 64 (arXiv:1311.2901,
        figure 4).

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> digits, rng = nd.data.load_strokes(40), np.random.default_rng(0)
    >>> net, sgd = nd.models.deck_model3(rng=rng), nd.optimizers.SGD(0.01)
    >>> with TemporaryDirectory() as folder:
    ...     saved = nd.callbacks.Snapshots(folder, epochs=(1, 2))
    ...     _ = nd.training.fit(net, digits, sgd, epochs=2, rng=rng, callbacks=[saved])
    ...     print(*(path.name for path in nd.visualize.find_snapshots(folder).values()))
    epoch_0001.npz epoch_0002.npz
    """

    def __init__(self, folder: str | Path, epochs: Collection[int] | None = None) -> None:
        self.folder = Path(folder)
        self.epochs = None if epochs is None else frozenset(epochs)

    def __call__(self, network: Sequential, history: History) -> None:
        """Save if this epoch was chosen."""
        if self.epochs is None or history.epochs in self.epochs:
            self.folder.mkdir(parents=True, exist_ok=True)
            weights.save(network, self.folder / f"epoch_{history.epochs:04d}.npz")


def print_epoch(network: Sequential, history: History) -> None:
    """Print one line about the epoch to stderr, above the progress bar.

    Examples
    --------
    >>> digits, rng = nd.data.load_strokes(40), np.random.default_rng(0)
    >>> net, sgd = nd.models.deck_model3(rng=rng), nd.optimizers.SGD(0.01)
    >>> history = nd.training.fit(net, digits, sgd, epochs=1, rng=rng, callbacks=[nd.callbacks.print_epoch])
    """
    row = {column: values[-1] for column, values in history.items()}
    line = f"epoch {history.epochs}: loss {row['loss']:.4f}, accuracy {row['accuracy']:.2%}"
    if row["validation_loss"] == row["validation_loss"]:  # not NaN: there was a validation
        line += f", validation loss {row['validation_loss']:.4f}, accuracy {row['validation_accuracy']:.2%}"
    tqdm.write(f"{line} ({row['seconds']:.1f} s)", file=sys.stderr)
