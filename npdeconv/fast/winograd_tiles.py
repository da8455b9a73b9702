"""Winograd's convolution of a batch, tile by tile; see `npdeconv.fast.winograd`.

A tile has as many squares as the cache holds together with their products: some rows of one large
image, or several small images. Each tile passes all stages, and then ReLU and pooling
(`npdeconv.fast.relu_and_pool`), before the next tile begins.

First come the three passes, then their stages. `npdeconv.fast.tiling` cuts batch and memory.
"""

import numpy as np

from npdeconv._jit import inlined, kernel
from npdeconv._types import Array, Pair
from npdeconv.fast.equal_patches import copy_to_equals
from npdeconv.fast.relu_and_pool import add_bias, pool_and_rectify, rectify, rectify_and_mark, unpool
from npdeconv.fast.tiling import Room, Tile, Tiling, Wanted, count_tiles, cut_workspace, shaped, tile_at
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
    wanted: Wanted,
    firsts: Array,
    tiling: Tiling,
    workspace: Array,
    y: Array,
    winners: Array,
) -> None:
    """Correlate and add the bias; then, where asked for, rectify and pool.

    Parameters
    ----------
    x : (N, H, W, C)
    transformed : (36, C, F)
        From `npdeconv.fast.winograd.transform_filters`.
    bias : (F,)
    wanted : Wanted
    firsts : int32 (N, OH, OW)
        Positions of equal patches.
    tiling : Tiling
    workspace : (size,)
        Written over; see `cut_workspace`.
    y : (N, OH // side, OW // side, F)
        Filled.
    winners : uint8, as y
        Filled where wanted, and with pooling; see `npdeconv.fast.relu_and_pool`.
    """
    channels, filters = transformed.shape[1:]
    room = cut_workspace(workspace, tiling, channels, filters)
    for number in range(count_tiles(len(x), tiling)):
        tile = tile_at(number, len(x), tiling)
        top, bottom, count = tile.top, tile.bottom, tile.rows * tile.columns
        squares = input_squares(x, tile, tiling.offset, room)
        products = shaped(room.outputs, ELEMENTS, tile.images * count, filters)
        for e in range(ELEMENTS):
            np.dot(squares[e], transformed[e], products[e])
        add_bias(products[SUM], bias)
        for i in range(tile.images):
            n = tile.first + i
            if tiling.side == 2:
                maps = shaped(room.maps, bottom - top, tiling.out_shape[1], filters)
                outputs_from_squares(products, i * count, maps)
                if wanted.ties:
                    copy_to_equals(maps, bias, firsts[n], top, bottom)
                pool_and_rectify(maps, y[n, top // 2 : bottom // 2], winners[n, top // 2 : bottom // 2])
            else:
                outputs_from_squares(products, i * count, y[n, top:bottom])
                if wanted.ties:
                    copy_to_equals(y[n, :bottom], bias, firsts[n], top, bottom)
                if wanted.rectified and wanted.winners:
                    rectify_and_mark(y[n, top:bottom].reshape(-1), winners[n, top:bottom].reshape(-1))
                elif wanted.rectified:
                    rectify(y[n, top:bottom])


@kernel
def backward(
    x: Array,
    dy: Array,
    winners: Array,
    transposed: Array,
    tiling: Tiling,
    workspace: Array,
    sums: Array,
    dbias: Array,
    dx: Array,
) -> None:
    """Carry gradients back through pooling, rectifier and convolution.

    Parameters
    ----------
    x, winners, tiling, workspace
        As for `forward`.
    dy : (N, OH // side, OW // side, F)
    transposed : (36, F, C)
        From `npdeconv.fast.winograd.transpose_filters`.
    sums : (36, C, F)
        Filled: the gradient of the transformed filters.
    dbias : (F,)
        Added to.
    dx : (N, H, W, C)
        Filled.
    """
    room = cut_workspace(workspace, tiling, x.shape[3], dy.shape[3])
    for number in range(count_tiles(len(x), tiling)):
        tile = tile_at(number, len(x), tiling)
        squares = gradient_squares(dy, winners, tile, tiling.side, room)
        add_gradients(x, squares, tile, tiling.offset, room, sums, dbias)
        fill_inputs(squares, transposed, tile, tiling.offset, room, dx)


@kernel
def gradients(
    x: Array, dy: Array, winners: Array, tiling: Tiling, workspace: Array, sums: Array, dbias: Array
) -> None:
    """Do the part of `backward` that the parameters' gradients need."""
    room = cut_workspace(workspace, tiling, x.shape[3], dy.shape[3])
    for number in range(count_tiles(len(x), tiling)):
        tile = tile_at(number, len(x), tiling)
        squares = gradient_squares(dy, winners, tile, tiling.side, room)
        add_gradients(x, squares, tile, tiling.offset, room, sums, dbias)


@inlined
def input_squares(x: Array, tile: Tile, offset: Pair, room: Room) -> Array:
    """Return a tile's transformed squares of inputs, (36, squares, C)."""
    channels, count = x.shape[3], tile.rows * tile.columns
    squares = shaped(room.inputs, ELEMENTS, tile.images * count, channels)
    padded = shaped(room.padded, tile.rows * OUT + 2, tile.columns * OUT + 2, channels)
    for i in range(tile.images):
        _copy_padded(x[tile.first + i], tile.top - offset[0], -offset[1], padded)
        squares_from_inputs(padded, i * count, squares)
    return squares


@inlined
def gradient_squares(dy: Array, winners: Array, tile: Tile, side: int, room: Room) -> Array:
    """Return a tile's transformed squares of unpooled, gated gradients, (36, squares, F)."""
    filters, count = dy.shape[3], tile.rows * tile.columns
    squares = shaped(room.outputs, ELEMENTS, tile.images * count, filters)
    maps = shaped(room.maps, tile.rows * OUT, tile.columns * OUT, filters)
    top, bottom = tile.top // side, tile.bottom // side
    for i in range(tile.images):
        n = tile.first + i
        unpool(dy[n, top:bottom], winners[n, top:bottom], side, maps)
        squares_from_outputs(maps, i * count, squares)
    return squares


@inlined
def add_gradients(
    x: Array, gradients: Array, tile: Tile, offset: Pair, room: Room, sums: Array, dbias: Array
) -> None:
    """Add a tile's share to the gradients of the transformed filters and the bias."""
    for s in range(gradients.shape[1]):
        for f in range(len(dbias)):
            dbias[f] += gradients[SUM, s, f]
    squares = input_squares(x, tile, offset, room)
    product = room.product.reshape(sums.shape[1], sums.shape[2])
    for e in range(ELEMENTS):
        if tile.first == 0 and tile.top == 0:
            np.dot(squares[e].T, gradients[e], sums[e])
        else:
            np.dot(squares[e].T, gradients[e], product)
            _add(product, sums[e])


@inlined
def fill_inputs(gradients: Array, transposed: Array, tile: Tile, offset: Pair, room: Room, dx: Array) -> None:
    """Add a tile's share to the gradient of the inputs; an image's first tile sets it to 0 before."""
    channels, count = dx.shape[3], tile.rows * tile.columns
    squares = shaped(room.inputs, ELEMENTS, tile.images * count, channels)
    padded = shaped(room.padded, tile.rows * OUT + 2, tile.columns * OUT + 2, channels)
    for e in range(ELEMENTS):
        np.dot(gradients[e], transposed[e], squares[e])
    for i in range(tile.images):
        n = tile.first + i
        if tile.top == 0:
            dx[n] = 0
        padded[:] = 0
        inputs_from_squares(squares, i * count, padded)
        _add_cropped(padded, tile.top - offset[0], -offset[1], dx[n])


@kernel
def _add(source: Array, target: Array) -> None:
    """Add one contiguous array to another; Numba takes seconds to compile `target += source`."""
    terms, sums = source.reshape(-1), target.reshape(-1)
    for k in range(sums.size):
        sums[k] += terms[k]


@kernel
def _copy_padded(image: Array, top: int, left: int, padded: Array) -> None:
    """Copy the part of an image from (top, left) on, with zeros beyond the image."""
    height, width = image.shape[:2]
    first, last = max(left, 0), min(left + padded.shape[1], width)
    for i in range(padded.shape[0]):
        h = top + i
        if 0 <= h < height and first < last:
            padded[i, : first - left] = 0
            source = image[h, first:last].reshape(-1)
            target = padded[i, first - left : last - left].reshape(-1)
            for k in range(source.size):
                target[k] = source[k]
            padded[i, last - left :] = 0
        else:
            padded[i] = 0


@kernel
def _add_cropped(padded: Array, top: int, left: int, image: Array) -> None:
    """Add an array to the part of an image from (top, left) on; drop the rest beyond the image."""
    height, width = image.shape[:2]
    first, last = max(left, 0), min(left + padded.shape[1], width)
    for i in range(max(-top, 0), min(padded.shape[0], height - top)):
        _add(padded[i, first - left : last - left], image[top + i, first:last])
