"""Image patches to matrix rows and back, which turns a convolution into a matrix product.

Chellapilla, Puri & Simard, "High Performance Convolutional Neural Networks for Document
Processing" (2006), section 3.
"""

from npdeconv._jit import kernel
from npdeconv._types import Array, Pair


@kernel
def im2col(images: Array, stride: Pair, offset: Pair, dilation: Pair, first_row: int, columns: Array) -> None:
    """Copy the patch under every filter position of some output rows.

    Parameters
    ----------
    images : (N, H, W, C)
    stride, offset : pairs
        Of the filter positions: the patch of output (r, q) has its corner at
        (r * stride[0] - offset[0], q * stride[1] - offset[1]).
    dilation : pair
        Distance between neighboring rows or columns of a patch.
    first_row : int
        The first output row to copy.
    columns : (N, rows, OW, KH, KW, C)
        Filled with the patches; zeros where a patch leaves the image.
    """
    batch, height, width, channels = images.shape
    rows, out_width, filter_height, filter_width = columns.shape[1:5]
    # A row of a patch is contiguous in the image; if dilated, only each of its pixels is.
    pixels = filter_width if dilation[1] == 1 else 1
    length, row_length, line_length = pixels * channels, filter_width * channels, width * channels
    lines = images.reshape(batch, height, line_length)
    patches = columns.reshape(batch, rows, out_width, filter_height, row_length)
    for n in range(batch):
        for r in range(rows):
            for kh in range(filter_height):
                h = (first_row + r) * stride[0] - offset[0] + kh * dilation[0]
                is_inside = 0 <= h < height
                line = lines[n, h if is_inside else 0]
                for start in range(0, row_length, length):
                    shift = start * dilation[1] - offset[1] * channels
                    for q in range(out_width):
                        target = patches[n, r, q, kh, start : start + length]
                        left = q * stride[1] * channels + shift
                        if not is_inside:
                            target[:] = 0
                            continue
                        for k in range(length):
                            target[k] = line[left + k] if 0 <= left + k < line_length else 0


@kernel
def col2im(columns: Array, stride: Pair, offset: Pair, dilation: Pair, first_row: int, images: Array) -> None:
    """Add every patch back to where `im2col` took it: the transposed map.

    Parameters
    ----------
    columns : (N, rows, OW, KH, KW, C)
    stride, offset, dilation, first_row
        As in `im2col`.
    images : (N, H, W, C)
        Added to; where patches overlap, they sum.
    """
    height, width, channels = images.shape[1:]
    batch, rows, out_width, filter_height, filter_width = columns.shape[:5]
    for n in range(batch):
        for r in range(rows):
            top = (first_row + r) * stride[0] - offset[0]
            for q in range(out_width):
                left = q * stride[1] - offset[1]
                for kh in range(filter_height):
                    for kw in range(filter_width):
                        h, w = top + kh * dilation[0], left + kw * dilation[1]
                        if 0 <= h < height and 0 <= w < width:
                            for c in range(channels):
                                images[n, h, w, c] += columns[n, r, q, kh, kw, c]
