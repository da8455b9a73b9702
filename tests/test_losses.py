"""The loss: by hand, against finite differences, and at the limits of float32."""

import math

import numpy as np
import pytest

from npdeconv.losses import sigmoid_cross_entropy, softmax_cross_entropy


def test_worked_example():
    # softmax(0, ln 3) = (1/4, 3/4) and softmax(ln 4, 0) = (4/5, 1/5)
    logits = np.array([[0.0, math.log(3)], [math.log(4), 0.0]])
    loss, dlogits = softmax_cross_entropy(logits, np.array([1, 1]))
    assert loss == pytest.approx((math.log(4 / 3) + math.log(5)) / 2, rel=1e-14)
    np.testing.assert_allclose(dlogits, [[1 / 8, -1 / 8], [2 / 5, -2 / 5]], rtol=1e-14)


def test_equal_logits_cost_the_logarithm_of_the_classes():
    loss, _ = softmax_cross_entropy(np.full((4, 7), 2.5, np.float32), np.arange(4))
    assert loss == pytest.approx(math.log(7), rel=1e-6)


def test_gradient_agrees_with_central_differences():
    rng = np.random.default_rng(0)
    logits, labels, h = rng.normal(0, 3, (5, 4)), rng.integers(0, 4, 5), 1e-5
    _, dlogits = softmax_cross_entropy(logits, labels)
    for at in np.ndindex(logits.shape):
        up, down = logits.copy(), logits.copy()
        up[at] += h
        down[at] -= h
        slope = (softmax_cross_entropy(up, labels)[0] - softmax_cross_entropy(down, labels)[0]) / (2 * h)
        assert dlogits[at] == pytest.approx(slope, abs=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_logits_neither_overflow_nor_lose_the_loss(dtype):
    logits = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 1e4]], dtype)
    loss, dlogits = softmax_cross_entropy(logits, np.array([1, 2]))
    assert loss == pytest.approx((2e4 + math.log(2)) / 2, rel=1e-7)
    np.testing.assert_array_equal(dlogits, np.array([[0.5, -0.5, 0], [0, 0.25, -0.25]], dtype))
    assert dlogits.dtype == dtype


def test_a_common_offset_changes_nothing():
    logits = np.random.default_rng(1).normal(0, 1, (6, 3))
    labels = np.arange(6) % 3
    loss, dlogits = softmax_cross_entropy(logits, labels)
    moved_loss, moved = softmax_cross_entropy(logits + 512, labels)
    assert moved_loss == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(moved, dlogits, atol=1e-13)


def test_inputs_are_left_alone():
    logits, labels = np.ones((2, 3), np.float32), np.array([0, 2], np.uint8)
    logits.flags.writeable = labels.flags.writeable = False
    softmax_cross_entropy(logits, labels)


@pytest.mark.parametrize("shape", [(3,), (0, 3), (2, 3, 1)])
def test_logits_must_be_rows(shape):
    with pytest.raises(
        ValueError, match=r"^softmax_cross_entropy: expected logits of shape \(N, M\), got an"
    ):
        softmax_cross_entropy(np.zeros(shape), np.zeros(2, int))


@pytest.mark.parametrize("labels", [np.zeros(2), np.zeros(2, bool), np.array(["0", "1"])])
def test_labels_must_be_integers(labels):
    with pytest.raises(TypeError, match=r"^softmax_cross_entropy: expected integer labels, got an array of"):
        softmax_cross_entropy(np.zeros((2, 3)), labels)


def test_lists_are_refused():
    with pytest.raises(TypeError, match=r"^softmax_cross_entropy: labels must be an array, got \[0, 1\]$"):
        softmax_cross_entropy(np.zeros((2, 3)), [0, 1])
    with pytest.raises(
        TypeError, match=r"^softmax_cross_entropy: logits must be an array, got \[\[0, 1\]\]$"
    ):
        softmax_cross_entropy([[0, 1]], np.array([0]))


@pytest.mark.parametrize("shape", [(1,), (3,), (2, 1), ()])
def test_one_label_per_row(shape):
    with pytest.raises(ValueError, match=r"expected 2 labels, one per row, got shape \("):
        softmax_cross_entropy(np.zeros((2, 3)), np.zeros(shape, int))


@pytest.mark.parametrize("labels", [[0, 3], [-1, 0]])
def test_labels_must_name_classes(labels):
    with pytest.raises(ValueError, match=rf"from 0 to 2, got {labels[0]} to {labels[1]}$"):
        softmax_cross_entropy(np.zeros((2, 3)), np.array(labels))


def test_worked_example_of_pixels():
    # sigmoid(ln 3) = 3/4 and sigmoid(-ln 4) = 1/5; the second pixel is gray
    logits, pixels = np.array([[math.log(3), -math.log(4)]]), np.array([[1.0, 0.5]])
    loss, dlogits = sigmoid_cross_entropy(logits, pixels)
    assert loss == pytest.approx(math.log(4 / 3) + (math.log(5) + math.log(5 / 4)) / 2, rel=1e-14)
    np.testing.assert_allclose(dlogits, [[-1 / 4, 1 / 5 - 1 / 2]], rtol=1e-14)


def test_gradient_of_pixels_agrees_with_central_differences():
    rng = np.random.default_rng(0)
    logits, pixels, h = rng.normal(0, 3, (5, 4)), rng.random((5, 4)), 1e-5
    _, dlogits = sigmoid_cross_entropy(logits, pixels)
    for at in np.ndindex(logits.shape):
        up, down = logits.copy(), logits.copy()
        up[at] += h
        down[at] -= h
        slope = (sigmoid_cross_entropy(up, pixels)[0] - sigmoid_cross_entropy(down, pixels)[0]) / (2 * h)
        assert dlogits[at] == pytest.approx(slope, abs=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_logits_of_pixels_neither_overflow_nor_lose_the_loss(dtype):
    logits, pixels = np.array([[1e4, -1e4], [-1e4, 1e4]], dtype), np.array([[1, 0], [1, 1]], dtype)
    loss, dlogits = sigmoid_cross_entropy(logits, pixels)
    assert loss == pytest.approx(1e4 / 2, rel=1e-7)
    np.testing.assert_array_equal(dlogits, [[0, 0], [-0.5, 0]])
    assert dlogits.dtype == dtype


def test_pixels_that_do_not_fit_are_refused():
    who = "^sigmoid_cross_entropy: "
    with pytest.raises(TypeError, match=who + r"pixels must be an array, got 3$"):
        sigmoid_cross_entropy(np.zeros((2, 3)), 3)
    for logits, pixels in [((2, 3), (3, 2)), ((0, 3), (0, 3)), ((3,), (3,))]:
        with pytest.raises(ValueError, match=who + r"expected logits and pixels of one shape \(N, D\), got"):
            sigmoid_cross_entropy(np.zeros(logits), np.zeros(pixels))
