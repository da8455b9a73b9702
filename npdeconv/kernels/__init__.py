"""Floor 0: the loops. No layers, no checks.

In reading order: `im2col` and `product`, `convolution` made of both, `depthwise`, `pooling`.
Tests compare convolution and pooling with `npdeconv.plain`.

All images are NHWC and C-contiguous; inputs come read-only (see `npdeconv._checks.kernel_input`).
Geometry is given as pairs: `stride` (rows, columns) and `offset`, the padding (top, left).
"""
