"""Whole images beside the projection of a unit or of a whole map."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from npdeconv import plot
from npdeconv.visualize import evolve, find_strongest, project, top_images
from tests.visualize.test_evolution import snapshots  # noqa: F401
from tests.visualize.test_projection import CORNER, corner_finder, planted


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def two_corners():
    """Two images of one corner each, the first darker, and an empty one."""
    return np.concatenate([planted(2, 5) // 4 * 3, planted(7, 1), planted(0, 0) * 0])


def found_in(images, **settings):
    return find_strongest(corner_finder(), images, ["relu1"], **settings)["relu1"]


def test_whole_images_have_the_planted_corner_and_its_projection():
    images = two_corners()
    found = found_in(images, k=3)
    result = top_images(corner_finder(), images, "relu1", found=found)
    assert result.image_indices.tolist() == [[1, 0, -1], [-1, -1, -1]]
    assert result.boxes[0].tolist() == [[7, 10, 1, 4], [2, 5, 5, 8], [0, 0, 0, 0]]
    np.testing.assert_array_equal(result.pixels[0], images[[1, 0, 2]])
    expected = np.zeros((12, 12))
    expected[7:10, 1:4] = 2 * CORNER
    np.testing.assert_allclose(result.projections[0, 0, ..., 0], expected, atol=1e-12)
    assert not result.projections[0, 2].any()
    assert not result.projections[1].any()


def test_a_whole_map_projects_all_corners_and_a_unit_only_the_strongest():
    image = np.maximum(planted(1, 1), planted(8, 8))
    found = found_in(image, k=1, by="mean")
    unit, whole = (
        top_images(corner_finder(), image, "relu1", found=found, feature_maps=[0], select=select)
        for select in ("strongest", "map")
    )
    assert unit.projections[0, 0, 8:11, 8:11].any() ^ unit.projections[0, 0, 1:4, 1:4].any()
    np.testing.assert_array_equal(
        whole.projections[0], project(corner_finder(), image, "relu1", 0, select="map").pixels
    )
    assert whole.projections[0, 0, 8:11, 8:11].any()
    assert whole.projections[0, 0, 1:4, 1:4].any()
    assert whole.boxes[0, 0].tolist() == [0, 12, 0, 12]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"feature_maps": [2]}, IndexError, "top_images: layer 'relu1' has the maps 0 to 1, got 2"),
        (
            {"feature_maps": [0.5]},
            TypeError,
            "top_images: feature_map must be an integer or several, got [0.5]",
        ),
        ({"select": "half"}, ValueError, "top_images: select must be"),
        (
            {"found": found_in(two_corners())._replace(image_indices=np.zeros((3, 1), int))},
            ValueError,
            "top_images: expected what was found for the 2 maps of layer 'relu1', got 3 maps",
        ),
    ],
)
def test_what_does_not_exist_is_refused(changes, error, message):
    images = two_corners()
    settings = {"found": found_in(images)} | changes
    with pytest.raises(error, match=re.escape(message)):
        top_images(corner_finder(), images, "relu1", **settings)


def test_the_figure_has_boxes_and_values_where_there_are_images():
    images = two_corners()
    result = top_images(corner_finder(), images, "relu1", found=found_in(images, k=3))
    ax = plot.top_images(result)
    gap = 1
    places = [(*patch.get_xy(), patch.get_width(), patch.get_height()) for patch in ax.patches]
    assert places == [(0.5, 6.5, 3, 3), (12 + gap + 4.5, 1.5, 3, 3)]
    values = [f"{value:.3g}" for value in result.activations[0, :2]]
    assert [text.get_text() for text in ax.texts] == [*values, "map 0\n±2", "map 1\ndead"]
    sheet = ax.images[0].get_array()
    assert sheet.shape == (4 * 12 + 3 * gap, 3 * 12 + 2 * gap)
    np.testing.assert_array_equal(sheet[:12, :12], images[1, ..., 0] / 255)
    assert "box" in ax.get_title()
    assert "box" not in plot.top_images(result._replace(boxes=result.boxes * 0 + [0, 12, 0, 12])).get_title()


def test_an_evolution_can_be_drawn_whole_behind_its_image(snapshots):  # noqa: F811
    image = planted(2, 5)
    result = evolve(corner_finder(), image, ["relu1"], snapshots=snapshots, feature_maps=[0], image_index=0)
    cropped, whole = (plot.evolution(result["relu1"], whole=whole) for whole in (False, True))
    epochs = len(result["relu1"].epochs)
    assert cropped.images[0].get_array().shape == (3, 4 * epochs - 1)
    assert whole.images[0].get_array().shape == (12, 13 * epochs - 1)
    behind = plot.evolution(result["relu1"], pixels=image[0]).images[0].get_array()
    np.testing.assert_array_equal(behind[:, :12], image[0, ..., 0] / 255)
    np.testing.assert_array_equal(behind[:, 13:], whole.images[0].get_array())
