"""Layers with the faults of published deconvnets: each differs from the right one in a single rule."""

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from npdeconv._types import Array, Generator, Shape
from npdeconv.kernels.convolution import convolve_transposed
from npdeconv.layers import Conv2D, MaxPool2D, ReLU


class BiasAdded(Conv2D):
    """The bias is added on the way down, too.

    Whoever builds the way down as a second network of transposed convolutions has a bias to fill, and
    fills in that of a convolution (csgwon/pytorch-deconvnet, issue 1, asks which one belongs where).
    The transposed map has none: zeros must come out where zeros go in. With a bias, pixels light up
    that no winner ever saw.
    """

    def deconv(self, y: Array, context: Conv2D.Context) -> Array:
        """Carry down, and add the mean bias: there is one for each filter, and none for a channel below."""
        return super().deconv(y, context) + self.bias.mean()


class NotFlipped(Conv2D):
    """The way down correlates with the filters as they are, instead of flipped in both directions.

    "Flipping each filter vertically and horizontally" (arXiv:1311.2901, section 2.1) is the
    difference between a correlation and its transpose; vdumoulin/conv_arithmetic, issue 4, asks for
    exactly this sentence. A filter that looks the same after half a turn hides the fault. All others
    come out upside down.
    """

    def deconv(self, y: Array, context: Conv2D.Context) -> Array:
        """Carry down through filters that are turned by half a turn."""
        self.check_descent(y, context)
        shape = context.x.shape[1:]
        offset, _ = self.window.place(shape, self.kind)
        turned = np.ascontiguousarray(self.weight[::-1, ::-1])
        place = self.window.stride, offset, (shape[0], shape[1]), self.groups, self.window.dilation
        return convolve_transposed(y, turned, *place)


class Unrectified(ReLU):
    """Nothing is rectified on the way down.

    A way down of "transposed convolutions and unpooling" is complete to the eye, and lacks one of the
    paper's three steps. Negative evidence then passes all layers, and cancels the positive: the
    picture is that of a linear network.
    """

    def deconv(self, y: Array, context: ReLU.Context) -> Array:
        """Carry everything down."""
        self.check_descent(y, context)
        return y


class Guided(ReLU):
    """Guided backpropagation, sold as the deconvnet.

    The two differ in one gate, and public code often mixes them up (kazuto1011/grad-cam-pytorch, issue
    34, sets out the difference). Guided pictures are cleaner, since they also close where the way up
    was silent (Springenberg et al., arXiv:1412.6806, section 3.4); they are not Zeiler & Fergus's.
    """

    def deconv(self, y: Array, context: ReLU.Context) -> Array:
        """Rectify, and pass the gate of the way up, too."""
        return super().deconv(y, context) * context.positive


class GradientInHead(ReLU):
    """Only the rectifiers between convolutions are replaced; those between dense layers pass the gradient.

    Code that walks through `model.features` to hook rectifiers never meets those of
    `model.classifier`, or those called as functions (utkuozbulak/pytorch-cnn-visualizations, issues 46
    and 89; kazuto1011/grad-cam-pytorch, issue 2). Pictures of feature maps are right, those of
    classes are a mixture of two rules.
    """

    def deconv(self, y: Array, context: ReLU.Context) -> Array:
        """Carry the gradient down."""
        return self.backward(y, context)[0]


class Unswitched(MaxPool2D):
    """Unpooled without switches: each value goes to the upper left corner of its window.

    Upsampling layers have no switches to give, so ports leave them out
    (tdeboissiere/DeepLearningImplementations, issue 90). Edges that a layer found at different places
    of its windows then land on one grid.
    """

    def deconv(self, y: Array, context: MaxPool2D.Context) -> Array:
        """Carry each value to a corner."""
        _, height, width, _ = context.input_shape
        (top, left), (down, across) = self.window.place(context.input_shape[1:], self.kind)
        rows = np.clip(np.arange(down, dtype=np.int32) * self.window.stride[0] - top, 0, height - 1)
        columns = np.clip(np.arange(across, dtype=np.int32) * self.window.stride[1] - left, 0, width - 1)
        corners = (rows[:, np.newaxis] * width + columns)[:, :, np.newaxis]
        return super().deconv(y, context._replace(switches=np.broadcast_to(corners, context.switches.shape)))


class PaddedSwitches(MaxPool2D):
    """Switches are found again on the way down, in an input that is padded with zeros.

    The way up lets no padding win. The recomputation does: where a window at the edge holds zeros or
    less, as most do behind a rectifier, a zero of the margin is its first winner, and the value that
    comes down is lost.
    """

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, MaxPool2D.Context]:
        """Pool; the switches are -1 where the margin wins."""
        y, _ = super().forward(x)
        (top, left), _ = self.window.place(x.shape[1:], self.kind)
        rows, columns = np.divmod(_windows(self, x, 0.0).argmax(axis=-1), self.window.size[1])
        rows += np.arange(y.shape[1])[:, np.newaxis, np.newaxis] * self.window.stride[0] - top
        columns += np.arange(y.shape[2])[:, np.newaxis] * self.window.stride[1] - left
        inside = (rows >= 0) & (rows < x.shape[1]) & (columns >= 0) & (columns < x.shape[2])
        switches = np.where(inside, rows * x.shape[2] + columns, -1).astype(np.int32)
        return y, self.Context(x.shape, switches)

    def _transpose(self, y: Array, context: MaxPool2D.Context) -> Array:
        seen = context.switches >= 0
        kept = context._replace(switches=np.where(seen, context.switches, 0))
        return super()._transpose(y * seen, kept)


class TiesSpread(MaxPool2D):
    """Every input that equals its window's maximum gets the whole value, not only the first.

    Comparing the input with the output is shorter than keeping switches, and right until values are
    equal (Theano, issue 5248; MXNet, issue 18563). Behind a rectifier most windows of a drawn digit
    are all zeros: nine equal winners, nine times the value.
    """

    class Equal(NamedTuple):
        """The shape of the batch of inputs, the switches, and which inputs equal their window's maximum."""

        input_shape: Shape
        switches: Array
        equal: Array

    def forward(  # type: ignore[override]
        self, x: Array, *, rng: Generator | None = None
    ) -> tuple[Array, Equal]:
        """Pool, and keep which inputs equal the maximum."""
        y, context = super().forward(x)
        return y, self.Equal(*context, _windows(self, x, -np.inf) == y[..., np.newaxis])

    def _transpose(self, y: Array, context: Equal) -> Array:  # type: ignore[override]
        _, height, width, _ = context.input_shape
        (top, left), (down, across) = self.window.place(context.input_shape[1:], self.kind)
        size, stride = self.window.size, self.window.stride
        shape = (
            len(y),
            down * stride[0] + size[0] + height,
            across * stride[1] + size[1] + width,
            y.shape[3],
        )
        x = np.zeros(shape, y.dtype)
        for n in range(size[0] * size[1]):
            row, column = divmod(n, size[1])
            rows = slice(row, row + down * stride[0], stride[0])
            columns = slice(column, column + across * stride[1], stride[1])
            x[:, rows, columns] += y * context.equal[..., n]
        return np.ascontiguousarray(x[:, top : top + height, left : left + width])


class Overwritten(MaxPool2D):
    """Where windows overlap and share a winner, the last value replaces the others instead of adding.

    `dx[winners] = dy` is the whole backward pass, and right as long as stride and window are equal.
    With AlexNet's 3x3 windows of stride 2 it is not (OCANNL, issue 512, "last-write-wins"). NumPy's
    `x[i] += y` has the same fault: it adds once for each place, however often the place is named.
    """

    def _transpose(self, y: Array, context: MaxPool2D.Context) -> Array:
        _, height, width, channels = context.input_shape
        x = np.zeros((len(y), height * width, channels), y.dtype)
        images, maps = np.arange(len(y))[:, np.newaxis, np.newaxis, np.newaxis], np.arange(channels)
        x[images, context.switches, maps] = y
        return x.reshape(context.input_shape)


def _windows(pool: MaxPool2D, x: Array, beyond: float) -> Array:
    """Return what each window sees (N, OH, OW, C, KH * KW), with `beyond` around the images."""
    (top, left), (down, across) = pool.window.place(x.shape[1:], pool.kind)
    size, stride = pool.window.size, pool.window.stride
    below = max(0, (down - 1) * stride[0] + size[0] - top - x.shape[1])
    right = max(0, (across - 1) * stride[1] + size[1] - left - x.shape[2])
    padded = np.pad(x, ((0, 0), (top, below), (left, right), (0, 0)), constant_values=beyond)
    seen = sliding_window_view(padded, size, axis=(1, 2))[:, :: stride[0], :: stride[1]]
    return seen[:, :down, :across].reshape(len(x), down, across, x.shape[3], size[0] * size[1])
