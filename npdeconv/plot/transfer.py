"""Accuracy from few images on frozen features, and from each layer."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from npdeconv._types import Array
from npdeconv.experiments import Probes, Transfer, t_interval

RANDOM = "the same network with random weights"
SPREAD = "mean over seeds, with 95 % intervals by Student's t"


def transfer(
    result: Transfer, ax: Axes | None = None, *, chance: float | None = None, title: str = ""
) -> Axes:
    """Draw accuracy by the number of training images, on frozen features and from scratch.

    Parameters
    ----------
    result : Transfer
    ax : Axes, optional
    chance : float, optional
        Accuracy of guessing, drawn as a line.
    title : str, optional

    Examples
    --------
    >>> accuracy = np.array([[0.4, 0.7], [0.5, 0.8]])  # two seeds, two numbers of images
    >>> counts, seeds = np.array([1, 5]), np.arange(2)
    >>> result = nd.experiments.Transfer("relu4", counts, seeds, accuracy, seeds, accuracy / 2)
    >>> ax = nd.plot.transfer(result, chance=0.1)
    >>> ax.get_xlabel()
    'training images per class'
    """
    if ax is None:
        ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")[1]
    _curve(ax, result.per_class, result.frozen, fmt="o-", label=f"new classifier on frozen {result.layer}")
    if len(result.scratch):
        _curve(
            ax, result.per_class, result.scratch, fmt="s--", label="trained from scratch on the same images"
        )
    _guessing(ax, chance)
    ax.set_xscale("log")
    ax.set_xticks(result.per_class, [str(count) for count in result.per_class])
    ax.minorticks_off()
    ax.set(xlabel="training images per class", ylabel="test accuracy", ylim=(0, 1.02))
    ax.set_title(f"{title}\n{SPREAD}".strip(), fontsize="medium")
    ax.legend(frameon=False, loc="lower right", fontsize="small")
    ax.grid(alpha=0.3)
    return ax


def probes(
    result: Probes,
    control: Probes | None = None,
    ax: Axes | None = None,
    *,
    chance: float | None = None,
    title: str = "",
) -> Axes:
    """Draw the accuracy of a linear classifier after each layer, from the pixels up.

    Parameters
    ----------
    result : Probes
    control : Probes, optional
        Of the same layers before training, see `npdeconv.experiments.untrained`.
    ax : Axes, optional
    chance : float, optional
        Accuracy of guessing, drawn as a line.
    title : str, optional

    Examples
    --------
    >>> accuracy = np.array([[[0.3, 0.6]], [[0.4, 0.7]]])  # two seeds, one number of images, two layers
    >>> widths, counts = np.array([784, 500]), np.array([5])
    >>> result = nd.experiments.Probes(("pixels", "relu4"), widths, counts, np.arange(2), accuracy)
    >>> ax = nd.plot.probes(result, chance=0.1)
    >>> ax.get_ylabel()
    'test accuracy'
    """
    places = np.arange(len(result.layers))
    if ax is None:
        ax = plt.subplots(figsize=(max(0.34 * len(places) + 2, 6.4), 4.4), layout="constrained")[1]
    if control is not None and control.layers != result.layers:
        raise ValueError("probes: expected a control of the same layers")
    for shown, fmt, label in ((result, "o-", "trained"), (control, "s--", RANDOM)):
        if shown is None:
            continue
        for k, count in enumerate(shown.per_class):
            several = f", {count} images of each class" if len(shown.per_class) > 1 else ""
            _curve(ax, places, shown.accuracy[:, k], fmt=fmt, label=label + several)
    _guessing(ax, chance)
    ax.set_xticks(places, result.layers, rotation=90, fontsize="small")
    ax.set(ylabel="test accuracy", ylim=(0, 1.02))
    ax.set_title(f"{title}\n{SPREAD}".strip(), fontsize="medium")
    ax.legend(frameon=False, fontsize="small")
    ax.grid(alpha=0.3)
    return ax


def _curve(ax: Axes, x: Array, values: Array, **style: Any) -> None:
    """Draw the mean of values (S, K), and its interval where there is more than one seed."""
    mean = values.mean(axis=0)
    if len(values) > 1:
        # A list, since Matplotlib 3.8 takes an array of one number for a number.
        ax.errorbar(x, mean, t_interval(values).half.tolist(), capsize=3, markersize=4, **style)
    else:
        ax.errorbar(x, mean, markersize=4, **style)


def _guessing(ax: Axes, chance: float | None) -> None:
    if chance is not None:
        ax.axhline(chance, color="gray", linestyle=":", label="guessing")
