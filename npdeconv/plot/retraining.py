"""A class before and after it was retrained, beside a control class."""

from collections.abc import Sequence
from typing import get_args

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from npdeconv._types import Array
from npdeconv.experiments import Retraining, t_interval
from npdeconv.experiments.retraining_result import AFTER, KNOWN, RETRAINED, Score, Seen
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import image, name_row
from npdeconv.plot.text import in_legend, literal

PHASES = "before", "after"
COLORS = "#1f5fa8", "#e4872e"
SCORES = {"words": "SIFT and bags of words", "corners": "Harris' corners and RANSAC"}
IMAGES = {"trained": "trained on", "held out": "held out", "control": "control's"}


@returns_grid
def reconstructions(result: Retraining, classes: Sequence[str], axes: Array | None = None) -> Array:
    """Draw both classes' reconstructions, before and after: a column for each repetition.

    Parameters
    ----------
    result : Retraining
    classes : sequence of 2 str
        Of the retrained class, and the control.
    axes : array of Axes (4, R), optional

    Returns
    -------
    array of Axes (4, R)

    Examples
    --------
    >>> net = nd.experiments.small_network((40, 40, 1), 10, np.random.default_rng(0))
    >>> images = nd.data.plant(nd.data.load_strokes(6)).dataset.images
    >>> few = {"control_label": 8, "seeds": [0, 1], "epochs": 1, "steps": 2, "vocabulary": 4}
    >>> result = nd.experiments.retraining(net, images[:3], label=3, control_images=images[3:], **few)
    >>> nd.plot.reconstructions(result, ["three", "eight"]).shape
    (4, 2)
    """
    count = result.trained.shape[0]
    if axes is None:
        size = 1.9 * count + 1.4, 8.2
        axes = plt.subplots(4, count, figsize=size, squeeze=False, layout="constrained")[1]
    roles = f"{literal(classes[0])}\n(retrained)", f"{literal(classes[1])}\n(control)"
    for row, (kind, phase) in enumerate(np.ndindex(2, 2)):
        for repetition, ax in enumerate(axes[row]):
            activation = result.activation[phase, kind, repetition]
            image(result.reconstructions[phase, kind, repetition], ax, title=f"activation {activation:.3g}")
        name_row(axes[row, 0], f"{roles[kind]}\n{PHASES[phase]}", fontsize="small")
    return axes


@returns_grid
def bags_of_words(
    result: Retraining, axes: Array | None = None, *, repetition: int = 0, files: Sequence[str] | None = None
) -> Array:
    """Draw the retrained class's reconstruction, its closest image, and how often both have each visual word.

    The first row is before the training, the second after it. Words are ordered by how often the closest
    image before has them, in both rows.

    Parameters
    ----------
    result : Retraining
    axes : array of Axes (2, 3), optional
    repetition : int
        Which one to draw.
    files : sequence of str, optional
        Of the images.

    Returns
    -------
    array of Axes (2, 3)

    Examples
    --------
    >>> net = nd.experiments.small_network((40, 40, 1), 10, np.random.default_rng(0))
    >>> images = nd.data.plant(nd.data.load_strokes(6)).dataset.images
    >>> few = {"control_label": 8, "seeds": [0, 1], "epochs": 1, "steps": 2, "vocabulary": 4}
    >>> result = nd.experiments.retraining(net, images[:3], label=3, control_images=images[3:], **few)
    >>> nd.plot.bags_of_words(result, repetition=1).shape
    (2, 3)
    """
    if axes is None:
        figure = plt.figure(figsize=(10, 4.8), layout="constrained")
        axes = figure.subplots(2, 3, width_ratios=[1, 1, 3])
    closest = result.closest(repetition)
    order = np.argsort(-result.image_bags[closest[0]], kind="stable")
    places = np.arange(len(order))
    for phase, (drawn, near, ax) in enumerate(axes):
        which = int(closest[phase])
        score = result.words[phase, RETRAINED, repetition, which]
        name = f"image {which}" if files is None else literal(files[which])
        image(result.reconstructions[phase, RETRAINED, repetition], drawn, title=f"drawn {PHASES[phase]}")
        image(result.images[which], near, title=f"closest: {name}\ncosine {score:.2f}")
        own, other = result.bags[phase, RETRAINED, repetition][order], result.image_bags[which][order]
        ax.bar(places - 0.2, own, 0.4, color=COLORS[RETRAINED], label="drawn")
        ax.bar(places + 0.2, other, 0.4, color="#b8c4d6", label="closest image")
        ax.set_ylim(0, max(float(result.bags.max()), float(result.image_bags.max()), 0.1))
        ax.set(ylabel="weighted count", xlabel="visual word" if phase == AFTER else "")
        ax.set_xticks([])
        ax.legend(frameon=False, fontsize="small")
    return axes


@returns_grid
def similarity(result: Retraining, classes: Sequence[str], axes: Array | None = None) -> Array:
    """Draw the best scores of both classes' reconstructions, for each set of images compared with.

    Lines mark the scores of pictures of known content, see `KNOWN`.

    Parameters
    ----------
    result : Retraining
    classes : sequence of 2 str
    axes : array of Axes (2,), optional

    Returns
    -------
    array of Axes (2,)

    Examples
    --------
    >>> net = nd.experiments.small_network((40, 40, 1), 10, np.random.default_rng(0))
    >>> images = nd.data.plant(nd.data.load_strokes(6)).dataset.images
    >>> few = {"control_label": 8, "seeds": [0, 1], "epochs": 1, "steps": 2, "vocabulary": 4}
    >>> result = nd.experiments.retraining(net, images[:3], label=3, control_images=images[3:], **few)
    >>> nd.plot.similarity(result, ["three", "eight"]).shape
    (2,)
    """
    if axes is None:
        axes = plt.subplots(1, 2, figsize=(9.6, 4), layout="constrained")[1]
    for ax, score, known in zip(axes, get_args(Score), result.known.mean(axis=2), strict=True):
        for name, value, style in zip(KNOWN, known, ("-", "--", ":"), strict=True):
            ax.axhline(value, color="gray", linestyle=style, linewidth=1, label=name)
        for kind, phase in np.ndindex(2, 2):
            label = f"{in_legend(classes[kind])} ({'control' if kind else 'retrained'}), {PHASES[phase]}"
            values = np.stack([result.best(score, seen)[phase, kind] for seen in get_args(Seen)], axis=1)
            interval = t_interval(values)
            places = np.arange(len(IMAGES)) + 0.36 * (kind - 0.5) + 0.14 * (phase - 0.5)
            face = COLORS[kind] if phase == AFTER else "white"
            ax.errorbar(
                places,
                interval.mean,
                interval.half,
                fmt="o",
                capsize=3,
                color=COLORS[kind],
                markerfacecolor=face,
                label=label,
            )
        ax.set_xticks(np.arange(len(IMAGES)), IMAGES.values())
        ax.set_title(SCORES[score], fontsize="medium")
        ax.set(xlabel="images compared with", ylabel="best score")
        ax.set_ylim(0, min(ax.get_ylim()[1], 1))
        ax.grid(axis="y", alpha=0.3)
    axes[0].figure.legend(
        *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False
    )
    axes[0].figure.suptitle("mean over repetitions, with 95 % intervals by Student's t", fontsize="medium")
    return axes


def contributions(
    result: Retraining, score: Score = "words", ax: Axes | None = None, *, files: Sequence[str] | None = None
) -> Axes:
    """Draw how much closer the retrained class came to each image, when trained on it and when not.

    Parameters
    ----------
    result : Retraining
    score : "words" or "corners"
    ax : Axes, optional
    files : sequence of str, optional
        Of the images.

    Returns
    -------
    Axes

    Examples
    --------
    >>> net = nd.experiments.small_network((40, 40, 1), 10, np.random.default_rng(0))
    >>> images = nd.data.plant(nd.data.load_strokes(6)).dataset.images
    >>> few = {"control_label": 8, "seeds": [0, 1], "epochs": 1, "steps": 2, "vocabulary": 4}
    >>> result = nd.experiments.retraining(net, images[:3], label=3, control_images=images[3:], **few)
    >>> ax = nd.plot.contributions(result, "words")
    >>> len(ax.containers)
    2
    """
    trained, held_out = result.contribution(score)
    if ax is None:
        ax = plt.subplots(figsize=(max(0.3 * len(trained) + 1.5, 5), 3.8), layout="constrained")[1]
    places = np.arange(len(trained))
    ax.bar(places - 0.2, trained, 0.4, color=COLORS[RETRAINED], label="when trained on")
    ax.bar(places + 0.2, held_out, 0.4, color="#b8c4d6", label="when held out")
    ax.axhline(0, color="black", linewidth=0.8)
    ticks = [str(place) for place in places] if files is None else [literal(name) for name in files]
    ax.set_xticks(places, ticks, rotation=90, fontsize="small")
    ax.set_ylabel("gain of the score")
    ax.set_title(f"{SCORES[score]}: how much closer the class came to each image", fontsize="medium")
    ax.legend(frameon=False, fontsize="small")
    ax.grid(axis="y", alpha=0.3)
    return ax
