"""A convolution in PyTorch that adds in the same order at every place of an image, unlike PyTorch's own.

Matrix products may add in different orders at different rows, in float64 too. Neighbors with equal
patches then differ in the last bit, and rounding decides which of them wins a pooling.
"""

import numba
import numpy as np
import torch
from torch.nn import functional


class AddInOrder(torch.autograd.Function):
    """A convolution of stride 1, in float64, without gradients of the filters."""

    @staticmethod
    def forward(context, x, weight, bias, padding):
        context.save_for_backward(weight)
        context.padding, context.shape = padding, x.shape
        _, channels, height, width = weight.shape
        x = functional.pad(x, (padding[1], padding[1], padding[0], padding[0]))
        rows, columns = x.shape[2] - height + 1, x.shape[3] - width + 1
        y = x.new_zeros(len(x), len(weight), rows, columns)
        for c in range(channels):
            for i in range(height):
                for j in range(width):
                    seen = x[:, c : c + 1, i : i + rows, j : j + columns]
                    y += seen * weight[:, c, i, j, None, None]
        return y + bias[:, None, None]

    @staticmethod
    def backward(context, dy):
        (weight,) = context.saved_tensors
        dx = np.zeros([context.shape[axis] for axis in (0, 2, 3, 1)])
        carry_down(channels_last(dy), channels_last(weight), context.padding, dx)
        return torch.from_numpy(dx).permute(0, 3, 1, 2), None, None, None


def channels_last(tensor):
    return tensor.detach().permute(0, 2, 3, 1).contiguous().numpy()


@numba.njit(fastmath=True)
def carry_down(dy, weight, padding, dx):
    """Add the filters (F, KH, KW, C), scaled by dy, to dx; dy of one unit is mostly 0."""
    count, out_rows, out_columns, filters = dy.shape
    _, rows, columns, _ = dx.shape
    _, height, width, _ = weight.shape
    for n in range(count):
        for row in range(out_rows):
            for column in range(out_columns):
                for f in range(filters):
                    value = dy[n, row, column, f]
                    if value == 0:
                        continue
                    for i in range(height):
                        for j in range(width):
                            r, c = row + i - padding[0], column + j - padding[1]
                            if 0 <= r < rows and 0 <= c < columns:
                                dx[n, r, c] += value * weight[f, i, j]
