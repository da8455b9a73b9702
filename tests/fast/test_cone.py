"""The cone of a change: variants computed piece by piece, against full passes."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from npdeconv import models
from npdeconv._checks import kernel_input
from npdeconv.fast import Plan, reference
from npdeconv.fast.cone import Cone, Variants
from npdeconv.fast.cut_pieces import cut_pieces
from npdeconv.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from tests.chains import Jump, Mirror, biased, chains


def full_passes(chain, x):
    """Return each layer's outputs for the variants themselves, made without the code under test."""
    y = np.repeat(x.clean[np.newaxis], len(x.boxes), axis=0)
    height, width = x.boxes.shape[1:3]
    for image, box, (row, column) in zip(y, x.boxes, x.corners, strict=True):
        image[row : row + height, column : column + width] = box
    outputs = {}
    for name, layer in chain.layers.items():
        y = outputs[name] = layer(y)
    return outputs


def assert_equal_passes(chain, x, watched, rtol=1e-12):
    """Return the names of the layers for which the cone was smaller than the map."""
    seen, partial = [], []
    expected = full_passes(chain, x)
    for name, y in Cone(chain, x.clean, watched).ascend(x.boxes, x.corners):
        seen.append(name)
        if isinstance(y, Variants):
            if y.boxes.shape[1:3] != y.clean.shape[:2]:
                partial.append(name)
            y = y.whole()
        atol = rtol * np.abs(expected[name]).max()
        np.testing.assert_allclose(y, expected[name], atol=atol, err_msg=name)
    assert watched in seen
    assert seen[-1] == list(chain.layers)[-1]
    return partial


def variants(shape, size, corners, dtype=float):
    rng = np.random.default_rng(7)
    boxes = rng.normal(size=(len(corners), *size, shape[2])).astype(dtype)
    return Variants(rng.normal(size=shape).astype(dtype), boxes, np.array(corners))


@st.composite
def boxes_in(draw, shape):
    """One size and some corners of boxes inside an image."""
    size = draw(st.tuples(*(st.integers(1, length) for length in shape[:2])))
    corner = st.tuples(*(st.integers(0, n - side) for n, side in zip(shape, size, strict=False)))
    return size, draw(st.lists(corner, min_size=1, max_size=4))


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_variants_equal_passes_of_full_images(data):
    """Boxes lie anywhere in the image, also at its edges, and may be as large as the image."""
    chain = data.draw(chains())
    shape = chain.input_shape
    size, corners = data.draw(boxes_in(shape))
    watched = data.draw(st.sampled_from(list(chain.layers)))
    longer = Sequential({**chain.layers, "flatten": Flatten()})
    assert_equal_passes(longer, variants(shape, size, corners), watched)


@pytest.mark.parametrize("padding", ["same", "valid", ((2, 0), (1, 3))])
def test_only_the_cone_is_computed(padding, monkeypatch):
    seen = []
    call = Plan.__call__
    monkeypatch.setattr(Plan, "__call__", lambda plan, x: (seen.append(x.shape), call(plan, x))[1])
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
    cone = Cone(chain, x.clean, "conv2")
    del seen[:]
    *_, (_, y) = cone.ascend(x.boxes, x.corners)
    # 6 + 2 outputs; five windows of two, as the worst alignment needs; 5 + 2 outputs.
    assert seen == [(3, 10, 10, 2), (3, 10, 10, 3), (3, 9, 9, 3)]
    assert y.boxes.shape == (3, 7, 7, 3)


def test_unknown_kinds_of_layers_are_computed_as_a_whole():
    rng = np.random.default_rng(0)
    for odd in (Mirror(), Jump(3, 3, 3, padding="same", rng=rng, dtype=float), Sequential({"own": Mirror()})):
        layers = {"conv": Conv2D(1, 3, 3, padding="same", rng=rng, dtype=float), "odd": odd, "relu": ReLU()}
        x = variants((12, 12, 1), (2, 2), [(0, 0), (3, 8), (10, 10)])
        assert assert_equal_passes(Sequential(layers), x, "relu") == ["conv"]


def test_a_known_network_in_single_precision():
    network = biased(models.deck_model3(rng=np.random.default_rng(0)))
    corners = [(0, 0), (3, 11), (20, 20), (0, 13), (20, 6)]
    x = variants((28, 28, 1), (8, 8), corners, np.float32)
    partial = assert_equal_passes(network, x, "conv3", rtol=2e-5)
    assert partial == ["relu1", "relu2", "pool1", "conv3", "relu3", "relu4", "pool2"]


def test_the_cone_ends_where_a_vector_begins():
    rng = np.random.default_rng(0)
    chain = Sequential({"relu": ReLU(), "flatten": Flatten(), "dense": Dense(75, 2, rng=rng, dtype=float)})
    assert assert_equal_passes(chain, variants((5, 5, 3), (2, 1), [(3, 4)]), "relu") == ["relu"]


@settings(deadline=None)
@given(st.data())
def test_pieces(data):
    shape = data.draw(st.tuples(*[st.integers(1, 9)] * 3))
    size, corners = data.draw(boxes_in(shape))
    x = variants(shape, size, corners)
    places = np.array([data.draw(st.tuples(*[st.integers(-7, 12)] * 2)) for _ in corners])
    result = np.full((len(corners), *data.draw(st.tuples(*[st.integers(1, 9)] * 2)), shape[2]), np.nan)
    cut_pieces(*map(kernel_input, (*x, places)), -3.0, result)
    expected = reference.cut(*x, places, -3.0, result.shape[1:3])
    np.testing.assert_array_equal(result, expected)
