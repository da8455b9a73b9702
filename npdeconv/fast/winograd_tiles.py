"""Winograd's convolution of a batch, tile by tile; see `npdeconv.fast.winograd`.

A tile is as many squares as the cache holds together with their products: some rows of one large
image, or several small images. All stages are done for one tile before the next begins, and with
them what follows the convolution in the network (`npdeconv.fast.relu_and_pool`).
"""

import numpy as np

from npdeconv._jit import kernel
from npdeconv._types import Array, Pair
from npdeconv.fast.equal_patches import copy_to_equals
from npdeconv.fast.relu_and_pool import add_bias, gate, pool_and_rectify, rectify, unpool_and_gate
from npdeconv.fast.winograd_transforms import (
    ELEMENTS,
    OUT,
    inputs_from_squares,
    outputs_from_squares,
    squares_from_inputs,
    squares_from_outputs,
)

SUM = 7  # the element that every output of a square contains once


@kernel
def forward(
    x: Array,
    transformed: Array,
    bias: Array,
    offset: Pair,
    out_shape: Pair,
    rectified: bool,
    y: Array,
    winners: Array,
    firsts: Array,
    tile: Pair,
    workspace: Array,
) -> None:
    """Correlate and add the bias; then, where asked for, rectify and pool, tile by tile.

    Parameters
    ----------
    x : (N, H, W, C)
    transformed : (36, C, F)
        From `transform_filters`.
    bias : (F,)
    offset : (top, left)
        Padding.
    out_shape : (OH, OW)
        Of the convolution.
    rectified : bool
    y : (N, OH, OW, F), or (N, OH // 2, OW // 2, F) after pooling
        Filled.
    winners : uint8, as y; empty without pooling
        Filled, see `relu_and_pool.pool_and_rectify`; pooling always rectifies.
    firsts : int32 (N, OH, OW), or empty
        Positions of equal patches, which get equal outputs, see `npdeconv.fast.equal_patches`.
    tile : (images, rows of squares)
        At most so many go together.
    workspace : (size,)
        Written over; see `rooms`.
    """
    channels, filters = transformed.shape[1:]
    rows, columns = (out_shape[0] + OUT - 1) // OUT, (out_shape[1] + OUT - 1) // OUT
    tile_images, tile_rows = tile
    square_room, product_room, padded_room, maps_room = rooms(tile, columns, channels, filters, workspace)
    for first_image in range(0, len(x), tile_images):
        images = min(tile_images, len(x) - first_image)
        for first_row in range(0, rows, tile_rows):
            height = min(tile_rows, rows - first_row)
            count = height * columns  # squares of one image
            squares = _shaped(square_room, ELEMENTS, images * count, channels)
            products = _shaped(product_room, ELEMENTS, images * count, filters)
            padded = _shaped(padded_room, height * OUT + 2, columns * OUT + 2, channels)
            for i in range(images):
                _copy_padded(x[first_image + i], first_row * OUT - offset[0], -offset[1], padded)
                squares_from_inputs(padded, i * count, squares)
            for e in range(ELEMENTS):
                np.dot(squares[e], transformed[e], products[e])
            add_bias(products[SUM], bias, False)
            top, bottom = first_row * OUT, min((first_row + height) * OUT, out_shape[0])
            for i in range(images):
                n = first_image + i
                if winners.size > 0:
                    maps = _shaped(maps_room, bottom - top, out_shape[1], filters)
                    outputs_from_squares(products, i * count, maps)
                    if firsts.size > 0:
                        copy_to_equals(maps, bias, firsts[n], top, bottom)
                    half = slice(top // 2, bottom // 2)
                    pool_and_rectify(maps, y[n, half], winners[n, half])
                else:
                    outputs_from_squares(products, i * count, y[n, top:bottom])
                    if firsts.size > 0:
                        copy_to_equals(y[n, :bottom], bias, firsts[n], top, bottom)
                    if rectified:
                        rectify(y[n, top:bottom])


@kernel
def backward(
    x: Array,
    dy: Array,
    y: Array,
    winners: Array,
    transposed: Array,
    offset: Pair,
    out_shape: Pair,
    rectified: bool,
    sums: Array,
    dbias: Array,
    dx: Array,
    tile: Pair,
    workspace: Array,
) -> None:
    """Carry gradients back through pooling, rectifier and convolution, tile by tile.

    Parameters
    ----------
    x, y, winners, offset, out_shape, rectified
        As for `forward`.
    dy : as y
    transposed : (36, F, C)
        From `transpose_filters`.
    sums : (36, C, F), or empty
        Filled: the gradient of the transformed filters.
    dbias : (F,), or empty
        Added to.
    dx : (N, H, W, C), or empty
        Filled.
    tile, workspace
        As for `forward`.
    """
    filters = dy.shape[3]
    channels = max(sums.shape[1], dx.shape[3])
    rows, columns = (out_shape[0] + OUT - 1) // OUT, (out_shape[1] + OUT - 1) // OUT
    tile_images, tile_rows = tile
    square_room, gradient_room, padded_room, maps_room = rooms(tile, columns, channels, filters, workspace)
    product = np.empty((channels, filters), dy.dtype)
    if len(dy) == 0:
        sums[:] = 0
    for first_image in range(0, len(dy), tile_images):
        images = min(tile_images, len(dy) - first_image)
        for first_row in range(0, rows, tile_rows):
            height = min(tile_rows, rows - first_row)
            count = height * columns  # squares of one image
            squares = _shaped(square_room, ELEMENTS, images * count, channels)
            gradients = _shaped(gradient_room, ELEMENTS, images * count, filters)
            padded = _shaped(padded_room, height * OUT + 2, columns * OUT + 2, channels)
            top, bottom = first_row * OUT, min((first_row + height) * OUT, out_shape[0])
            for i in range(images):
                n = first_image + i
                maps = _shaped(maps_room, height * OUT, columns * OUT, filters)
                if winners.size > 0:
                    half = slice(top // 2, bottom // 2)
                    unpool_and_gate(dy[n, half], y[n, half], winners[n, half], maps)
                elif rectified:
                    gate(dy[n, top:bottom], y[n, top:bottom], maps)
                else:
                    _copy_padded(dy[n], top, 0, maps)
                squares_from_outputs(maps, i * count, gradients)
            if dbias.size > 0:
                for s in range(images * count):
                    for f in range(filters):
                        dbias[f] += gradients[SUM, s, f]
            if sums.size > 0:
                for i in range(images):
                    _copy_padded(x[first_image + i], top - offset[0], -offset[1], padded)
                    squares_from_inputs(padded, i * count, squares)
                for e in range(ELEMENTS):
                    if first_image == 0 and first_row == 0:
                        np.dot(squares[e].T, gradients[e], sums[e])
                    else:
                        np.dot(squares[e].T, gradients[e], product)
                        _add(product, sums[e])
            if dx.size > 0:
                for e in range(ELEMENTS):
                    np.dot(gradients[e], transposed[e], squares[e])
                for i in range(images):
                    if first_row == 0:
                        dx[first_image + i] = 0
                    padded[:] = 0
                    inputs_from_squares(squares, i * count, padded)
                    _add_cropped(padded, top - offset[0], -offset[1], dx[first_image + i])


@kernel
def rooms(
    tile: Pair, columns: int, channels: int, filters: int, workspace: Array
) -> tuple[Array, Array, Array, Array]:
    """Cut the workspace into room for squares of inputs and of outputs, a padded image and its maps."""
    images, rows = tile
    squares = ELEMENTS * images * rows * columns
    first = squares * channels
    second = first + squares * filters
    third = second + (rows * OUT + 2) * (columns * OUT + 2) * channels
    last = third + rows * OUT * columns * OUT * filters
    return workspace[:first], workspace[first:second], workspace[second:third], workspace[third:last]


@kernel
def _shaped(room: Array, height: int, width: int, depth: int) -> Array:
    """Return as much of a room as an array of this shape takes."""
    return room[: height * width * depth].reshape(height, width, depth)


@kernel
def _add(source: Array, target: Array) -> None:
    """Add one contiguous array to another; Numba takes seconds to compile `target += source`."""
    terms, sums = source.reshape(-1), target.reshape(-1)
    for k in range(sums.size):
        sums[k] += terms[k]


@kernel
def _copy_padded(image: Array, top: int, left: int, padded: Array) -> None:
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
