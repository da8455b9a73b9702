"""Floor 0: the loops. No layers, no checks.

In reading order: `im2col` and `product`, `convolution` made of both, `depthwise`, `pooling`, `ranking`.
Each is held to a plain twin: convolution and pooling to `npdeconv.plain`, the rest to `reference`.

All images are NHWC and C-contiguous; inputs come read-only (see `npdeconv._checks.kernel_input`).
Geometry is given as pairs: `stride` (rows, columns) and `offset`, the padding (top, left).
"""
