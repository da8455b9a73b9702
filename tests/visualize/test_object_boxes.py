"""Boxes from maps, and their overlap with true boxes, worked by hand."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from npdeconv.anatomy import below_softmax
from npdeconv.data import as_input
from npdeconv.visualize import box_coverage, energy_inside, object_boxes, overlap, saliency
from tests.tiny import tiny_dataset, tiny_network

MAP = np.array(
    [
        [5, 0, 0, 0, 0, 0],
        [0, 0, 1, 1, 0, 0],
        [0, 0, 1, 0, 0, 3],
        [0, 0, 0.9, -9, 0, 3],
    ],
    float,
)


def test_coverage_is_the_share_of_an_objects_pixels():
    masks = np.zeros((3, 4, 6), bool)
    masks[0, 1, 1:5] = True
    masks[1, 3, 5] = True
    boxes = np.array([[0, 2, 3, 6], [0, 3, 0, 6], [0, 1, 0, 1]])
    assert box_coverage(boxes, masks).tolist() == [0.5, 0, 1]


def test_a_class_map_covers_the_part_that_tells_and_little_else_of_a_planted_object():
    """The network of the gallery reads the mark alone, by construction."""
    script = Path(__file__).parents[2] / "docs" / "gallery" / "plot_discriminative_part.py"
    found = runpy.run_path(str(script))
    assert found["accuracy"] == 1
    assert found["covered"]["mark"].mean() > 0.9
    assert found["covered"]["object"].mean() < 0.2


def test_the_largest_part_above_a_share_of_the_maximum_is_boxed():
    assert object_boxes(MAP[None])[0].tolist() == [1, 3, 2, 4]  # from 1 on: three, two and one pixels
    assert object_boxes(MAP[None], 0.18)[0].tolist() == [1, 4, 2, 4]
    assert object_boxes(MAP[None], 0.5)[0].tolist() == [2, 4, 5, 6]
    assert object_boxes(MAP[None], 0.9)[0].tolist() == [0, 1, 0, 1]
    diagonal = np.eye(4)[None]  # corners do not connect; the first of equal parts is boxed
    assert object_boxes(diagonal)[0].tolist() == [0, 1, 0, 1]


def test_a_map_that_is_nowhere_positive_boxes_the_image():
    assert object_boxes(-np.ones((1, 4, 6)))[0].tolist() == [0, 4, 0, 6]
    assert object_boxes(np.zeros((2, 4, 6))).tolist() == [[0, 4, 0, 6]] * 2
    assert object_boxes(np.zeros((0, 4, 6))).shape == (0, 4)


def test_overlap():
    box = np.array([[0, 4, 0, 2]])
    others = np.array([[0, 4, 0, 2], [4, 8, 0, 2], [0, 2, 0, 2], [2, 6, 1, 3], [9, 10, 9, 10]])
    expected = [1, 0, 0.5, 2 / 14, 0]
    np.testing.assert_allclose(overlap(np.repeat(box, 5, axis=0), others), expected)
    np.testing.assert_allclose(overlap(others, np.repeat(box, 5, axis=0)), expected)


def test_overlap_is_that_of_the_pixels():
    rng = np.random.default_rng(0)
    corners = np.sort(rng.integers(0, 9, (2, 60, 2, 2)), axis=3) + np.array([0, 1])
    left, right = corners.reshape(2, 60, 4)
    shapes = np.zeros((2, 60, 10, 10), bool)
    for part, boxes in zip(shapes, (left, right), strict=True):
        for picture, (top, bottom, west, east) in zip(part, boxes, strict=True):
            picture[top:bottom, west:east] = True
    both, any_ = (shapes[0] & shapes[1]).sum(axis=(1, 2)), (shapes[0] | shapes[1]).sum(axis=(1, 2))
    np.testing.assert_allclose(overlap(left, right), both / any_)


def test_energy_is_the_squares_of_the_positive_values():
    inside = energy_inside(np.stack([MAP, np.zeros_like(MAP)]), np.array([[0, 1, 0, 6], [0, 2, 0, 3]]))
    assert inside[0] == pytest.approx(25 / (25 + 1 + 1 + 1 + 0.81 + 9 + 9))
    assert inside[1] == pytest.approx(6 / 24)
    assert energy_inside(MAP[None], np.array([[0, 4, 0, 6]]))[0] == 1


def test_saliency_is_the_absolute_numeric_gradient():
    net = tiny_network(dtype=np.float64)
    images = as_input(tiny_dataset(3).images, np.float64)
    result = saliency(net, images, labels=[2, 0, 1]).maps
    assert result.shape == (3, 8, 8)
    chain, step = below_softmax(net), 1e-6
    for n, label in enumerate([2, 0, 1]):
        for place in [(0, 0), (3, 4), (7, 2)]:
            up, down = images[n : n + 1].copy(), images[n : n + 1].copy()
            up[0, *place, 0] += step
            down[0, *place, 0] -= step
            numeric = (chain(up) - chain(down))[0, label] / (2 * step)
            assert result[n, *place] == pytest.approx(abs(numeric), rel=1e-5, abs=1e-8)
    assert saliency(net, images[:0], labels=np.zeros(0, int)).maps.shape == (0, 8, 8)


def test_boxes_without_pixels_overlap_nothing():
    nothing = np.array([[3, 3, 0, 4]])
    assert overlap(nothing, nothing).tolist() == [0]


@pytest.mark.parametrize("label", [-1, 3])
def test_a_class_that_does_not_exist_has_no_saliency(label):
    with pytest.raises(IndexError, match=f"^saliency: there are the classes 0 to 2, got {label}$"):
        saliency(tiny_network(), tiny_dataset().images[:2], labels=np.array([0, label]))


def test_bad_requests():
    with pytest.raises(ValueError, match=r"^object_boxes: share must be at least 0 and below 1, got 1$"):
        object_boxes(MAP[None], 1)
    for check in (object_boxes, lambda maps: energy_inside(maps, np.zeros((1, 4), int))):
        with pytest.raises(TypeError, match=re.escape("expected maps of shape (N, H, W), got an array")):
            check(MAP)
    with pytest.raises(TypeError, match=r"^saliency: expected a class number for each of 3 images, got 1$"):
        saliency(tiny_network(), tiny_dataset(3).images, labels=1)
