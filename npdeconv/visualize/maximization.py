"""Which images excite a unit most? Images made from noise, by gradient ascent in the pixels.

Simonyan, Vedaldi & Zisserman, arXiv:1312.6034, section 2, for classes; Yosinski et al.,
arXiv:1506.06579, section 3, for any unit.
"""

from collections.abc import Sequence
from functools import partial
from operator import index
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from npdeconv._checks import describe, image_shape, not_negative, one_of, positive_int, random_generator
from npdeconv._progress import progress_bar
from npdeconv._repr import brief
from npdeconv._types import Array, Box, Generator, Pair, Shape
from npdeconv.anatomy.maps import map_shape, several_maps
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.parallel import Workers, pool
from npdeconv.visualize.ascent import direction, look_at, moved
from npdeconv.visualize.regularizers import Regularizers

Aim: TypeAlias = Literal["center", "mean"] | Pair
"""What to maximize: the unit in the middle of the map, the mean of all its units, or the unit at (h, w)."""

NOISE = 0.02  # standard deviation of the brightness at the start; white is 1


@brief
class Maximization(NamedTuple):
    """U images, each made by gradient ascent to excite a unit.

    Attributes
    ----------
    pixels : uint8 (U, H, W, C)
    inputs : (U, H, W, C), the images before rounding, from 0 to 1
    activation : float64 (steps + 1, U), of each unit, before each step and at the end
    box : int (U, 4), top, bottom, left, right of the pixels it depends on; may leave the image
    frames : uint8 (K, U, H, W, C), the images on their way from noise to `pixels`
    frame_steps : int (K,), the number of steps before each frame

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> result = nd.visualize.maximize_activation(net, "relu2", [0, 5], steps=4)
    >>> result.pixels.shape, result.activation.shape, result.box.shape
    ((2, 28, 28, 1), (5, 2), (2, 4))
    """

    pixels: Array
    inputs: Array
    activation: Array
    box: Array
    frames: Array
    frame_steps: Array


@finite_answers
def maximize_activation(
    network: Sequential,
    layer: str,
    feature_map: int | Sequence[int] | Array,
    *,
    select: Aim = "center",
    steps: int = 200,
    rate: float = 0.05,
    regularizers: Regularizers | None = None,
    background: float | None = None,
    frames: int = 0,
    rng: Generator | None = None,
    workers: Workers = None,
    progress: bool = False,
) -> Maximization:
    """Make images that excite units, or that a network takes for a class, from noise.

    Parameters
    ----------
    network : Sequential
        A network with an input shape that takes pixels from 0 to 1; `npdeconv.layers.Standardize` adapts
        others.
    layer : str
        Name of any layer. For classes, the layer of the logits: a Softmax also grows by evidence
        against the other classes.
    feature_map : int or sequence of U ints
        Which maps, or units of a dense layer, counted from 0; each gets an image.
    select : "center", "mean" or (h, w)
        What to maximize.
    steps : int
    rate : float
        The root mean square by which the pixels that a unit sees change in each step; from black to white
        is 1. Only the gradient's direction matters, not its size.
    regularizers : Regularizers, optional
        The regularization of the images; the defaults of `Regularizers` unless given.
    background : float, optional
        Brightness, from 0 to 1, that the images start from and are pulled to. Unless given, black for
        a network that takes gray images, and mid-gray for one that takes colored ones.
    frames : int
        How many images to keep on the way, evenly spaced, first and last included; 0 or at least 2.
    rng : numpy.random.Generator, optional
        Draws the noise and the jitter; seed 0 unless given. A unit's image does not depend on the
        other units.
    workers : int or executor, optional
        See `npdeconv.parallel.pool`; the result is the same for any number.
    progress : bool
        Show a progress bar on stderr if it takes more than two seconds.

    Returns
    -------
    Maximization

    Raises
    ------
    KeyError
        If the network has no such layer.
    IndexError
        If the layer has no such map, or the map no such position.
    TypeError, ValueError
        For settings of another kind or out of range, and a network without an input shape.

    Notes
    -----
    `activation` is that of the image as shifted by the jitter.

    Gradients descend by the rule "ascent", see `npdeconv.layers.ReLU`: a rectifier that would stop
    the whole gradient of a unit passes it. Otherwise units that are silent on noise, as those of deep
    layers are, would have no gradient. Lucid (`misc/redirected_relu_grad.py`) does this in the first
    steps only, and passes only the part that raises an input.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> result = nd.visualize.maximize_activation(net, "logits", 3, steps=20)
    >>> result.activation.shape, bool(result.activation[-1, 0] > result.activation[0, 0])
    ((21, 1), True)
    """
    shape = _input_shape(network)
    head = network[:layer]
    layer_shape = map_shape(network, layer, shape)
    maps = several_maps(feature_map, layer_shape, layer=layer, who="maximize_activation")
    aim, box = _aim(select, layer_shape, layer)
    count = positive_int(steps, "maximize_activation", "steps")
    length = not_negative(rate, "maximize_activation", "rate")
    held = Regularizers() if regularizers is None else regularizers
    gray = _checked_background(background, shape[2])
    frame_steps = _frame_steps(frames, count)
    rng = np.random.default_rng(0) if rng is None else random_generator(rng, "maximize_activation")
    # Every unit has randomness of its own, so that it does not depend on the others.
    drawn = int(rng.integers(2**63))
    randomness = [np.random.default_rng([drawn, int(m)]) for m in maps]
    noise = np.stack([NOISE * rng.standard_normal(shape) for rng in randomness])
    contrast = np.clip(noise, -gray, 1 - gray).astype(head.dtype)
    field = head.receptive_field(box, shape)
    seen = _size_inside(field, shape)
    activation, film = np.empty((count + 1, len(maps))), [contrast][: 0 in frame_steps]
    with pool(workers) as parallel_map:
        look = partial(look_at, head, maps, aim, parallel_map)
        for step in progress_bar(range(1, count + 1), unit="step", delay=2, leave=False, shown=progress):
            moves = [held.draw_move(seen, rng) for rng in randomness]
            activation[step - 1], gradient = look(moved(gray + contrast, moves))
            gradient = moved(gradient, [-move for move in moves])
            contrast = held.restrain(
                contrast + length * direction(gradient, seen[0] * seen[1]), gradient, step
            )
            contrast = np.clip(contrast, -gray, 1 - gray)
            if step in frame_steps:
                film.append(contrast)
        activation[count], _ = look(gray + contrast)
    images = gray + np.stack([*film, contrast])
    return Maximization(
        pixels=_as_pixels(images[-1]),
        inputs=images[-1],
        activation=activation,
        box=np.tile(np.array(field), (len(maps), 1)),
        frames=_as_pixels(images[:-1]),
        frame_steps=frame_steps,
    )


def _size_inside(box: Box, shape: Shape) -> Pair:
    """Return height and width of the part of a box that lies in the image."""
    height = min(box.bottom, shape[0]) - max(box.top, 0)
    return height, min(box.right, shape[1]) - max(box.left, 0)


def _as_pixels(images: Array) -> Array:
    return np.rint(255 * images).astype(np.uint8)


def _input_shape(network: Sequential) -> tuple[int, int, int]:
    if network.input_shape is None:
        raise ValueError(
            f"maximize_activation: expected a network with an input shape, {network.name} has none"
        )
    return image_shape(network.input_shape, "maximize_activation")


def _aim(select: Aim, shape: Shape, layer: str) -> tuple[Array, Box]:
    """Return the weight of each place of a map (OH, OW), and the receptive field of those with weight."""
    height, width = shape[:2]
    if isinstance(select, str):
        one_of(select, ("center", "mean", "(h, w)"), "maximize_activation", "select")
        if select == "mean":
            return np.full((height, width), 1 / (height * width)), Box(0, height, 0, width)
        select = height // 2, width // 2
    try:
        row, column = map(index, select)
    except (TypeError, ValueError):
        raise TypeError(
            f"maximize_activation: select must be 'center', 'mean' or (h, w), got {describe(select)}"
        ) from None
    if not (0 <= row < height and 0 <= column < width):
        raise IndexError(
            f"maximize_activation: the maps of layer {layer!r} are {height}x{width}, got {select!r}"
        )
    aim = np.zeros((height, width))
    aim[row, column] = 1
    return aim, Box(row, row + 1, column, column + 1)


def _checked_background(background: float | None, channels: int) -> float:
    if background is None:
        return 0.0 if channels == 1 else 0.5
    if not_negative(background, "maximize_activation", "background") > 1:
        raise ValueError(f"maximize_activation: background must be from 0 to 1, got {background}")
    return float(background)


def _frame_steps(frames: int, steps: int) -> Array:
    """Return after which steps to keep a frame."""
    if isinstance(frames, bool) or not isinstance(frames, int | np.integer):
        raise TypeError(f"maximize_activation: frames must be an integer, got {describe(frames)}")
    if frames != 0 and not 2 <= frames <= steps + 1:
        raise ValueError(f"maximize_activation: frames must be 0, or from 2 to {steps + 1}, got {frames}")
    return np.unique(np.linspace(0, steps, int(frames)).round().astype(np.int64))
