"""Winograd's convolution against the paper's matrices and the plain twin; and ties in training."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from npdeconv import plain
from npdeconv.fast import Plan, winograd, winograd_transforms
from npdeconv.fast.blocks import WinogradBlock
from npdeconv.fast.equal_patches import BLANK, first_equals
from npdeconv.fast.relu_and_pool import NOBODY
from npdeconv.layers import Conv2D, MaxPool2D, ReLU, Sequential
from tests.plain_networks import plain_layer

SAME = ((1, 1), (1, 1))


def draw_numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).normal(size=shape)


def conv(channels, filters, padding="same", dtype=np.float32, bias=True):
    layer = Conv2D(channels, filters, 3, padding=padding, rng=np.random.default_rng(0), dtype=dtype)
    layer.bias[:] = draw_numbers(filters) if bias else 0
    return layer


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
    batch, height, width = draw(st.tuples(st.integers(1, 3), st.integers(3, 14), st.integers(3, 14)))
    return (batch, height, width, draw(st.sampled_from([16, 32]))), padding


@settings(deadline=None)
@given(three_by_three(), st.sampled_from([16, 48]), st.sampled_from([1, 10**5, 2**20]), st.booleans())
def test_winograd_convolution(geometry, filters, tile_bytes, rectified):
    shape, padding = geometry
    layer = conv(shape[3], filters, padding, np.float64)
    x, dy = draw_numbers(*shape), draw_numbers(shape[0], *layer.output_shape(shape[1:]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(winograd, "TILE_BYTES", tile_bytes)  # one row, some rows, several images
        block = WinogradBlock(layer, rectified, pooled=False, fewest=0)
        y, context = block.forward(x)
        dx, gradients = block.backward(dy, context)
        searched = block(x)
    twin = plain_layer(layer, shape[1:])
    exact, _ = twin.forward(x)
    passed = dy * (exact > 0) if rectified else dy
    np.testing.assert_allclose(y, np.maximum(exact, 0) if rectified else exact, atol=1e-10)
    np.testing.assert_allclose(searched, y, atol=1e-10)
    expected, exact_gradients = twin.backward(passed, x)
    np.testing.assert_allclose(dx, expected, atol=1e-10)
    for key, gradient in exact_gradients.items():
        np.testing.assert_allclose(gradients[key], gradient, atol=1e-10)


def test_winograd_of_no_images():
    block = WinogradBlock(conv(16, 16), rectified=True, pooled=True, fewest=0)
    y, context = block.forward(np.empty((0, 8, 8, 16), np.float32))
    dx, gradients = block.backward(y, context)
    assert y.shape == (0, 4, 4, 16)
    assert dx.shape == (0, 8, 8, 16)
    assert not gradients["weight"].any()
    assert not gradients["bias"].any()


def test_winograd_rounds_in_float32_as_its_docstring_says():
    layer, x = conv(64, 64), draw_numbers(2, 28, 28, 64).astype(np.float32)
    exact = layer(x)
    y = WinogradBlock(layer, rectified=False, pooled=False)(x)
    assert 0 < np.abs(y - exact).max() < 1e-5 * np.abs(exact).max()


def pictures(channels: int) -> dict[str, np.ndarray]:
    """Images with ties: blank, constant, edges, a diagonal, checkers, one pixel; two values per channel."""
    rows, columns = np.mgrid[:20, :20]
    inside = {
        "blank": np.zeros((20, 20), bool),
        "constant": np.ones((20, 20), bool),
        "one pixel": (rows == 7) & (columns == 9),
        "horizontal edge": rows < 9,
        "vertical edge": columns < 10,
        "diagonal": rows < columns,
        "other diagonal": rows + columns < 17,
        "checkers": (rows // 3 + columns // 3) % 2 == 0,
    }
    on, off = draw_numbers(2, channels).astype(np.float32)
    pairs = {f"{name}, on black": np.where(is_on[..., None], on, 0) for name, is_on in inside.items()}
    pairs |= {f"{name}, on gray": np.where(is_on[..., None], on, off) for name, is_on in inside.items()}
    return {name: picture.astype(np.float32) for name, picture in pairs.items()}


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("name", pictures(16))
def test_training_decides_no_gate_and_no_winner_by_rounding(name, bias):
    """Winners and gates of the plan are those of the layers, whose sums run in a fixed order."""
    x = np.broadcast_to(pictures(16)[name], (3, 20, 20, 16))
    layers = {"conv": conv(16, 32, bias=bias), "relu": ReLU(), "pool": MaxPool2D(2)}
    network = Sequential(layers, input_shape=(20, 20, 16))
    y, tape = network.forward(x)
    fast, kept = Plan(network).forward(x)
    context = kept["conv"]
    np.testing.assert_allclose(fast, y, atol=1e-4)
    rows, columns = np.divmod(tape["pool"].switches, 20)
    where_it_fires = y > 0
    winners = rows % 2 * 2 + columns % 2
    np.testing.assert_array_equal(context.winners[where_it_fires], winners[where_it_fires])
    np.testing.assert_array_equal(fast > 0, where_it_fires)
    np.testing.assert_array_equal(context.winners == NOBODY, ~where_it_fires)


@pytest.mark.parametrize("name", pictures(16))
@pytest.mark.parametrize("tile_bytes", [1, 10**5, 2**20])
def test_equal_patches_get_equal_outputs_across_tiles(name, tile_bytes, monkeypatch):
    monkeypatch.setattr(winograd, "TILE_BYTES", tile_bytes)
    x = np.stack([pictures(16)[name]] * 2)
    y, _ = WinogradBlock(conv(16, 16), rectified=False, pooled=False, fewest=0).forward(x)
    patches = plain.windows(x, (3, 3), (1, 1), SAME, fill=0).reshape(2, 400, -1)
    for n in range(2):
        _, kinds = np.unique(patches[n], axis=0, return_inverse=True)
        for kind in range(kinds.max() + 1):
            alike = y[n].reshape(400, -1)[kinds.ravel() == kind]
            assert (alike == alike[0]).all()


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 3), st.integers(1, 12), st.randoms())
def test_first_equals_agrees_with_a_dictionary(height, width, channels, band, random):
    values = [0.0, 0.0, 1.0, -2.5, np.nan]
    pixels = [random.choice(values) for _ in range(2 * height * width * channels)]
    x = np.array(pixels, np.float32).reshape(2, height, width, channels)
    firsts = first_equals(x, (1, 1), (height, width), band)
    patches = plain.windows(x, (3, 3), (1, 1), SAME, fill=0)
    for n in range(2):
        seen: dict[bytes, int] = {}
        for p in range(height):
            seen = {} if p % band == 0 else seen
            for q in range(width):
                patch = patches[n, p, q]
                first = seen.setdefault(patch.tobytes(), p * width + q)
                assert firsts[n, p, q] == (first if patch.any() else BLANK)
