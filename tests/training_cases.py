"""Equal trainings for PyTorch and npdeconv: 50 steps in float64 on raw MNIST, from zero biases."""

import numpy as np

from npdeconv import models, optimizers
from npdeconv.data import load_mnist
from npdeconv.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential

SEED, STEPS, BATCH = 9, 50, 32
SKETCHES = 16  # stored inner products of each parameter
OPTIMIZERS = {
    "SGD": lambda: optimizers.SGD(0.02, momentum=0.9),
    "SGD-nesterov": lambda: optimizers.SGD(0.02, momentum=0.9, nesterov=True, weight_decay=1e-4),
    "Adam": lambda: optimizers.Adam(1e-3),
    "RMSprop": lambda: optimizers.RMSprop(1e-3),
    "Adadelta": lambda: optimizers.Adadelta(1.0),
}


def small():
    """Return a chain of the layers of `deck_model3`, with an eighth of its work."""
    rng = np.random.default_rng(SEED)
    layers, channels = {}, 1
    for number, filters in enumerate((16, 16, 32), 1):
        layers[f"conv{number}"] = Conv2D(channels, filters, 3, padding="same", rng=rng, dtype=np.float64)
        layers[f"relu{number}"] = ReLU()
        if number > 1:
            layers[f"pool{number}"] = MaxPool2D(2)
        channels = filters
    layers |= {"flatten": Flatten(), "logits": Dense(7 * 7 * 32, 10, rng=rng, dtype=np.float64)}
    return Sequential(layers, input_shape=(28, 28, 1), name="small")


def deck_model3():
    """Return the deck's network below its softmax."""
    return models.deck_model3(rng=np.random.default_rng(SEED), dtype=np.float64)[:"logits"]


NETWORKS = {"small": small, "deck_model3": deck_model3}
RUNS = [*(("small", kind) for kind in OPTIMIZERS), ("deck_model3", "SGD")]


def batches():
    """Yield the images and labels of each step, in the order of the training set."""
    train = load_mnist("train")
    for first in range(0, STEPS * BATCH, BATCH):
        chosen = slice(first, first + BATCH)
        yield train.images[chosen], train.labels[chosen]


def sketch(parameter):
    """Return inner products of a parameter with fixed random vectors of +1 and -1, float64 (SKETCHES,)."""
    signs = 1.0 - 2 * np.random.default_rng(SEED).integers(0, 2, (SKETCHES, parameter.size))
    return signs @ parameter.ravel()
