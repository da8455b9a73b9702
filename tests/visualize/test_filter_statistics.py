"""Domination, middle frequencies, dead maps and aliasing, where each is planted."""

import numpy as np
import pytest

from npdeconv.data import as_input, load_strokes
from npdeconv.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from npdeconv.visualize import aliasing, filter_statistics, find_patches, find_strongest
from tests.tiny import tiny_dataset, tiny_network

IMAGES = tiny_dataset(12).images


def with_filters(weight, *, stride=1):
    """Return a network whose first filters are (KH, KW, C, F) given ones."""
    size, channels, filters = weight.shape[0], *weight.shape[2:]
    rng = np.random.default_rng(0)
    layers = {
        "conv1": Conv2D(channels, filters, size, stride=stride, rng=rng),
        "relu1": ReLU(),
        "conv2": Conv2D(filters, 3, 2, rng=rng),
        "relu2": ReLU(),
    }
    layers["conv1"].weight[...] = weight
    return Sequential(layers, name="planted")


def waves(size):
    """Return filters of constant, one and three cycles per side, and a checkerboard, without channels."""
    place = np.arange(size)
    rows = [np.ones(size), np.cos(2 * np.pi * place / size), np.cos(2 * np.pi * 3 * place / size)]
    checkers = (-1.0) ** np.add.outer(place, place)
    return np.stack([*(np.tile(row, (size, 1)) for row in rows), checkers], axis=-1)[:, :, np.newaxis]


def test_sines_in_the_middle_are_told_from_others():
    result = filter_statistics(with_filters(waves(8)[..., :3]))
    np.testing.assert_allclose(result.middle, [0, 1, 1], atol=1e-6)  # 0, 1/8 and 3/8 of a cycle
    result = filter_statistics(with_filters(waves(11)[..., :3]))
    np.testing.assert_allclose(result.middle, [0, 0, 1], atol=1e-6)  # 0, 1/11 and 3/11
    result = filter_statistics(with_filters(waves(8)[..., 1:]))
    np.testing.assert_allclose(result.middle, [1, 1, 0], atol=1e-6)  # the checkerboard has 1/2
    assert result.spectrum.sum() == pytest.approx(1)
    assert result.size == (8, 8)


@pytest.mark.parametrize("size", [7, 11])
def test_filters_of_noise_score_what_noise_scores(size):
    noise = np.random.default_rng(0).standard_normal((size, size, 3, 500))
    result = filter_statistics(with_filters(noise))
    assert result.middle.mean() == pytest.approx(result.middle_noise, rel=0.02)


@pytest.mark.parametrize("factor", [1, 25])
def test_a_filter_that_dominates_is_found(factor):
    weight = np.random.default_rng(0).choice([-1.0, 1.0], (3, 3, 2, 9))
    weight[..., 4] *= factor
    result = filter_statistics(with_filters(weight))
    assert result.domination == pytest.approx(factor)
    assert result.rms.argmax() == (4 if factor > 1 else 0)
    np.testing.assert_allclose(result.rms, np.where(np.arange(9) == 4, factor, 1))


def test_dead_maps_are_those_that_no_image_excites():
    network = tiny_network()
    network["conv1"].bias[[1, 3]] = -1e3
    network["conv2"].bias[2] = -1e3
    result = filter_statistics(network, IMAGES)
    assert result.layers == ("relu1", "relu2")
    maps = [network[:name](as_input(IMAGES)) for name in result.layers]
    for dead, one, planted in zip(result.dead, maps, ({1, 3}, {2}), strict=True):
        np.testing.assert_array_equal(dead, one.max(axis=(0, 1, 2)) == 0)
        assert planted <= set(dead.nonzero()[0].tolist())


def test_a_map_that_one_image_excites_faintly_is_alive():
    """The search for the strongest images rounds; this must not."""
    network = tiny_network()
    network["conv1"].weight[..., 0] = 0
    network["conv1"].weight[1, 1, 0, 0] = 1e-7
    network["conv1"].weight[..., 1:] *= 1e3
    images = np.zeros_like(IMAGES)
    images[-1] = 200
    (dead,) = filter_statistics(network, images, layers=["relu1"]).dead
    assert not dead[0]


def sampled(kernel):
    """Return a network that reads a 4x4 field with a kernel, every 4 pixels, and adds 3x3 of these."""
    rng = np.random.default_rng(0)
    layers = {
        "conv1": Conv2D(1, 1, 4, stride=4, rng=rng),
        "relu1": ReLU(),
        "conv2": Conv2D(1, 1, 3, rng=rng),
        "relu2": ReLU(),
    }
    layers["conv1"].weight[..., 0, 0] = kernel
    layers["conv2"].weight[...] = [
        [[[0.5]], [[1]], [[0.5]]],
        [[[1]], [[2]], [[1]]],
        [[[0.5]], [[1]], [[0.5]]],
    ]
    return Sequential(layers, name="sampled")


def test_a_planted_grid_is_aliasing_and_blocks_without_gaps_are_none():
    points, blocks = np.zeros((4, 4)), np.ones((4, 4))
    points[1, 2] = 1
    images = load_strokes(6).images
    grid, whole = (filter_statistics(sampled(kernel), images, k=3).aliasing for kernel in (points, blocks))
    assert grid.layer == whole.layer == "relu2"
    assert grid.stride == (4, 4)
    assert grid.mean > 0.6
    assert whole.mean < 0.02  # a box of 4 pixels has zeros at the harmonics of 1/4, and little around them
    assert grid.mean > 5 * max(grid.around_mean, grid.patch_mean, grid.noise_share)


def test_aliasing_is_that_of_the_projections_written_out():
    network, layer = tiny_network(), "relu2"
    result = aliasing(network, IMAGES, layer, stride=2, k=2)
    found = find_strongest(network, IMAGES, [layer], k=2)[layer]
    patches = find_patches(network, IMAGES, layer, found=found)
    for m in range(4):
        shares = []
        for k in np.flatnonzero(found.image_indices[m] >= 0):
            picture, inside = patches.projections[m, k, ..., 0].astype(float), patches.inside[m, k]
            picture = np.where(inside, picture - picture[inside].mean(), 0)
            power = np.abs(np.fft.fft2(picture)) ** 2  # sides of 8 are multiples of 2
            near = power[4, 0] + power[0, 4] + power[4, 4]  # their neighbors are 1/8 away, 1/16 is near
            shares.append(near / power.sum() if power.any() else 0)
        np.testing.assert_allclose(result.share[m], np.mean(shares) if shares else 0, rtol=1e-5)
    assert result.spectrum.shape == (8, 8)


def test_a_first_layer_that_skips_nothing_has_no_aliasing_unless_asked_for():
    assert filter_statistics(tiny_network(), IMAGES).aliasing is None
    found = filter_statistics(tiny_network(), IMAGES, stride=2, k=1).aliasing
    assert found.stride == (2, 2)
    silent = tiny_network()
    silent["conv2"].bias[...] = -1e3
    nothing = aliasing(silent, IMAGES, "relu2", stride=2)
    assert not nothing.alive.any()
    assert nothing.mean == nothing.patch_mean == 0
    assert not nothing.spectrum.any()


def test_any_number_of_workers_gives_the_same_bits():
    network = sampled(np.ones((4, 4)))
    one, two = (filter_statistics(network, load_strokes(5).images, k=2, workers=n) for n in (1, 2))
    np.testing.assert_array_equal(one.aliasing.share, two.aliasing.share)
    np.testing.assert_array_equal(one.dead, two.dead)


def test_what_does_not_fit_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(
        ValueError, match=r"^filter_statistics: expected filters with weights, got mostly zer"
    ):
        filter_statistics(with_filters(np.zeros((3, 3, 1, 4))))
    with pytest.raises(ValueError, match=r"^aliasing: expected a stride of at least 2, since 1 skips no pix"):
        aliasing(tiny_network(), IMAGES, "relu2", stride=1)
    with pytest.raises(ValueError, match=r"^dead_maps: expected at least one image"):
        filter_statistics(tiny_network(), IMAGES[:0])
    with pytest.raises(ValueError, match=r"^filter_statistics: expected a second layer with maps, to proj"):
        filter_statistics(Sequential({"conv": Conv2D(1, 2, 3, stride=2, rng=rng), "relu": ReLU()}), IMAGES)
    dense = Sequential({"flatten": Flatten(), "dense": Dense(64, 3, rng=rng)}, input_shape=(8, 8, 1))
    with pytest.raises(ValueError, match=r"^first_filters: expected Sequential to start with a Conv2D"):
        filter_statistics(dense)
    with pytest.raises(KeyError, match="no layer 'relu9'"):
        filter_statistics(tiny_network(), IMAGES, "relu9", stride=2)


def test_pooling_alone_above_the_filters_is_no_second_layer():
    layers = {"conv": Conv2D(1, 2, 3, stride=2, rng=np.random.default_rng(0)), "relu": ReLU()}
    network = Sequential(layers | {"pool": MaxPool2D(3)}, name="short")
    assert filter_statistics(network, IMAGES, "pool", k=1).aliasing.layer == "pool"
