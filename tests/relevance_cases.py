"""A small network, images, maps and changes, for infidelity and sensitivity in Captum and here."""

from pathlib import Path

import numpy as np

from npdeconv.layers import Conv2D, Dense, Flatten, ReLU, Sequential

GOLDEN = Path(__file__).parent / "golden" / "relevance.npz"
RADIUS, DRAWS, SEED = 0.3, 10, 5  # wide enough to cross rectifiers


def network():
    rng = np.random.default_rng(0)
    layers = {
        "conv": Conv2D(2, 3, 3, rng=rng, dtype=np.float64),
        "relu": ReLU(),
        "flatten": Flatten(),
        "logits": Dense(4 * 3 * 3, 4, rng=rng, dtype=np.float64),
    }
    net = Sequential(layers, input_shape=(6, 5, 2), name="small")
    for array in net.parameters.values():
        array[...] = rng.standard_normal(array.shape)
    return net


def case():
    """Return images (N, H, W, C), labels (N,), maps like images, and changes (N, D, H, W, C)."""
    rng = np.random.default_rng(1)
    images = rng.random((3, 6, 5, 2))
    return images, np.array([2, 0, 3]), rng.standard_normal(images.shape), rng.random((3, 7, 6, 5, 2)) - 0.5
