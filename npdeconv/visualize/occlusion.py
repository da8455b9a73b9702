"""Occlusion sensitivity: how do the outputs change when a part of the image is hidden?

Zeiler & Fergus, arXiv:1311.2901, section 4.2 and figure 7: an occluder slides over the image,
and the network is run at each of its places.
"""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from npdeconv._checks import describe
from npdeconv._progress import progress_bar
from npdeconv._repr import brief
from npdeconv._types import Array, Box, Pair
from npdeconv.anatomy.maps import map_count, maps_of
from npdeconv.anatomy.roles import answers, logits_layer, two_classes
from npdeconv.data import as_input
from npdeconv.fast.cone import Cone, Variants
from npdeconv.finite import finite_answers
from npdeconv.inference import as_class
from npdeconv.layers import Sequential
from npdeconv.layers.softmax import softmax
from npdeconv.parallel import OrderedMap, Workers, pool, slices
from npdeconv.visualize.agreement import energy_under, rank_agreement
from npdeconv.visualize.occluder import (
    Fill,
    OccluderGrid,
    box_at,
    check_image,
    filled,
    occluder_grid,
)
from npdeconv.visualize.projection import project

SHARD_SIZE = 16  # places at most; fewer for large occluders, since their cones take memory
SHARD_PIXELS = 2**14


@brief
class Occlusion(NamedTuple):
    """A network's outputs for an image with an occluder at each of P x Q places.

    Attributes
    ----------
    size : Pair, height and width of the occluder, in pixels
    rows : int (P,), of its upper edge
    columns : int (Q,), of its left edge
    label : int, the recorded class
    layer : str
    feature_map : int, the recorded map of that layer
    probability : (P, Q), of the recorded class
    log_odds : float64 (P, Q), the logarithm of that probability over the rest's, see `occlude`
    most_likely : int (P, Q), the class with the largest probability
    largest_probability : (P, Q), of the most likely class
    activity : float64 (P, Q), sum of the map's positive activations
    clean_probability, clean_log_odds, clean_most_likely : float, float, int
        The same for the image without an occluder.
    clean_largest_probability, clean_activity : float, float
        The same for the image without an occluder.
    projection : (H, W, C), of the recorded map without an occluder, as signed pixels
    energy : float64 (P, Q), sum of the projection's squares under the occluder
    agreement : float, rank correlation of energy and drop in activity, see `rank_agreement`

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> result = nd.visualize.occlude(net, image, "relu4", label=4, size=7, stride=7)
    >>> result.probability.shape, 0 <= result.clean_probability <= 1
    ((4, 4), True)
    """

    size: Pair
    rows: Array
    columns: Array
    label: int
    layer: str
    feature_map: int
    probability: Array
    log_odds: Array
    most_likely: Array
    largest_probability: Array
    activity: Array
    clean_probability: float
    clean_log_odds: float
    clean_most_likely: int
    clean_largest_probability: float
    clean_activity: float
    projection: Array
    energy: Array
    agreement: float

    @property
    def worst(self) -> Box:
        """The place with the least probability of the class; of equal ones, by log-odds, then activity."""
        order = np.lexsort((self.activity.ravel(), self.log_odds.ravel(), self.probability.ravel()))
        p, q = divmod(int(order[0]), len(self.columns))
        return box_at(self.rows[p], self.columns[q], self.size)


@finite_answers
def occlude(
    network: Sequential,
    image: Array,
    layer: str,
    feature_map: int | None = None,
    *,
    label: int | str,
    size: int | Pair | None = None,
    stride: int | Pair | None = None,
    corner: Pair | None = None,
    fill: Fill = "gray",
    workers: Workers = None,
    progress: bool = False,
) -> Occlusion:
    """Slide an occluder over an image, and record the network's outputs at each place.

    To see what is computed, read `npdeconv.visualize.occluder.occlude_plainly` first: ten lines.

    Parameters
    ----------
    network : Sequential
        With one output per class.
    image : (H, W, C)
        uint8 pixels, or floats prepared as the network takes them, for which gray is 0.5.
    layer : str
        Name of any layer of the network.
    feature_map : int, optional
        Which map of the layer to record, counted from 0. Unless given, the one with the largest
        activation in the image without an occluder.
    label : int or str
        The number or name of the class to record: the true one, or the predicted one if that is unknown.
    size, stride, corner
        Of the occluder, see `occluder_grid`, which also gives the number of places.
    fill : "gray", "mean", "black" or "blur"
        What the occluder shows, see `Fill`.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.
    progress : bool
        Show a progress bar on stderr if it takes more than two seconds.

    Returns
    -------
    Occlusion

    Raises
    ------
    KeyError
        If the network has no such layer, or knows no class of that name.
    IndexError
        If there is no such class or feature map.
    TypeError, ValueError
        For images that the network can't take, occluders that do not fit, and unknown fills.

    Notes
    -----
    Only units that the occluder can reach are computed again, see `npdeconv.fast.cone`, in float32
    within about 1e-5 of the layers' results. Memory does not grow with the number of places, which are
    processed in shards. The paper does not define the strongest map; here it has the largest
    activation, by which the paper ranks images (figure 2).

    A confident network's probability rounds to 1 wherever the occluder is. Its log-odds, which come
    from the logits where there is a softmax, still tell the places apart.

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> result = nd.visualize.occlude(net, image, "relu4", label="4", size=8, stride=5)
    >>> result.rows.tolist(), result.activity.shape
    ([0, 5, 10, 15, 20], (5, 5))
    """
    check_image(image)
    if network.input_shape not in (None, image.shape):
        raise ValueError(
            f"occlude: {network.name} expects an image of shape {network.input_shape}, got {image.shape}"
        )
    network = two_classes(network)
    outputs = network.output_shape(image.shape)
    if len(outputs) != 1:
        raise ValueError(f"occlude: expected one output per class, {network.name} has {outputs}")
    grid = occluder_grid(image.shape, size, stride, corner=corner)
    number = _checked_number(as_class(network, outputs[0], label, "occlude"), outputs[0], "label")
    feature_map = _checked_map(network, image, layer, feature_map)
    projected = project(network, image[np.newaxis], layer, feature_map, select="map", workers=1).pixels[0]
    filling = filled(image, fill, grid.size)
    clean_image, filling = as_input(np.stack([image, filling]), network.dtype)
    with pool(workers) as parallel_map:
        cone = Cone(network, clean_image, layer)
        has_logits = answers(network) != "independent" and outputs[0] > 1
        logits = logits_layer(network) if has_logits else None
        scene = _Scene(network, cone, filling, grid.size, number, layer, feature_map, logits)
        # The unchanged image: an occluder that shows the image itself.
        clean = _look(scene._replace(filling=clean_image), np.zeros((1, 2), np.int64))
        seen = _look_everywhere(scene, grid, parallel_map, progress)
    clean_activity = float(clean.activity[0])
    energy = energy_under(projected, grid)
    return Occlusion(
        **grid._asdict(),
        label=number,
        layer=layer,
        feature_map=feature_map,
        **seen._asdict(),
        clean_probability=float(clean.probability[0]),
        clean_log_odds=float(clean.log_odds[0]),
        clean_most_likely=int(clean.most_likely[0]),
        clean_largest_probability=float(clean.largest_probability[0]),
        clean_activity=clean_activity,
        projection=projected,
        energy=energy,
        agreement=rank_agreement(energy, seen.activity, clean_activity),
    )


class _Scene(NamedTuple):
    """What all shards of places share."""

    network: Sequential
    cone: Cone  # of the image
    filling: Array  # (H, W, C): the occluder shows the part at its place
    size: Pair
    label: int
    layer: str
    feature_map: int
    logits: str | None  # the layer that gives them; None for independent probabilities, and one output


class _Look(NamedTuple):
    """The network's outputs for each of N occluded images."""

    probability: Array
    log_odds: Array
    most_likely: Array
    largest_probability: Array
    activity: Array


def _look_everywhere(scene: _Scene, grid: OccluderGrid, parallel_map: OrderedMap, progress: bool) -> _Look:
    """Run the network with the occluder at all places; arrays (P, Q)."""
    places = np.stack(np.meshgrid(grid.rows, grid.columns, indexing="ij"), axis=-1)  # (P, Q, 2)
    corners = places.reshape(-1, 2)
    work = (corners[cut] for cut in slices(len(corners), _shard_size(grid.size)))
    parts = []
    with progress_bar(total=len(corners), unit="place", delay=2, leave=False, shown=progress) as bar:
        for part in parallel_map(partial(_look, scene), work):
            parts.append(part)
            bar.update(len(part.activity))
    return _Look(*(np.concatenate(arrays).reshape(places.shape[:2]) for arrays in zip(*parts, strict=True)))


def _shard_size(occluder: Pair) -> int:
    return min(max(SHARD_PIXELS // (occluder[0] * occluder[1]), 1), SHARD_SIZE)


def _look(scene: _Scene, corners: Array) -> _Look:
    """Run the network with the occluder at each of some corners, int (N, 2)."""
    windows = sliding_window_view(scene.filling, scene.size, axis=(0, 1))
    shown = np.moveaxis(windows[corners[:, 0], corners[:, 1]], 1, 3)  # (N, h, w, C)
    m, logits = scene.feature_map, None
    for name, y in scene.cone.ascend(shown, corners):
        if name == scene.layer:
            one = y.only(m).whole() if isinstance(y, Variants) else y[..., [m]]
            activity = np.maximum(one, 0).reshape(len(one), -1).sum(axis=1, dtype=np.float64)
        if name == scene.logits:
            logits = y.whole() if isinstance(y, Variants) else y
    assert isinstance(y, np.ndarray)
    probabilities = softmax(y) if answers(scene.network) is None else y
    return _Look(
        probabilities[:, scene.label],
        _log_odds(probabilities[:, scene.label] if logits is None else logits, scene.label),
        probabilities.argmax(axis=1),
        probabilities.max(axis=1),
        activity,
    )


def _log_odds(outputs: Array, label: int) -> Array:
    """Return the log-odds (N,) of a class, given logits (N, classes) or its probabilities (N,)."""
    exact = outputs.astype(np.float64)
    if exact.ndim == 1:
        inside = np.clip(exact, np.finfo(outputs.dtype).tiny, 1 - np.finfo(outputs.dtype).epsneg)
        return np.log(inside) - np.log1p(-inside)
    return exact[:, label] - np.logaddexp.reduce(np.delete(exact, label, axis=1), axis=1)


def _checked_map(network: Sequential, image: Array, layer: str, feature_map: int | None) -> int:
    count = map_count(network, layer, image.shape)
    if feature_map is not None:
        return _checked_number(feature_map, count, f"feature_map of layer {layer!r}")
    return int(maps_of(network, image, layer, who="occlude").max(axis=(0, 1)).argmax())


def _checked_number(value: Any, count: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"occlude: {name} must be an integer, got {describe(value)}")
    if not 0 <= value < count:
        raise IndexError(f"occlude: {name} must be from 0 to {count - 1}, got {value}")
    return int(value)
