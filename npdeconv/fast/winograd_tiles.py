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
    outputs_from_squares,
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
    top: int  # the output rows of these squares are those from `top`
    bottom: int  # up to, without, `bottom`


Fill: TypeAlias = Callable[[Tile, Array], None]
"""Writes the gradient of a tile's outputs to an array (images, 4 * rows, 4 * columns, F), zeros beyond."""


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
            squares * OUT * OUT * self.filters,
        ]
        self._memory = _rooms(sizes, dtype)
        self._shaped: dict[Pair, Rooms] = {}

    def __iter__(self) -> Iterator[Tile]:
        """Yield the tiles, one image's from top to bottom."""
        for first in range(0, self.batch, self.images_per_tile):
            images = slice(first, min(first + self.images_per_tile, self.batch))
            for row in range(0, self.rows, self.rows_per_tile):
                rows = min(self.rows_per_tile, self.rows - row)
                yield Tile(images, rows, row * OUT, min((row + rows) * OUT, self.out_shape[0]))

    def maps(self, tile: Tile) -> Array:
        """Return room for the tile's outputs, (images, output rows, OW, F)."""
        return _shaped(self._memory[3], _count(tile), tile.bottom - tile.top, self.out_shape[1], self.filters)

    def products(self, tile: Tile, x: Array, transformed: Array, bias: Array) -> Array:
        """Return M, the products with the filters (36, C, F), and the bias in them: (36, squares, F)."""
        products = self._rooms(tile).of_outputs
        multiply(self._squares_of_inputs(tile, x), transformed, products)
        add_to_rows(bias, products[SUM])
        return products

    def gradient_squares(self, tile: Tile, fill: Fill) -> Array:
        """Return W, the transformed gradients of the outputs: (36, squares, F)."""
        rooms = self._rooms(tile)
        fill(tile, rooms.maps)
        squares_of_gradients(rooms.maps, rooms.of_outputs)
        return rooms.of_outputs

    def add_to_filters(self, tile: Tile, x: Array, gradients: Array, sums: Array, dbias: Array) -> None:
        """Add what a tile contributes to dU (36, C, F) and to the gradient of the bias (F,)."""
        is_first = tile.images.start == tile.top == 0
        add_transposed_products(self._squares_of_inputs(tile, x), gradients, is_first, sums)
        add_rows(gradients[SUM], dbias)

    def add_to_inputs(self, tile: Tile, gradients: Array, transposed: Array, dx: Array) -> None:
        """Add what a tile contributes to the gradient of the inputs, dx (N, H, W, C)."""
        if tile.top == 0:
            dx[tile.images] = 0  # here and not before, so that it is in the cache when it is added to
        rooms = self._rooms(tile)
        multiply(gradients, transposed, rooms.of_inputs)
        top, left = tile.top - self.offset[0], -self.offset[1]
        images_of_squares(rooms.of_inputs, rooms.padded[0], top, left, dx[tile.images])

    def _squares_of_inputs(self, tile: Tile, x: Array) -> Array:
        """Return V, the transformed inputs: (36, squares, C)."""
        rooms = self._rooms(tile)
        top, left = tile.top - self.offset[0], -self.offset[1]
        squares_of_images(x[tile.images], top, left, rooms.padded, rooms.of_inputs)
        return rooms.of_inputs

    def _rooms(self, tile: Tile) -> "Rooms":
        """Return room for a tile; most tiles are of one shape."""
        images, rows, columns = _count(tile), tile.rows, self.columns
        if (images, rows) not in self._shaped:
            of_inputs, of_outputs, padded, maps = self._memory
            self._shaped[images, rows] = Rooms(
                _shaped(of_inputs, ELEMENTS, images * rows * columns, self.channels),
                _shaped(of_outputs, ELEMENTS, images * rows * columns, self.filters),
                _shaped(padded, 1, rows * OUT + 2, columns * OUT + 2, self.channels),
                _shaped(maps, images, rows * OUT, columns * OUT, self.filters),
            )
        return self._shaped[images, rows]

    def _largest(self, itemsize: int) -> Pair:
        """Return how many images, and how many rows of squares of each, a tile has at most."""
        # The filters are fetched anew for each tile: where they are large, so are the tiles.
        most = max(TILE_BYTES, ELEMENTS * self.channels * self.filters * itemsize)
        row_bytes = self.columns * ELEMENTS * (self.channels + self.filters) * itemsize
        most_rows = max(1, most // row_bytes)
        if most_rows >= self.rows:
            return max(1, min(self.batch, most_rows // self.rows)), self.rows
        return 1, -(-self.rows // -(-self.rows // most_rows))  # tiles of one height


class Rooms(NamedTuple):
    """Memory in the shapes that a tile takes."""

    of_inputs: Array  # (36, squares, C)
    of_outputs: Array  # (36, squares, F)
    padded: Array  # (1, 4 * rows + 2, 4 * columns + 2, C): one image
    maps: Array  # (images, 4 * rows, 4 * columns, F)


def _count(tile: Tile) -> int:
    return int(tile.images.stop - tile.images.start)


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
        copy_padded(x[n : n + 1], top, left, padded)
        squares_from_inputs(padded[0], squares.shape[1] // len(x) * n, squares)


@kernel
def images_of_squares(squares: Array, padded: Array, top: int, left: int, dx: Array) -> None:
    """Add each image's transformed squares to its part that begins at (top, left)."""
    for n in range(len(dx)):
        padded[:] = 0
        inputs_from_squares(squares, squares.shape[1] // len(dx) * n, padded)
        _add_cropped(padded, top, left, dx[n])


@kernel
def maps_of_squares(products: Array, maps: Array) -> None:
    """Transform each image's products to its outputs, see `outputs_from_squares`."""
    for n in range(len(maps)):
        outputs_from_squares(products, products.shape[1] // len(maps) * n, maps[n])


@kernel
def squares_of_gradients(dmaps: Array, gradients: Array) -> None:
    """Transform the gradients of each image's outputs, see `squares_from_outputs`."""
    for n in range(len(dmaps)):
        squares_from_outputs(dmaps[n], gradients.shape[1] // len(dmaps) * n, gradients)


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
def copy_padded(images: Array, top: int, left: int, padded: Array) -> None:
    """Copy the part of each image that begins at (top, left), with zeros beyond the image."""
    height, width = images.shape[1:3]
    first, last = max(left, 0), min(left + padded.shape[2], width)
    for n in range(len(images)):
        for i in range(padded.shape[1]):
            h, row = top + i, padded[n, i]
            if 0 <= h < height and first < last:
                row[: first - left] = 0
                source = images[n, h, first:last].reshape(-1)
                target = row[first - left : last - left].reshape(-1)
                for k in range(source.size):
                    target[k] = source[k]
                row[last - left :] = 0
            else:
                row[:] = 0


@kernel
def _add_cropped(padded: Array, top: int, left: int, image: Array) -> None:
    """Add an array to the part of an image that begins at (top, left), without what lies beyond."""
    height, width = image.shape[:2]
    first, last = max(left, 0), min(left + padded.shape[1], width)
    for i in range(max(-top, 0), min(padded.shape[0], height - top)):
        _add(padded[i, first - left : last - left], image[top + i, first:last])
