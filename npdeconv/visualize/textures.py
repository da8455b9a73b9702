"""What makes a projection look embossed, beaded or like a crystal?

"Making the Training Visible" (Ruhr-Universität Bochum, 2020) asks of its projections "3D effect??",
"Clumping effect??" and "Crystal effect??". Each look has one cause, which can be switched off on the way
down while everything else stays: filters that are not even, poolings that keep one place in each
window, and switches of windows in which nothing fired.
"""

import copy
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy.ndimage import zoom

from npdeconv._checks import image_batch, one_of, random_generator
from npdeconv._repr import brief
from npdeconv._types import Array, Generator, Shape
from npdeconv.anatomy.maps import as_maps, chosen_maps, descent_start, field_size, map_shape
from npdeconv.data import as_input
from npdeconv.finite import finite_answers
from npdeconv.layers import AvgPool2D, Layer, MaxPool2D, Sequential
from npdeconv.layers.further.rebuilding import with_layers

NAMES = ("as it is", "even filters", "windows filled evenly", "silent windows at random")
FARTHEST = 8  # pixels: offsets at which a projection is compared with its map


@brief
class TextureComparison(NamedTuple):
    """Projections of a map for N images: as it is, and with each of three causes switched off.

    Attributes
    ----------
    names : tuple[str, ...], of the four ways down, see `compare_textures`
    pixels : (4, N, H, W, C), signed and unscaled
    relief : float64 (4, N), from 0 to 1: light on one side of what fires, dark on the other
    beads : float64 (4, N), from 0 to 1: share of detail that is finer than the map's grid
    lattice : float64 (4, N), from 0 to 1: share of the contrast that repeats with the map's grid
    period : int, pixels from one unit of the map to the next

    Examples
    --------
    >>> net, images = nd.models.deck_model3(rng=np.random.default_rng(0)), nd.data.load_strokes(2).images
    >>> result = nd.visualize.compare_textures(net, images, "relu3", 7, rng=np.random.default_rng(0))
    >>> result.pixels.shape, result.lattice.shape, result.period
    ((4, 2, 28, 28, 1), (4, 2), 2)
    """

    names: tuple[str, ...]
    pixels: Array
    relief: Array
    beads: Array
    lattice: Array
    period: int


@finite_answers
def compare_textures(
    network: Sequential,
    images: Array,
    layer: str,
    feature_map: int,
    *,
    select: Literal["strongest", "map"] = "map",
    rng: Generator,
) -> TextureComparison:
    """Project a map by "deconv" as it is, and with each cause of a texture switched off on the way down.

    The way up, and so the start of the descent, is the same for all four:

    * even filters: each filter is replaced by the mean of itself and its rotation by 180 degrees.
    * windows filled evenly: max poolings are unpooled to all places of their windows alike.
    * silent windows at random: where no unit of a window fired, all places tie, and the switch is the
      first of them, in every window; here it is any of them. Other switches are kept.

    Parameters
    ----------
    network : Sequential
    images : (N, H, W, C)
        uint8 pixels, or floats prepared as the network takes them.
    layer, feature_map
        As for `project`.
    select : "strongest" or "map"
        Which units to project.
    rng : Generator
        Draws the random switches.

    Returns
    -------
    TextureComparison

    Raises
    ------
    KeyError, IndexError, TypeError, ValueError
        As `project` does.

    Notes
    -----
    `relief` correlates the projection with the map, laid over the image, at offsets up to 8 pixels; it is
    the share of the squared correlations that change their sign with the offset. `beads` is the share of the
    projection's spectrum above the highest frequency that the map's grid can carry, and `lattice` the
    variance between the means of the pixels at each place of a cell of that grid, divided by
    the variance of all. Both are 0 for a map as fine as the image. Causes inside of a chain that is
    itself a layer stay on.

    Examples
    --------
    >>> net, images = nd.models.deck_model3(rng=np.random.default_rng(0)), nd.data.load_strokes(2).images
    >>> result = nd.visualize.compare_textures(net, images, "relu2", 7, rng=np.random.default_rng(0))
    >>> result.names[1], bool((result.lattice == 0).all())  # no pooling below relu2
    ('even filters', True)
    """
    head = network[:layer]
    image_batch(images, "compare_textures")
    one_of(select, ("strongest", "map"), "compare_textures", "select")
    random_generator(rng, "compare_textures")
    shape = map_shape(network, layer, images.shape[1:])
    (feature_map,) = chosen_maps(feature_map, 1, shape, layer=layer, who="compare_textures").tolist()
    y, tape = head.forward(as_input(images, head.dtype))
    chosen = np.maximum(as_maps(y)[..., feature_map], 0)  # (N, OH, OW)
    positions = None
    if select == "strongest":
        positions = np.stack(np.divmod(chosen.reshape(len(chosen), -1).argmax(axis=1), shape[1]), axis=1)
    start = descent_start(y, feature_map, positions)
    spread = {name: _spreading(one) for name, one in head.layers.items() if isinstance(one, MaxPool2D)}
    even = {name: _even(one) for name, one in head.layers.items() if _has_filters(one)}
    evenly = {**tape} | {name: AvgPool2D.Context(tape[name].input_shape) for name in spread}
    ways = (
        (head, tape),
        (with_layers(head, even), tape),
        (with_layers(head, spread), evenly),
        (head, {**tape} | _reshuffled(head, images, list(spread), tape, rng)),
    )
    pixels = np.stack([way.descend(start, passed, "deconv") for way, passed in ways])
    period = max(1, round(images.shape[1] / shape[0]))
    started = as_maps(start)[..., feature_map]
    reach = min(max(field_size(network, layer, images.shape[1:])) // 2, FARTHEST)
    gray = pixels.mean(axis=-1, dtype=np.float64)
    return TextureComparison(
        names=NAMES,
        pixels=pixels,
        relief=np.array([[_relief(*pair, reach) for pair in zip(way, started, strict=True)] for way in gray]),
        beads=np.array([[_beads(picture, period) for picture in way] for way in gray]),
        lattice=np.array([[_lattice(picture, period) for picture in way] for way in gray]),
        period=period,
    )


def _has_filters(layer: Layer) -> bool:
    return layer.linear and layer.window is not None and "weight" in layer.parameters


def _even(layer: Any) -> Any:
    """Return a convolution whose filters are their own rotations by 180 degrees."""
    changed = copy.copy(layer)
    changed.weight = (layer.weight + layer.weight[::-1, ::-1]) / 2
    return changed


def _spreading(pool: MaxPool2D) -> AvgPool2D:
    window = pool.window
    return AvgPool2D(window.size, stride=window.stride, padding=window.padding, ceil_mode=window.ceil)


def _reshuffled(
    head: Sequential, images: Array, pools: Sequence[str], tape: Any, rng: Generator
) -> dict[str, Any]:
    """Return the contexts of poolings with the switches of silent windows drawn at random."""
    contexts = {}
    for name, y in head.outputs(as_input(images, head.dtype), pools) if pools else ():
        shape: Shape = tape[name].input_shape
        rows, columns = (_places(head[name], axis, shape, y.shape, rng) for axis in (0, 1))
        drawn = (rows * shape[2] + columns).astype(np.int32)
        contexts[name] = tape[name]._replace(switches=np.where(y > 0, tape[name].switches, drawn))
    return contexts


def _places(pool: Any, axis: int, shape: Shape, drawn: Shape, rng: Generator) -> Array:
    """Return a random row or column inside of each window and the image, int (N, OH, OW, C)."""
    offset, _ = pool.window.place(shape[1:], pool.kind)
    first = np.arange(drawn[1 + axis]) * pool.window.stride[axis] - offset[axis]
    low, high = np.maximum(first, 0), np.minimum(first + pool.window.size[axis], shape[1 + axis])
    along = (1, -1, 1, 1) if axis == 0 else (1, 1, -1, 1)
    return rng.integers(low.reshape(along), high.reshape(along), size=drawn)


def _relief(picture: Array, started: Array, reach: int) -> float:
    """Return the odd share of the correlations of a picture (H, W) with the map that it started from."""
    factors = picture.shape[0] / started.shape[0], picture.shape[1] / started.shape[1]
    laid = zoom(started.astype(np.float64), factors, order=1, mode="nearest", grid_mode=True)
    shape = [2 * side for side in picture.shape]  # room for all offsets
    spectrum = np.fft.rfft2(picture, shape) * np.fft.rfft2(laid, shape).conj()
    near = np.roll(np.fft.irfft2(spectrum, shape), (reach, reach), (0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    return _share(np.square(near - near[::-1, ::-1]).sum() / 4, np.square(near).sum())


def _beads(picture: Array, period: int) -> float:
    """Return the share of a picture's energy, without its mean, above the grid's highest frequency."""
    energy = np.square(np.abs(np.fft.fft2(picture - picture.mean())))
    down, across = (np.abs(np.fft.fftfreq(side)) for side in picture.shape)
    return _share(energy[np.maximum.outer(down, across) > 0.5 / period].sum(), energy.sum())


def _lattice(picture: Array, period: int) -> float:
    """Return the share of a picture's variance between places of a cell of period x period pixels."""
    height, width = (side // period * period for side in picture.shape)
    if not height or not width:
        return 0.0
    cells = picture[:height, :width].reshape(height // period, period, width // period, period)
    return _share(cells.mean(axis=(0, 2)).var(), cells.var())


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else 0.0
