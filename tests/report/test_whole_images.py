"""The whole images beside patches: selection, size, and places of the patches."""

import numpy as np

from npdeconv.report.whole_images import COLUMNS, LEAST, PIXELS, find_fields, find_scenes, scenes_payload
from npdeconv.visualize import find_patches, find_strongest
from tests.tiny import tiny_dataset, tiny_network


def test_only_images_that_patches_are_cut_from_are_kept():
    images = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1).repeat(8, 1).repeat(9, 2)
    scenes = find_scenes(images, [np.array([[4, -1], [1, 4]]), np.array([[5]])])
    assert scenes.image_indices.tolist() == [1, 4, 5]
    np.testing.assert_array_equal(scenes.images, images[[1, 4, 5]])
    assert scenes.size == (8, 9)
    page = scenes_payload(scenes)
    assert (page["width"], page["height"], page["columns"], page["full"]) == (9, 8, COLUMNS, (8, 9))


def test_many_images_are_shown_smaller():
    images = np.zeros((3000, 64, 64, 1), np.uint8)
    few, many = find_scenes(images, [np.arange(30)]), find_scenes(images, [np.arange(3000)])
    assert few.images.shape[1] == 64
    assert many.images.shape[1] == LEAST
    some = find_scenes(images, [np.arange(1000)])
    assert some.images[..., 0].size <= PIXELS


def test_a_network_that_never_fires_has_no_images_but_a_page():
    scenes = find_scenes(np.zeros((2, 4, 4, 3), np.uint8), [np.full((2, 3), -1)])
    assert scenes.images.shape == (0, 4, 4, 3)
    assert scenes_payload(scenes)["uri"].startswith("data:image/png")


def test_fields_are_what_patches_show():
    network, dataset = tiny_network(), tiny_dataset(20)
    shape = dataset.images.shape[1:]
    for layer in ("relu1", "pool1", "relu2", "logits"):
        found = find_strongest(network, dataset.images, [layer], k=3)[layer]
        patches = find_patches(network, dataset.images, layer, found=found)
        fields = find_fields(network, layer, shape, positions=found.positions)
        for f, rank in np.ndindex(found.image_indices.shape):
            top, bottom, left, right = fields[f, rank]
            inside = patches.inside[f, rank]
            if found.image_indices[f, rank] < 0:
                assert not inside.any()
                assert not fields[f, rank].any()
                continue
            # A patch as large as the image shows the image, whatever part of it the unit sees.
            down = slice(None) if inside.shape[0] == shape[0] else slice(top, bottom)
            across = slice(None) if inside.shape[1] == shape[1] else slice(left, right)
            image = dataset.images[found.image_indices[f, rank]][down, across]
            rows, columns = inside.any(axis=1), inside.any(axis=0)
            np.testing.assert_array_equal(patches.pixels[f, rank][rows][:, columns], image)
