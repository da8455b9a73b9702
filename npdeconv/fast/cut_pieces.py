"""Pieces of images that equal an unchanged image except in one box each.

These images are never made. A layer needs only a piece around the box, which is copied from the
unchanged image and the box.
"""

from npdeconv._jit import kernel
from npdeconv._types import Array


@kernel
def cut_pieces(
    clean: Array, boxes: Array, corners: Array, places: Array, beyond: float, pieces: Array
) -> None:
    """Cut one piece out of each of N images that differ from an unchanged one in one box each.

    Parameters
    ----------
    clean : (H, W, C)
    boxes : (N, h, w, C)
        The pixels in the boxes.
    corners : int (N, 2)
        Row and column of the boxes' upper left corners.
    places : int (N, 2)
        Row and column of the pieces' upper left corners; pieces may leave the image.
    beyond : float
        The value of pixels beyond the image.
    pieces : (N, PH, PW, C)
        Filled.
    """
    height, width, channels = clean.shape
    box_height, box_width = boxes.shape[1:3]
    for n in range(len(pieces)):
        for p in range(pieces.shape[1]):
            h = places[n, 0] + p
            r = h - corners[n, 0]
            for q in range(pieces.shape[2]):
                w = places[n, 1] + q
                s = w - corners[n, 1]
                if 0 <= r < box_height and 0 <= s < box_width:
                    for c in range(channels):
                        pieces[n, p, q, c] = boxes[n, r, s, c]
                elif 0 <= h < height and 0 <= w < width:
                    for c in range(channels):
                        pieces[n, p, q, c] = clean[h, w, c]
                else:
                    for c in range(channels):
                        pieces[n, p, q, c] = beyond
