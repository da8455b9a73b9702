"""Projections: planted truths, the rules, and silent maps."""

import re

import numpy as np
import pytest

from npdeconv.data import as_input
from npdeconv.layers import Conv2D, MaxPool2D, ReLU, Sequential
from npdeconv.visualize import display, find_patches, find_strongest, project
from tests.cases import small_network

CORNER = np.array([[1, 1, 1], [1, -1, -1], [1, -1, -1]], float)


def corner_finder() -> Sequential:
    """Map 0 detects one shape, the upper left corner of a frame; map 1 never fires."""
    conv = Conv2D(1, 2, 3, rng=np.random.default_rng(0), dtype=float)
    conv.weight[..., 0, 0] = CORNER
    conv.weight[..., 0, 1] = 0
    conv.bias[...] = -3, -1
    layers = {"conv1": conv, "relu1": ReLU(), "pool1": MaxPool2D(2)}
    return Sequential(layers, input_shape=(12, 12, 1))


def planted(top: int, left: int) -> np.ndarray:
    """An image (1, 12, 12, 1) with one bright corner."""
    image = np.zeros((1, 12, 12, 1), np.uint8)
    image[0, top : top + 3, left : left + 3, 0] = 255 * (CORNER > 0)
    return image


@pytest.mark.parametrize(("top", "left"), [(0, 0), (2, 5), (7, 8), (9, 1)])
def test_the_planted_patch_is_found_where_it_is(top, left):
    result = project(corner_finder(), planted(top, left), "relu1", 0)
    assert result.position[0].tolist() == [top, left]
    assert result.box[0].tolist() == [top, top + 3, left, left + 3]
    assert result.activation[0] == pytest.approx(5 - 3)
    expected = np.zeros((12, 12))
    expected[top : top + 3, left : left + 3] = 2 * CORNER  # the filter itself, times the activation
    np.testing.assert_allclose(result.pixels[0, :, :, 0], expected, atol=1e-12)


def test_unpooling_puts_the_projection_where_the_winner_was():
    result = project(corner_finder(), planted(3, 4), "pool1", 0)
    assert result.position[0].tolist() == [1, 2]
    assert result.box[0].tolist() == [2, 6, 4, 8]  # the pool's window sees a 4x4 patch
    expected = project(corner_finder(), planted(3, 4), "relu1", 0).pixels
    np.testing.assert_array_equal(result.pixels, expected)


def test_a_silent_map_gives_zeros_and_is_marked():
    result = project(corner_finder(), planted(2, 2), "relu1", 1)
    assert result.silent.tolist() == [True]
    assert result.activation.tolist() == [0]
    assert not result.pixels.any()
    before = project(corner_finder(), planted(2, 2), "conv1", 1)  # -1 everywhere, before the rectifier
    assert (before.silent[0], before.activation[0]) == (True, -1)
    assert not before.pixels.any()
    whole = project(corner_finder(), planted(2, 2), "conv1", 1, select="map")
    assert not whole.pixels.any()


def images_and_network():
    net = small_network(float)
    return np.random.default_rng(4).integers(0, 256, (6, 9, 11, 2), np.uint8), net


def test_selecting_the_strongest_a_map_or_a_position():
    images, net = images_and_network()
    head = net[:"relu1"]
    y, tape = head.forward(as_input(images, float))
    strongest = project(net, images, "relu1", 2)
    np.testing.assert_array_equal(strongest.activation, y[..., 2].max(axis=(1, 2)))
    row, column = strongest.position[3]
    at = project(net, images, "relu1", 2, select=(int(row), int(column)))
    np.testing.assert_array_equal(at.pixels[3], strongest.pixels[3])
    whole = project(net, images, "relu1", 2, select="map")
    kept = np.zeros_like(y)
    kept[..., 2] = y[..., 2]
    np.testing.assert_allclose(whole.pixels, head.deconv(kept, tape), atol=1e-12)
    assert whole.box[0].tolist() == [-1, 10, -1, 12]
    # A layer's projection is linear before the first rectifier: the map is the sum of its places.
    total = sum(project(net, images, "relu1", 2, select=place).pixels for place in np.ndindex(9, 11))
    np.testing.assert_allclose(whole.pixels, total, atol=1e-9)


@pytest.mark.parametrize("layer", ["conv2", "relu2", "dense1", "logits"])
def test_the_gradient_rule_is_the_gradient(layer):
    """The gradient of half the squared activation, by central differences in the pixels."""
    images, net = images_and_network()
    x, head, step = as_input(images[:1], float), net[:layer], 1e-6
    unit = max(range(head(x).shape[-1]), key=lambda unit: project(net, x, layer, unit).activation[0])
    result = project(net, x, layer, unit, rule="gradient")
    assert not result.silent[0]
    row, column = result.position[0]

    def energy(x):
        y = head(x)
        return y.reshape(1, *(y.shape[1:3] if y.ndim == 4 else (1, 1)), -1)[0, row, column, unit] ** 2 / 2

    for place in [(0, 4, 5, 0), (0, 2, 3, 1), (0, 8, 10, 0)]:
        up, down = x.copy(), x.copy()
        up[place] += step
        down[place] -= step
        numeric = (energy(up) - energy(down)) / (2 * step)
        assert result.pixels[place] == pytest.approx(numeric, rel=1e-5, abs=1e-8)


def test_the_rules_differ_behind_two_rectifiers():
    images, net = images_and_network()
    alive = [m for m in range(5) if not project(net, images, "relu2", m).silent.all()]
    results = {
        rule: project(net, images, "relu2", alive[0], rule=rule) for rule in ("deconv", "gradient", "guided")
    }
    assert len({result.pixels.tobytes() for result in results.values()}) == 3
    assert len({result.activation.tobytes() for result in results.values()}) == 1


def test_one_map_per_image():
    images, net = images_and_network()
    maps = [4, 0, 3, 1, 2, 4]
    together = project(net, images, "relu2", maps)
    for n, feature_map in enumerate(maps):
        alone = project(net, images[n : n + 1], "relu2", feature_map)
        np.testing.assert_allclose(together.pixels[n], alone.pixels[0], atol=1e-12)
        assert together.activation[n] == pytest.approx(alone.activation[0])


def test_any_number_of_workers_gives_the_same_bits_and_no_images_give_none():
    _, net = images_and_network()
    images = np.random.default_rng(0).integers(0, 256, (40, 9, 11, 2), np.uint8)
    one, two = (project(net, images, "relu2", 3, workers=workers) for workers in (1, 2))
    for left, right in zip(one, two, strict=True):
        np.testing.assert_array_equal(left, right)
    assert project(net, images[:0], "relu2", 3).pixels.shape == (0, 9, 11, 2)


def test_bad_requests():
    images, net = images_and_network()
    with pytest.raises(KeyError, match="no layer 'relu7'; the layers are conv1"):
        project(net, images, "relu7", 0)
    with pytest.raises(IndexError, match="layer 'relu2' has the maps 0 to 4, got 5"):
        project(net, images, "relu2", 5)
    with pytest.raises(IndexError, match="layer 'relu2' has the maps 0 to 4, got -1"):
        project(net, images, "relu2", -1)
    with pytest.raises(TypeError, match=r"feature_map must be an integer or one per image, got 1\.5"):
        project(net, images, "relu2", 1.5)
    with pytest.raises(ValueError, match=re.escape("expected one feature_map, or one per image (6), got 2")):
        project(net, images, "relu2", [0, 1])
    with pytest.raises(IndexError, match=re.escape("the maps of layer 'relu2' are 3x2, got (3, 0)")):
        project(net, images, "relu2", 0, select=(3, 0))
    with pytest.raises(
        ValueError, match=re.escape("select must be one of strongest, map, (h, w), got 'best'")
    ):
        project(net, images, "relu2", 0, select="best")
    with pytest.raises(TypeError, match=re.escape("select must be 'strongest', 'map' or (h, w), got 3")):
        project(net, images, "relu2", 0, select=3)
    with pytest.raises(ValueError, match="rule must be one of deconv, gradient, guided, linear, got 'relu'"):
        project(net, images, "relu2", 0, rule="relu")
    with pytest.raises(ValueError, match=re.escape("expects images of shape (9, 11, 2), got (11, 9, 2)")):
        project(net, images.swapaxes(1, 2), "relu2", 0)
    with pytest.raises(
        ValueError, match=re.escape("expected images of shape (N, H, W, C), got an array of dtype uint8")
    ):
        project(net, images[0], "relu2", 0)
    with pytest.raises(TypeError, match=re.escape("'map' or (h, w), got (1.5, 2.0)")):
        project(net, images, "relu2", 0, select=(1.5, 2.0))
    bad = as_input(images, float)
    bad[2, 0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="got NaN or infinity in image 2"):
        project(net, bad, "relu2", 0)


def test_display_is_signed_centered_and_on_one_scale():
    pixels = np.array([[0, 1.0], [-2, 0.5]])
    np.testing.assert_array_equal(display(pixels), [[0.5, 0.75], [0, 0.625]])
    np.testing.assert_array_equal(display(pixels, limit=1), [[0.5, 1], [0, 0.75]])
    np.testing.assert_array_equal(display(np.zeros((2, 2))), np.full((2, 2), 0.5))
    assert display(np.float32(pixels)).dtype == np.float32
    np.testing.assert_array_equal(display(np.zeros(3), limit=0), np.full(3, 0.5))


def test_display_refuses_bad_arguments():
    with pytest.raises(TypeError, match=r"^display: expected an array of floats, got an array of dtype int"):
        display(np.arange(3))
    with pytest.raises(TypeError, match=r"^display: expected an array of floats, got \[0\.5\]$"):
        display([0.5])
    for value in (np.nan, np.inf):
        with pytest.raises(ValueError, match=r"^display: expected finite pixels, got NaN or infinity$"):
            display(np.array([1.0, value]))
    with pytest.raises(ValueError, match=r"^display: limit must be finite and not negative, got -1$"):
        display(np.ones(3), limit=-1)
    with pytest.raises(ValueError, match=r"^display: limit must be finite and not negative, got nan$"):
        display(np.ones(3), limit=np.nan)


def test_a_single_name_is_not_a_list_of_layers():
    images, net = images_and_network()
    with pytest.raises(TypeError, match=r"^find_strongest: layers must be a list of names, got 'relu1'$"):
        find_strongest(net, images, "relu1")


def test_patches_are_cut_for_the_layer_that_was_searched():
    images, net = images_and_network()
    found = find_strongest(net, images, ["relu1", "relu2"])
    message = "^find_patches: expected what was found for the 5 maps of layer 'relu2', got 4 maps$"
    with pytest.raises(ValueError, match=message):
        find_patches(net, images, "relu2", found=found["relu1"])


def brute_force(net, images, layer, by):
    """Rank by sorting all activations, which `find_strongest` avoids."""
    y = net[:layer](as_input(images, float))
    flat = y.reshape(len(y), -1, y.shape[-1])
    value = flat.max(axis=1) if by == "maximum" else flat.mean(axis=1)
    for m in range(flat.shape[2]):
        fires = np.flatnonzero(flat[:, :, m].max(axis=1) > 0)
        yield fires[np.argsort(-value[fires, m], kind="stable")], flat[:, :, m], value[:, m]


@pytest.mark.parametrize("by", ["maximum", "mean"])
@pytest.mark.parametrize("layer", ["conv1", "relu1", "pool1", "relu2", "relu_dense1", "logits"])
def test_the_strongest_of_a_stream_are_those_of_a_sort(layer, by):
    net = small_network(float)
    images = np.random.default_rng(1).integers(0, 256, (70, 9, 11, 2), np.uint8)
    images[40] = images[3]  # a tie: the first image is ranked first
    found = find_strongest(net, images, [layer], k=5, by=by, workers=2)[layer]
    for m, (order, flat, value) in enumerate(brute_force(net, images, layer, by)):
        count = min(5, len(order))
        assert found.image_indices[m, :count].tolist() == order[:count].tolist()
        assert (found.image_indices[m, count:] == -1).all()
        assert (found.positions[m, count:] == -1).all()
        np.testing.assert_allclose(found.activations[m, :count], value[order[:count]], rtol=1e-9)
        assert not found.activations[m, count:].any()
        assert found.firing[m] == pytest.approx(len(order) / 70)
        width = net[:layer].output_shape((9, 11, 2))
        columns = width[1] if len(width) == 3 else 1
        for n, (row, column) in zip(order[:count], found.positions[m], strict=False):
            assert row * columns + column == flat[n].argmax()


def test_fewer_images_than_k_and_dead_maps():
    found = find_strongest(
        corner_finder(), np.concatenate([planted(2, 2), planted(5, 5) * 0]), ["relu1"], k=3
    )
    relu1 = found["relu1"]
    assert relu1.image_indices.tolist() == [[0, -1, -1], [-1, -1, -1]]
    assert relu1.positions[0, 0].tolist() == [2, 2]
    assert relu1.firing.tolist() == [0.5, 0]
    with pytest.raises(ValueError, match="expected at least one image and one layer"):
        find_strongest(corner_finder(), planted(2, 2)[:0], ["relu1"])
    with pytest.raises(ValueError, match="by must be one of maximum, mean, got 'median'"):
        find_strongest(corner_finder(), planted(2, 2), ["relu1"], by="median")
    with pytest.raises(KeyError, match="no layer 'relu3'"):
        find_strongest(corner_finder(), planted(2, 2), ["relu3"])
