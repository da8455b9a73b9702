"""The networks, images and units of the golden projections, and the signs that sketch a projection.

`tests/golden/make_truth.py` and the tests both use this module. Real weights and images come from
$NPDECONV_DATA; the golden files contain none of them.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np

from npdeconv import initializers, models, weights
from npdeconv._types import Rule
from npdeconv.data import as_input, load_mnist, load_photos, load_strokes
from npdeconv.layers import ReLU, Sequential

GOLDEN = Path(__file__).parent / "golden"
RULES: tuple[Rule, ...] = get_args(Rule)
STATES = ("initial", "published")
SEED = 9  # of the initial weights and of the signs
SKETCHES = 3  # stored inner products of a projection
OFF = 0.01  # a projection is off if its error exceeds this share of its norm


class Case(NamedTuple):
    """A network with its published weights, and the images it looks at: float32 (N, H, W, C)."""

    network: Callable[[], Sequential]
    images: Callable[[], np.ndarray]


def _data():
    return Path(os.environ["NPDECONV_DATA"])


def _deck_model3():
    network = models.deck_model3(rng=np.random.default_rng(SEED))
    weights.load_keras(network, _data() / "deck" / "model3" / "weights.h5")
    return network


def _card(name):
    return weights.load_card(_data() / "weights" / f"{name}.json")


def _photos():
    photos = [photo.image for photo in load_photos(_data() / "photos")]
    return _card("tinyvgg_10class").preprocessing.apply(photos)


CASES = {
    "deck_model3": Case(_deck_model3, lambda: as_input(load_mnist("test").images[:100])),
    "doodlenet": Case(
        lambda: _card("doodlenet_345").network, lambda: as_input(load_strokes(20, seed=SEED).images)
    ),
    "tinyvgg": Case(lambda: _card("tinyvgg_10class").network, _photos),
}


def build(name, state, dtype=np.float32):
    """Return a network up to its last rectifier; its weights are float32 numbers, whatever the dtype."""
    network = CASES[name].network()
    if state == "initial":
        rng = np.random.default_rng(SEED)
        for key, array in network.parameters.items():
            is_bias = key.endswith("bias")
            array[...] = 0 if is_bias else initializers.he_normal(array.shape, rng)
    for layer in network.layers.values():
        for key, array in layer.parameters.items():
            setattr(layer, key, array.astype(dtype))
    return network[: rectifiers(network)[-1]]


def rectifiers(network):
    """Return the names of all rectifiers."""
    return [name for name, layer in network.layers.items() if isinstance(layer, ReLU)]


def draw_signs(shape):
    """Draw the vectors (SKETCHES, H * W * C) of +1 and -1 that sketch projections to pixels (H, W, C)."""
    return 1.0 - 2 * np.random.default_rng(SEED).integers(0, 2, (SKETCHES, int(np.prod(shape))))


def sketch(pixels, signs):
    """Return the sketches of projections (N, H, W, C): inner products and the norm, float64 (N, 4)."""
    flat = pixels.reshape(len(pixels), -1).astype(np.float64)
    return np.column_stack([flat @ signs.T, np.linalg.norm(flat, axis=1)])
