"""Random starts: exact on chains small enough for paper, and a copy of the image is found out."""

import re

import numpy as np
import pytest

from npdeconv.data import as_input
from npdeconv.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from npdeconv.visualize import compare_rules, compare_starts, project
from npdeconv.visualize.starts import random_start
from tests.cases import small_network

RULES = ("deconv", "gradient", "guided", "linear")


def noise(n=3, shape=(9, 11, 2), seed=2):
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), np.uint8)


def firing(net, images, layer):
    """A map of a layer that fires on the most images."""
    maps = net[:layer](as_input(images, net.dtype))
    return int((maps.max(axis=(1, 2)) > 0).sum(axis=0).argmax())


def pooled_copy(maps=6):
    """A network whose every unit draws the image: its pooling keeps what is white, its weights are one."""
    rng = np.random.default_rng(0)
    layers = {"pool": MaxPool2D(2), "flatten": Flatten(), "dense": Dense(16, maps, rng=rng, dtype=float)}
    net = Sequential(layers, input_shape=(8, 8, 1))
    net["dense"].weight[...] = 1
    return net


def points(seed=0):
    """A white pixel in each window of `pooled_copy`, on black, never at the window's center (upper left)."""
    rng, image = np.random.default_rng(seed), np.zeros((8, 8, 1), np.uint8)
    for row, column in np.ndindex(4, 4):
        h, w = [(0, 1), (1, 0), (1, 1)][rng.integers(3)]
        image[2 * row + h, 2 * column + w] = 255
    return image


def test_a_copy_of_the_image_is_found_out():
    images = np.stack([points(0), points(1)])
    result = compare_starts(pooled_copy(), images, "dense", 2, rules=RULES, rng=np.random.default_rng(0))
    for array in (result.to_random, result.to_image, result.random_to_image):
        np.testing.assert_allclose(array, 1)
    # Without switches, all values stand on black pixels of the image.
    np.testing.assert_allclose(result.to_centered, -1 / 3)


def test_without_switches_the_copy_is_gone_and_without_pooling_nothing_changes():
    net = small_network(np.float64)
    pooled = [name for name in net.layers if isinstance(net[name], MaxPool2D)]
    assert pooled  # so that the next line can fail
    unit = firing(net, noise(), "relu2")
    result = compare_starts(net, noise(), "relu2", unit, rules=RULES, rng=np.random.default_rng(0))
    assert np.abs(result.to_random - result.to_centered).max() > 0.01
    rng = np.random.default_rng(1)
    chain = {"conv1": Conv2D(2, 4, 3, rng=rng), "relu1": ReLU(), "conv2": Conv2D(4, 4, 3, rng=rng)}
    flat = Sequential(chain | {"relu2": ReLU()}, input_shape=(9, 11, 2))
    unit = firing(flat, noise(), "relu2")
    result = compare_starts(flat, noise(), "relu2", unit, rules=RULES, rng=np.random.default_rng(0))
    assert result.to_random.any()
    np.testing.assert_allclose(result.to_random, result.to_centered, rtol=0, atol=1e-14)
    np.testing.assert_array_equal(result.random_pixels, result.centered_pixels)


@pytest.mark.parametrize("rule", RULES)
def test_a_linear_chain_by_hand(rule):
    """The projection of a unit is its column of weights; that of a random start mixes the other columns."""
    rng = np.random.default_rng(5)
    net = Sequential(
        {"flatten": Flatten(), "dense": Dense(12, 3, rng=rng, dtype=float)}, input_shape=(3, 4, 1)
    )
    image = noise(1, (3, 4, 1))
    net["dense"].bias[...] = 2  # so that a unit fires; biases play no part in a projection
    values = net(as_input(image, np.float64))[0]
    unit = int(values.argmax())
    assert values[unit] > 0
    result = compare_starts(net, image, "dense", unit, rules=[rule], draws=4, rng=np.random.default_rng(7))
    weight, others = net["dense"].weight, [m for m in range(3) if m != unit]
    own = np.random.default_rng(np.random.default_rng(7).integers(2**63, size=1)[0])
    x = image.ravel() / 255
    for n in range(4):
        mix = np.abs(own.standard_normal(3))[others]
        mix *= values[unit] / np.sqrt((mix**2).sum())
        drawn = weight[:, others] @ mix
        expected = np.corrcoef([values[unit] * weight[:, unit], drawn, x])
        assert result.to_random[0, 0, n] == pytest.approx(expected[0, 1], abs=1e-12)
        assert result.random_to_image[0, 0, n] == pytest.approx(expected[1, 2], abs=1e-12)
        assert result.to_image[0, 0] == pytest.approx(expected[0, 2], abs=1e-12)
        if n == 0:
            np.testing.assert_allclose(result.random_pixels[0, 0].ravel(), drawn, atol=1e-12)


@pytest.mark.parametrize("select", ["strongest", "map", (1, 1)])
def test_a_random_start_has_the_units_places_and_energy_in_other_maps(select):
    net, images = small_network(np.float64), noise()
    m = firing(net, images, "relu2")
    y = net[:"relu2"](as_input(images, np.float64))
    unit = project(net, images, "relu2", m, select=select)
    start = np.zeros_like(y)
    for n, (row, column) in enumerate(unit.position):
        places = np.s_[n, :, :, m] if select == "map" else np.s_[n, row, column, m]
        start[places] = y[places]
    assert start.any()
    random = random_start(start, np.full(3, m), [np.random.default_rng(n) for n in range(3)])
    assert (random >= 0).all()
    assert not random[..., m].any()
    np.testing.assert_allclose((random**2).sum(axis=-1), start[..., m] ** 2, atol=1e-12)


def test_only_what_the_unit_sees_is_compared():
    """Zeros around small boxes would make any two pictures alike."""
    net, images = small_network(np.float64), noise()
    result = compare_starts(net, images, "relu1", 0, draws=1, rng=np.random.default_rng(0))
    for n, (top, bottom, left, right) in enumerate(np.maximum(result.unit.box, 0)):
        parts = [p[0, n, top:bottom, left:right].ravel() for p in (result.pixels, result.random_pixels)]
        assert result.to_random[0, n, 0] == pytest.approx(np.corrcoef(parts)[0, 1], abs=1e-12)
        whole = [p[0, n].ravel() for p in (result.pixels, result.random_pixels)]
        assert abs(result.to_random[0, n, 0] - np.corrcoef(whole)[0, 1]) > 0.001


def test_it_projects_as_the_rules_do_and_tells_silent_units():
    net, images = small_network(np.float64), noise()
    silent = [project(net, images, "logits", m).silent for m in range(4)]
    feature_map = next(m for m in range(4) if silent[m].any() and not silent[m].all())
    result = compare_starts(net, images, "logits", feature_map, rules=RULES, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(result.unit.silent, silent[feature_map])
    for n, image in enumerate(images):
        np.testing.assert_allclose(
            result.pixels[:, n], compare_rules(net, image, "logits", feature_map).pixels[:4], atol=1e-12
        )
    for array in (result.to_random, result.to_centered, result.to_image, result.random_to_image):
        assert not array[:, result.unit.silent].any()
        assert array[:, ~result.unit.silent].any()


def test_the_result_depends_on_the_seed_alone():
    net, images = small_network(np.float32), noise(700)  # more than one shard
    m = firing(net, images, "relu2")
    one, two, other = (
        compare_starts(net, images, "relu2", m, draws=1, rng=np.random.default_rng(seed), workers=workers)
        for seed, workers in ((3, 1), (3, 2), (4, 1))
    )
    np.testing.assert_array_equal(one.to_random, two.to_random)
    assert (one.to_random != other.to_random).any()


def test_bad_requests():
    net, images, rng = small_network(np.float32), noise(), np.random.default_rng(0)
    single = Sequential({"c": Conv2D(2, 1, 3, rng=rng)})
    with pytest.raises(ValueError, match="compare_starts: expected a layer with several maps, 'c' has no"):
        compare_starts(single, images, "c", 0, rng=rng)
    with pytest.raises(ValueError, match="compare_starts: rules must have at least one name, got none"):
        compare_starts(net, images, "relu2", 0, rules=[], rng=rng)
    with pytest.raises(ValueError, match=re.escape("compare_starts: rules must be")):
        compare_starts(net, images, "relu2", 0, rules=["best"], rng=rng)
    with pytest.raises(ValueError, match="compare_starts: draws must be"):
        compare_starts(net, images, "relu2", 0, draws=0, rng=rng)
    with pytest.raises(TypeError, match=r"compare_starts: .*Generator"):
        compare_starts(net, images, "relu2", 0, rng=0)
    with pytest.raises(IndexError, match="layer 'relu2' has the maps 0 to"):
        compare_starts(net, images, "relu2", 99, rng=rng)
