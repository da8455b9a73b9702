"""Response normalization by the formula, one value at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npdeconv.layers import LocalResponseNorm


def by_the_formula(x, size, alpha, beta, k):
    """Normalize vectors (N, C), with the sum written out."""
    y = np.empty_like(x)
    for n, channels in enumerate(x):
        for i, value in enumerate(channels):
            first, last = i - size // 2, i + (size - 1) // 2
            neighbors = [channels[j] for j in range(first, last + 1) if 0 <= j < len(channels)]
            y[n, i] = value / (k + alpha / size * sum(v * v for v in neighbors)) ** beta
    return y


@given(st.integers(1, 7), st.integers(1, 9), st.floats(0, 2), st.floats(0, 2), st.floats(0.5, 3))
def test_the_formula(size, channels, alpha, beta, k):
    x = np.random.default_rng(size).normal(size=(2, channels)) * 3
    layer = LocalResponseNorm(size, alpha=alpha, beta=beta, k=k)
    np.testing.assert_allclose(layer(x), by_the_formula(x, size, alpha, beta, k), rtol=1e-12)


def test_a_worked_example():
    layer = LocalResponseNorm(3, alpha=3.0, beta=0.5, k=1.0)
    x = np.array([[2.0, 0, 1, 4]])  # energies 1 + (4, 5, 17, 17)
    np.testing.assert_allclose(layer(x), x / np.sqrt([[5, 6, 18, 18]]))


def test_alexnets_own_numbers():
    """Krizhevsky et al. do not divide alpha by the size."""
    x = np.full((1, 7), 100.0)
    expected = 100 / (2 + 1e-4 * np.array([3, 4, 5, 5, 5, 4, 3]) * 100**2) ** 0.75
    np.testing.assert_allclose(LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)(x)[0], expected)


def test_positions_are_independent():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 6))
    layer = LocalResponseNorm(5, alpha=1.0)
    np.testing.assert_allclose(layer(x).reshape(-1, 6), layer(x.reshape(-1, 6)), rtol=1e-14)


def test_neighbors_reduce_each_other():
    x = np.array([[0.0, 1, 0, 0, 0, 0]])
    layer = LocalResponseNorm(3, alpha=1.0)
    alone = layer(x)
    x[0, 2] = 5
    assert layer(x)[0, 1] < alone[0, 1]
    x[0, 2], x[0, 3] = 0, 5
    assert layer(x)[0, 1] == alone[0, 1]


def test_deconv_is_the_identity_and_backward_the_gradient():
    x = np.array([[3.0, -1, 2]])
    layer = LocalResponseNorm(3, alpha=1.0)
    y, context = layer.forward(x)
    assert layer.descend(y, context, "deconv") is y
    for rule in ("guided", "linear"):
        np.testing.assert_array_equal(layer.descend(y, context, rule), layer.backward(y, context)[0])
    dx = layer.descend(np.array([[0.0, 1, 0]]), context, "gradient")
    energy = 1 + 14 / 3
    own = energy**-0.75 - 2 * 0.75 / 3 * 1 * energy**-1.75
    others = [-2 * 0.75 / 3 * -1 * v * energy**-1.75 for v in (3, 2)]
    for rule in ("gradient", "guided", "linear", "ascent"):
        dx = layer.descend(np.array([[0.0, 1, 0]]), context, rule)
        np.testing.assert_allclose(dx, [[others[0], own, others[1]]])


def test_a_nan_stays_among_its_neighbors():
    x = np.ones((2, 3, 8))
    x[1, 2, 1] = np.nan
    y, context = LocalResponseNorm(3).forward(x)
    hurt = [[1, 2, 0], [1, 2, 1], [1, 2, 2]]
    assert np.argwhere(np.isnan(y)).tolist() == hurt
    dx, _ = LocalResponseNorm(3).backward(np.ones_like(x), context)
    assert np.argwhere(np.isnan(dx)).tolist() == [*hurt, [1, 2, 3]]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"size": 0}, ValueError, "size must be at least 1, got 0"),
        ({"size": 2.0}, TypeError, "size must be an integer, got 2.0"),
        ({"alpha": -1}, ValueError, "alpha must be finite and not negative, got -1"),
        ({"beta": np.inf}, ValueError, "beta must be finite and not negative, got inf"),
        ({"k": "1"}, TypeError, "k must be a number, got '1'"),
        ({"k": 0}, ValueError, "k must be above 0, got 0"),
    ],
)
def test_bad_arguments(options, error, message):
    with pytest.raises(error, match=f"^LocalResponseNorm: {message}$"):
        LocalResponseNorm(**options)
