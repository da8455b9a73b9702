"""Machines small enough to add up all their states."""

import itertools

import numpy as np
import pytest

from npdeconv.autoencoder import RBM, LinearRBM
from npdeconv.optimizers import SGD

VISIBLE, HIDDEN = 4, 3


def states(units):
    return np.array(list(itertools.product([0.0, 1.0], repeat=units)))


V, H = states(VISIBLE), states(HIDDEN)  # all 16 and all 8
DATA = V[[0, 3, 3, 12, 15, 15, 15, 6]]


def machine(kind=RBM, seed=0):
    """Return a machine with parameters of about 1, so that its units depend on each other."""
    rng = np.random.default_rng(seed)
    made = kind(VISIBLE, HIDDEN, rng=rng, dtype=np.float64)
    for array in made.parameters.values():
        array[...] = rng.normal(0, 1, array.shape)
    return made


def joint(m):
    """Return p(v, h) of all pairs, (16, 8), from the energy as written."""
    energy = np.zeros((len(V), len(H)))
    for i, v in enumerate(V):
        for j, h in enumerate(H):
            energy[i, j] = -v @ m.visible_bias - h @ m.hidden_bias - v @ m.weight @ h
    likely = np.exp(-energy)
    return likely / likely.sum()


def log_likelihood(m, data=DATA):
    """Return the mean of log p(v) over the data."""
    of = dict(zip(map(tuple, V), np.log(joint(m).sum(axis=1)), strict=True))
    return np.mean([of[tuple(v)] for v in data])


def exact_gradient(m, data=DATA):
    """Return the gradient of -log p(v): the data's slope minus that of the machine's distribution."""
    p = joint(m).sum(axis=1)
    of_one = [m.slope(v[np.newaxis]) for v in V]
    return {
        name: slope - sum(share * one[name] for share, one in zip(p, of_one, strict=True))
        for name, slope in m.slope(data).items()
    }


def test_free_energy_differs_from_minus_log_p_by_a_constant():
    m = machine()
    constant = m.free_energy(V) + np.log(joint(m).sum(axis=1))
    np.testing.assert_allclose(constant, constant[0], rtol=1e-12)


def test_units_given_the_other_side():
    m, p = machine(), joint(machine())
    given_v, given_h = p / p.sum(axis=1, keepdims=True), p / p.sum(axis=0)
    np.testing.assert_allclose(m.hidden(V), given_v @ H, rtol=1e-12)
    np.testing.assert_allclose(m.visible(H), given_h.T @ V, rtol=1e-12)


@pytest.mark.parametrize("kind", [RBM, LinearRBM])
def test_slope_is_that_of_the_free_energy(kind):
    m = machine(kind)
    for name, slope in m.slope(DATA).items():
        array = m.parameters[name]
        for at in np.ndindex(array.shape):
            kept, ends = array[at], []
            for step in (1e-5, -1e-5):
                array[at] = kept + step
                ends.append(m.free_energy(DATA).mean())
            array[at] = kept
            assert slope[at] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-8)


def test_exact_gradient_is_that_of_the_likelihood():
    m = machine()
    for name, gradient in exact_gradient(m).items():
        array = m.parameters[name]
        for at in np.ndindex(array.shape):
            kept, ends = array[at], []
            for step in (1e-5, -1e-5):
                array[at] = kept + step
                ends.append(log_likelihood(m))
            array[at] = kept
            assert gradient[at] == pytest.approx(-(ends[0] - ends[1]) / 2e-5, abs=1e-8)


def after_rounds(m, data, k):
    """Return the exact distribution (16,) of v after k rounds of a chain from the data."""
    p = joint(m)
    to_h, to_v = p / p.sum(axis=1, keepdims=True), (p / p.sum(axis=0)).T
    start = np.array([(data == v).all(axis=1).mean() for v in V])
    return start @ np.linalg.matrix_power(to_h @ to_v, k)


def expected_divergence(m, k):
    """Return the exact mean of CD-k over all draws, and its variance for a single chain."""
    shares, of_one = after_rounds(m, DATA, k), [m.slope(v[np.newaxis]) for v in V]
    each = {name: np.array([one[name] for one in of_one]) for name in m.parameters}
    means = {name: np.tensordot(shares, one, 1) for name, one in each.items()}
    variances = {name: np.tensordot(shares, (one - means[name]) ** 2, 1) for name, one in each.items()}
    return {name: slope - means[name] for name, slope in m.slope(DATA).items()}, variances


@pytest.mark.parametrize("k", [1, 3, 12])
def test_contrastive_divergence_is_right_on_average(k):
    """The mean over many chains, within five standard errors of the exact one."""
    m, many = machine(), np.tile(DATA, (5000, 1))
    found = m.contrastive_divergence(many, k=k, rng=np.random.default_rng(k))
    expected, variances = expected_divergence(m, k)
    for name, gradient in found.items():
        error = np.sqrt(variances[name] / len(many))
        assert (np.abs(gradient - expected[name]) < 5 * error).all()


def test_long_chains_give_the_gradient_of_the_likelihood_and_short_ones_do_not():
    m = machine()
    exact, one_round, long = exact_gradient(m), expected_divergence(m, 1)[0], expected_divergence(m, 200)[0]
    for name, gradient in exact.items():
        np.testing.assert_allclose(long[name], gradient, atol=1e-9)
    assert max(np.abs(one_round[name] - exact[name]).max() for name in exact) > 0.015


def test_small_steps_against_the_exact_gradient_raise_the_likelihood_at_each():
    m, sgd = machine(), SGD(0.05)
    found = []
    for _ in range(50):
        found.append(log_likelihood(m))
        sgd.update(m.parameters, exact_gradient(m))
    assert (np.diff(found) > 0).all()


@pytest.mark.parametrize(("k", "short_of"), [(1, 0.4), (5, 0.25)])  # in nats; of 1.28 at the start
def test_training_raises_the_likelihood(k, short_of):
    rng = np.random.default_rng(3)
    m = RBM(VISIBLE, HIDDEN, rng=rng, dtype=np.float64)
    many = np.tile(DATA, (25, 1))
    m.fit(many, epochs=1, batch_size=20, k=k, rng=rng)
    at_first = log_likelihood(m)
    m.fit(many, epochs=150, batch_size=20, k=k, rng=rng)
    shares = np.array([(v == DATA).all(axis=1).mean() for v in V])
    best = (shares[shares > 0] * np.log(shares[shares > 0])).sum()  # minus the entropy of the data
    assert at_first < log_likelihood(m) - 0.5
    assert best - short_of < log_likelihood(m) < best


def test_a_linear_machine_by_integration():
    """Its free energy adds up the energies over a fine grid of h."""
    m = LinearRBM(2, 1, rng=np.random.default_rng(0), dtype=np.float64)
    m.weight[...], m.visible_bias[...], m.hidden_bias[...] = [[1.5], [-0.5]], [0.3, -0.2], [0.4]
    v, h = states(2), np.linspace(-12, 12, 4801)
    energy = h**2 / 2 - (v @ m.visible_bias)[:, np.newaxis] - (m.hidden_bias + v @ m.weight) * h
    likely = np.exp(-energy)
    constant = m.free_energy(v) + np.log(likely.sum(axis=1))
    np.testing.assert_allclose(constant, constant[0], rtol=1e-12)
    np.testing.assert_allclose((likely * h).sum(axis=1) / likely.sum(axis=1), m.hidden(v)[:, 0], rtol=1e-9)
    drawn = m.draw_hidden(np.tile(v[3:], (40000, 1)), np.random.default_rng(0))
    assert drawn.mean() == pytest.approx(m.hidden(v)[3, 0], abs=0.025)  # five standard errors
    assert drawn.std() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("kind", [RBM, LinearRBM])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_constant_data_are_learned_and_do_not_diverge(kind, value):
    rng = np.random.default_rng(0)
    data = np.full((200, 300), value, np.float32)
    m = kind(300, 5, rng=rng).fit(data, epochs=5, rng=rng)
    np.testing.assert_allclose(m.visible(m.hidden(data)), data, atol=0.05)


def test_hostile_data():
    m, rng = RBM(3, 2, rng=np.random.default_rng(0)), np.random.default_rng(0)
    good = np.zeros((4, 3), np.float32)
    with pytest.raises(TypeError, match=r"^RBM: expected dtype float32, got float64$"):
        m.fit(good.astype(np.float64), epochs=1, rng=rng)
    with pytest.raises(ValueError, match=r"^RBM: expected shape \(N, 3\), got \(4, 2\)$"):
        m.fit(good[:, :2], epochs=1, rng=rng)
    with pytest.raises(ValueError, match=r"^RBM: expected data of at least one row, got shape \(0, 3\)$"):
        m.fit(good[:0], epochs=1, rng=rng)
    with pytest.raises(ValueError, match=r"^RBM: expected data from 0 to 1, got 2 to 2$"):
        m.contrastive_divergence(good + 2, rng=rng)
    with pytest.raises(ValueError, match=r"^RBM: expected data from 0 to 1, got nan to nan$"):
        m.fit(good + np.float32(np.nan), epochs=1, rng=rng)
    with pytest.raises(TypeError, match=r"^RBM: rng must be a numpy.random.Generator, got 0$"):
        m.fit(good, epochs=1, rng=0)
    with pytest.raises(TypeError, match=r"^contrastive_divergence: rng must be a .*Generator, got 0$"):
        m.contrastive_divergence(good, rng=0)
    with pytest.raises(ValueError, match=r"^contrastive_divergence: k must be at least 1, got 0$"):
        m.contrastive_divergence(good, k=0, rng=rng)
    with pytest.raises(ValueError, match=r"^RBM: epochs must be at least 1, got 0$"):
        m.fit(good, epochs=0, rng=rng)


def test_a_diverged_machine_is_one_sentence():
    rng = np.random.default_rng(0)
    m = LinearRBM(3, 2, rng=rng)
    m.weight[...] = 3e38
    expected = r"^LinearRBM: expected finite parameters, got NaN or infinity in epoch 1$"
    with pytest.raises(FloatingPointError, match=expected):
        m.fit(np.ones((4, 3), np.float32), epochs=3, rng=rng)
