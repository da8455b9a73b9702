"""The cone: what a change in one box of an image can reach, layer by layer, and nothing else.

A unit sees only its receptive field, so a box of pixels reaches only some of the next layer's
units, those reach some of the layer after, and all others stay as they were. It is therefore
enough to compute the units inside this widening cone. The layers themselves do so, from pieces of
their inputs.
"""

import copy
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from npdeconv._checks import kernel_input
from npdeconv._types import Array, Pair
from npdeconv.fast.cut_pieces import cut_pieces
from npdeconv.fast.plan import Plan
from npdeconv.layers import Layer, Sequential


def is_local(layer: Layer) -> bool:
    """Say whether a layer's units are known to depend on what lies under their window alone."""
    return layer.locality is not None


class Variants(NamedTuple):
    """N images or maps that differ from a clean one in one box each, all boxes of one size."""

    clean: Array  # (H, W, C)
    boxes: Array  # (N, h, w, C): what is in the boxes
    corners: Array  # int (N, 2): row and column of their upper left corners

    def pieces(self, places: Array, size: Pair, beyond: float) -> Array:
        """Cut a piece out of each, see `cut_pieces`."""
        result = np.empty((len(self.boxes), *size, self.clean.shape[2]), self.clean.dtype)
        clean, boxes, corners = map(kernel_input, self)
        cut_pieces(clean, boxes, corners, kernel_input(places), beyond, result)
        return result

    def whole(self) -> Array:
        """Return the images themselves, (N, H, W, C)."""
        height, width, _ = self.clean.shape
        return self.pieces(np.zeros_like(self.corners), (height, width), 0.0)

    def only(self, channel: int) -> "Variants":
        """Return one map of all."""
        one = np.s_[..., channel : channel + 1]
        return Variants(self.clean[one], self.boxes[one], self.corners)


class Cone:
    """One image's pass up a chain, kept, and how to compute parts of it again.

    Parameters
    ----------
    chain : Sequential
    image : (H, W, C)
        As the chain takes it.
    watched : str
        Name of a layer whose outputs will be asked for.
    """

    def __init__(self, chain: Sequential, image: Array, watched: str) -> None:
        self.image = image
        self.steps = tuple(_steps(chain, image, watched))

    def ascend(self, boxes: Array, corners: Array) -> Iterator[tuple[str, Variants | Array]]:
        """Pass variants of the image up the chain, see `Variants`; yield names and outputs of layers.

        Yields
        ------
        str, Variants or array (N, ...)
            Of the watched layer and the last, and of some others. Arrays as soon as the change may be
            anywhere, because it has spread so far or because of a layer that can't be computed in pieces.
        """
        y: Variants | Array = Variants(self.image, boxes, corners)
        for step in self.steps:
            y = step.pass_on(y) if isinstance(y, Variants) else step.whole(y)
            yield step.name, y


class _Step(NamedTuple):
    """A layer, with the layers behind it that treat every position by itself."""

    name: str  # of the last of them
    whole: Plan
    pieces: Plan  # for pieces, which bring along what lies beyond the image
    first: Layer
    clean: Array | None  # (OH, OW, F): of the clean image; None where it can't be computed in pieces

    def pass_on(self, x: Variants) -> Variants | Array:
        """Compute what may have changed."""
        layer = self.first
        if self.clean is None:
            return self.whole(x.whole())
        if layer.locality == "position" or layer.window is None:
            return Variants(self.clean, self.whole(x.boxes), x.corners)
        (height, width), stride = layer.window.span, layer.window.stride
        corners, reached = layer.window.reach(x.corners, x.boxes.shape[1:3], x.clean.shape, layer.kind)
        if reached == self.clean.shape[:2]:
            return self.whole(x.whole())
        (top, left), _ = layer.window.place(x.clean.shape, layer.kind)
        under = (reached[0] - 1) * stride[0] + height, (reached[1] - 1) * stride[1] + width
        beyond = np.nan if layer.beyond is None else layer.beyond  # NaN: to be seen, were it ever reached
        pieces = x.pieces(corners * stride - (top, left), under, beyond)
        return Variants(self.clean, self.pieces(pieces), corners)


def _steps(chain: Sequential, image: Array, watched: str) -> Iterator[_Step]:
    """Cut a chain into steps, none of which goes beyond the watched layer."""
    names = list(chain.layers)
    starts = [
        n
        for n, name in enumerate(names)
        if n == 0 or chain[name].locality != "position" or names[n - 1] == watched
    ]
    x, in_pieces = image[np.newaxis], True
    for start, stop in zip(starts, [*starts[1:], len(names)], strict=True):
        first, last = names[start], names[stop - 1]
        part, layer = chain[first:last], chain[first]
        whole, in_pieces = Plan(part), in_pieces and _takes_pieces(layer)
        if in_pieces:
            x = whole(x)
        pads = in_pieces and _pads(layer)
        pieces = Plan(Sequential({**part.layers, first: _unpadded(layer)})) if pads else whole
        yield _Step(last, whole, pieces, layer, x[0] if in_pieces else None)


def _takes_pieces(layer: Layer) -> bool:
    """Say whether a layer can be computed in pieces that bring along what lies beyond the image."""
    return is_local(layer) and (layer.beyond is not None or not _pads(layer))


def _pads(layer: Layer) -> bool:
    return layer.locality == "window" and layer.window is not None and layer.window.pads


def _unpadded(layer: Layer) -> Layer:
    """Return a layer without its padding."""
    bare = copy.copy(layer)
    if bare.window is not None:  # as of every layer that pads
        bare.window = bare.window.unpadded()
    return bare
