"""The eight descents: against explicit matrices in plain NumPy, and on a chain small enough for paper."""

import re

import numpy as np
import pytest

from npdeconv import models
from npdeconv.data import as_input
from npdeconv.layers import Conv2D, MaxPool2D, ReLU, Sequential
from npdeconv.visualize import compare_rules, project
from npdeconv.visualize.rules import correlate
from tests.cases import small_network

NAMES = ("deconv", "gradient", "guided", "linear")


def chain(nested: bool = False) -> Sequential:
    """conv, relu, pool, conv, relu for images (5, 6, 2); random filters and biases."""
    rng = np.random.default_rng(26)  # every map of both layers fires somewhere, and none everywhere
    lower = {
        "conv1": Conv2D(2, 3, 2, rng=rng, dtype=float),
        "relu1": ReLU(),
        "pool1": MaxPool2D(2, stride=(1, 2), padding=((0, 0), (1, 0))),
    }
    upper = {"conv2": Conv2D(3, 4, 2, rng=rng, dtype=float), "relu2": ReLU()}
    for conv in (lower["conv1"], upper["conv2"]):
        conv.bias[...] = rng.normal(size=conv.bias.shape) / 4
    if nested:
        return Sequential({"lower": Sequential({"block": Sequential(lower)}), **upper}, input_shape=(5, 6, 2))
    return Sequential({**lower, **upper}, input_shape=(5, 6, 2))


def conv_matrix(weight: np.ndarray, height: int, width: int) -> np.ndarray:
    """The convolution ("valid", stride 1) as a matrix: rows are outputs, columns inputs."""
    kh, kw, channels, filters = weight.shape
    matrix = np.zeros((height - kh + 1, width - kw + 1, filters, height, width, channels))
    for p, q in np.ndindex(matrix.shape[:2]):
        matrix[p, q, :, p : p + kh, q : q + kw] = weight.transpose(3, 0, 1, 2)
    return matrix.reshape(np.prod(matrix.shape[:3]), -1)


def pool_matrix(x: np.ndarray, centers: bool) -> np.ndarray:
    """The pool of `chain` on x (4, 5, 3) as a selection: windows 2x2, one column of padding at the left."""
    matrix = np.zeros((3, 3, 3, 4, 5, 3))
    for p, q, c in np.ndindex(3, 3, 3):
        places = [(h, w) for h in (p, p + 1) for w in (2 * q - 1, 2 * q) if w >= 0]  # row-major
        # places[0] is the upper left of a whole window, and the upper of two where it is clipped
        h, w = places[0] if centers else max(places, key=lambda place: x[(*place, c)])
        matrix[p, q, c, h, w, c] = 1
    return matrix.reshape(27, 60)


def by_matrices(net: Sequential, image: np.ndarray, feature_map: int, whole: bool) -> list[np.ndarray]:
    """The eight projections of a map of relu2 as products of matrices."""
    x = image.astype(float) / 255
    up1, up2 = conv_matrix(net["conv1"].weight, 5, 6), conv_matrix(net["conv2"].weight, 3, 3)
    before1 = up1 @ x.ravel() + np.tile(net["conv1"].bias, 20)
    after1 = np.maximum(before1, 0).reshape(4, 5, 3)
    before2 = up2 @ pool_matrix(after1, False) @ after1.ravel() + np.tile(net["conv2"].bias, 4)
    start = np.zeros((4, 4))
    start[:, feature_map] = np.maximum(before2.reshape(4, 4)[:, feature_map], 0)
    if not whole:
        start[start < start.max()] = 0
    results = []
    for centers in (False, True):
        for forward_gate, backward_gate in [(0, 1), (1, 0), (1, 1), (0, 0)]:
            y = start.ravel()
            for before, down in ((before2, up2 @ pool_matrix(after1, centers)), (before1, up1)):
                y = y * (before > 0) if forward_gate else y
                y = np.maximum(y, 0) if backward_gate else y
                y = down.T @ y
            results.append(y.reshape(5, 6, 2))
    return results


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("select", ["strongest", "map"])
def test_all_eight_are_products_of_matrices(select, nested):
    net, flat = chain(nested), chain()
    alive = 0
    for seed in range(4):
        image = np.random.default_rng(seed).integers(0, 256, (5, 6, 2), np.uint8)
        for feature_map in range(4):
            result = compare_rules(net, image, "relu2", feature_map, select=select)
            expected = by_matrices(flat, image, feature_map, select == "map")
            np.testing.assert_allclose(result.pixels, expected, atol=1e-12)
            alive += not result.unit.silent[0]
            if not result.unit.silent[0]:
                expected = np.corrcoef(np.reshape(expected, (8, -1)))
                np.testing.assert_allclose(result.correlation, expected, atol=1e-12)
    assert alive >= 8


def test_names_gates_and_public_projections_agree():
    net = small_network(float)
    image = np.random.default_rng(2).integers(0, 256, (9, 11, 2), np.uint8)
    unit = next(m for m in range(5) if not project(net, image[None], "relu2", m).silent[0])
    result = compare_rules(net, image, "relu2", unit)
    assert result.names == (*NAMES, *(f"{name} to centers" for name in NAMES))
    assert result.gates.astype(int).tolist() == [
        [0, 1, 1],
        [1, 0, 1],
        [1, 1, 1],
        [0, 0, 1],
        [0, 1, 0],
        [1, 0, 0],
        [1, 1, 0],
        [0, 0, 0],
    ]
    for n, rule in enumerate(NAMES):
        expected = project(net, image[None], "relu2", unit, rule=rule)
        np.testing.assert_array_equal(result.pixels[n], expected.pixels[0])
        np.testing.assert_array_equal(result.unit.box, expected.box)
    assert len({pixels.tobytes() for pixels in result.pixels}) == 8


def test_a_single_position_gives_its_filter():
    net, image = chain(), np.random.default_rng(0).integers(0, 256, (5, 6, 2), np.uint8)
    result = compare_rules(net, image, "relu1", 0, select=(2, 4))
    value = net[:"relu1"](as_input(image[None], float))[0, 2, 4, 0]
    assert value > 0
    expected = np.zeros((5, 6, 2))
    expected[2:4, 4:6] = value * net["conv1"].weight[..., 0]
    np.testing.assert_allclose(result.pixels[3], expected, atol=1e-12)


def test_below_the_lowest_pooling_the_switches_make_no_difference():
    image = np.random.default_rng(0).integers(0, 256, (5, 6, 2), np.uint8)
    result = compare_rules(chain(), image, "relu1", 2)
    assert not result.unit.silent[0]
    np.testing.assert_array_equal(result.pixels[:4], result.pixels[4:])


def test_a_dense_unit_and_a_silent_one():
    net = small_network(float)
    image = np.random.default_rng(2).integers(0, 256, (9, 11, 2), np.uint8)
    silent = [bool(project(net, image[None], "logits", m).silent[0]) for m in range(4)]
    assert set(silent) == {True, False}  # otherwise this test could not fail
    alive = compare_rules(net, image, "logits", silent.index(False))
    np.testing.assert_allclose(np.diag(alive.correlation), 1)
    dead = compare_rules(net, image, "logits", silent.index(True))
    assert not dead.pixels.any()
    np.testing.assert_array_equal(dead.correlation, np.zeros((8, 8)))


@pytest.mark.parametrize(
    ("layer", "shape", "rows", "columns"),
    [
        (MaxPool2D(3), (6, 9, 1), [1, 4], [1, 4, 7]),
        (MaxPool2D(2), (5, 4, 1), [0, 2], [0, 2]),  # the upper left of the four middle pixels
        (MaxPool2D((4, 1)), (8, 2, 1), [1, 5], [0, 1]),
        (MaxPool2D(3, stride=2), (7, 5, 1), [1, 3, 5], [1, 3]),
        # Windows over rows -1..1, 1..3, 3..5 of 5: clipped to 0..1, 1..3, 3..4.
        (MaxPool2D(3, stride=2, padding="same"), (5, 5, 1), [0, 2, 3], [0, 2, 3]),
        (MaxPool2D(3, stride=2, padding=((2, 0), (0, 2))), (5, 4, 1), [0, 1, 3], [1, 2]),
    ],
    ids=repr,
)
def test_centers_of_windows(layer, shape, rows, columns):
    x = np.random.default_rng(0).normal(size=(2, *shape[:2], 3))
    _, context = layer.forward(x)
    before = context.switches.copy()
    centered = layer.centered(context)
    expected = np.add.outer(np.multiply(rows, shape[1]), columns)
    assert centered.switches.dtype == np.int32
    assert centered.switches.shape == context.switches.shape
    assert (centered.switches == expected[None, :, :, None]).all()
    assert centered.input_shape == context.input_shape
    np.testing.assert_array_equal(context.switches, before)
    y = np.random.default_rng(1).normal(size=context.switches.shape)
    down = layer.deconv(y, centered)
    np.testing.assert_allclose(down[:, rows][:, :, columns], y)
    assert np.count_nonzero(down) == y.size


def test_correlations_are_those_of_numpy_at_any_scale_and_never_nan():
    rng = np.random.default_rng(0)
    pictures = rng.normal(size=(4, 5, 6, 3))
    pictures[1] += 0.3 * pictures[0]
    expected = np.corrcoef(pictures.reshape(4, -1))
    np.testing.assert_allclose(correlate(pictures), expected, atol=1e-12)
    scaled = pictures * np.array([1e-300, 1e300, -3, 1]).reshape(4, 1, 1, 1)
    signs = np.array([1, 1, -1, 1])
    np.testing.assert_allclose(correlate(scaled), expected * np.outer(signs, signs), atol=1e-12)
    flat = np.stack([pictures[0], np.zeros((5, 6, 3)), np.full((5, 6, 3), 0.1), -pictures[0]])
    np.testing.assert_allclose(
        correlate(flat), [[1, 0, 0, -1], [0, 0, 0, 0], [0, 0, 0, 0], [-1, 0, 0, 1]], atol=1e-12
    )


def test_bad_requests_are_those_of_project():
    net, image = chain(), np.zeros((5, 6, 2), np.uint8)
    with pytest.raises(
        ValueError, match=re.escape("compare_rules: expected an image of shape (H, W, C), got")
    ):
        compare_rules(net, image[None], "relu2", 0)
    with pytest.raises(KeyError, match="no layer 'relu3'"):
        compare_rules(net, image, "relu3", 0)
    with pytest.raises(IndexError, match="layer 'relu2' has the maps 0 to 3, got 4"):
        compare_rules(net, image, "relu2", 4)
    with pytest.raises(IndexError, match="the maps of layer 'relu2' are 2x2"):
        compare_rules(net, image, "relu2", 0, select=(2, 0))


def test_a_network_of_the_deck():
    net = models.deck_model4(rng=np.random.default_rng(0))
    image = np.random.default_rng(0).integers(0, 256, (28, 28, 1), np.uint8)
    result = compare_rules(net, image, "relu4", 3)
    assert result.pixels.shape == (8, 28, 28, 1)
    assert result.pixels.dtype == np.float32
    # The forward gate alone is the gradient of the unit, times its activation: Euler's identity holds
    # where biases are 0, as they are here.
    energy = float((result.pixels[1] * as_input(image[None])[0]).sum())
    assert energy == pytest.approx(float(result.unit.activation[0]) ** 2, rel=1e-4)


@pytest.mark.parametrize("value", [0.1, -0.3, 7.0, 0.0])
def test_a_picture_without_contrast_correlates_with_nothing(value):
    """The mean of equal numbers may have a rounding error, which is no contrast."""
    constant, other = np.full((7, 7, 1), value), np.arange(49.0).reshape(7, 7, 1)
    np.testing.assert_array_equal(correlate(np.stack([constant, other])), [[0, 0], [0, 1]])
