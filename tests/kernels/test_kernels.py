"""Each kernel against its plain twin, over odd geometries."""

import os
import subprocess
import sys

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from npdeconv import plain
from npdeconv._checks import kernel_input
from npdeconv.kernels import convolution, im2col, pooling
from npdeconv.kernels.product import product
from npdeconv.layers.window import Window
from tests.plain_networks import padding_of


@st.composite
def geometries(draw):
    """The shape of images, a window, its places on them, and the padding that the last one needs."""
    size = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    stride = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    margins = st.tuples(*[st.integers(0, n - 1) for n in (size[0], size[0])])
    sides = st.tuples(*[st.integers(0, n - 1) for n in (size[1], size[1])])
    padding = draw(st.sampled_from(["same", "valid"]) | st.tuples(margins, sides))
    image = draw(st.tuples(st.integers(size[0], 12), st.integers(size[1], 12)))
    batch, channels = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    window = Window.parse(size, stride, padding, "test", "size")
    place = window.place((*image, channels), "test")
    return (batch, *image, channels), window, place, padding_of(window, place, image)


def draw_numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).normal(size=shape)


def seen(x, window, padding, out, fill):
    """What the window sees at each of its places, (N, OH, OW, KH, KW, C), by `npdeconv.plain`."""
    every = plain.windows(x, window.size, window.stride, padding, fill)
    assert every.shape[1:3] == out
    return every


@settings(deadline=None)
@given(geometries())
def test_im2col(geometry):
    shape, window, (offset, out), padding = geometry
    x = draw_numbers(*shape)
    columns = np.full((shape[0], *out, *window.size, shape[3]), np.nan)
    im2col.im2col(kernel_input(x), window.stride, offset, window.dilation, 0, columns)
    np.testing.assert_array_equal(columns, seen(x, window, padding, out, 0))


@settings(deadline=None)
@given(geometries())
def test_col2im(geometry):
    shape, window, (offset, out), padding = geometry
    columns = draw_numbers(shape[0], *out, *window.size, shape[3])
    images = np.zeros(shape)
    im2col.col2im(kernel_input(columns), window.stride, offset, window.dilation, 0, images)
    expected = plain.add_windows(columns, window.stride, padding, shape)
    np.testing.assert_allclose(images, expected, atol=1e-12)


@settings(deadline=None)
@given(geometries(), st.integers(1, 5), st.sampled_from([1, 400, 5000, 2**20]))
def test_convolution(geometry, filters, tile_bytes):
    shape, window, (offset, out), padding = geometry
    x, weight, bias = (
        draw_numbers(*shape),
        draw_numbers(*window.size, shape[3], filters),
        draw_numbers(filters),
    )
    dy = draw_numbers(shape[0], *out, filters)
    place = (window.stride, offset)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolution, "TILE_BYTES", tile_bytes)  # one row, some rows, one image, all images
        y = convolution.convolve(x, weight, bias, *place, out)
        dweight = convolution.weight_gradient(x, dy, weight.shape, *place)
        dx = convolution.convolve_transposed(dy, weight, *place, shape[1:3])
    twin = plain.Conv(weight, bias, window.stride, padding)
    expected, context = twin.forward(x)
    expected_dx, gradients = twin.backward(dy, context)
    np.testing.assert_allclose(y, expected, atol=1e-11)
    np.testing.assert_allclose(dweight, gradients["weight"], atol=1e-11)
    np.testing.assert_allclose(dx, expected_dx, atol=1e-11)


@settings(deadline=None)
@given(geometries(), st.booleans())
def test_pooling(geometry, with_ties):
    shape, window, (offset, out), padding = geometry
    x = draw_numbers(*shape)
    if with_ties:
        x = np.round(x)
    y, switches = np.empty((shape[0], *out, shape[3])), np.empty((shape[0], *out, shape[3]), np.int32)
    pooling.max_pool(kernel_input(x), window.size, window.stride, offset, y, switches)
    twin = plain.MaxPool(window.size, window.stride, padding)
    expected, context = twin.forward(x)
    positions, _ = context
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(switches, positions)
    down = np.zeros((shape[0], shape[1] * shape[2], shape[3]))
    pooling.unpool(kernel_input(y), kernel_input(switches), down)
    unpooled = twin.deconv(y, context)
    np.testing.assert_allclose(down.reshape(shape), unpooled, atol=1e-12)


@pytest.mark.parametrize(
    "nans", [[(0, 0)], [(1, 2)], [(0, 1), (2, 2)], [(h, w) for h in range(3) for w in range(3)]]
)
def test_a_nan_wins_its_window_and_nothing_else(nans):
    x = np.arange(18.0).reshape(1, 3, 6, 1)
    for h, w in nans:
        x[0, h, w, 0] = np.nan
    y, switches = np.empty((1, 1, 2, 1)), np.empty((1, 1, 2, 1), np.int32)
    pooling.max_pool(kernel_input(x), (3, 3), (3, 3), (0, 0), y, switches)
    assert np.isnan(y[0, 0, 0, 0])
    assert switches[0, 0, 0, 0] == nans[0][0] * 6 + nans[0][1]
    assert (y[0, 0, 1, 0], switches[0, 0, 1, 0]) == (17, 17)


@pytest.mark.parametrize(
    ("batch", "rows", "row_bytes"), [(5, 7, 10**4), (3, 9, 10**6), (2, 4, 10**9), (1, 1, 1), (70, 3, 10**4)]
)
def test_tiles_cover_everything_once_and_stay_contiguous(batch, rows, row_bytes):
    seen = np.zeros((batch, rows), int)
    for images, lines in convolution.tiles(batch, rows, row_bytes):
        seen[images, lines] += 1
        assert images.stop - images.start == 1 or lines == slice(0, rows)
        taken = (images.stop - images.start) * (lines.stop - lines.start)
        assert taken == 1 or taken * row_bytes <= convolution.TILE_BYTES
    assert (seen == 1).all()


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 11), st.integers(1, 40), st.sampled_from([np.float32, np.float64]))
def test_equal_rows_of_a_product_have_equal_results_wherever_they_stand(count, inner, filters, dtype):
    rows, matrix = draw_numbers(count, inner).astype(dtype), draw_numbers(inner, filters).astype(dtype)
    sums = product(rows, matrix)
    np.testing.assert_allclose(sums, rows.astype(float) @ matrix, atol=1e-12)
    assert sums.dtype == np.float64
    for n in range(count):
        np.testing.assert_array_equal(product(rows[n : n + 1], matrix)[0], sums[n])
        np.testing.assert_array_equal(product(np.roll(rows, n, axis=0), matrix), np.roll(sums, n, axis=0))


def test_a_product_is_summed_upward_in_parts_as_in_one(monkeypatch):
    rows, matrix = draw_numbers(5, 23).astype(np.float32), draw_numbers(23, 6).astype(np.float32)
    whole = {precision: product(rows, matrix, precision) for precision in (np.float32, np.float64)}
    monkeypatch.setattr("npdeconv.kernels.product.PART", 7)
    for precision, expected in whole.items():
        np.testing.assert_array_equal(product(rows, matrix, precision), expected)


@pytest.mark.parametrize(
    "switch", ["NUMBA_DISABLE_JIT", pytest.param("NUMBA_BOUNDSCHECK", marks=pytest.mark.slow)]
)
def test_kernels_run_uncompiled_and_with_bounds_checked(switch, tmp_path):
    """A small network up and down, by the layers and by the plan; every index must be inside its array."""
    script = """
import numpy as np
from npdeconv.fast import Plan
from npdeconv.layers import Add, Conv2D, Flatten, Dense, Graph, MaxPool2D, ReLU
rng = np.random.default_rng(0)
layers = {
    "conv1": Conv2D(2, 16, 3, padding=((2, 0), (0, 3)), rng=rng), "relu1": ReLU(),
    "conv2": Conv2D(16, 16, 3, padding="same", rng=rng), "relu2": ReLU(), "pool2": MaxPool2D(2),
    "conv3": Conv2D(16, 4, (2, 4), stride=(2, 1), padding="same", groups=2, rng=rng), "relu3": ReLU(),
    "each": Conv2D(4, 4, (3, 2), dilation=(1, 2), padding="same", groups=4, rng=rng),
    "more": Conv2D(4, 8, 2, dilation=(1, 2), padding=((1, 0), (2, 0)), groups=4, rng=rng),
    "back": Conv2D(8, 4, 3, dilation=2, padding="same", rng=rng), "add": Add(),
    "pool3": MaxPool2D(3, stride=2, padding="same"), "flatten": Flatten(), "dense": Dense(8, 3, rng=rng),
}
network = Graph(layers, inputs={"add": ("back", "relu3")}, input_shape=(9, 8, 2))
x = rng.random((8, 9, 8, 2), np.float32)
x[:, :5] = 0
y, tape = network.forward(x)
network.deconv(y, tape)
dx, gradients = network.backward(y, tape)
fast, fast_tape = Plan(network).forward(x)
assert np.allclose(fast, y, atol=1e-4)
for name, gradient in Plan(network).backward(y.copy(), fast_tape).items():
    assert np.allclose(gradient, gradients[name], rtol=1e-3, atol=1e-3), name
"""
    environment = {**os.environ, switch: "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)
