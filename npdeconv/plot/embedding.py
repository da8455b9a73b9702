"""Images as points in the space of a layer, and their neighbors there."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke

from npdeconv._types import Array
from npdeconv.plot.grid import returns_grid
from npdeconv.plot.images import BOX_COLOR, image, unit_range
from npdeconv.plot.montage import PAPER, montage
from npdeconv.plot.text import in_legend, literal
from npdeconv.visualize import Neighbors

SIDE = 9.0  # inches of the scatter
THUMBNAIL = 0.24  # inches
MOST_NAMED = 30  # classes in a legend
GAP = 0.35  # of a picture's width, between the parts of the sheet


def scatter(
    points: Array,
    images: Array,
    labels: Array | None,
    classes: Sequence[str],
    ax: Axes | None = None,
    *,
    title: str = "",
) -> Axes:
    """Draw images as thumbnails at their points, framed in the color of their class.

    Where thumbnails would overlap, only the first is drawn; the others are dots. The name of each
    class is at the median of its points. Images without labels have one color, and no
    names. Both axes have one scale.

    Parameters
    ----------
    points : (N, 2)
    images : (N, H, W, C)
    labels : int (N,) or None
    classes : sequence of str
    ax : Axes, optional

    Examples
    --------
    >>> digits, points = nd.data.load_strokes(10), np.random.default_rng(0).random((10, 2))
    >>> ax = nd.plot.scatter(points, digits.images, digits.labels, digits.classes, title="ten digits")
    >>> ax.get_title()
    'ten digits'
    """
    if ax is None:
        ax = plt.subplots(figsize=(SIDE, SIDE), layout="constrained")[1]
    class_numbers = np.zeros(len(points), np.int64) if labels is None else labels
    used = np.unique(class_numbers)
    colors = dict(zip(used.tolist(), class_colors(len(used)), strict=True))
    shown = [colors[label] for label in class_numbers.tolist()]
    ax.scatter(points[:, 0], points[:, 1], s=9, c=shown, linewidths=0)
    for n in _far_apart(points, max(np.ptp(points, axis=0).max(), 1e-12) * THUMBNAIL / SIDE * 1.5):
        ax.add_artist(_thumbnail(images[n], points[n], shown[n]))
    if labels is not None:
        _name_classes(ax, points, labels, classes, colors)
    ax.set(xticks=[], yticks=[], aspect="equal")
    ax.margins(0.04)
    ax.set_title(title, fontsize="medium")
    return ax


def thumbnails(
    cells: Array,
    images: Array,
    labels: Array | None,
    classes: Sequence[str],
    ax: Axes | None = None,
    *,
    title: str = "",
) -> Axes:
    """Draw images as thumbnails in the cells of a grid, without gaps, framed in the color of their class.

    Parameters
    ----------
    cells : int (N, 2)
        Row and column of each image, see `npdeconv.visualize.grid_cells`.
    images : (N, H, W, C)
    labels : int (N,) or None
        Without labels, there are no frames and no legend.
    classes : sequence of str
    ax : Axes, optional

    Examples
    --------
    >>> digits, points = nd.data.load_strokes(10), np.random.default_rng(0).random((10, 2))
    >>> cells = nd.visualize.grid_cells(points)
    >>> ax = nd.plot.thumbnails(cells, digits.images, digits.labels, digits.classes, title="ten digits")
    >>> len(ax.patches), len(ax.get_legend().texts)
    (10, 10)
    """
    rows, columns = cells.max(axis=0) + 1
    height, width, channels = images.shape[1:]
    gap = max(1, width // 14)
    pictures = np.full((rows * columns, height, width, channels), PAPER)
    pictures[cells @ [columns, 1]] = unit_range(images)
    if ax is None:
        ax = plt.subplots(
            figsize=(SIDE, SIDE * rows * height / (columns * width) + 0.6), layout="constrained"
        )[1]
    image(montage(pictures, columns, gap), ax)
    ax.set_title(title, fontsize="medium")
    if labels is None:
        return ax
    used = np.unique(labels).tolist()
    colors = dict(zip(used, class_colors(len(used)), strict=True))
    edge = min(2.5, 72 * SIDE / columns * gap / width)
    for (row, column), label in zip(cells.tolist(), labels.tolist(), strict=True):
        place = column * (width + gap) - 0.5, row * (height + gap) - 0.5
        frame = Rectangle(place, width, height, fill=False, edgecolor=colors[label], linewidth=edge)
        frame.set_clip_on(False)
        ax.add_patch(frame)
    if len(used) <= MOST_NAMED:
        marks = [Patch(color=colors[label], label=in_legend(classes[label])) for label in used]
        ax.legend(handles=marks, loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize="small")
    return ax


@returns_grid
def neighbors(
    images: Array,
    in_features: Neighbors,
    in_pixels: Neighbors,
    labels: Array | None,
    classes: Sequence[str],
    axes: Array | None = None,
    *,
    title: str = "",
) -> Array:
    """Draw images, and to their right their neighbors, first in feature space, then in pixel space.

    Neighbors of another class are framed. Without labels, images have numbers as titles, and no
    frames.

    Parameters
    ----------
    images : (N, H, W, C)
        The images among which neighbors were searched.
    in_features, in_pixels : Neighbors
        Of the same Q queries, k neighbors each.
    labels : int (N,) or None
    classes : sequence of str
    axes : array of Axes (Q, 1 + 2 k), optional
    title : str, optional

    Returns
    -------
    array of Axes (Q, 1 + 2 k)

    Examples
    --------
    >>> net, digits = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(20)
    >>> result = nd.visualize.embed(net, digits.images, k=3)
    >>> in_features, in_pixels = (
    ...     found._replace(
    ...         queries=found.queries[:2],
    ...         image_indices=found.image_indices[:2],
    ...         distances=found.distances[:2],
    ...     )
    ...     for found in (result.neighbors, result.pixel_neighbors)
    ... )
    >>> nd.plot.neighbors(digits.images, in_features, in_pixels, digits.labels, digits.classes).shape
    (2, 7)
    """
    if not np.array_equal(in_features.queries, in_pixels.queries):
        raise ValueError("neighbors: expected the neighbors of the same images in both spaces")
    count, k = in_features.image_indices.shape
    names = [literal(name) for name in classes]
    if axes is None:
        axes = _sheet(count, k, in_pixels.image_indices.shape[1], title)
    rows = zip(in_features.queries, in_features.image_indices, in_pixels.image_indices, strict=True)
    for row, (query, *spaces) in zip(axes, rows, strict=True):
        of_class = "" if labels is None else f":\n{names[labels[query]]}"
        image(images[query], row[0], title=f"image {query}{of_class}")
        for ax, n in zip(row[1:], np.concatenate(spaces), strict=True):
            image(images[n], ax, title=f"image {n}" if labels is None else names[labels[n]])
            if labels is not None and labels[n] != labels[query]:
                height, width = images[n].shape[:2]
                frame: dict[str, Any] = {
                    "fill": False,
                    "edgecolor": BOX_COLOR,
                    "linewidth": 2.5,
                    "clip_on": False,
                }
                ax.add_patch(Rectangle((-0.5, -0.5), width, height, **frame))
    return axes


def class_colors(count: int) -> list[Any]:
    """Return `count` distinct colors."""
    if count <= 10:
        return [mpl.colormaps["tab10"](n) for n in range(count)]
    return [mpl.colormaps["gist_rainbow"](n / count) for n in range(count)]


def _name_classes(
    ax: Axes, points: Array, labels: Array, classes: Sequence[str], colors: Mapping[int, Any]
) -> None:
    """Write each class's name at the median of its points."""
    names = [literal(name) for name in classes]
    fontsize = 15 if max(len(names[label]) for label in colors) <= 2 else 9
    for label, color in colors.items():
        x, y = np.median(points[labels == label], axis=0).tolist()
        text = ax.text(
            x, y, names[label], ha="center", va="center", weight="bold", fontsize=fontsize, zorder=5
        )
        text.set(color=color, path_effects=[withStroke(linewidth=4, foreground="white")])


def _sheet(count: int, k: int, others: int, title: str) -> Array:
    """Return axes in three groups of columns: query, neighbors in features, neighbors in pixels."""
    widths = [1, GAP, *[1] * k, GAP, *[1] * others]
    figure, every = plt.subplots(
        count,
        len(widths),
        figsize=(0.95 * sum(widths) + 0.3, 1.25 * count + 0.7),
        width_ratios=widths,
        squeeze=False,
        layout="constrained",
    )
    figure.suptitle(title, fontsize="medium")
    gaps = 1, 2 + k
    for ax in every[:, gaps].flat:
        ax.remove()
    return np.delete(every, gaps, axis=1)


def _thumbnail(picture: Array, place: Array, color: Any) -> AnnotationBbox:
    shown = picture[..., 0] if picture.shape[2] == 1 else picture
    limit = 255 if picture.dtype == np.uint8 else 1
    zoom = THUMBNAIL * 72 / max(shown.shape[:2])  # an offset image has 72 pixels per inch
    box = OffsetImage(shown, zoom=zoom, cmap="gray", norm=Normalize(0, limit), interpolation="antialiased")
    frame = {"edgecolor": color, "linewidth": 1.5}
    return AnnotationBbox(box, tuple(place), pad=0.05, bboxprops=frame)


def _far_apart(points: Array, distance: float) -> list[int]:
    """Choose points greedily, in order, so that any two are at least a distance apart along an axis."""
    chosen: list[int] = []
    for n, point in enumerate(points):
        if not chosen or np.abs(points[chosen] - point).max(axis=1).min() >= distance:
            chosen.append(n)
    return chosen
