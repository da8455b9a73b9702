"""Random chains of layers that see neighborhoods, and users' layers that do not."""

import hypothesis.strategies as st
import numpy as np

from npdeconv.layers import (
    AvgPool2D,
    Conv2D,
    Dropout,
    Invert,
    Layer,
    LeakyReLU,
    LocalResponseNorm,
    MaxPool2D,
    ReLU,
    Sequential,
    Sigmoid,
    Standardize,
    Tanh,
)


class Mirror(Layer):
    """A user's layer that mirrors all positions."""

    def forward(self, x, *, rng=None):
        return np.ascontiguousarray(x[:, ::-1, ::-1]), None

    def backward(self, dy, context):
        return dy[:, ::-1, ::-1], {}

    def deconv(self, y, context):
        return y[:, ::-1, ::-1]

    def output_shape(self, input_shape):
        return input_shape


class Jump(Conv2D):
    """A user's convolution that sees the mirrored position."""

    def forward(self, x, *, rng=None):
        return super().forward(np.ascontiguousarray(x[:, ::-1]))


def biased(chain: Sequential) -> Sequential:
    """Set all biases to nonzero values, so that a forgotten bias shows."""
    for name, array in chain.parameters.items():
        if name.endswith("bias"):
            array[...] = np.random.default_rng(2).normal(size=array.shape)
    return chain


KINDS = [
    lambda channels, size, options, rng: Conv2D(channels, 3, size, **options, rng=rng, dtype=float),
    lambda channels, size, options, rng: MaxPool2D(size, **options),
    lambda channels, size, options, rng: AvgPool2D(size, **options),
    lambda channels, size, options, rng: ReLU(),
    lambda channels, size, options, rng: LeakyReLU(),
    lambda channels, size, options, rng: LocalResponseNorm(3),
    lambda channels, size, options, rng: Tanh(),
    lambda channels, size, options, rng: Sigmoid(),
    lambda channels, size, options, rng: Standardize([0.3] * channels, [2.0] * channels),
    lambda channels, size, options, rng: Standardize(range(channels), [2.0] * channels, reverse=True),
    lambda channels, size, options, rng: Invert(0.5),
    lambda channels, size, options, rng: Dropout(0.5),
    lambda channels, size, options, rng: Mirror(),
]


@st.composite
def windows(draw):
    """Size, stride and padding of a window."""
    size = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    margins = (st.tuples(*[st.integers(0, side + 1)] * 2) for side in size)
    padding = draw(st.sampled_from(["same", "valid"]) | st.tuples(*margins))
    return {"stride": draw(st.tuples(st.integers(1, 3), st.integers(1, 3))), "padding": padding}, size


@st.composite
def chains(draw):
    """Draw a chain of layers on maps, as many as fit, and the shape of its inputs."""
    shape = draw(st.tuples(st.integers(1, 24), st.integers(1, 24), st.integers(1, 3)))
    layers, below, rng = {}, shape, np.random.default_rng(draw(st.integers(0, 9)))
    for n, kind in enumerate(draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=6))):
        options, size = draw(windows())
        try:
            layer = kind(below[2], size, options, rng)
            below = layer.output_shape(below)
        except ValueError:
            continue  # the window does not fit, or a pool's padding: a chain without this layer
        layers[f"layer{n}"] = layer
    layers["last"] = ReLU()
    return biased(Sequential(layers, input_shape=shape))
