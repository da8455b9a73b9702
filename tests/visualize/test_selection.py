"""The selection of shown maps among many; no other maps are computed."""

import numpy as np
import pytest

from npdeconv import plot
from npdeconv.anatomy import map_count, patch_size
from npdeconv.layers import Dense, Flatten, ReLU, Sequential
from npdeconv.visualize import (
    FeatureMaps,
    Patches,
    Strongest,
    affordable_maps,
    find_patches,
    find_strongest,
    most_active,
)
from npdeconv.visualize.selection import MOST
from tests.tiny import tiny_dataset, tiny_network


def found_with(activations):
    """Return a `Strongest` for maps with these largest activations, with the same image for each."""
    first = np.array(activations, float)[:, np.newaxis]
    images = np.where(first > 0, 0, -1)
    return Strongest(images, np.stack([images] * 2, axis=-1), first, (first > 0).mean(axis=1))


def test_the_most_active_maps_in_ascending_order():
    found = found_with([1, 5, 0, 3, 5, 0])
    assert most_active(found, 3).tolist() == [1, 3, 4]
    assert most_active(found, 5).tolist() == [0, 1, 2, 3, 4]  # the first of the dead ones
    assert most_active(found, 9).tolist() == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="most_active: k must be at least 1, got 0"):
        most_active(found, 0)


@pytest.mark.parametrize("budget", [0, 10, 333, 5000, 10**9])
def test_affordable_maps_use_the_budget_but_not_more(budget):
    counts, costs = [3, 200, 64, 1000], [7, 1, 9, 30]

    def price(most):
        return sum(min(count, most) * cost for count, cost in zip(counts, costs, strict=True))

    most = affordable_maps(counts, costs, budget)
    assert 1 <= most <= MOST
    assert most == 1 or price(most) <= budget
    assert most == MOST or price(most + 1) > budget


def test_patches_of_some_maps_equal_those_of_all():
    network, images = tiny_network(), tiny_dataset(30).images
    found = find_strongest(network, images, ["relu2"], k=3)["relu2"]
    every = find_patches(network, images, "relu2", found=found)
    some = find_patches(network, images, "relu2", found=found, feature_maps=[3, 1])
    for left, right in zip(some, every, strict=True):
        np.testing.assert_allclose(left, right[[3, 1]], rtol=1e-4, atol=1e-6)
    assert map_count(network, "relu2", images.shape[1:]) == 4
    assert patch_size(network, "relu2", images.shape[1:]) == every.pixels.shape[2:4]
    for number in (-1, 4):
        with pytest.raises(
            IndexError, match=rf"find_patches: layer 'relu2' has the maps 0 to 3, got {number}"
        ):
            find_patches(network, images, "relu2", found=found, feature_maps=[0, number])


def test_only_the_chosen_units_take_memory():
    rng = np.random.default_rng(0)
    wide = Dense(64 * 64 * 3, 2000, rng=rng)  # patches of all would take 1.1 GB
    network = Sequential({"flatten": Flatten(), "wide": wide, "relu": ReLU()}, input_shape=(64, 64, 3))
    images = rng.integers(0, 256, (2, 64, 64, 3), np.uint8)
    found = find_strongest(network, images, ["relu"], k=9)["relu"]
    patches = find_patches(network, images, "relu", found=found, feature_maps=most_active(found, 2))
    assert patches.projections.shape == (2, 9, 64, 64, 3)


def test_each_of_some_maps_is_named_by_its_number():
    silent = np.array([False, True])
    ax = plot.feature_maps(FeatureMaps(np.ones((2, 4, 4)), silent), feature_maps=[12, 907])
    assert [text.get_text() for text in ax.texts] == ["12", "907"]
    pictures = np.ones((2, 1, 4, 4, 1))
    patches = Patches(pictures, pictures, pictures[..., 0] > 0)
    ax = plot.strongest_projections(patches, found_with([1, 0, 2]), feature_maps=[1, 2])
    assert [text.get_text() for text in ax.texts] == ["1", "2"]
    assert ax.lines[0].get_xdata().tolist() == [-0.5, 3.5]  # map 1, the left one, is dead
    assert len(ax.lines) == 2
