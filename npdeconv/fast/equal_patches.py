"""Equal outputs for equal patches, in spite of Winograd's rounding.

The rounding of an output depends on its place within a square. At equal patches, as on a blank
background or along a straight edge, rounding would then decide gates and winners. Training therefore
finds equal patches of an image first, exactly, and gives all of them the output of the first. A patch
of zeros gets the bias.
"""

from functools import lru_cache

import numpy as np

from npdeconv._checks import kernel_input
from npdeconv._jit import kernel
from npdeconv._types import Array, Pair

BLANK = -1  # number of a pixel that is 0 in all channels, as padding is; and of a patch of such pixels
SIDE = 3  # of a filter


def first_equals(x: Array, offset: Pair, out_shape: Pair, band: int) -> Array:
    """Return, for every output position of a 3x3 convolution, the first one with an equal patch.

    Parameters
    ----------
    x : float32 or float64 (N, H, W, C)
    offset : (top, left)
        Padding.
    out_shape : (OH, OW)
    band : int
        Number of output rows that are compared with each other, and not with others.

    Returns
    -------
    int32 (N, OH, OW)
        Positions `p * OW + q`, or `BLANK` for a patch of zeros.
    """
    numbers = np.empty(x.shape[:3], np.int32)
    bits = kernel_input(x).view(np.uint32 if x.itemsize == 4 else np.uint64)
    number_pixels(kernel_input(bits), _table(x.shape[1] * x.shape[2]), numbers)
    firsts = np.empty((len(x), *out_shape), np.int32)
    compare_patches(kernel_input(numbers), offset, band, _table(band * out_shape[1]), firsts)
    return firsts


@lru_cache(maxsize=32)  # passes through a network ask for the same few, thousands of times
def all_different(batch: int, out_shape: Pair) -> Array:
    """Return the result of `first_equals` if all patches differ; not to be written into."""
    positions = np.arange(out_shape[0] * out_shape[1], dtype=np.int32)
    return np.tile(positions, batch).reshape(batch, *out_shape)


@kernel
def has_plain_areas(x: Array) -> bool:
    """Tell whether two neighbors in a row are equal somewhere in images (N, H, W, C).

    It looks at every fourth row. Without plain areas, as in photos and noise, the search for equal
    patches would find hardly any, and is skipped.
    """
    for n in range(x.shape[0]):
        for h in range(0, x.shape[1], 4):
            for w in range(1, x.shape[2]):
                same = True
                for c in range(x.shape[3]):
                    if x[n, h, w, c] != x[n, h, w - 1, c]:
                        same = False
                        break
                if same:
                    return True
    return False


def _table(entries: int) -> Array:
    """Return room for a hash table: a power of two, at least twice the entries."""
    return np.empty(1 << (2 * entries).bit_length(), np.int32)


@kernel
def number_pixels(bits: Array, table: Array, numbers: Array) -> None:
    """Give every pixel of an image the position of the first pixel that is equal in all channels.

    Parameters
    ----------
    bits : unsigned (N, H, W, C)
        The pixels' bits.
    table : int32 (T,)
        Written over: positions by hash, collisions in the next free place.
    numbers : int32 (N, H, W)
        Filled; `BLANK` for pixels that are 0.
    """
    batch, height, width, channels = bits.shape
    mask = np.uint64(len(table) - 1)
    for n in range(batch):
        pixels = bits[n].reshape(height * width, channels)
        found = numbers[n].reshape(-1)
        table[:] = -1
        for place in range(len(pixels)):
            pixel = pixels[place]
            code, any_bit = np.uint64(0), np.uint64(0)
            for c in range(channels):
                word = np.uint64(pixel[c])
                any_bit |= word
                code += word * np.uint64((2 * c + 1) * 0x9E3779B1)
            if any_bit == 0:
                found[place] = BLANK
                continue
            slot = (code ^ (code >> np.uint64(17)) ^ (code >> np.uint64(32))) & mask
            while True:
                other = table[slot]
                if other < 0:
                    table[slot] = found[place] = place
                    break
                same = True
                for c in range(channels):
                    same &= pixels[other, c] == pixel[c]
                if same:
                    found[place] = other
                    break
                slot = (slot + np.uint64(1)) & mask


@kernel
def compare_patches(numbers: Array, offset: Pair, band: int, table: Array, firsts: Array) -> None:
    """Compare the patches by the numbers of their pixels; see `first_equals`.

    Parameters
    ----------
    numbers : int32 (N, H, W)
    offset, band
    table : int32 (T,)
        Written over.
    firsts : int32 (N, OH, OW)
        Filled.
    """
    height, width = numbers.shape[1:]
    batch, rows, columns = firsts.shape
    mask = np.uint64(len(table) - 1)
    padded = np.empty((rows + SIDE - 1, columns + SIDE - 1), np.int32)
    for n in range(batch):
        for i in range(padded.shape[0]):
            for j in range(padded.shape[1]):
                h, w = i - offset[0], j - offset[1]
                inside = h >= 0 and h < height and w >= 0 and w < width
                padded[i, j] = numbers[n, h, w] if inside else BLANK
        for p in range(rows):
            if p % band == 0:
                table[:] = -1
            for q in range(columns):
                code, blank = np.uint64(0), True
                for i in range(SIDE):
                    for j in range(SIDE):
                        number = padded[p + i, q + j]
                        blank &= number == BLANK
                        code = (code + np.uint64(number + 1)) * np.uint64(0x9E3779B97F4A7C15)
                if blank:
                    firsts[n, p, q] = BLANK
                    continue
                slot = (code >> np.uint64(32)) & mask
                while True:
                    other = table[slot]
                    if other < 0:
                        table[slot] = firsts[n, p, q] = p * columns + q
                        break
                    r, s = other // columns, other % columns
                    same = True
                    for i in range(SIDE):
                        for j in range(SIDE):
                            same &= padded[r + i, s + j] == padded[p + i, q + j]
                    if same:
                        firsts[n, p, q] = other
                        break
                    slot = (slot + np.uint64(1)) & mask


@kernel
def copy_to_equals(maps: Array, bias: Array, firsts: Array, top: int, bottom: int) -> None:
    """Give the positions of some rows the outputs of the first positions with equal patches.

    Parameters
    ----------
    maps : (rows, OW, F)
        The last row is row `bottom - 1` of the image's outputs; changed from row `top` on.
    bias : (F,)
        The output of blank patches.
    firsts : int32 (OH, OW)
        See `first_equals`; of one image.
    top, bottom : int
    """
    columns, filters = firsts.shape[1], maps.shape[2]
    start = bottom - len(maps)  # row of the image that the maps begin with
    for p in range(top, bottom):
        for q in range(columns):
            first = firsts[p, q]
            if first == BLANK:
                target = maps[p - start, q]
                for f in range(filters):
                    target[f] = bias[f]
            elif first != p * columns + q:
                source, target = maps[first // columns - start, first % columns], maps[p - start, q]
                for f in range(filters):
                    target[f] = source[f]
