"""Floor 0: the loops. No layers, no checks.

`reference` holds a plain NumPy twin of each operation (convolution, pooling and their transposes, by
whichever algorithm); Winograd's transforms are also held to the paper's matrices, in the tests.

All images are NHWC and C-contiguous; inputs come read-only (see `npdeconv._checks.kernel_input`).
Geometry is given as pairs: `stride` (rows, columns) and `offset`, the padding (top, left).
"""
