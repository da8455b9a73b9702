"""Winograd's convolution behind the same three functions as `npdeconv.kernels.convolution`, for timing."""

import numpy as np

from npdeconv._checks import kernel_input
from npdeconv._jit import kernel
from npdeconv._types import Array, Pair, Shape
from npdeconv.fast import winograd
from npdeconv.fast.tiling import Tiling, count_tiles, cut_workspace, tile_at
from npdeconv.fast.winograd_tiles import fill_inputs, gradient_squares


def convolve(x: Array, weight: Array, bias: Array, stride: Pair, offset: Pair, out_shape: Pair) -> Array:
    """Correlate the images with 3x3 filters and add the bias; the stride is 1."""
    filters = winograd.transform_filters(weight), bias
    return winograd.forward(x, filters, (offset, out_shape), False, 1, False)[0]


def weight_gradient(x: Array, dy: Array, weight_shape: Shape, stride: Pair, offset: Pair) -> Array:
    """Return the gradient (3, 3, C, F); the stride is 1."""
    place = offset, (dy.shape[1], dy.shape[2])
    return winograd.gradients(x, dy, np.zeros(dy.shape, np.uint8), place, 1)[0]


def convolve_transposed(dy: Array, weight: Array, stride: Pair, offset: Pair, image_shape: Pair) -> Array:
    """Filter with the transposed filters; the stride is 1."""
    place = offset, (dy.shape[1], dy.shape[2])
    transposed = winograd.transpose_filters(winograd.transform_filters(weight))
    dx = np.empty((len(dy), *image_shape, weight.shape[2]), dy.dtype)
    cut = winograd.cut(len(dy), weight.shape[2:], place, 1, dy.dtype)
    _fill_inputs(kernel_input(dy), np.zeros(dy.shape, np.uint8), transposed, *cut, dx)
    return dx


@kernel
def _fill_inputs(
    dy: Array, winners: Array, transposed: Array, tiling: Tiling, workspace: Array, dx: Array
) -> None:
    room = cut_workspace(workspace, tiling, dx.shape[3], dy.shape[3])
    for number in range(count_tiles(len(dy), tiling)):
        tile = tile_at(number, len(dy), tiling)
        squares = gradient_squares(dy, winners, tile, tiling.side, room)
        fill_inputs(squares, transposed, tile, tiling.offset, room, dx)
