"""Cuts a batch into tiles for Winograd's convolution, and memory into room for one tile."""

from typing import NamedTuple

from npdeconv._jit import kernel
from npdeconv._types import Array, Pair
from npdeconv.fast.winograd_transforms import ELEMENTS, OUT


class Tiling(NamedTuple):
    """A convolution, and the size of its tiles."""

    offset: Pair  # padding (top, left)
    out_shape: Pair  # (OH, OW) of the convolution
    side: int  # of the windows: 2 with pooling, else 1
    images: int  # of a tile, at most
    rows: int  # of squares in each image of a tile, at most


class Wanted(NamedTuple):
    """The steps of a forward pass besides the convolution."""

    rectified: bool  # pooling always rectifies
    winners: bool  # marked, for the way back
    ties: bool  # equal patches get equal outputs, see `npdeconv.fast.equal_patches`


class Tile(NamedTuple):
    """Some rows of some images."""

    first: int  # image
    images: int
    top: int  # first row of outputs
    bottom: int  # row of outputs after the last
    rows: int  # of squares
    columns: int  # of squares


class Room(NamedTuple):
    """Memory for one tile after another, flat."""

    inputs: Array  # squares of inputs
    outputs: Array  # squares of outputs
    padded: Array  # one image's part
    maps: Array  # one image's outputs
    product: Array  # (C * F,)


@kernel
def count_tiles(batch: int, tiling: Tiling) -> int:
    """Return how many tiles a batch is cut into."""
    across = (batch + tiling.images - 1) // tiling.images
    return across * ((tiling.out_shape[0] + OUT * tiling.rows - 1) // (OUT * tiling.rows))


@kernel
def tile_at(number: int, batch: int, tiling: Tiling) -> Tile:
    """Return one of the tiles, in the order of images, and of rows within an image."""
    height, width = tiling.out_shape
    most = OUT * tiling.rows
    down = (height + most - 1) // most
    first, top = number // down * tiling.images, number % down * most
    bottom = min(top + most, height)
    images = min(tiling.images, batch - first)
    return Tile(first, images, top, bottom, (bottom - top + OUT - 1) // OUT, (width + OUT - 1) // OUT)


@kernel
def cut_workspace(workspace: Array, tiling: Tiling, channels: int, filters: int) -> Room:
    """Cut memory into what a tile needs."""
    columns = (tiling.out_shape[1] + OUT - 1) // OUT
    squares = ELEMENTS * tiling.images * tiling.rows * columns
    pixels = (tiling.rows * OUT + 2) * (columns * OUT + 2)
    first = squares * channels
    second = first + squares * filters
    third = second + pixels * channels
    fourth = third + pixels * filters
    return Room(
        workspace[:first],
        workspace[first:second],
        workspace[second:third],
        workspace[third:fourth],
        workspace[fourth : fourth + channels * filters],
    )


@kernel
def shaped(room: Array, height: int, width: int, depth: int) -> Array:
    """Return the first part of a room as an array of this shape."""
    return room[: height * width * depth].reshape(height, width, depth)
