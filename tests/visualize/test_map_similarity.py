"""How alike two maps are, against SciPy and scikit-image."""

import sys

import numpy as np
import pytest
from scipy import stats

from npdeconv.visualize import compare_maps, gradient_similarity, rank_similarity, structural_similarity
from npdeconv.visualize.scikit_image import check_scikit_image

SHAPES = [(48, 56), (64, 40, 3), (28, 28, 1), (32, 32, 3)]


def two(shape, kind):
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(2, *shape)) + rng.normal(size=shape)
    return maps.round(0) if kind == "ties" else np.maximum(maps, 0) if kind == "half blank" else maps


def scaled(one):
    return one / np.abs(one).max()


@pytest.mark.parametrize("kind", ["plain", "ties", "half blank"])
@pytest.mark.parametrize("shape", SHAPES)
def test_all_measures_are_those_of_scipy_and_scikit_image(shape, kind):
    pytest.importorskip("skimage")
    from skimage.feature import hog
    from skimage.metrics import structural_similarity as ssim

    first, second = two(shape, kind)
    axis = -1 if len(shape) == 3 else None
    block = tuple(min(3, side // 16) for side in shape[:2])
    histograms = [
        hog(scaled(one), pixels_per_cell=(16, 16), cells_per_block=block, channel_axis=axis)
        for one in (first, second)
    ]
    expected = [
        stats.spearmanr(first.ravel(), second.ravel()).statistic,
        stats.spearmanr(np.abs(first).ravel(), np.abs(second).ravel()).statistic,
        ssim(scaled(first), scaled(second), win_size=5, data_range=2, channel_axis=axis),
        stats.pearsonr(*histograms).statistic,
    ]
    np.testing.assert_allclose(compare_maps(first, second), expected, rtol=1e-12)


def test_a_map_is_like_itself_at_any_scale_and_unlike_its_negative():
    pytest.importorskip("skimage")
    first, _ = two((48, 48, 3), "plain")
    np.testing.assert_allclose(compare_maps(first, 1e-30 * first), np.ones(4), atol=1e-6)
    np.testing.assert_allclose(compare_maps(first, -first)[:2], [-1, 1])


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_blank_maps_are_like_nothing(dtype):
    pytest.importorskip("skimage")
    image, blank = np.arange(32 * 32).reshape(32, 32).astype(dtype), np.zeros((32, 32), dtype)
    assert np.isnan([*compare_maps(image, blank), *compare_maps(blank, image)]).all()
    assert np.isnan(compare_maps(blank, blank)).all()


def test_a_constant_map_has_no_order_and_no_gradients_but_a_structure():
    pytest.importorskip("skimage")
    image, constant = two((32, 32), "plain")[0], np.full((32, 32), 0.1)
    answer = compare_maps(image, constant)
    assert np.isnan([answer.rank, answer.rank_absolute, answer.hog]).all()
    assert np.isfinite(answer.ssim)


def test_maps_below_a_window_or_a_cell_have_ranks_only():
    pytest.importorskip("skimage")
    small = two((4, 20), "plain")
    assert np.isfinite(rank_similarity(*small))
    assert np.isnan(structural_similarity(*small))
    assert np.isnan(gradient_similarity(*two((15, 20), "plain")))


def test_wrong_maps():
    with pytest.raises(TypeError, match=r"^rank_similarity: expected maps .* of numbers, got"):
        rank_similarity([[1.0]], np.ones((1, 1)))
    message = r"^rank_similarity: expected two maps .* of one shape, got \(2, 3\) and \(3, 2\)"
    with pytest.raises(ValueError, match=message):
        rank_similarity(np.ones((2, 3)), np.ones((3, 2)))


def test_without_scikit_image_the_install_command_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.feature", None)
    monkeypatch.setitem(sys.modules, "skimage.metrics", None)
    one = np.ones((8, 8))
    for ask in (check_scikit_image, lambda: structural_similarity(one, one)):
        with pytest.raises(ImportError, match=r"pip install 'npdeconv\[retraining\]'"):
            ask()
