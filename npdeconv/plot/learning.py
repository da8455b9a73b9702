"""Curves of a training."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np

from npdeconv._types import Array
from npdeconv.plot.grid import returns_grid


@returns_grid
def curves(history: Mapping[str, Sequence[float]], axes: Array | None = None, *, title: str = "") -> Array:
    """Draw loss and accuracy by epoch, of training and of validation, if there was any.

    Parameters
    ----------
    history : History
    axes : array of Axes (2,), optional
    title : str, optional
        Of the figure.

    Returns
    -------
    array of Axes (2,)

    Examples
    --------
    >>> digits, rng = nd.data.load_strokes(40), np.random.default_rng(0)
    >>> net, sgd = nd.models.deck_model3(rng=rng), nd.optimizers.SGD(0.01)
    >>> history = nd.training.fit(net, digits, sgd, epochs=3, rng=rng)
    >>> loss, accuracy = nd.plot.curves(history)
    >>> loss.get_ylabel(), accuracy.get_ylabel()
    ('cross-entropy (nats)', 'accuracy')
    """
    if axes is None:
        axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")[1]
    labels = {"loss": "cross-entropy (nats)", "accuracy": "accuracy"}
    for ax, (column, label) in zip(axes, labels.items(), strict=True):
        ax.plot(history["epoch"], history[column], "o-", label="training, during the epoch")
        if np.isfinite(history[f"validation_{column}"]).any():
            ax.plot(history["epoch"], history[f"validation_{column}"], "s-", label="validation")
        ax.set(xlabel="epoch", ylabel=label)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.grid(alpha=0.3)
    axes[0].legend(frameon=False)
    if title:
        axes[0].figure.suptitle(title, fontsize="medium")
    return axes
