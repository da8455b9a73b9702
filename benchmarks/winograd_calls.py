"""Winograd's convolution behind the same three functions as `npdeconv.kernels.convolution`, for timing."""

import numpy as np

from npdeconv._types import Array, Pair, Shape
from npdeconv.fast import winograd
from npdeconv.fast.winograd_transforms import ELEMENTS


def convolve(x: Array, weight: Array, bias: Array, stride: Pair, offset: Pair, out_shape: Pair) -> Array:
    """Correlate the images with 3x3 filters and add the bias; the stride is 1."""
    y = np.empty((len(x), *out_shape, weight.shape[3]), x.dtype)
    transformed = winograd.transform_filters(weight)
    winograd.forward(x, transformed, bias, offset, out_shape, False, y, winograd.UNPOOLED, False)
    return y


def weight_gradient(x: Array, dy: Array, weight_shape: Shape, stride: Pair, offset: Pair) -> Array:
    """Return the gradient (3, 3, C, F); the stride is 1."""
    sums = np.empty((ELEMENTS, *weight_shape[2:]), x.dtype)
    no_filters, no_bias, no_images = (np.empty((0,) * axes, x.dtype) for axes in (3, 1, 4))
    place = offset, (dy.shape[1], dy.shape[2])
    winograd.backward(x, dy, dy, winograd.UNPOOLED, no_filters, *place, False, sums, no_bias, no_images)
    return winograd.gradient_of_filters(sums)


def convolve_transposed(dy: Array, weight: Array, stride: Pair, offset: Pair, image_shape: Pair) -> Array:
    """Filter with the transposed filters; the stride is 1."""
    dx = np.empty((len(dy), *image_shape, weight.shape[2]), dy.dtype)
    no_sums, no_bias, no_images = (np.empty((0,) * axes, dy.dtype) for axes in (3, 1, 4))
    place = offset, (dy.shape[1], dy.shape[2])
    transposed = winograd.transpose_filters(winograd.transform_filters(weight))
    winograd.backward(no_images, dy, dy, winograd.UNPOOLED, transposed, *place, False, no_sums, no_bias, dx)
    return dx
