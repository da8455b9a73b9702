"""The cone of a change: variants that were passed up piece by piece, against full passes."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from npdeconv import models
from npdeconv._checks import kernel_input
from npdeconv.kernels import pieces, reference
from npdeconv.layers import (
    AvgPool2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Ink,
    Layer,
    LeakyReLU,
    LocalResponseNorm,
    MaxPool2D,
    ReLU,
    Sequential,
)
from npdeconv.visualize.cone import Variants, ascend, clean_pass


class Mirror(Layer):
    """A user's own layer, which moves every position to the other side."""

    def forward(self, x, *, rng=None):
        return np.ascontiguousarray(x[:, ::-1, ::-1]), None

    def backward(self, dy, context):
        return dy[:, ::-1, ::-1], {}

    def deconv(self, y, context):
        return y[:, ::-1, ::-1]

    def output_shape(self, input_shape):
        return input_shape


class Jump(Conv2D):
    """A user's own kind of convolution, which sees the other side."""

    def forward(self, x, *, rng=None):
        return super().forward(np.ascontiguousarray(x[:, ::-1]))


def biased(chain: Sequential) -> Sequential:
    """Give all biases values that show where one was forgotten."""
    for name, array in chain.parameters.items():
        if name.endswith("bias"):
            array[...] = np.random.default_rng(2).normal(size=array.shape)
    return chain


def full_passes(chain, x):
    """Yield each layer's outputs for the variants themselves, made without the code under test."""
    y = np.repeat(x.clean[np.newaxis], len(x.boxes), axis=0)
    height, width = x.boxes.shape[1:3]
    for image, box, (row, column) in zip(y, x.boxes, x.corners, strict=True):
        image[row : row + height, column : column + width] = box
    for layer in chain.layers.values():
        y = layer(y)
        yield y


def assert_equal_passes(chain, x, rtol=1e-12):
    """Return in how many layers the cone was smaller than the map."""
    partial = 0
    outputs = clean_pass(chain, x.clean)
    for (name, y), expected in zip(ascend(chain, outputs, x), full_passes(chain, x), strict=True):
        if isinstance(y, Variants):
            partial += y.boxes.shape[1:3] != y.clean.shape[:2]
            y = y.whole()
        np.testing.assert_allclose(y, expected, atol=rtol * np.abs(expected).max(), err_msg=name)
    return partial


def variants(shape, size, corners, dtype=float):
    rng = np.random.default_rng(7)
    boxes = rng.normal(size=(len(corners), *size, shape[2])).astype(dtype)
    return Variants(rng.normal(size=shape).astype(dtype), boxes, np.array(corners))


@st.composite
def windows(draw):
    """Size, stride and padding of a window."""
    size = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    margins = (st.tuples(*[st.integers(0, side - 1)] * 2) for side in size)
    padding = draw(st.sampled_from(["same", "valid"]) | st.tuples(*margins))
    return {"stride": draw(st.tuples(st.integers(1, 3), st.integers(1, 3))), "padding": padding}, size


@st.composite
def chains_and_variants(draw):
    """A random chain of layers, and boxes anywhere in an image, at the edges and as large as it too."""
    shape = draw(st.tuples(st.integers(1, 24), st.integers(1, 24), st.integers(1, 3)))
    layers, below, rng = {}, shape, np.random.default_rng(draw(st.integers(0, 9)))
    for n, kind in enumerate(draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=6))):
        options, size = draw(windows())
        layer = kind(below[2], size, options, rng)
        try:
            below = layer.output_shape(below)
        except ValueError:
            continue  # the window does not fit: a chain without this layer
        layers[f"layer{n}"] = layer
    layers["flatten"] = Flatten()
    size = draw(st.tuples(*(st.integers(1, length) for length in shape[:2])))
    corner = st.tuples(*(st.integers(0, n - side) for n, side in zip(shape, size, strict=False)))
    corners = draw(st.lists(corner, min_size=1, max_size=4))
    return biased(Sequential(layers, input_shape=shape)), variants(shape, size, corners)


KINDS = [
    lambda channels, size, options, rng: Conv2D(channels, 3, size, **options, rng=rng, dtype=float),
    lambda channels, size, options, rng: MaxPool2D(size, **options),
    lambda channels, size, options, rng: AvgPool2D(size, **options),
    lambda channels, size, options, rng: ReLU(),
    lambda channels, size, options, rng: LeakyReLU(),
    lambda channels, size, options, rng: LocalResponseNorm(3),
    lambda channels, size, options, rng: Ink(0.5),
    lambda channels, size, options, rng: Dropout(0.5),
    lambda channels, size, options, rng: Mirror(),
]


@settings(deadline=None, max_examples=200)
@given(chains_and_variants())
def test_variants_pass_as_full_images_do(drawn):
    assert_equal_passes(*drawn)


@pytest.mark.parametrize("padding", ["same", "valid", ((2, 0), (1, 3))])
def test_only_the_cone_is_computed(padding, monkeypatch):
    seen = []
    forward = Conv2D.forward
    monkeypatch.setattr(Conv2D, "forward", lambda self, x: (seen.append(x.shape), forward(self, x))[1])
    rng = np.random.default_rng(0)
    chain = Sequential(
        {
            "conv1": Conv2D(2, 3, 3, padding=padding, rng=rng, dtype=float),
            "relu1": ReLU(),
            "pool1": MaxPool2D(2),
            "conv2": Conv2D(3, 3, 3, padding=padding, rng=rng, dtype=float),
        }
    )
    x = variants((40, 40, 2), (6, 6), [(0, 0), (9, 10), (34, 34)])
    outputs = clean_pass(chain, x.clean)
    del seen[:]
    *_, (_, y) = ascend(chain, outputs, x)
    # 6 + 2 outputs; five windows of two, as the worst alignment needs; 5 + 2 outputs.
    assert seen == [(3, 10, 10, 2), (3, 9, 9, 3)]
    assert y.boxes.shape == (3, 7, 7, 3)


def test_unknown_kinds_of_layers_are_computed_as_a_whole():
    rng = np.random.default_rng(0)
    for odd in (Mirror(), Jump(3, 3, 3, padding="same", rng=rng, dtype=float), Sequential({"own": Mirror()})):
        layers = {"conv": Conv2D(1, 3, 3, padding="same", rng=rng, dtype=float), "odd": odd, "relu": ReLU()}
        x = variants((12, 12, 1), (2, 2), [(0, 0), (3, 8), (10, 10)])
        assert assert_equal_passes(Sequential(layers), x) == 1  # that is `conv`


def test_a_known_network_in_single_precision():
    network = biased(models.deck_model3(rng=np.random.default_rng(0)))
    corners = [(0, 0), (3, 11), (20, 20), (0, 13), (20, 6)]
    partial = assert_equal_passes(network, variants((28, 28, 1), (8, 8), corners, np.float32), rtol=2e-5)
    assert partial == list(network.layers).index("pool2") + 1


def test_the_cone_ends_where_a_vector_begins():
    rng = np.random.default_rng(0)
    chain = Sequential({"relu": ReLU(), "flatten": Flatten(), "dense": Dense(75, 2, rng=rng, dtype=float)})
    outputs = clean_pass(chain, np.ones((5, 5, 3)))
    assert [y.shape for y in outputs] == [(5, 5, 3)]
    assert assert_equal_passes(chain, variants((5, 5, 3), (2, 1), [(3, 4)])) == 1


@settings(deadline=None)
@given(st.data())
def test_pieces(data):
    shape = data.draw(st.tuples(*[st.integers(1, 9)] * 3))
    size = data.draw(st.tuples(*(st.integers(1, length) for length in shape[:2])))
    corner = st.tuples(*(st.integers(0, n - side) for n, side in zip(shape, size, strict=False)))
    corners = data.draw(st.lists(corner, min_size=1, max_size=3))
    x = variants(shape, size, corners)
    places = np.array([data.draw(st.tuples(*[st.integers(-7, 12)] * 2)) for _ in corners])
    result = np.full((len(corners), *data.draw(st.tuples(*[st.integers(1, 9)] * 2)), shape[2]), np.nan)
    pieces.cut(*map(kernel_input, (*x, places)), -3.0, result)
    expected = reference.cut(*x, places, -3.0, result.shape[1:3])
    np.testing.assert_array_equal(result, expected)
