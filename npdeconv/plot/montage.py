"""Sheets of many small pictures: the strongest patches of a layer, and maps through the epochs."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from npdeconv._types import Array
from npdeconv.plot.images import BOX_COLOR, OWN_SCALE, image, span, unit_range, vivid, vivid_limit
from npdeconv.visualize import Evolution, Patches, Strongest, display

PAPER = 0.93  # the color between pictures
GAP = 1  # pixels between pictures of a block
BLOCK_INCHES, LABEL_INCHES = 2.0, 0.17  # width of a map's block, height of the line above it
TITLE_INCHES = 5.4  # least width of a figure, so that titles are not cut
OFFSET: dict[str, Any] = {"textcoords": "offset points"}  # of labels, from the edge of a sheet
LABEL_POINTS = 16  # between pictures and title, for the labels of the first row


def montage(pictures: Array, columns: int, gap: int = GAP) -> Array:
    """Arrange pictures (N, H, W, C) of values from 0 to 1 in rows, on a light background.

    Examples
    --------
    >>> nd.plot.montage(np.zeros((6, 5, 5, 1)), columns=3).shape
    (11, 17, 1)
    """
    count, height, width, channels = pictures.shape
    rows = -(-count // columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, channels), PAPER)
    for n, picture in enumerate(pictures):
        top, left = n // columns * (height + gap), n % columns * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def strongest(
    patches: Patches,
    found: Strongest,
    ax: Axes | None = None,
    *,
    feature_maps: Sequence[int] | Array | None = None,
    title: str = "",
) -> Axes:
    """Draw each map's strongest patches, and to their right their projections (arXiv:1311.2901, fig. 2).

    Projections of one map share one scale: mid-gray is zero, and the label gives the value of white and
    black. A map that fires on fewer images than were searched for leaves places empty.

    Parameters
    ----------
    patches : Patches
        Of all maps, or of those in `feature_maps` alone.
    found : Strongest
    ax : Axes, optional
    feature_maps : sequence of int, optional
        Which maps, at most a few dozen, in ascending order; all that ever fire unless given.
    title : str, optional
        A line above the one that explains the sides.

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(20).images
    >>> found = nd.visualize.find_strongest(net, images, ["relu4"], k=4)["relu4"]
    >>> patches = nd.visualize.find_patches(net, images, "relu4", found=found)
    >>> ax = nd.plot.strongest(patches, found, feature_maps=[0, 7], title="relu4")
    >>> ax.get_title().splitlines()[0]
    'relu4'
    """
    chosen = np.flatnonzero(found.firing) if feature_maps is None else np.asarray(feature_maps)
    if not len(chosen):
        raise ValueError("strongest: expected at least one map that fires")
    side = int(np.ceil(np.sqrt(patches.pixels.shape[1])))
    rows = chosen if len(patches.pixels) == len(found.firing) else np.arange(len(chosen))
    blocks = np.stack([_block(patches, row, side) for row in rows.tolist()])
    height, width = blocks.shape[1:3]
    inches = BLOCK_INCHES / width  # per pixel
    gap = int(np.ceil(LABEL_INCHES / inches))
    columns = max(1, round(np.sqrt(1.4 * len(chosen) * (height + gap) / (width + gap))))
    sheet = montage(blocks, columns, gap)
    if ax is None:
        size = (max(sheet.shape[1] * inches + 0.2, TITLE_INCHES), (sheet.shape[0] + gap) * inches + 0.6)
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    image(sheet, ax)
    sides = f"patches on the left, their projections on the right:\n{OWN_SCALE}"
    ax.set_title(f"{title}\n{sides}".strip(), fontsize="small", pad=LABEL_POINTS)
    for n, (m, row) in enumerate(zip(chosen, rows, strict=True)):
        left, top = n % columns * (width + gap), n // columns * (height + gap)
        label = f"map {m}: {_firing(found.firing[m])}"
        if found.firing[m]:
            label += f", {span(vivid_limit(patches.projections[row]))}"
        ax.text(left - 0.5, top - 0.5, label, fontsize=7, va="bottom")
    return ax


def _firing(share: float) -> str:
    if not share:
        return "dead"
    return "fires on <1%" if share < 0.01 else f"fires on {share:.0%}"


def _block(patches: Patches, m: int, side: int) -> Array:
    """Return one map's patches and projections, side by side."""
    inside = patches.inside[m][..., None]
    halves = [
        np.where(inside, picture, PAPER)
        for picture in (unit_range(patches.pixels[m]), vivid(patches.projections[m]))
    ]
    left, right = (montage(half, side) for half in halves)
    return np.concatenate([left, np.full((left.shape[0], 2 * GAP, left.shape[2]), PAPER), right], axis=1)


def evolution(
    result: Evolution,
    ax: Axes | None = None,
    *,
    title: str = "",
    whole: bool = False,
    pixels: Array | None = None,
) -> Axes:
    """Draw the maps of a layer through the epochs: a row for each map, a column for each epoch.

    Projections are cropped to what the units see. Each row has one scale, mid-gray is zero. A frame
    marks a jump: a projection of another image than at the epoch before.

    Parameters
    ----------
    result : Evolution
    ax : Axes, optional
    title : str, optional
    whole : bool
        Draw projections as large as the image.
    pixels : (H, W, C), optional
        The image that was projected at all epochs, to be drawn first in each row, as large as they are.

    Examples
    --------
    >>> digits, rng = nd.data.load_strokes(40), np.random.default_rng(0)
    >>> net, sgd = nd.models.deck_model3(rng=rng), nd.optimizers.SGD(0.01)
    >>> seen = nd.visualize.EvolutionRecorder(digits.images[:10], ["relu2"], feature_maps=[0, 1])
    >>> _ = nd.training.fit(net, digits, sgd, epochs=2, rng=rng, callbacks=[seen])
    >>> ax = nd.plot.evolution(seen.result()["relu2"])
    >>> len(ax.images)
    1
    """
    epochs, maps = result.image_indices.shape
    cells = _cells(result, whole=whole or pixels is not None)
    first = 0 if pixels is None else 1  # column of the first epoch
    if pixels is not None:
        seen = unit_range(pixels)
        rows = cells.reshape(maps, epochs, *seen.shape)
        cells = np.concatenate([np.repeat(seen[np.newaxis, np.newaxis], maps, axis=0), rows], axis=1)
        cells = cells.reshape(-1, *seen.shape)
    height, width = cells.shape[1:3]
    columns = first + epochs
    if ax is None:
        size = (max(0.9 * columns + 0.8, TITLE_INCHES), 0.95 * maps + 1)
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    gap = max(1, height // 14)
    image(montage(cells, columns, gap), ax)
    ax.set_title(title, fontsize="small", pad=LABEL_POINTS)
    for e, epoch in enumerate(result.epochs):
        name = f"{epoch}" if e else f"epoch {epoch}"
        center = (first + e) * (width + gap) + width / 2 - 0.5
        ax.annotate(name, (center, -0.5), (0, 3), **OFFSET, ha="center", va="bottom", fontsize=8)
    for m, feature_map in enumerate(result.feature_maps):
        middle = m * (height + gap) + height / 2 - 0.5
        name = f"map {feature_map}\n{span(float(np.abs(result.pixels[:, m]).max()))}"
        ax.annotate(name, (-0.5, middle), (-4, 0), **OFFSET, ha="right", va="center", fontsize=8)
        for e in np.flatnonzero(result.activations[:, m] <= 0).tolist():
            center = (first + e) * (width + gap) + width / 2 - 0.5
            ax.text(center, middle, "silent", ha="center", va="center", fontsize=7)
    for e, m in np.argwhere(result.jumped):
        corner = ((first + e) * (width + gap) - 0.5, m * (height + gap) - 0.5)
        frame = Rectangle(corner, width, height, fill=False, edgecolor=BOX_COLOR, linewidth=1.5)
        frame.set_clip_on(False)  # else half of the line is lost at the sheet's edge
        ax.add_patch(frame)
    note = f"each row has one scale: {OWN_SCALE}"
    if result.jumped.any():
        note += "\nframed: another image than at the epoch before"
    ax.text(0.5, -0.01, note, transform=ax.transAxes, ha="center", va="top", fontsize=8)
    return ax


def _cells(result: Evolution, *, whole: bool) -> Array:
    """Return the projections, cropped to boxes of one size unless whole, (M * E, h, w, C): map by map.

    A box that leaves the image is moved back into it; the projection is zero in the added part.
    """
    top, bottom, left, right = np.moveaxis(result.box, -1, 0)  # each (E, M)
    height, width = result.pixels.shape[2:4]
    if not whole:
        height, width = min(height, int((bottom - top).max())), min(width, int((right - left).max()))
    tops = np.clip(top, 0, result.pixels.shape[2] - height)
    lefts = np.clip(left, 0, result.pixels.shape[3] - width)
    rows = []
    for m in range(len(result.feature_maps)):
        shown = display(result.pixels[:, m])
        corners = zip(shown, tops[:, m], lefts[:, m], strict=True)
        rows += [picture[y : y + height, x : x + width] for picture, y, x in corners]
    return np.stack(rows)
