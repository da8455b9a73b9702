"""Places of a sliding window: the arithmetic that convolution and pooling share."""

from typing import Any, Literal, NamedTuple, TypeAlias

from npdeconv._checks import describe, image_shape, positive_pair
from npdeconv._types import Box, Pair, Shape

Padding: TypeAlias = Literal["valid", "same"] | tuple[Pair, Pair]
"""No padding; as much as gives ceil(H / stride) output rows; or ((top, bottom), (left, right))."""


class Placement(NamedTuple):
    """A window's places on one size of image."""

    offset: Pair  # padding above and to the left
    out_shape: Pair


class Window(NamedTuple):
    """A sliding window: its size, stride, padding and dilation."""

    size: Pair
    stride: Pair
    padding: Padding
    dilation: Pair = (1, 1)  # from one row or column under the window to the next
    ceil: bool = False  # whether a last window may hang over the edge

    @classmethod
    def parse(
        cls, size: Any, stride: Any, padding: Any, who: str, size_name: str, dilation: Any = 1
    ) -> "Window":
        """Check and normalize a layer's arguments."""
        return cls(
            positive_pair(size, who, size_name),
            positive_pair(stride, who, "stride"),
            _parse_padding(padding, who),
            positive_pair(dilation, who, "dilation"),
        )

    @property
    def span(self) -> Pair:
        """The height and width that the window covers, gaps of dilation included."""
        (height, width), (down, across) = self.size, self.dilation
        return (height - 1) * down + 1, (width - 1) * across + 1

    @property
    def pads(self) -> bool:
        """Whether it may leave the image."""
        return self.padding != "valid" or self.ceil

    def unpadded(self) -> "Window":
        """Return a window that never leaves the image."""
        return self._replace(padding="valid", ceil=False)

    def place(self, input_shape: Shape, who: str) -> Placement:
        """Return padding and number of places for inputs (H, W, C); ValueError if none fits."""
        height, width, _ = image_shape(input_shape, who)
        (top, out_height, _), (left, out_width, _) = self.axis(0, height), self.axis(1, width)
        if out_height < 1 or out_width < 1:
            size = f"{self.size[0]}x{self.size[1]}"
            if self.dilation != (1, 1):
                size += f", dilated to {self.span[0]}x{self.span[1]},"
            raise ValueError(
                f"{who}: a window of {size} with padding {self.padding!r} does not fit"
                f" into an input of {height}x{width}"
            )
        return Placement((top, left), (out_height, out_width))

    def receptive_field(self, box: Box, input_shape: Shape, who: str) -> Box:
        """Return the box of inputs under the windows of a box of outputs."""
        (top, left), _ = self.place(input_shape, who)
        return Box(
            box.top * self.stride[0] - top,
            (box.bottom - 1) * self.stride[0] - top + self.span[0],
            box.left * self.stride[1] - left,
            (box.right - 1) * self.stride[1] - left + self.span[1],
        )

    def axis(self, axis: int, length: int) -> tuple[int, int, int]:
        """Return (padding before, places, padding after) along one axis of some length."""
        span, stride = self.span[axis], self.stride[axis]
        if self.padding == "same":
            # As TensorFlow and Keras: the odd pixel of padding goes below and to the right.
            places = -(-length // stride)
            total = max(0, (places - 1) * stride + span - length)
            return total // 2, places, total - total // 2
        before, after = (0, 0) if self.padding == "valid" else self.padding[axis]
        free = length + before + after - span
        if self.ceil:
            # As in PyTorch, a window must begin inside the image or its padding before.
            places = min(-(-free // stride), (length + before - 1) // stride) + 1
            return before, places, after
        return before, free // stride + 1, after


def _parse_padding(padding: Any, who: str) -> Padding:
    if padding in ("valid", "same"):
        return padding
    try:
        (top, bottom), (left, right) = padding
        pairs = ((int(top), int(bottom)), (int(left), int(right)))
    except (TypeError, ValueError):
        pairs = None
    if pairs is None or min(*pairs[0], *pairs[1]) < 0:
        raise ValueError(
            f"{who}: padding must be 'valid', 'same' or ((top, bottom), (left, right)),"
            f" got {describe(padding)}"
        )
    return pairs
