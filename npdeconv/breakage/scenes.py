"""What a fault does to a picture: the right result, the wrong one, and how far they differ."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from npdeconv._repr import brief
from npdeconv._types import Array, Box
from npdeconv.breakage.faults import Fault, Shows
from npdeconv.breakage.parts import Parts, build
from npdeconv.data import as_input, load_strokes
from npdeconv.layers import Sequential
from npdeconv.losses import softmax_cross_entropy
from npdeconv.visualize import display, find_strongest, occlude_box, project

SCENE = (28, 28, 1), (8, 12), 24, 10
"""Input, filters, hidden units and classes of the network of the pictures."""

DIGITS, NINE, STEPS, BATCH = 500, 9, 40, 64
OCCLUDER = 5  # pixels


@brief
class Scene(NamedTuple):
    """A fault's picture beside the right one.

    Attributes
    ----------
    image : (H, W), the digit; empty where there is none
    right, wrong : (H, W), or (T,) for losses
    signed : bool, whether the two have both signs, around zero
    caption : str, what they show
    difference : float, norm of the difference in units of the norm of `right`
    correlation : float, of the two; 0 if one is constant

    Examples
    --------
    >>> scene = nd.breakage.show(nd.breakage.fault_of("unrectified"))
    >>> isinstance(scene, nd.breakage.Scene), scene.right.shape == scene.wrong.shape
    (True, True)
    """

    image: Array
    right: Array
    wrong: Array
    signed: bool
    caption: str
    difference: float
    correlation: float


def show(fault: Fault) -> Scene:
    """Return what a fault does to a picture of drawn digits.

    Examples
    --------
    >>> scene = nd.breakage.show(nd.breakage.fault_of("unrectified"))
    >>> scene.difference > 0
    True
    """
    image, right, wrong, signed, caption = _SCENES[fault.shows](fault)
    one, other = (array.ravel().astype(np.float64) - array.mean() for array in (right, wrong))
    norms = float(np.linalg.norm(one) * np.linalg.norm(other))
    alike = float(one @ other) / norms if norms else 0.0
    return Scene(image, right, wrong, signed, caption, _change(right, wrong), alike)


_Shown = tuple[Array, Array, Array, bool, str]


@cache
def _digits() -> Array:
    return load_strokes(DIGITS, seed=1).images


def scene_network(parts: Parts) -> Sequential:
    """Return the network of the pictures, which was trained on drawn digits, of some parts."""
    network = build(parts, *SCENE)
    with np.load(Path(__file__).with_name("scene.npz"), allow_pickle=False) as trained:
        for name, array in network.parameters.items():
            array[...] = trained[name]
    return network


def _projection(fault: Fault) -> _Shown:
    """Project the strongest units of a layer's maps by both; return those that differ most."""
    networks = scene_network(Parts()), scene_network(fault.parts)
    images, maps = _strongest(networks[0], fault.layer)
    right, wrong = (project(net, images, fault.layer, maps).pixels[..., 0] for net in networks)
    m = int(np.argmax([_change(*both) for both in zip(right, wrong, strict=True)]))
    caption = (
        f"projection of the strongest unit of {fault.layer}, map {maps[m]}, which differs most of all maps"
    )
    return images[m, ..., 0], right[m], wrong[m], True, caption


def _strongest(network: Sequential, layer: str) -> tuple[Array, Array]:
    """Return the digit that each living map of a layer answers to most, and the maps' numbers."""
    found = find_strongest(network, _digits(), [layer], k=1)[layer]
    maps = np.flatnonzero(found.firing)
    return _digits()[found.image_indices[maps, 0]], maps


def _change(right: Array, wrong: Array) -> float:
    return float(np.linalg.norm(wrong - right) / np.linalg.norm(right))


def _ranking(fault: Fault) -> _Shown:
    """Find the nine strongest digits of the map on whose order both disagree most."""
    network = scene_network(Parts())
    right, wrong = (parts.rank(network, _digits(), "relu2", k=NINE) for parts in (Parts(), fault.parts))
    common = [len({*a} & {*b}) for a, b in zip(right.tolist(), wrong.tolist(), strict=True)]
    m = int(np.argmin(common))
    sheets: list[Array] = [_sheet(_digits()[rows[m], ..., 0]) / 255 for rows in (right, wrong)]
    caption = f"the nine strongest digits of relu2, map {m}; {common[m]} in common"
    return np.empty((0, 0)), sheets[0], sheets[1], False, caption


def _sheet(images: Array) -> Array:
    """Lay nine images (9, H, W) out in a square."""
    _, height, width = images.shape
    return images.reshape(3, 3, height, width).swapaxes(1, 2).reshape(3 * height, 3 * width)


def _display(fault: Fault) -> _Shown:
    """Show the projection with the most unequal extremes both ways, as gray values."""
    network = scene_network(Parts())
    images, maps = _strongest(network, fault.layer)
    pixels = project(network, images, fault.layer, maps).pixels[..., 0]
    highest, lowest = pixels.max(axis=(1, 2)), -pixels.min(axis=(1, 2))
    m = int(np.argmax(np.abs(highest - lowest) / np.maximum(highest, lowest)))
    values = f"from {-lowest[m]:.2g} to {highest[m]:.2g}"
    caption = f"one projection, of {fault.layer}, map {maps[m]}, {values}, as gray values"
    return images[m, ..., 0], display(pixels[m]), fault.parts.display(pixels[m]), False, caption


def _occlusion(fault: Fault) -> _Shown:
    """Map how far hiding each place lowers the logit of a 0's class, by both occluders."""
    network, digits = scene_network(Parts()), load_strokes(DIGITS, seed=1)
    image = digits.images[int(np.flatnonzero(np.asarray(digits.labels) == 0)[0])]
    places = range(0, 28 - OCCLUDER + 1, 2)
    clean = network(as_input(image[np.newaxis], np.float32))[0, 0]
    maps: list[Array] = []
    for parts in (Parts(), fault.parts):
        boxes = [Box(row, row + OCCLUDER, column, column + OCCLUDER) for row in places for column in places]
        hidden = np.stack([occlude_box(image, box, parts.fill) for box in boxes])
        drops = clean - network(as_input(hidden, np.float32))[:, 0]
        maps.append(drops.reshape(len(places), len(places)))
    caption = f"how much the logit of 0 falls if {OCCLUDER}x{OCCLUDER} pixels are hidden"
    return image[..., 0], maps[0], maps[1], True, caption


def _training(fault: Fault) -> _Shown:
    """Train both from the same weights on the same batches; return the losses."""
    digits = load_strokes(STEPS * BATCH, seed=2)
    assert digits.labels is not None
    losses = []
    for parts in (Parts(), fault.parts):
        network, adam, path = build(Parts(), *SCENE), parts.adam(3e-3), []
        for start in range(0, len(digits), BATCH):
            batch = slice(start, start + BATCH)
            logits, tape = network.forward(as_input(digits.images[batch], np.float32))
            loss, dy = softmax_cross_entropy(logits, digits.labels[batch])
            adam.update(network.parameters, network.backward(dy, tape)[1])
            path.append(float(loss))
        losses.append(np.array(path))
    return (
        np.empty((0, 0)),
        losses[0],
        losses[1],
        False,
        f"the loss of {STEPS} steps of Adam, on new digits each",
    )


def _weights(fault: Fault) -> _Shown:
    """Correlate the initial filters of one layer with those of the next."""
    tables: list[Array] = []
    for parts in (Parts(), fault.parts):
        first, second = (
            parts.conv(8, 8, 3, rng=rng).weight.reshape(-1, 8).T
            for rng in parts.generators(np.random.default_rng(0), 2)
        )
        tables.append(np.corrcoef(first, second)[:8, 8:])
    caption = "correlations of the 8 initial filters of one layer with the next one's"
    return np.empty((0, 0)), tables[0], tables[1], True, caption


_SCENES: Mapping[Shows, Callable[[Fault], _Shown]] = {
    "projection": _projection,
    "ranking": _ranking,
    "display": _display,
    "occlusion": _occlusion,
    "training": _training,
    "weights": _weights,
}
