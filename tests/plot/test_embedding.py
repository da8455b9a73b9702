"""Scatters of thumbnails and sheets of neighbors."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.offsetbox import AnnotationBbox
from matplotlib.patches import Rectangle

from npdeconv import plot
from npdeconv.plot.embedding import class_colors
from npdeconv.plot.images import BOX_COLOR
from npdeconv.visualize import nearest_neighbors
from tests.tiny import CLASSES, tiny_dataset


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def thumbnails(ax):
    return [artist for artist in ax.artists if isinstance(artist, AnnotationBbox)]


@pytest.mark.parametrize("channels", [1, 3])
def test_thumbnails_stand_at_their_points_in_the_color_of_their_class(channels):
    images = np.repeat(tiny_dataset(4).images, channels, axis=3)
    points = np.array([[0.0, 0], [9, 0], [0, 9], [9.25, 0]])
    labels = np.array([2, 0, 2, 0])
    ax = plot.scatter(points, images, labels, CLASSES, title="here")
    ax.figure.canvas.draw()
    shown = thumbnails(ax)
    assert [box.xy for box in shown] == [(0, 0), (9, 0), (0, 9)]  # the fourth would lie on the second
    assert len(ax.collections[0].get_offsets()) == 4
    frames = [to_hex(box.patch.get_edgecolor()) for box in shown]
    assert frames[0] == frames[2] != frames[1]
    assert {text.get_text(): text.get_position() for text in ax.texts} == {
        "left": (9.125, 0),
        "bottom": (0, 4.5),
    }
    assert ax.get_title() == "here"
    np.testing.assert_array_equal(shown[1].offsetbox.get_data().reshape(images[1].shape), images[1])


def test_points_that_are_all_the_same_are_one_thumbnail():
    dataset = tiny_dataset(3)
    ax = plot.scatter(np.zeros((3, 2)), dataset.images / 255, dataset.labels, CLASSES)
    ax.figure.canvas.draw()
    assert len(thumbnails(ax)) == 1


@pytest.mark.parametrize("count", [1, 10, 11, 101])
def test_every_class_has_its_color(count):
    assert len({to_hex(color) for color in class_colors(count)}) == count


def test_neighbors_of_another_class_are_framed():
    dataset = tiny_dataset(12)
    vectors = np.arange(12.0)[:, None]
    here = nearest_neighbors(vectors, 2, queries=[0, 6])  # 1 and 2; 5 and 7
    there = nearest_neighbors(vectors**2, 1, queries=[0, 6])  # 1; 5
    labels = np.array([0, 0, 1, 0, 0, 2, 2, 2, 0, 0, 0, 0])
    axes = plot.neighbors(dataset.images, here, there, labels, CLASSES, title="both")
    assert axes.shape == (2, 4)
    titles = [[ax.get_title() for ax in row] for row in axes]
    assert titles[0] == ["image 0:\nleft", "left", "right", "left"]
    assert titles[1][1:] == ["bottom"] * 3
    framed = [[any(isinstance(patch, Rectangle) for patch in ax.patches) for ax in row] for row in axes]
    assert framed == [[False, False, True, False], [False] * 4]
    (frame,) = axes[0, 2].patches
    assert to_hex(frame.get_edgecolor()) == BOX_COLOR
    for n, ax in zip([0, 1, 2, 1], axes[0], strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), dataset.images[n, ..., 0])
    assert axes[0, 0].figure.get_suptitle() == "both"


def test_neighbors_of_different_images_make_no_sheet():
    vectors = np.arange(5.0)[:, None]
    here, there = (nearest_neighbors(vectors, 2, queries=[n]) for n in (0, 1))
    with pytest.raises(
        ValueError, match="neighbors: expected the neighbors of the same images in both spaces"
    ):
        plot.neighbors(tiny_dataset(5).images, here, there, np.zeros(5, int), CLASSES)
