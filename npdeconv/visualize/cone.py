"""The cone: what a change in one box of an image can reach, layer by layer, and nothing else.

A unit sees only its receptive field, so a box of pixels reaches only some of the next layer's
units, those reach some of the layer after, and all others stay as they were. It is therefore
enough to compute the units inside this widening cone: by the layers themselves, from pieces of
what they would see.
"""

import copy
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from npdeconv._checks import kernel_input
from npdeconv._types import Array, Pair
from npdeconv.kernels.pieces import cut
from npdeconv.layers import (
    AvgPool2D,
    Conv2D,
    Dropout,
    Ink,
    Layer,
    LeakyReLU,
    LocalResponseNorm,
    MaxPool2D,
    ReLU,
    Sequential,
    Standardize,
    Tanh,
)
from npdeconv.layers.pool import Pool2D

POINTWISE = {Dropout, Ink, LeakyReLU, LocalResponseNorm, ReLU, Standardize, Tanh}
"""Kinds of layers that treat every position by itself."""

BEYOND: dict[type[Layer], float] = {Conv2D: 0.0, MaxPool2D: -np.inf, AvgPool2D: np.nan}
"""Kinds of layers that look through a window, and what it shows beyond the image."""


def is_local(layer: Layer) -> bool:
    """Say whether a layer's units are known to depend on what lies under their window, and on nothing else.

    Only the kinds themselves are: a user's own, even if derived from them, may do anything.
    """
    return type(layer) in POINTWISE or type(layer) in BEYOND


class Variants(NamedTuple):
    """N images or maps that differ from a clean one in one box each, all boxes of one size."""

    clean: Array  # (H, W, C)
    boxes: Array  # (N, h, w, C): what is in the boxes
    corners: Array  # int (N, 2): row and column of their upper left corners

    def pieces(self, places: Array, size: Pair, beyond: float) -> Array:
        """Cut a piece out of each, see `npdeconv.kernels.pieces.cut`."""
        result = np.empty((len(self.boxes), *size, self.clean.shape[2]), self.clean.dtype)
        clean, boxes, corners = map(kernel_input, self)
        cut(clean, boxes, corners, kernel_input(places), beyond, result)
        return result

    def whole(self) -> Array:
        """Return the images themselves, (N, H, W, C)."""
        height, width, _ = self.clean.shape
        return self.pieces(np.zeros_like(self.corners), (height, width), 0.0)

    def only(self, channel: int) -> "Variants":
        """Return one map of all."""
        one = np.s_[..., channel : channel + 1]
        return Variants(self.clean[one], self.boxes[one], self.corners)


def clean_pass(chain: Sequential, image: Array) -> tuple[Array, ...]:
    """Return the outputs (OH, OW, F) for one image (H, W, C), as far as `ascend` needs them."""
    outputs = []
    x = image[np.newaxis]
    for layer in chain.layers.values():
        if not _takes_pieces(layer):
            break
        x = layer(x)
        outputs.append(x[0])
    return tuple(outputs)


def ascend(
    chain: Sequential, outputs: Sequence[Array], x: Variants
) -> Iterator[tuple[str, Variants | Array]]:
    """Pass variants of an image up a chain; yield each layer's name and outputs.

    Parameters
    ----------
    chain : Sequential
    outputs : sequence of (OH, OW, F)
        Those of the clean image, see `clean_pass`.
    x : Variants

    Yields
    ------
    str, Variants or array (N, ...)
        The latter as soon as the change may be anywhere, because it has spread so far or because of
        a layer that can't be computed in pieces.
    """
    y: Variants | Array = x
    for (name, layer), clean in zip_longest(chain.layers.items(), outputs):
        y = _pass(layer, y, clean) if isinstance(y, Variants) else layer(y)
        yield name, y


def _pass(layer: Layer, x: Variants, clean: Array | None) -> Variants | Array:
    if clean is None:
        return layer(x.whole())
    if type(layer) in POINTWISE:
        return Variants(clean, layer(x.boxes), x.corners)
    assert isinstance(layer, Conv2D | Pool2D)
    size, stride, _ = layer.window
    corners, (height, width) = layer.window.reach(x.corners, x.boxes.shape[1:3], x.clean.shape, layer.name)
    if (height, width) == clean.shape[:2]:
        return layer(x.whole())
    (top, left), _ = layer.window.place(x.clean.shape, layer.name)
    under = (height - 1) * stride[0] + size[0], (width - 1) * stride[1] + size[1]
    pieces = x.pieces(corners * stride - (top, left), under, BEYOND[type(layer)])
    return Variants(clean, _unpadded(layer)(pieces), corners)


def _takes_pieces(layer: Layer) -> bool:
    """Say whether a layer can be computed in pieces that bring along what lies beyond the image."""
    # A mean leaves the padding out, but in a piece it is like any pixel.
    leaves_out = isinstance(layer, AvgPool2D) and layer.window.padding != "valid"
    return is_local(layer) and not leaves_out


def _unpadded(layer: Conv2D | Pool2D) -> Layer:
    """Return the layer as it is for pieces, which bring along what lies beyond the image."""
    bare = copy.copy(layer)
    bare.window = layer.window._replace(padding="valid")
    return bare
