"""The smallest change that flips a class: exact on linear classifiers, whose borders are planes."""

import numpy as np
import pytest

from npdeconv.inference import predict
from npdeconv.layers import Dense, Flatten, Sequential, Softmax
from npdeconv.visualize import flip_class
from tests.cases import small_network


def linear(weight, bias):
    dense = Dense(weight.shape[0], weight.shape[1], rng=np.random.default_rng(0), dtype=np.float64)
    dense.weight[...], dense.bias[...] = weight, bias
    return Sequential({"flatten": Flatten(), "dense": dense, "softmax": Softmax()}, input_shape=(2, 2, 1))


def test_on_a_linear_classifier_it_goes_straight_to_the_nearest_border():
    rng = np.random.default_rng(1)
    weight, x = rng.normal(size=(4, 4)) * [0.3, 1, 1, 3], rng.uniform(0.4, 0.6, (40, 2, 2, 1))
    bias = -0.5 * weight.sum(axis=0)  # so that all classes are likely somewhere
    result = flip_class(linear(weight, bias), x)
    logits = x.reshape(40, 4) @ weight + bias
    nearest = set()
    for n, row in enumerate(logits):
        label = int(row.argmax())
        to_border = {
            m: (row[label] - row[m]) / np.linalg.norm(weight[:, label] - weight[:, m])
            for m in range(4)
            if m != label
        }
        rival = min(to_border, key=to_border.get)
        change = result.images[n].ravel() - x[n].ravel()
        assert np.abs(change).max() < 0.4  # no pixel reached the end of its range
        assert (result.labels[n], result.flipped_labels[n]) == (label, rival)
        assert np.linalg.norm(change) == pytest.approx(1.02 * to_border[rival], rel=1e-3)
        assert result.size[n] == pytest.approx(np.linalg.norm(change) / np.linalg.norm(x[n]))
        direction = weight[:, rival] - weight[:, label]
        assert change @ direction == pytest.approx(np.linalg.norm(change) * np.linalg.norm(direction))
        nearest.add(rival == int(np.argsort(-row)[1]))
    assert nearest == {True, False}  # the second likeliest class is not always the nearest


def test_pixels_stay_in_their_range_and_others_do_the_work():
    """The first pixel is black and can't fall, so that the second must rise all the way."""
    weight = np.array([[9.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    x = np.zeros((1, 2, 2, 1))
    result = flip_class(linear(weight, np.array([0.5, 0.0])), x)
    np.testing.assert_allclose(result.images.ravel(), [0, 0.51, 0, 0], atol=1e-4)
    assert result.flipped.all()


def test_what_can_not_be_flipped_is_said_to_be_so():
    result = flip_class(linear(np.zeros((4, 2)), np.array([1.0, 0.0])), np.full((1, 2, 2, 1), 0.5))
    assert (result.flipped.item(), result.size.item(), result.flipped_labels.item()) == (False, 0, 0)


def test_a_network_with_rectifiers_names_the_other_class():
    net = small_network(np.float32)
    net["dense1"].bias[...] = 0.5  # no hidden unit dies on the way, where there is no gradient
    images = np.random.default_rng(2).integers(0, 256, (20, 9, 11, 2), np.uint8)
    result = flip_class(net, images)
    assert result.flipped.sum() > 15
    np.testing.assert_array_equal(predict(net, images).argmax(axis=1), result.labels)
    np.testing.assert_array_equal(predict(net, result.images).argmax(axis=1), result.flipped_labels)
    assert result.images.min() >= 0
    assert result.images.max() <= 1


def test_a_network_without_classes_is_refused():
    images = np.zeros((1, 9, 11, 2), np.uint8)
    with pytest.raises(ValueError, match=r"flip_class: expected a network with several classes, got outputs"):
        flip_class(small_network(np.float32)[:"relu2"], images)
    with pytest.raises(ValueError, match="flip_class: steps must be"):
        flip_class(small_network(np.float32), images, steps=0)
