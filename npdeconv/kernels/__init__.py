"""Floor 0: the loops. No layers, no checks.

In reading order: `im2col` and `product`, `convolution` made of both, `depthwise`, `pooling`, `ranking`.
Tests compare each with a plain twin: convolution and pooling in `npdeconv.plain`, the rest in `reference`.

All images are NHWC and C-contiguous; inputs come read-only (see `npdeconv._checks.kernel_input`).
Geometry is given as pairs: `stride` (rows, columns) and `offset`, the padding (top, left).
"""
