"""The cone: the units that a change in one box of an image can reach, layer by layer.

A unit sees only its receptive field, so a changed box of pixels reaches only some of the next
layer's units, and through them some units of the layer after. All others keep their values. It is
therefore enough to compute the units inside this widening cone. The layers compute them from pieces
of their inputs.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from npdeconv._checks import kernel_input
from npdeconv._types import Array, Pair
from npdeconv.fast.cut_pieces import cut_pieces
from npdeconv.fast.plan import Plan
from npdeconv.fast.steps import Node, flat, last_within, readers_of
from npdeconv.layers import Layer, Sequential
from npdeconv.layers.further.graph import last_reads
from npdeconv.layers.sequential import INPUT
from npdeconv.layers.window import Placement, Window


def is_local(layer: Layer) -> bool:
    """Tell whether a layer's units are known to depend only on the inputs under their window."""
    return layer.locality is not None


class Variants(NamedTuple):
    """N images or maps that differ from an unchanged one in one box each, all boxes of one size."""

    clean: Array  # (H, W, C): unchanged
    boxes: Array  # (N, h, w, C): the pixels in the boxes
    corners: Array  # int (N, 2): row and column of their upper left corners

    def pieces(self, places: Array, size: Pair, beyond: float) -> Array:
        """Cut a piece out of each variant, see `cut_pieces`."""
        result = np.empty((len(self.boxes), *size, self.clean.shape[2]), self.clean.dtype)
        clean, boxes, corners = map(kernel_input, self)
        cut_pieces(clean, boxes, corners, kernel_input(places), beyond, result)
        return result

    def whole(self) -> Array:
        """Return the images themselves, (N, H, W, C)."""
        height, width, _ = self.clean.shape
        return self.pieces(np.zeros_like(self.corners), (height, width), 0.0)

    def only(self, channel: int) -> "Variants":
        """Return one map of each variant."""
        one = np.s_[..., channel : channel + 1]
        return Variants(self.clean[one], self.boxes[one], self.corners)


class Cone:
    """One image's pass up a network, kept to compute parts of it again.

    Parameters
    ----------
    network : Sequential
    image : (H, W, C)
        As the network takes it.
    watched : str
        Name of the layer to yield.
    """

    def __init__(self, network: Sequential, image: Array, watched: str) -> None:
        self.image, self.watched = image, watched
        self._known_as = last_within(network[watched], watched)
        self.steps = tuple(_steps(network, image, self._known_as))
        self._released = last_reads({step.name: step.reads for step in self.steps})

    def ascend(self, boxes: Array, corners: Array) -> Iterator[tuple[str, Variants | Array]]:
        """Pass variants of the image up the network, see `Variants`; yield names and outputs of layers.

        Yields
        ------
        str, Variants or array (N, ...)
            Of the watched layer and the last, and of some others. Arrays from the layer on at which the
            change may be anywhere: it has spread that far, or the layer can't be computed in pieces.
        """
        values: dict[str, Variants | Array] = {INPUT: Variants(self.image, boxes, corners)}
        for step in self.steps:
            y = step.pass_on(tuple(values[above] for above in step.reads))
            values[step.name] = y
            for above in self._released[step.name]:
                del values[above]
            yield self.watched if step.name == self._known_as else step.name, y


class _Step(NamedTuple):
    """A layer, with the elementwise layers after it."""

    name: str  # of the last of them
    reads: tuple[str, ...]
    first: Layer
    whole: Callable[[Any], Array]
    pieces: Callable[[Any], Array]  # for pieces, which contain the padding
    clean: Array | None  # (OH, OW, F): of the unchanged image; None if it can't be computed in pieces

    def pass_on(self, several: tuple[Variants | Array, ...]) -> Variants | Array:
        """Compute the outputs that may have changed."""
        variants = tuple(x for x in several if isinstance(x, Variants))
        if self.clean is None or len(variants) < len(several):
            return self._wholly(several)
        if self.first.merges:
            corners, size = _around(variants)
            if size == self.clean.shape[:2]:
                return self._wholly(several)
            cut = tuple(x.pieces(corners, size, np.nan) for x in variants)
            return Variants(self.clean, self.whole(cut), corners)
        (x,), layer = variants, self.first
        if layer.locality == "position" or layer.window is None:
            return Variants(self.clean, self.whole(x.boxes), x.corners)
        (height, width), stride = layer.window.span, layer.window.stride
        place = layer.window.place(x.clean.shape, layer.kind)
        corners, reached = _reach(layer.window, place, x)
        if reached == self.clean.shape[:2]:
            return self._wholly(several)
        top, left = place.offset
        under = (reached[0] - 1) * stride[0] + height, (reached[1] - 1) * stride[1] + width
        beyond = np.nan if layer.beyond is None else layer.beyond  # NaN would be seen in the result
        pieces = x.pieces(corners * stride - (top, left), under, beyond)
        return Variants(self.clean, self.pieces(pieces), corners)

    def _wholly(self, several: tuple[Variants | Array, ...]) -> Array:
        arrays = tuple(x.whole() if isinstance(x, Variants) else x for x in several)
        return self.whole(arrays if self.first.merges else arrays[0])


def _reach(window: Window, place: Placement, x: Variants) -> tuple[Array, Pair]:
    """Return the boxes of outputs that boxes of inputs can change: the receptive field, transposed.

    Returns
    -------
    corners : int (N, 2)
    size : (height, width)
        Of the boxes, which stay inside the maps. All have the size that the largest one needs, so some
        hold a few outputs that do not change.
    """
    spread = np.array(window.span) - 1
    counts = np.minimum((x.boxes.shape[1:3] + spread - 1) // window.stride + 1, place.out_shape)
    nearest = -(-(x.corners - spread + place.offset) // window.stride)
    height, width = counts.tolist()
    return nearest.clip(0, place.out_shape - counts), (height, width)


def _around(variants: tuple[Variants, ...]) -> tuple[Array, Pair]:
    """Return corners (N, 2) and the one size of boxes that hold those of several variants."""
    low = np.min([x.corners for x in variants], axis=0)
    high = np.max([x.corners + x.boxes.shape[1:3] for x in variants], axis=0)
    height, width = (high - low).max(axis=0, initial=1).tolist()
    # A box enlarged to the size of the largest must stay in the image.
    return np.minimum(low, np.subtract(variants[0].clean.shape[:2], (height, width))), (height, width)


def _steps(network: Sequential, image: Array, watched: str) -> Iterator[_Step]:
    """Cut a network into steps, none of which goes beyond the watched layer."""
    clean = {INPUT: image[np.newaxis]}  # the outputs that can be computed in pieces
    for group in _groups(list(flat(network)), watched):
        name, reads, layers = group[-1].name, group[0].reads, {node.name: node.layer for node in group}
        first = group[0].layer
        whole: Callable[[Any], Array] = first if first.merges else Plan(_chain(layers, network))
        pieces = whole
        if _pads(first):
            pieces = Plan(_chain({**layers, group[0].name: _unpadded(first)}, network))
        if _takes_pieces(first) and all(above in clean for above in reads):
            several = tuple(clean[above] for above in reads)
            clean[name] = whole(several if first.merges else several[0])
        yield _Step(name, reads, first, whole, pieces, clean[name][0] if name in clean else None)


def _chain(layers: dict[str, Layer], network: Sequential) -> Sequential:
    return Sequential(layers, dtype=network.dtype)


def _groups(nodes: list[Node], watched: str) -> Iterator[list[Node]]:
    """Yield each layer with the elementwise layers after it, if nothing else reads it."""
    readers = readers_of(nodes)
    done: set[str] = set()
    for node in nodes:
        if node.name in done:
            continue
        group = [node]
        while not node.layer.merges and group[-1].name != watched:
            following = readers.get(group[-1].name, [])
            if len(following) != 1 or not _follows(following[0].layer):
                break
            group += following
        done |= {one.name for one in group}
        yield group


def _follows(layer: Layer) -> bool:
    return layer.locality == "position" and not layer.merges


def _takes_pieces(layer: Layer) -> bool:
    """Tell whether a layer can be computed in pieces that contain the padding."""
    return is_local(layer) and (layer.beyond is not None or not _pads(layer))


def _pads(layer: Layer) -> bool:
    return layer.locality == "window" and layer.window is not None and layer.window.pads


def _unpadded(layer: Layer) -> Layer:
    """Return a layer without its padding."""
    bare = copy.copy(layer)
    if bare.window is not None:  # true for every layer that pads
        bare.window = bare.window.unpadded()
    return bare
