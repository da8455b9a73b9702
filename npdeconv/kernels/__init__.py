"""Floor 0: the loops. No classes, no checks; `reference` holds a plain NumPy twin of each kernel.

All images are NHWC and C-contiguous; inputs come read-only (see `npdeconv._checks.as_input`).
Geometry is given as pairs: `stride` (rows, columns) and `offset`, the padding (top, left).
"""
