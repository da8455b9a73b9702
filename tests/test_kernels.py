"""Each kernel against its plain twin, over odd geometries."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from npdeconv._checks import kernel_input
from npdeconv.kernels import convolution, im2col, pooling, reference, winograd, winograd_transforms
from npdeconv.layers.window import Window


@st.composite
def geometries(draw):
    """A window, an image that it fits into, and where it stands."""
    size = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    stride = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    margins = st.tuples(*[st.integers(0, n - 1) for n in (size[0], size[0])])
    sides = st.tuples(*[st.integers(0, n - 1) for n in (size[1], size[1])])
    padding = draw(st.sampled_from(["same", "valid"]) | st.tuples(margins, sides))
    image = draw(st.tuples(st.integers(size[0], 12), st.integers(size[1], 12)))
    batch, channels = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    window = Window.parse(size, stride, padding, "test", "size")
    return (batch, *image, channels), window, window.place((*image, channels), "test")


def draw_numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).normal(size=shape)


@settings(deadline=None)
@given(geometries())
def test_im2col(geometry):
    shape, window, (offset, out) = geometry
    x = draw_numbers(*shape)
    columns = np.full((shape[0], *out, *window.size, shape[3]), np.nan)
    im2col.im2col(kernel_input(x), window.stride, offset, 0, columns)
    np.testing.assert_array_equal(columns, reference.im2col(x, window.size, window.stride, offset, out))


@settings(deadline=None)
@given(geometries())
def test_col2im(geometry):
    shape, window, (offset, out) = geometry
    columns = draw_numbers(shape[0], *out, *window.size, shape[3])
    images = np.zeros(shape)
    im2col.col2im(kernel_input(columns), window.stride, offset, 0, images)
    expected = reference.col2im(columns, window.stride, offset, shape[1:3])
    np.testing.assert_allclose(images, expected, atol=1e-12)


@settings(deadline=None)
@given(geometries(), st.integers(1, 5), st.sampled_from([1, 400, 5000, 2**20]))
def test_convolution(geometry, filters, tile_bytes):
    shape, window, (offset, out) = geometry
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
    np.testing.assert_allclose(y, reference.convolve(x, weight, bias, *place, out), atol=1e-11)
    np.testing.assert_allclose(dweight, reference.weight_gradient(x, dy, weight.shape, *place), atol=1e-11)
    np.testing.assert_allclose(dx, reference.convolve_transposed(dy, weight, *place, shape[1:3]), atol=1e-11)


@settings(deadline=None)
@given(geometries(), st.booleans())
def test_pooling(geometry, with_ties):
    shape, window, (offset, out) = geometry
    x = draw_numbers(*shape)
    if with_ties:
        x = np.round(x)
    y, switches = np.empty((shape[0], *out, shape[3])), np.empty((shape[0], *out, shape[3]), np.int32)
    pooling.max_pool(kernel_input(x), window.size, window.stride, offset, y, switches)
    expected, positions = reference.max_pool(x, window.size, window.stride, offset, out)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(switches, positions)
    down = np.zeros((shape[0], shape[1] * shape[2], shape[3]))
    pooling.unpool(kernel_input(y), kernel_input(switches), down)
    unpooled = reference.unpool(y, positions, shape[1:3])
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


B_TRANSPOSED = np.array(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]
)
A_TRANSPOSED = np.array([[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]])


def test_winograd_transforms_are_the_matrices_of_the_paper():
    """Lavin & Gray, arXiv:1509.09308, section 4.3; 16 squares at once, as 16 channels."""
    x, products, dy = draw_numbers(6, 6, 16), draw_numbers(36, 1, 16), draw_numbers(4, 4, 16)
    squares, y, dx = np.empty((36, 1, 16)), np.empty((4, 4, 16)), np.ones((6, 6, 16))

    def both_sides(matrix, square):
        return np.einsum("ij,jkc,lk->ilc", matrix, square, matrix)

    winograd_transforms.squares_from_inputs(x, 0, squares)
    np.testing.assert_allclose(squares.reshape(6, 6, 16), both_sides(B_TRANSPOSED, x), atol=1e-12)
    winograd_transforms.outputs_from_squares(products, 0, y)
    np.testing.assert_allclose(y, both_sides(A_TRANSPOSED, products.reshape(6, 6, 16)), atol=1e-12)
    winograd_transforms.squares_from_outputs(dy, 0, squares)
    np.testing.assert_allclose(squares.reshape(6, 6, 16), both_sides(A_TRANSPOSED.T, dy), atol=1e-12)
    winograd_transforms.inputs_from_squares(products, 0, dx)
    expected = 1 + both_sides(B_TRANSPOSED.T, products.reshape(6, 6, 16))
    np.testing.assert_allclose(dx, expected, atol=1e-12)


@st.composite
def three_by_three(draw):
    padding = draw(st.sampled_from(["same", "valid"]) | st.just(((2, 0), (1, 3))))
    window = Window.parse(3, 1, padding, "test", "size")
    batch, height, width = draw(st.tuples(st.integers(1, 3), st.integers(3, 14), st.integers(3, 14)))
    return (batch, height, width, draw(st.sampled_from([16, 32]))), window.place((height, width, 1), "test")


@settings(deadline=None)
@given(three_by_three(), st.sampled_from([16, 48]), st.sampled_from([1, 10**5, 2**20]))
def test_winograd_convolution(geometry, filters, tile_bytes):
    shape, (offset, out) = geometry
    x, weight, bias = draw_numbers(*shape), draw_numbers(3, 3, shape[3], filters), draw_numbers(filters)
    dy, place = draw_numbers(shape[0], *out, filters), ((1, 1), offset)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(winograd, "TILE_BYTES", tile_bytes)  # one row, some rows, several images
        y = winograd.convolve(x, weight, bias, *place, out)
        dweight = winograd.weight_gradient(x, dy, weight.shape, *place)
        dx = winograd.convolve_transposed(dy, weight, *place, shape[1:3])
    np.testing.assert_allclose(y, reference.convolve(x, weight, bias, *place, out), atol=1e-10)
    np.testing.assert_allclose(dweight, reference.weight_gradient(x, dy, weight.shape, *place), atol=1e-10)
    np.testing.assert_allclose(dx, reference.convolve_transposed(dy, weight, *place, shape[1:3]), atol=1e-10)


def test_winograd_of_no_images():
    nothing, weight = np.empty((0, 8, 8, 16)), draw_numbers(3, 3, 16, 16)
    assert winograd.convolve(nothing, weight, np.zeros(16), (1, 1), (1, 1), (8, 8)).shape == (0, 8, 8, 16)
    assert not winograd.weight_gradient(nothing, nothing, weight.shape, (1, 1), (1, 1)).any()
    assert winograd.convolve_transposed(nothing, weight, (1, 1), (1, 1), (8, 8)).shape == (0, 8, 8, 16)


def test_winograd_rounds_in_float32_as_its_docstring_says():
    x, weight, bias = draw_numbers(2, 28, 28, 64), draw_numbers(3, 3, 64, 64), draw_numbers(64)
    exact = reference.convolve(x, weight, bias, (1, 1), (1, 1), (28, 28))
    single = (array.astype(np.float32) for array in (x, weight, bias))
    y = winograd.convolve(*single, (1, 1), (1, 1), (28, 28))
    assert np.abs(y - exact).max() < 1e-5 * np.abs(exact).max()


def test_winograd_keeps_the_ties_of_a_constant_background():
    """In a square, a background of any color, or stripes, give equal values: pooling picks the first."""
    weight, bias = draw_numbers(3, 3, 16, 32).astype(np.float32), draw_numbers(32).astype(np.float32)
    background = draw_numbers(16).astype(np.float32)
    x = np.broadcast_to(background, (2, 20, 20, 16))
    y = winograd.convolve(x, weight, bias, (1, 1), (1, 1), (20, 20))
    squares = y[:, 4:16, 4:16].reshape(2, 3, 4, 3, 4, 32)  # those that see no padding
    assert (squares == squares[:, :, :1, :, :1]).all()
    stripes = x.copy()
    stripes[:, :, 9:] += 1
    across = winograd.convolve(stripes, weight, bias, (1, 1), (1, 1), (20, 20))[:, 4:16]
    rows_of_squares = across.reshape(2, 3, 4, 20, 32)
    assert (rows_of_squares == rows_of_squares[:, :, :1]).all()
    black = winograd.convolve(np.zeros_like(x), weight, bias, (1, 1), (1, 1), (20, 20))
    assert (black == bias).all()
