"""Winograd's convolution by the three functions of `npdeconv.kernels.convolution`, to be timed beside it."""

import numpy as np

from npdeconv._checks import kernel_input
from npdeconv._types import Array, Pair, Shape
from npdeconv.fast import winograd
from npdeconv.fast.winograd_tiles import Fill, Tiles, copy_padded


def convolve(x: Array, weight: Array, bias: Array, stride: Pair, offset: Pair, out_shape: Pair) -> Array:
    """Correlate the images with 3x3 filters and add the bias; the stride is 1."""
    transformed, place = winograd.transform_filters(weight), (offset, out_shape)
    return winograd.convolve(x, transformed, bias, place, rectified=False, keeps_ties=False)


def weight_gradient(x: Array, dy: Array, weight_shape: Shape, stride: Pair, offset: Pair) -> Array:
    """Return the gradient (3, 3, C, F); the stride is 1."""
    place = offset, (dy.shape[1], dy.shape[2])
    return winograd.gradients(x, _copied(dy), place, (weight_shape[2], weight_shape[3]))[0]


def convolve_transposed(dy: Array, weight: Array, stride: Pair, offset: Pair, image_shape: Pair) -> Array:
    """Filter with the transposed filters; the stride is 1."""
    transposed = winograd.transpose_filters(winograd.transform_filters(weight))
    channels, filters = weight.shape[2:]
    tiles = Tiles(len(dy), (offset, (dy.shape[1], dy.shape[2])), (channels, filters), dy.dtype)
    dx = np.empty((len(dy), *image_shape, channels), dy.dtype)
    for tile in tiles:
        tiles.add_to_inputs(tile, tiles.gradient_squares(tile, _copied(dy)), transposed, dx)
    return dx


def _copied(dy: Array) -> Fill:
    """Return what hands the gradient of the outputs on as it is."""
    dy = kernel_input(dy)
    return lambda tile, dmaps: copy_padded(dy[tile.images], tile.top, 0, dmaps)
