"""Max pooling that records its winners, and unpooling, which puts values back to them.

Zeiler & Fergus (arXiv:1311.2901), section 2.1, call the winners' positions *switches*.
"""

from npdeconv._jit import kernel
from npdeconv._types import Array, Pair


@kernel
def max_pool(x: Array, window: Pair, stride: Pair, offset: Pair, y: Array, switches: Array) -> None:
    """Take the largest value of each window, channel by channel.

    Ties go to the first position in row-major order. Padding never wins: a window is clipped to
    the image. A NaN wins over every number, so that it stays visible in `y`.

    Parameters
    ----------
    x : (N, H, W, C)
    window, stride, offset : pairs
    y : (N, OH, OW, C)
        Filled with the winners.
    switches : int32 (N, OH, OW, C)
        Filled with their positions `h * W + w`.
    """
    height, width, channels = x.shape[1:]
    batch, out_height, out_width = y.shape[:3]
    for n in range(batch):
        for p in range(out_height):
            top, bottom = _clip(p * stride[0] - offset[0], window[0], height)
            for q in range(out_width):
                left, right = _clip(q * stride[1] - offset[1], window[1], width)
                best, position = y[n, p, q], switches[n, p, q]
                for c in range(channels):
                    best[c] = x[n, top, left, c]
                    position[c] = top * width + left
                for h in range(top, bottom):
                    for w in range(left, right):
                        here = h * width + w
                        # The channels lie side by side: this loop compares many at once.
                        for c in range(channels):
                            value = x[n, h, w, c]
                            is_new_nan = value != value and best[c] == best[c]
                            if value > best[c] or is_new_nan:
                                best[c] = value
                                position[c] = here


@kernel
def _clip(start: int, size: int, limit: int) -> Pair:
    return max(start, 0), min(start + size, limit)


@kernel
def unpool(y: Array, switches: Array, x: Array) -> None:
    """Add each value to the position of its window's winner: pooling, transposed.

    Parameters
    ----------
    y : (N, OH, OW, C)
    switches : int32 (N, OH, OW, C)
    x : (N, H * W, C)
        Added to; where overlapping windows share a winner, their values sum.
    """
    batch, out_height, out_width, channels = y.shape
    for n in range(batch):
        for p in range(out_height):
            for q in range(out_width):
                for c in range(channels):
                    x[n, switches[n, p, q, c], c] += y[n, p, q, c]
