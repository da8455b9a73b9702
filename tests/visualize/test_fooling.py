"""The smallest change that reaches a class: known exactly for linear classifiers."""

import numpy as np
import pytest
from scipy.optimize import minimize

from npdeconv.data import load_strokes
from npdeconv.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential, Softmax
from npdeconv.visualize import fool
from npdeconv.visualize.least_change import least_change

SHAPE = (4, 5, 2)


def linear(classes=2, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    dense = Dense(40, classes, rng=rng, dtype=np.float64)
    dense.weight[...] = scale * rng.standard_normal((40, classes))
    layers = {"flatten": Flatten(), "logits": dense, "softmax": Softmax()}
    return Sequential(layers, input_shape=SHAPE, classes=tuple("abcdefgh"[:classes]))


def gray(seed=1):
    return 0.4 + 0.2 * np.random.default_rng(seed).random(SHAPE)


def test_of_two_classes_the_change_is_the_distance_to_the_plane_between():
    net, image = linear(), gray()
    logits = net[:"logits"](image[np.newaxis])[0]
    target = int(logits.argmin())
    away = net["logits"].weight[:, target] - net["logits"].weight[:, 1 - target]
    needed = 0.1 - logits[target] + logits[1 - target]
    result = fool(net, image, label="ab"[target])
    assert result.reached
    assert result.label == target == result.after.argmax() != result.before.argmax()
    np.testing.assert_allclose(result.norm, needed / np.linalg.norm(away), rtol=1e-3)
    np.testing.assert_allclose(result.change.ravel(), needed * away / (away @ away), rtol=2e-3, atol=1e-6)
    np.testing.assert_allclose(result.inputs - result.change, image)


def by_scipy(slopes, needed, low, high):
    """The same by sequential least squares."""
    limits = {"type": "ineq", "fun": lambda d: slopes @ d - needed, "jac": lambda d: slopes}
    found = minimize(
        lambda d: d @ d / 2,
        np.zeros(slopes.shape[1]),
        jac=lambda d: d,
        bounds=list(zip(low, high, strict=True)),
        constraints=[limits],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found.success
    return found.x


@pytest.mark.parametrize("seed", range(5))
def test_among_several_classes_it_is_the_one_that_scipy_finds(seed):
    net, image = linear(6, seed), gray(seed)
    logits, weight = net[:"logits"](image[np.newaxis])[0], net["logits"].weight
    target, others = int(logits.argmin()), np.arange(6) != logits.argmin()
    slopes = (weight[:, [target]] - weight[:, others]).T
    needed = 0.1 - (logits[target] - logits[others])
    expected = by_scipy(slopes, needed, -image.ravel(), 1 - image.ravel())
    result = fool(net, image, label=target, rivals=5)
    np.testing.assert_allclose(result.norm, np.linalg.norm(expected), rtol=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_pixels_stop_at_black_and_white_and_the_others_make_up_for_them(seed):
    rng = np.random.default_rng(seed)
    slopes, low, high = rng.standard_normal((1, 30)), -0.2 * rng.random(30), 0.2 * rng.random(30)
    needed = 0.6 * np.maximum(slopes * low, slopes * high).sum(axis=1)
    found = least_change(slopes, needed, low=low, high=high)
    assert ((found == low) | (found == high)).any()
    np.testing.assert_allclose(found, by_scipy(slopes, needed, low, high), atol=1e-5)


def test_what_cannot_be_reached_is_said_and_stays_between_black_and_white():
    net = linear(scale=1e-3)
    net["logits"].bias[...] = [10, 0]
    result = fool(net, gray(), label=1)
    assert not result.reached
    assert result.after.argmax() == 0
    assert 0 <= result.inputs.min() <= result.inputs.max() <= 1


def test_with_rectifiers_and_pooling_it_is_shorter_than_along_the_gradient():
    rng = np.random.default_rng(3)
    layers = {"conv": Conv2D(1, 6, 5, rng=rng), "relu": ReLU(), "pool": MaxPool2D(2), "flatten": Flatten()}
    layers |= {"logits": Dense(12 * 12 * 6, 10, rng=rng)}
    net, image = Sequential(layers, input_shape=(28, 28, 1)), load_strokes(1).images[0] / np.float32(255)
    target = int(np.argsort(net(image[np.newaxis])[0])[4])
    result = fool(net, image, label=target)
    assert result.reached
    assert result.after.argmax() == target
    logits, tape = net.forward(image[np.newaxis])
    start = np.zeros_like(logits)
    start[0, target], start[0, logits.argmax()] = 1, -1
    slope = net.descend(start, tape, "gradient")[0]
    for length in np.linspace(0, 2 * result.norm, 100):
        moved = np.clip(image + np.float32(length / np.linalg.norm(slope)) * slope, 0, 1)
        if net(moved[np.newaxis])[0].argmax() == target:
            assert np.linalg.norm(moved - image) > 0.98 * result.norm
            break
    less = net((image + 0.97 * result.change).astype(np.float32)[np.newaxis])[0]
    assert less[target] - np.delete(less, target).max() < 0.0995  # of 0.1 that it must be


def test_a_larger_margin_makes_the_network_surer_and_the_change_larger():
    net, image = linear(3), gray()
    small, large = (fool(net, image, label=int(net(image[None]).argmin()), margin=m) for m in (0.1, 3))
    assert small.norm < large.norm
    assert small.after[small.label] < 0.9 < large.after[large.label]


@pytest.mark.parametrize(
    ("image", "given", "kind", "message"),
    [
        (gray() * 3, {"label": 1}, ValueError, r"expected pixels from 0 to 1, got 1\.2"),
        (gray(), {"label": 2}, IndexError, "label must be from 0 to 1, got 2"),
        (gray(), {"label": "c"}, KeyError, "c"),
        (gray(), {"label": 1.0}, TypeError, "label must be an integer or a name, got 1.0"),
        (gray(), {"label": 1, "margin": -1}, ValueError, "margin must be finite and not negative"),
        (gray()[np.newaxis], {"label": 1}, ValueError, r"expected an image of shape \(H, W, C\)"),
    ],
)
def test_what_does_not_fit_is_refused(image, given, kind, message):
    with pytest.raises(kind, match=message):
        fool(linear(), image, **given)
