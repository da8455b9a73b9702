"""The measured shapes: every convolution of the deck's networks (`npdeconv.models.deck`) and AlexNet's five.

A shape has counts of its work: the multiplications and additions of the direct sum, and the bytes of
reading every input and writing every output once.
"""

from math import prod
from typing import NamedTuple

from npdeconv.layers.window import Padding, Placement, Window

FLOAT = 4  # bytes


class Convolution(NamedTuple):
    """One convolution of some images."""

    name: str
    batch: int
    size: tuple[int, int]  # H, W
    channels: int
    filters: int
    kernel: int
    stride: int = 1
    padding: Padding = "same"

    @property
    def place(self) -> Placement:
        """The padding before the image, and (OH, OW)."""
        return _place(self.kernel, self.stride, self.padding, self.size)

    @property
    def flops(self) -> int:
        """Operations of the direct sum, which are the same for forward, dx and dw."""
        taps = self.kernel**2 * self.channels * self.filters
        return 2 * self.batch * prod(self.place.out_shape) * taps

    @property
    def bytes(self) -> int:
        """Bytes of inputs, outputs and filters, each once; forward, dx and dw use all three."""
        inputs = self.batch * prod(self.size) * self.channels
        outputs = self.batch * prod(self.place.out_shape) * self.filters
        return FLOAT * (inputs + outputs + self.kernel**2 * self.channels * self.filters)

    @property
    def facts(self) -> dict[str, int]:
        """The counts, for a record."""
        return {"flops": self.flops, "bytes": self.bytes}


class Pooling(NamedTuple):
    """One max pooling of some images."""

    name: str
    batch: int
    size: tuple[int, int]
    channels: int
    window: int
    stride: int

    @property
    def place(self) -> Placement:
        """No padding, and (OH, OW)."""
        return _place(self.window, self.stride, "valid", self.size)

    @property
    def facts(self) -> dict[str, int]:
        """The comparisons, and the bytes of inputs, winners and switches."""
        outputs = self.batch * prod(self.place.out_shape) * self.channels
        inputs = self.batch * prod(self.size) * self.channels
        return {"flops": outputs * self.window**2, "bytes": FLOAT * (inputs + 2 * outputs)}


def _place(size: int, stride: int, padding: Padding, image: tuple[int, int]) -> Placement:
    return Window((size, size), (stride, stride), padding).place((*image, 1), "benchmarks")


def _explicit(margin: int) -> Padding:
    return (margin, margin), (margin, margin)


DECK_SMALL = (
    Convolution("28x28, 1 to 32", 16, (28, 28), 1, 32, 3),
    Convolution("28x28, 32 to 32", 16, (28, 28), 32, 32, 3),
    Convolution("28x28, 32 to 64", 16, (28, 28), 32, 64, 3),
    Convolution("14x14, 32 to 64", 16, (14, 14), 32, 64, 3),
    Convolution("14x14, 64 to 64", 16, (14, 14), 64, 64, 3),
    Convolution("7x7, 64 to 64", 16, (7, 7), 64, 64, 3),
)
DECK_LARGE = (
    Convolution("300x300, 3 to 32", 1, (300, 300), 3, 32, 3),
    Convolution("300x300, 32 to 32", 1, (300, 300), 32, 32, 3),
    Convolution("150x150, 32 to 64", 1, (150, 150), 32, 64, 3),
    Convolution("150x150, 64 to 64", 1, (150, 150), 64, 64, 3),
    Convolution("75x75, 64 to 64", 1, (75, 75), 64, 64, 3),
)
ALEXNET = (
    Convolution("AlexNet 1: 11x11/4, 3 to 64", 1, (227, 227), 3, 64, 11, 4, _explicit(2)),
    Convolution("AlexNet 2: 5x5, 64 to 192", 1, (27, 27), 64, 192, 5, 1, _explicit(2)),
    Convolution("AlexNet 3: 3x3, 192 to 384", 1, (13, 13), 192, 384, 3, 1, _explicit(1)),
    Convolution("AlexNet 4: 3x3, 384 to 256", 1, (13, 13), 384, 256, 3, 1, _explicit(1)),
    Convolution("AlexNet 5: 3x3, 256 to 256", 1, (13, 13), 256, 256, 3, 1, _explicit(1)),
)
CONVOLUTIONS = (*DECK_SMALL, *DECK_LARGE, *ALEXNET)  # a batch is one worker's shard
POOLINGS = (
    Pooling("28x28x32, 2x2/2", 16, (28, 28), 32, 2, 2),
    Pooling("14x14x64, 2x2/2", 16, (14, 14), 64, 2, 2),
    Pooling("75x75x64, 5x5/5", 1, (75, 75), 64, 5, 5),
    Pooling("56x56x64, 3x3/2", 1, (56, 56), 64, 3, 2),
)
