"""Convolution in which each filter sees one channel: MobileNet's depthwise layers.

As matrix products, each channel would need one of a single column. Here the innermost loop runs over
the channels, which lie side by side. Sums are in float64 and in the order of the filters' rows and
columns, as in `npdeconv.kernels.product`; positions beyond the image add nothing.
"""

import numpy as np

from npdeconv._jit import kernel
from npdeconv._types import Array, Pair


@kernel
def correlate(
    x: Array, weight: Array, bias: Array, stride: Pair, offset: Pair, dilation: Pair, y: Array
) -> None:
    """Correlate each channel with its own filters, and add the bias.

    Parameters
    ----------
    x : (N, H, W, C)
    weight : float64 (KH, KW, F)
        F is a multiple of C: filters f * F / C and those that follow it see channel f.
    bias : (F,)
    stride, offset, dilation : pairs
    y : (N, OH, OW, F)
        Filled.
    """
    height, width, channels = x.shape[1:]
    batch, out_height, out_width, filters = y.shape
    each = filters // channels
    sums = np.empty(filters, np.float64)
    for n in range(batch):
        for p in range(out_height):
            for q in range(out_width):
                for f in range(filters):
                    sums[f] = bias[f]
                for kh in range(weight.shape[0]):
                    h = p * stride[0] - offset[0] + kh * dilation[0]
                    for kw in range(weight.shape[1]):
                        w = q * stride[1] - offset[1] + kw * dilation[1]
                        if 0 <= h < height and 0 <= w < width:
                            pixel, tap = x[n, h, w], weight[kh, kw]
                            if each == 1:
                                for f in range(filters):
                                    sums[f] += pixel[f] * tap[f]
                            else:
                                for f in range(filters):
                                    sums[f] += pixel[f // each] * tap[f]
                for f in range(filters):
                    y[n, p, q, f] = sums[f]


@kernel
def correlate_transposed(
    dy: Array, weight: Array, stride: Pair, offset: Pair, dilation: Pair, dx: Array
) -> None:
    """Carry outputs back to the pixels: `correlate`, transposed.

    Parameters
    ----------
    dy : (N, OH, OW, F)
    weight : float64 (KH, KW, F)
    stride, offset, dilation : pairs
    dx : (N, H, W, C)
        Filled.
    """
    batch, height, width, channels = dx.shape
    out_height, out_width, filters = dy.shape[1:]
    each = filters // channels
    sums = np.empty(channels, np.float64)
    for n in range(batch):
        for h in range(height):
            for w in range(width):
                sums[:] = 0
                for kh in range(weight.shape[0]):
                    row = h + offset[0] - kh * dilation[0]
                    p = row // stride[0]
                    if p * stride[0] != row or not 0 <= p < out_height:
                        continue
                    for kw in range(weight.shape[1]):
                        column = w + offset[1] - kw * dilation[1]
                        q = column // stride[1]
                        if q * stride[1] != column or not 0 <= q < out_width:
                            continue
                        output, tap = dy[n, p, q], weight[kh, kw]
                        if each == 1:
                            for c in range(channels):
                                sums[c] += output[c] * tap[c]
                        else:
                            for f in range(filters):
                                sums[f // each] += output[f] * tap[f]
                for c in range(channels):
                    dx[n, h, w, c] = sums[c]


@kernel
def add_weight_gradient(
    x: Array, dy: Array, stride: Pair, offset: Pair, dilation: Pair, gradient: Array
) -> None:
    """Add, for each weight, the sum over all positions of its pixel times the output's gradient.

    Parameters
    ----------
    x : (N, H, W, C)
    dy : (N, OH, OW, F)
    stride, offset, dilation : pairs
    gradient : float64 (KH, KW, F)
        Added to.
    """
    height, width, channels = x.shape[1:]
    batch, out_height, out_width, filters = dy.shape
    each = filters // channels
    for n in range(batch):
        for p in range(out_height):
            for q in range(out_width):
                output = dy[n, p, q]
                for kh in range(gradient.shape[0]):
                    h = p * stride[0] - offset[0] + kh * dilation[0]
                    for kw in range(gradient.shape[1]):
                        w = q * stride[1] - offset[1] + kw * dilation[1]
                        if 0 <= h < height and 0 <= w < width:
                            pixel, tap = x[n, h, w], gradient[kh, kw]
                            if each == 1:
                                for f in range(filters):
                                    # Converted to float64 before the product, as in a matrix product.
                                    tap[f] += np.float64(pixel[f]) * output[f]
                            else:
                                for f in range(filters):
                                    tap[f] += np.float64(pixel[f // each]) * output[f]
