"""The confusion matrix, and the most confident mistakes."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from npdeconv._types import Array
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import OWN_SCALE, caption, image, span
from npdeconv.plot.text import literal
from npdeconv.visualize import Mistakes, display

CAPTION = f"""\
top: image, label and answer; middle: projection of the answer, and its probability
bottom: the same for the label
each column has its own scale: {OWN_SCALE}"""
CLASSES_WITH_NUMBERS = 20  # with more, unused classes and the numbers in the cells are left out


def confusion(counts: Array, classes: Sequence[str], ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw a confusion matrix: a row for each true class, a column for each answer.

    Only mistakes are colored: the diagonal has far larger counts, and would leave all mistakes
    pale. If there are many classes, those without images and answers are left out.

    Parameters
    ----------
    counts : int array (classes, classes)
    classes : sequence of str
    ax : Axes, optional
    title : str, optional
        A line above the one that says how many are wrong.

    Examples
    --------
    >>> ax = nd.plot.confusion(np.array([[8, 2], [1, 9]]), ["cat", "dog"])
    >>> [text.get_text() for text in ax.texts]
    ['8', '2', '1', '9']
    """
    if len(classes) > CLASSES_WITH_NUMBERS and counts.any():
        there = np.flatnonzero(counts.any(axis=0) | counts.any(axis=1)).tolist()
        counts, classes = counts[np.ix_(there, there)], [classes[number] for number in there]
    count = len(classes)
    if ax is None:
        side = np.clip(0.5 * count + 2, 4, 14)
        ax = plt.subplots(figsize=(side, side), layout="constrained")[1]
    right = np.eye(count, dtype=bool)
    wrong = np.where(right, 0, counts)
    ax.imshow(wrong, cmap="Oranges", vmin=0, vmax=max(wrong.max(), 1))
    ax.imshow(np.where(right, 0.85, np.nan), cmap="gray", vmin=0, vmax=1)  # the diagonal, in gray
    if count <= CLASSES_WITH_NUMBERS:
        for (row, column), value in np.ndenumerate(counts):
            if value:
                dark = wrong[row, column] > 0.6 * wrong.max() > 0
                color = "white" if dark else "black"
                ax.text(column, row, f"{value}", ha="center", va="center", fontsize=8, color=color)
    size = "small" if count <= CLASSES_WITH_NUMBERS else 5
    names = [literal(name) for name in classes]
    ax.set_xticks(range(count), names, rotation=90 if max(map(len, names)) > 2 else 0, fontsize=size)
    ax.set_yticks(range(count), names, fontsize=size)
    ax.set(xlabel="the network's answer", ylabel="truth")
    total = int(counts.sum())
    ax.set_title(f"{title}\n{int(wrong.sum()):,} of {total:,} are wrong".strip(), fontsize="medium")
    return ax


@returns_grid
def mistakes(images: Array, result: Mistakes, classes: Sequence[str], axes: Array | None = None) -> Array:
    """Draw confident mistakes: the image, and the projections of the wrong answer and of the true class.

    The two projections of an image have one scale: the fainter one had less weight. Mid-gray is zero,
    and the titles give the value of white and black.

    Parameters
    ----------
    images : (K, H, W, C)
        The images of `result.image_indices`, in this order.
    result : Mistakes
    classes : sequence of str
    axes : array of Axes (3, K), optional

    Returns
    -------
    array of Axes (3, K)

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(40)
    >>> wrong = nd.visualize.find_mistakes(net, digits, k=2)
    >>> nd.plot.mistakes(digits.images[wrong.image_indices], wrong, digits.classes).shape
    (3, 2)
    """
    count = len(images)
    if not count:
        raise ValueError("mistakes: expected at least one mistake, got none")
    if axes is None:
        size = (1.5 * max(count, 3), 5.6)
        axes = plt.subplots(3, count, figsize=size, squeeze=False, layout="constrained")[1]
        caption(axes, CAPTION)
    for n in range(count):
        likely, unlikely = result.probability[n], result.truth_probability[n]
        chance = _chance(likely, max(1 - likely, unlikely))  # 1 - likely may round to 0
        wrong, truth = (literal(classes[label]) for label in (result.predicted[n], result.truth[n]))
        spoke = np.stack([result.misled_by[n], result.spoke_for_truth[n]])
        shown, scale = display(spoke), span(float(np.abs(spoke).max()))
        image(images[n], axes[0, n], title=f"image {result.image_indices[n]}: {truth},\ntaken for {wrong}")
        image(shown[0], axes[1, n], title=f"speaks for {wrong}\n({chance}), {scale}")
        image(shown[1], axes[2, n], title=f"speaks for {truth}\n({_chance(unlikely, 1 - unlikely)}), {scale}")
    return axes


def _chance(probability: float, against: float) -> str:
    """Return a percentage, or odds where it would round to 0 or 100."""
    percentage = f"{probability:.2%}"
    if percentage not in ("0.00%", "100.00%"):
        return percentage
    likely, unlikely = max(probability, against), min(probability, against)
    mantissa, exponent = f"{likely / unlikely:.0e}".split("e") if unlikely else ("over 1", "300")
    odds = f"{mantissa}e{int(exponent)}"
    return f"1 : {odds}" if probability < against else f"{odds} : 1"
