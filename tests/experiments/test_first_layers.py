"""Coarse and fine first layers: geometry, inputs, renormalization."""

import numpy as np
import pytest

from npdeconv.data import Dataset, as_input, load_strokes
from npdeconv.experiments import compare_first_layers
from npdeconv.experiments.first_layers import COARSE, FINE, alexnet_like, variants

DIGITS = load_strokes(60)
FEW = {"seeds": [0], "epochs": 2, "workers": 1}


def test_both_first_layers_lead_to_maps_of_one_size():
    shapes = []
    wide = Dataset(
        np.pad(DIGITS.images, ((0, 0), (2, 2), (2, 2), (0, 0))), DIGITS.labels, DIGITS.classes, "wide"
    )
    for first in (COARSE, FINE):
        network = alexnet_like(first, wide, np.random.default_rng(0))
        shapes.append(dict(network.output_shapes((32, 32, 1)))["pool2"])
        assert network["conv1"].window.size == (first[0], first[0])
        assert network["conv1"].window.stride == (first[1], first[1])
    assert shapes[0] == shapes[1] == (3, 3, 64)


def test_pixels_reach_the_filters_from_about_minus_128_to_128():
    network = alexnet_like(COARSE, DIGITS, np.random.default_rng(0))
    found = network["standardize"](as_input(DIGITS.images))
    assert abs(found.mean()) < 1e-3
    np.testing.assert_allclose(np.ptp(found), 255, rtol=1e-6)


def test_weights_start_as_in_the_paper():
    network = alexnet_like(FINE, DIGITS, np.random.default_rng(0))
    for name, array in network.parameters.items():
        if array.ndim == 1:
            assert not array.any(), name
        elif array.size > 1000:
            assert array.std() == pytest.approx(0.01, rel=0.05), name


def test_renormalized_filters_stay_in_the_radius_and_others_leave_it():
    result = compare_first_layers(DIGITS[:40], DIGITS[40:], radius=0.009, **FEW)
    renormalized = np.array([is_renormalized for _, _, is_renormalized in variants()])
    np.testing.assert_allclose(result.largest_rms[0, renormalized], 0.009, rtol=1e-5)
    assert (result.largest_rms[0, ~renormalized] > 0.01).all()
    assert (result.domination[0, renormalized] < result.domination[0, ~renormalized]).all()
    wide = compare_first_layers(DIGITS[:40], DIGITS[40:], radius=1e3, **FEW)
    np.testing.assert_array_equal(wide.domination[:, ::2], wide.domination[:, 1::2])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seeds": []}, "expected at least one seed"),
        ({"seeds": 3}, "seeds must be a list of numbers, got 3"),
        ({"epochs": 0}, "epochs must be"),
        ({"radius": -1}, "radius must"),
    ],
)
def test_what_does_not_fit_is_refused(settings, message):
    with pytest.raises((TypeError, ValueError), match=f"^compare_first_layers: {message}"):
        compare_first_layers(DIGITS[:40], DIGITS[40:], **settings)
