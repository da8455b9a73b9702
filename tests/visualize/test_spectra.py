"""Shares of spectral power, against waves of known frequency and NumPy written out."""

import numpy as np
import pytest

from npdeconv.visualize.spectra import (
    harmonics,
    mean_spectrum,
    middle,
    onto_grid,
    power,
    share_expected,
    share_of_power,
    surroundings,
)


def wave(size, along, across, channels=1):
    """Return a wave of so many cycles per side, (1, size, size, channels)."""
    rows, columns = np.indices((size, size))
    one = np.cos(2 * np.pi * (along * rows + across * columns) / size + 0.3)
    return np.repeat(one[np.newaxis, ..., np.newaxis], channels, axis=3)


@pytest.mark.parametrize("size", [7, 11])
def test_a_wave_has_all_its_power_at_its_frequency(size):
    region = middle((size, size))
    for along in range(size // 2 + 1):
        for across in range(size // 2 + 1):
            radius = np.hypot(along, across) / size
            expected = 1 / 8 <= radius <= 3 / 8
            for channels in (1, 3):
                share = share_of_power(power(wave(size, along, across, channels)), region)[0]
                assert share == pytest.approx(float(expected), abs=1e-9), (along, across)


@pytest.mark.parametrize("size", [(3, 3), (7, 7), (11, 11), (5, 8)])
def test_the_share_of_white_noise_is_that_of_the_frequencies(size):
    noise = np.random.default_rng(0).standard_normal((4000, *size, 1))
    region = middle(size)
    powers = power(noise)
    assert powers[:, region].sum() / powers.sum() == pytest.approx(region.mean(), rel=0.02)


def test_harmonics_are_the_multiples_of_the_sampling_frequency_and_their_surroundings():
    found = harmonics((32, 32), (4, 4))
    rows, columns = np.meshgrid(np.fft.fftfreq(32), np.fft.fftfreq(32), indexing="ij")
    wanted = np.zeros((32, 32), bool)
    for h in (-0.5, -0.25, 0, 0.25, 0.5):
        for w in (-0.5, -0.25, 0, 0.25, 0.5):
            if (h, w) != (0, 0):
                wanted |= np.hypot(rows - h, columns - w) <= 1 / 32 + 1e-12
    np.testing.assert_array_equal(found, wanted)
    assert found.sum() == 15 * 5  # 15 harmonics, each with four neighbors
    assert not harmonics((8, 8), (1, 1)).any()
    rows, columns = harmonics((8, 8), (1, 2)).nonzero()  # in one direction only: one harmonic
    assert set(columns.tolist()) == {4}
    assert set(rows.tolist()) == {0, 1, 7}


@pytest.mark.parametrize("stride", [2, 4])
def test_a_grid_has_all_its_power_at_the_harmonics(stride):
    grid = np.zeros((1, 24, 24, 2))
    grid[:, ::stride, ::stride] = 1
    inside = np.ones((1, 24, 24), bool)
    region = harmonics((24, 24), (stride, stride))
    (share,) = share_of_power(power(onto_grid(grid, inside, (stride, stride))), region)
    assert share == pytest.approx(1)
    (smooth,) = share_of_power(power(onto_grid(wave(24, 1, 1), inside, (stride, stride))), region)
    assert smooth == pytest.approx(0, abs=1e-9)


def test_pictures_lose_their_mean_inside_and_get_sides_of_whole_strides():
    pictures = np.random.default_rng(0).random((2, 5, 7, 3)) + 4
    inside = np.ones((2, 5, 7), bool)
    inside[1, 3:] = False
    found = onto_grid(pictures, inside, (4, 2))
    assert found.shape == (2, 8, 8, 3)
    for n, rows in enumerate((5, 3)):
        part = pictures[n, :rows]
        np.testing.assert_allclose(found[n, :rows, :7], part - part.mean(axis=(0, 1)), atol=1e-12)
        assert not found[n, rows:].any()
        assert not found[n, :, 7:].any()


def test_a_mean_spectrum_gives_each_picture_the_same_weight():
    loud, soft = 100 * wave(8, 2, 0), wave(8, 0, 3)
    spectrum = mean_spectrum(power(np.concatenate([loud, soft, np.zeros((1, 8, 8, 1))])))
    assert spectrum.sum() == pytest.approx(1)
    np.testing.assert_allclose(spectrum[[2, 6], 4], 0.25)  # zero frequency is at (4, 4)
    np.testing.assert_allclose(spectrum[4, [1, 7]], 0.25)


def test_noise_has_no_peaks_and_a_grid_in_noise_has_some():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((500, 24, 24, 1))
    near, around = harmonics((24, 24), (4, 4)), surroundings((24, 24), (4, 4))
    assert not (near & around).any()
    for pictures, peak in (
        (noise, 1),
        (noise + 2 * (np.indices((24, 24)) % 4 == 0).all(axis=0)[..., None], 2),
    ):
        powers = power(pictures)
        ratio = share_of_power(powers, near).mean() / share_expected(powers, near, around).mean()
        assert ratio == pytest.approx(1, rel=0.03) if peak == 1 else ratio > peak
