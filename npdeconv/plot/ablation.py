"""Errors of networks with layers removed and resized, beside the paper's."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from npdeconv._types import Array
from npdeconv.experiments import VARIANTS, Ablation

TRAIN_COLOR, TEST_COLOR = "#9dbbdc", "#1f5fa8"
PAPER = "the paper, table 3: 1000 classes of ImageNet"


def ablation(result: Ablation, axes: Array | None = None, *, title: str = "") -> Array:
    """Draw training and test errors of each variant as bars, with a dot for each seed, beside the paper's.

    Parameters
    ----------
    result : Ablation
    axes : array of Axes (2,), optional
        For the measured errors and for the paper's.
    title : str, optional
        Of the measured errors.

    Returns
    -------
    array of Axes (2,)

    Examples
    --------
    >>> error, whole = np.array([[0.2, 0.3], [0.3, 0.3]]), np.ones((2, 2), int)
    >>> names, seeds = ("full", "no fc7"), np.array([0, 1])
    >>> result = nd.experiments.Ablation(names, whole[0], seeds, error / 2, error, whole, whole > 0, error)
    >>> nd.plot.ablation(result).shape
    (2,)
    """
    if axes is None:
        size = (9.6, 0.46 * len(result.variants) + 1.5)
        axes = plt.subplots(1, 2, figsize=size, sharey=True, layout="constrained")[1]
    _bars(axes[0], 100 * result.train_error, 100 * result.test_error)
    listed = [VARIANTS[name] for name in result.variants]
    _bars(
        axes[1],
        np.array([[one.paper_train for one in listed]]),
        np.array([[one.paper_test for one in listed]]),
    )
    for ax, words in zip(axes, (title or "here", PAPER), strict=True):
        ax.set_title(words, fontsize="medium")
        ax.set_yticks(np.arange(len(listed)), result.variants)
        ax.set(ylim=(len(listed) - 0.4, -0.6), xlim=(0, 100), xlabel="error, %")
        ax.grid(axis="x", alpha=0.3)
    axes[1].legend(frameon=False, fontsize="small", loc="upper right")
    return axes


def _bars(ax: Axes, train: Array, test: Array) -> None:
    """Draw the means of errors (S, V) as pairs of bars, and every seed as a dot."""
    places = np.arange(train.shape[1])
    for errors, offset, color, label in (
        (train, -0.19, TRAIN_COLOR, "training images"),
        (test, 0.19, TEST_COLOR, "test images"),
    ):
        ax.barh(places + offset, errors.mean(axis=0), 0.36, color=color, label=label)
        if len(errors) > 1:
            where = np.broadcast_to(places + offset, errors.shape)
            ax.plot(errors.ravel(), where.ravel(), "o", color="black", markersize=2.5)
