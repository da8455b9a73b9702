"""Winograd's convolution of a batch, tile by tile; see `npdeconv.fast.winograd`.

A tile is as many squares as the cache holds together with their products: some rows of one large
image, or several small images. All stages are done for one tile before the next begins.
"""

import math
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from npdeconv._jit import kernel
from npdeconv._types import Array, Pair
from npdeconv.fast.winograd_transforms import (
    ELEMENTS,
    OUT,
    inputs_from_squares,
    squares_from_inputs,
    squares_from_outputs,
)

TILE_BYTES = 3 * 2**19  # of squares and products: a little more than second-level caches hold
SUM = 7  # the element that every output of a square contains once

Place: TypeAlias = tuple[Pair, Pair]
"""The padding (top, left) and the output shape (OH, OW) of a convolution, as `Conv2D.place` returns them."""


class Tile(NamedTuple):
    """Some rows of squares of some images; of several images, all rows."""

    images: slice  # of the batch
    rows: int  # of squares, of each image
    top: int  # the first output row of these squares
    bottom: int  # and the one behind the last

    def numbered(self, columns: int) -> Iterator[tuple[int, int]]:
        """Yield each image's number in the batch, and where its squares begin among the tile's."""
        for n in range(self.images.start, self.images.stop):
            yield n, (n - self.images.start) * self.rows * columns


Fill: TypeAlias = Callable[[int, int, int, Array], None]
"""Given n, top and bottom, writes the gradient of the n-th image's outputs in these rows to an array
(at least bottom - top, at least OW, F), with zeros beyond."""


class Tiles:
    """The tiles of a batch in their order, and memory for one of them.

    Parameters
    ----------
    batch : int
        Number of images.
    place : Place
    filters_shape : (C, F)
    dtype : float32 or float64
    """

    def __init__(self, batch: int, place: Place, filters_shape: Pair, dtype: np.dtype[Any]) -> None:
        self.batch, (self.offset, self.out_shape) = batch, place
        self.channels, self.filters = filters_shape
        self.rows, self.columns = (-(-length // OUT) for length in self.out_shape)
        self.images_per_tile, self.rows_per_tile = self._largest(dtype.itemsize)
        squares = self.images_per_tile * self.rows_per_tile * self.columns
        sizes = [
            ELEMENTS * squares * self.channels,
            ELEMENTS * squares * self.filters,
            (self.rows_per_tile * OUT + 2) * (self.columns * OUT + 2) * self.channels,
            self.rows_per_tile * OUT * self.columns * OUT * self.filters,
        ]
        self._of_inputs, self._of_outputs, self._padded, self._maps = _rooms(sizes, dtype)

    def __iter__(self) -> Iterator[Tile]:
        """Yield the tiles, one image's from top to bottom."""
        for first in range(0, self.batch, self.images_per_tile):
            images = slice(first, min(first + self.images_per_tile, self.batch))
            for row in range(0, self.rows, self.rows_per_tile):
                rows = min(self.rows_per_tile, self.rows - row)
                yield Tile(images, rows, row * OUT, min((row + rows) * OUT, self.out_shape[0]))

    def maps(self, tile: Tile) -> Array:
        """Return room for the outputs of one image of a tile, (bottom - top, OW, F)."""
        return _shaped(self._maps, tile.bottom - tile.top, self.out_shape[1], self.filters)

    def products(self, tile: Tile, x: Array, transformed: Array, bias: Array) -> Array:
        """Return M, the products with the filters (36, C, F), and the bias in them: (36, squares, F)."""
        products = self._squares(self._of_outputs, tile, self.filters)
        multiply(self._squares_of_inputs(tile, x), transformed, products)
        add_to_rows(bias, products[SUM])
        return products

    def gradient_squares(self, tile: Tile, fill: Fill) -> Array:
        """Return W, the transformed gradients of the outputs: (36, squares, F)."""
        dmaps = _shaped(self._maps, tile.rows * OUT, self.columns * OUT, self.filters)
        gradients = self._squares(self._of_outputs, tile, self.filters)
        for n, first in tile.numbered(self.columns):
            fill(n, tile.top, tile.bottom, dmaps)
            squares_from_outputs(dmaps, first, gradients)
        return gradients

    def add_to_filters(self, tile: Tile, x: Array, gradients: Array, sums: Array, dbias: Array) -> None:
        """Add what a tile contributes to dU (36, C, F) and to the gradient of the bias (F,)."""
        is_first = tile.images.start == tile.top == 0
        add_transposed_products(self._squares_of_inputs(tile, x), gradients, is_first, sums)
        add_rows(gradients[SUM], dbias)

    def add_to_inputs(self, tile: Tile, gradients: Array, transposed: Array, dx: Array) -> None:
        """Add what a tile contributes to the gradient of the inputs, dx (N, H, W, C)."""
        if tile.top == 0:
            dx[tile.images] = 0  # here and not before, so that it is in the cache when it is added to
        squares = self._squares(self._of_inputs, tile, self.channels)
        multiply(gradients, transposed, squares)
        top, left = tile.top - self.offset[0], -self.offset[1]
        images_of_squares(squares, self._padded_image(tile), top, left, dx[tile.images])

    def _squares_of_inputs(self, tile: Tile, x: Array) -> Array:
        """Return V, the transformed inputs: (36, squares, C)."""
        squares = self._squares(self._of_inputs, tile, self.channels)
        top, left = tile.top - self.offset[0], -self.offset[1]
        squares_of_images(x[tile.images], top, left, self._padded_image(tile), squares)
        return squares

    def _squares(self, room: Array, tile: Tile, depth: int) -> Array:
        images = tile.images.stop - tile.images.start
        return _shaped(room, ELEMENTS, images * tile.rows * self.columns, depth)

    def _padded_image(self, tile: Tile) -> Array:
        return _shaped(self._padded, tile.rows * OUT + 2, self.columns * OUT + 2, self.channels)

    def _largest(self, itemsize: int) -> Pair:
        """Return how many images, and how many rows of squares of each, a tile has at most."""
        # The filters are fetched anew for each tile: where they are large, so are the tiles.
        most = max(TILE_BYTES, ELEMENTS * self.channels * self.filters * itemsize)
        row_bytes = self.columns * ELEMENTS * (self.channels + self.filters) * itemsize
        most_rows = max(1, most // row_bytes)
        if most_rows >= self.rows:
            return max(1, min(self.batch, most_rows // self.rows)), self.rows
        return 1, -(-self.rows // -(-self.rows // most_rows))  # tiles of one height


def _shaped(room: Array, *shape: int) -> Array:
    """Return as much of a room as an array of this shape takes."""
    return room[: math.prod(shape)].reshape(shape)


_held = threading.local()


def _rooms(sizes: list[int], dtype: np.dtype[Any]) -> list[Array]:
    """Return memory for arrays of these sizes. Each thread keeps its own: fresh memory costs time to get."""
    memory = _held.__dict__.get(dtype.char)
    if memory is None or memory.size < sum(sizes):
        memory = _held.__dict__[dtype.char] = np.empty(sum(sizes), dtype)
    return np.split(memory[: sum(sizes)], np.cumsum(sizes)[:-1])


@kernel
def squares_of_images(x: Array, top: int, left: int, padded: Array, squares: Array) -> None:
    """Transform the part of each image that begins at (top, left), see `squares_from_inputs`."""
    for n in range(len(x)):
        copy_padded(x[n], top, left, padded)
        squares_from_inputs(padded, squares.shape[1] // len(x) * n, squares)


@kernel
def images_of_squares(squares: Array, padded: Array, top: int, left: int, dx: Array) -> None:
    """Add each image's transformed squares to its part that begins at (top, left)."""
    for n in range(len(dx)):
        padded[:] = 0
        inputs_from_squares(squares, squares.shape[1] // len(dx) * n, padded)
        _add_cropped(padded, top, left, dx[n])


@kernel
def multiply(squares: Array, matrices: Array, products: Array) -> None:
    """Multiply the matrices of each of the 36 elements."""
    for e in range(ELEMENTS):
        np.dot(squares[e], matrices[e], products[e])


@kernel
def add_transposed_products(squares: Array, gradients: Array, is_first: bool, sums: Array) -> None:
    """Add squares[e].T @ gradients[e] to the sums (36, C, F); the first time, write it there."""
    product = np.empty(sums.shape[1:], sums.dtype)
    for e in range(ELEMENTS):
        if is_first:
            np.dot(squares[e].T, gradients[e], sums[e])
        else:
            np.dot(squares[e].T, gradients[e], product)
            _add(product, sums[e])


@kernel
def add_to_rows(row: Array, rows: Array) -> None:
    """Add one row (F,) to all rows (P, F)."""
    for p in range(len(rows)):
        for f in range(len(row)):
            rows[p, f] += row[f]


@kernel
def add_rows(rows: Array, row: Array) -> None:
    """Add all rows (P, F) to one row (F,)."""
    for p in range(len(rows)):
        for f in range(len(row)):
            row[f] += rows[p, f]


@kernel
def _add(source: Array, target: Array) -> None:
    """Add one contiguous array to another; Numba takes seconds to compile `target += source`."""
    terms, sums = source.reshape(-1), target.reshape(-1)
    for k in range(sums.size):
        sums[k] += terms[k]


@kernel
def copy_padded(image: Array, top: int, left: int, padded: Array) -> None:
    """Copy the part of an image that begins at (top, left), with zeros beyond the image."""
    height, width = image.shape[:2]
    first, last = max(left, 0), min(left + padded.shape[1], width)
    for i in range(padded.shape[0]):
        h = top + i
        if 0 <= h < height and first < last:
            padded[i, : first - left] = 0
            source, target = (
                image[h, first:last].reshape(-1),
                padded[i, first - left : last - left].reshape(-1),
            )
            for k in range(source.size):
                target[k] = source[k]
            padded[i, last - left :] = 0
        else:
            padded[i] = 0


@kernel
def _add_cropped(padded: Array, top: int, left: int, image: Array) -> None:
    """Add an array to the part of an image that begins at (top, left), without what lies beyond."""
    height, width = image.shape[:2]
    first, last = max(left, 0), min(left + padded.shape[1], width)
    for i in range(max(-top, 0), min(padded.shape[0], height - top)):
        _add(padded[i, first - left : last - left], image[top + i, first:last])
