"""Does hiding the same part of different images change the same features?

Zeiler & Fergus, arXiv:1311.2901, section 4.3 and table 1: parts of dogs' faces are hidden, and the changes
of the features compared between the faces by their signs.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from npdeconv._checks import describe, image_batch, positive_int, random_generator, some_names
from npdeconv._progress import progress_bar
from npdeconv._repr import brief
from npdeconv._types import Array, Box, Generator, Shape
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers
from npdeconv.visualize.features import layer_features
from npdeconv.visualize.occluder import Fill, occlude_box

WHO = "correspondence"


@brief
class Correspondence(NamedTuple):
    """How much the signs of features' changes differ between images, for L layers, P parts and R draws.

    Images are compared within G groups of M; a draw hides a random box in every image.

    Attributes
    ----------
    layers : tuple[str, ...]
    parts : tuple[str, ...]
    fill : Fill, what hid the parts
    features : int (L,), of each layer
    distance : (L, P, G, M), mean normalized Hamming distance of an image's signs to those of the others
    changed : (L, P, G, M), share of an image's features that changed at all
    random_distance : (L, P, R, G, M), the same for boxes of the part's size at random places
    random_changed : (L, P, R, G, M)
    boxes : int (P, G * M, 4), top, bottom, left, right of each part
    random_boxes : int (P, R, G * M, 4)

    Examples
    --------
    >>> net, images = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(4).images
    >>> middle = np.tile([10, 18, 10, 18], (4, 1))
    >>> result = nd.visualize.correspondence(
    ...     net, images, ["relu4"], parts={"middle": middle}, draws=3, rng=np.random.default_rng(1)
    ... )
    >>> result.total.shape, bool(np.allclose(result.total, 4 * 3 * result.mean))
    ((1, 1, 1), True)
    """

    layers: tuple[str, ...]
    parts: tuple[str, ...]
    fill: Fill
    features: Array
    distance: Array
    changed: Array
    random_distance: Array
    random_changed: Array
    boxes: Array
    random_boxes: Array

    @property
    def mean(self) -> Array:
        """The mean distance over the pairs of each group, (L, P, G): what the paper's table shows."""
        mean: Array = self.distance.mean(axis=-1)
        return mean

    @property
    def total(self) -> Array:
        """The sum over the ordered pairs of each group, (L, P, G): what the paper's formula says."""
        images = self.distance.shape[-1]
        return self.mean * (images * (images - 1))

    @property
    def random_mean(self) -> Array:
        """The mean distance over the pairs of each group, for each random draw, (L, P, R, G)."""
        mean: Array = self.random_distance.mean(axis=-1)
        return mean


@finite_answers
def correspondence(
    network: Sequential,
    images: Array,
    layers: Sequence[str],
    *,
    parts: Mapping[str, Array],
    within: Array | None = None,
    group_size: int | None = None,
    draws: int = 20,
    aligned: bool = False,
    fill: Fill = "gray",
    rng: Generator,
    workers: Workers = None,
    progress: bool = False,
) -> Correspondence:
    """Hide the same part of different images, and compare the signs of the features' changes.

    For image i, the change is eps_i = features of the image - features of the image with the part hidden. A
    sign is -1, 0 or 1, and 0 only if the feature is exactly the same. The distance of two images is the
    share of features with different signs.

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        uint8 pixels, or floats prepared as the network takes them.
    layers : sequence of str
        Names of layers of any kind. Of a convolution and its rectifier, the first tells changes that the
        second hides.
    parts : mapping of str to int (N, 4)
        For each part, its box in each image: top, bottom, left, right.
    within : int (N, 4), optional
        Where random boxes lie, for example on the object; anywhere in the image unless given. A random box
        that is larger than that begins in its upper left corner, and is moved into the image.
    group_size : int, optional
        Compare each image only with those of its group, of so many consecutive images; unless given, all.
    draws : int
        How many random boxes for each part and image; each has the size of that part's box.
    aligned : bool
        Let a draw's boxes have the same place, relative to `within`, in all images of a group, as the parts
        of aligned objects have. A part then differs from them by what it is, and not by where it is.
    fill : "gray", "mean", "black" or "blur"
        What is shown instead, see `Fill`.
    rng : numpy.random.Generator
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.
    progress : bool
        Show a progress bar on stderr if it takes more than two seconds.

    Returns
    -------
    Correspondence

    Raises
    ------
    KeyError
        If the network has no such layer.
    TypeError, ValueError
        For images that the network can't take, boxes that do not fit, and groups of fewer than two images.

    Notes
    -----
    Layers are passed by their plain way, in which an output depends on its patch alone: a feature that the
    hidden part can't reach has the same bits. The paper sums over ordered pairs, but its table shows a
    mean; see `Correspondence.total` and `Correspondence.mean`. Small changes are rewarded, since features
    that do not change agree: see `Correspondence.changed`.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> digits, parts = nd.data.load_stroke_parts(60, seed=0)
    >>> chosen = np.flatnonzero(parts["end"][:, 1] > 0)[:5]
    >>> result = nd.visualize.correspondence(
    ...     net,
    ...     digits.images[chosen],
    ...     ["conv2", "relu2"],
    ...     parts={"end": parts["end"][chosen]},
    ...     draws=2,
    ...     rng=np.random.default_rng(1),
    ... )
    >>> result.mean.shape, bool((result.changed[0] >= result.changed[1]).all())
    ((2, 1, 1), True)
    """
    image_batch(images, WHO)
    names = some_names(layers, WHO, "layers")
    size = positive_int(len(images) if group_size is None else group_size, WHO, "group_size")
    if size < 2 or len(images) % size:
        raise ValueError(
            f"{WHO}: expected whole groups of at least two images, got {len(images)} images by {size}"
        )
    boxes = _checked_boxes(parts, images)
    if within is None:
        within = np.tile([0, images.shape[1], 0, images.shape[2]], (len(images), 1))
    within = _checked_box(within, images.shape, "within")
    random_generator(rng, WHO)
    places = rng.random((len(boxes), positive_int(draws, WHO, "draws"), len(images), 2))
    if aligned:
        places = np.repeat(places[:, :, ::size], size, axis=2)
    randomly = _random_boxes(boxes, within, images.shape, places)
    clean = layer_features(network, images, names, workers=workers)
    hidings = np.concatenate([boxes[:, np.newaxis], randomly], axis=1)  # (P, 1 + R, N, 4)
    found = np.empty((2, len(names), *hidings.shape[:3]))
    total = hidings[..., 0, 0].size
    with progress_bar(total=total, unit="hiding", delay=2, leave=False, shown=progress) as bar:
        for p, r in np.ndindex(*hidings.shape[:2]):
            pairs = zip(images, hidings[p, r].tolist(), strict=True)
            occluded = np.stack([occlude_box(image, Box(*box), fill) for image, box in pairs])
            seen = layer_features(network, occluded, names, workers=workers)
            for n, name in enumerate(names):
                found[:, n, p, r] = _compare_signs(np.sign(clean[name] - seen[name]).astype(np.int8), size)
            bar.update()
    distance, changed = found.reshape(*found.shape[:4], -1, size)
    return Correspondence(
        layers=names,
        parts=tuple(parts),
        fill=fill,
        features=np.array([clean[name].shape[1] for name in names]),
        distance=distance[:, :, 0],
        changed=changed[:, :, 0],
        random_distance=distance[:, :, 1:],
        random_changed=changed[:, :, 1:],
        boxes=boxes,
        random_boxes=randomly,
    )


def _compare_signs(signs: Array, group_size: int) -> tuple[Array, Array]:
    """Return for each image its mean distance to the others of its group, and the share that is not 0.

    Parameters
    ----------
    signs : int8 (N, D)
        -1, 0 or 1.
    group_size : int

    Returns
    -------
    (N,), (N,)
    """
    groups = signs.reshape(-1, group_size, signs.shape[1])
    differing = [(group != one).mean(axis=1).sum() for group in groups for one in group]
    return np.array(differing) / (group_size - 1), (signs != 0).mean(axis=1)


def _checked_boxes(parts: Mapping[str, Array], images: Array) -> Array:
    """Return the boxes of all parts, int (P, N, 4)."""
    if not isinstance(parts, Mapping) or not parts:
        raise TypeError(f"{WHO}: parts must be a mapping of names to boxes, got {describe(parts)}")
    return np.stack([_checked_box(boxes, images.shape, f"part {name!r}") for name, boxes in parts.items()])


def _checked_box(boxes: Array, shape: Shape, what: str) -> Array:
    """Return the box of each image, int64 (N, 4): differences of unsigned integers would be wrong."""
    count, height, width, _ = shape
    if not isinstance(boxes, np.ndarray) or boxes.shape != (count, 4) or boxes.dtype.kind not in "iu":
        raise TypeError(
            f"{WHO}: {what} must have a box of four integers for each image, got {describe(boxes)}"
        )
    boxes = boxes.astype(np.int64)
    top, bottom, left, right = boxes.T
    fits = (top >= 0) & (top < bottom) & (bottom <= height) & (left >= 0) & (left < right) & (right <= width)
    if not fits.all():
        image = int(np.flatnonzero(~fits)[0])
        raise ValueError(
            f"{WHO}: expected boxes inside the images of {height}x{width},"
            f" got {tuple(boxes[image].tolist())} as {what} of image {image}"
        )
    return boxes


def _random_boxes(boxes: Array, within: Array, shape: Shape, places: Array) -> Array:
    """Put boxes of the sizes of others at places (P, R, N, 2), from 0 to 1 of what is possible."""
    edges = []
    for axis, length in ((0, shape[1]), (2, shape[2])):
        size = (boxes[..., axis + 1] - boxes[..., axis])[:, np.newaxis]  # (P, 1, N)
        first = np.minimum(within[:, axis], length - size)
        last = np.maximum(within[:, axis + 1] - size, first)
        start = first + (places[..., axis // 2] * (last - first + 1)).astype(np.int64)
        edges += [start, start + size]
    return np.stack(edges, axis=-1)
