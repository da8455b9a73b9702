"""Points moved to the cells of a grid."""

import itertools
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from npdeconv import plot
from npdeconv.visualize import grid_cells


def test_points_on_a_grid_stay_where_they_are():
    cells = np.stack(np.divmod(np.random.default_rng(0).permutation(20), 5), axis=1)  # 4 rows, 5 columns
    points = np.stack([3.0 * cells[:, 1] - 7, 100 - 2.0 * cells[:, 0]], axis=1)  # across, up
    np.testing.assert_array_equal(grid_cells(points), cells)


def test_no_other_layout_moves_points_less():
    points = np.random.default_rng(1).random((6, 2))  # 2 rows, 3 columns
    found = grid_cells(points)
    scaled = (points - points.min(axis=0)) / np.ptp(points, axis=0)
    wanted = np.stack([1 - scaled[:, 1], 2 * scaled[:, 0]], axis=1)
    every = np.array(list(itertools.product(range(2), range(3))))
    costs = [np.square(wanted - every[list(order)]).sum() for order in itertools.permutations(range(6))]
    assert np.square(wanted - found).sum() == pytest.approx(min(costs))


@pytest.mark.parametrize("count", [1, 2, 7])
def test_every_point_has_a_cell_of_its_own_even_in_one_place(count):
    cells = grid_cells(np.zeros((count, 2)))
    assert len(np.unique(cells, axis=0)) == count
    assert cells.max() < np.ceil(np.sqrt(count))


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.zeros((3, 3)), "grid_cells: expected points of shape (N, 2), got"),
        (np.zeros((0, 2)), "grid_cells: expected points of shape (N, 2), got"),
        (np.array([[0, np.nan]]), "grid_cells: expected finite points, got NaN or infinity"),
    ],
)
def test_bad_points_are_refused(points, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        grid_cells(points)


def test_thumbnails_lie_in_their_cells():
    images = np.arange(3, dtype=np.uint8).repeat(16).reshape(3, 4, 4, 1) * 100
    cells = np.array([[1, 0], [0, 1], [0, 0]])
    ax = plot.thumbnails(cells, images, np.array([0, 1, 1]), ("a", "b"))
    sheet = ax.images[0].get_array()
    for (row, column), picture in zip(cells * 5, images, strict=True):
        np.testing.assert_array_equal(sheet[row : row + 4, column : column + 4], picture[..., 0] / 255)
    assert [patch.get_xy() for patch in ax.patches] == [(-0.5, 4.5), (4.5, -0.5), (-0.5, -0.5)]
    assert [text.get_text() for text in ax.get_legend().texts] == ["a", "b"]
    bare = plot.thumbnails(cells, images, None, ("a", "b"))
    assert (len(bare.patches), bare.get_legend()) == (0, None)
    plt.close("all")
