"""A network and a data set that train in a fraction of a second."""

import numpy as np

from npdeconv.data import Dataset, shift
from npdeconv.layers import Conv2D, Dense, Dropout, Flatten, MaxPool2D, ReLU, Sequential, Softmax
from npdeconv.optimizers import Adam
from npdeconv.training import fit, train

CLASSES = ("left", "right", "bottom")


def tiny_network(seed=0, *, dropout=0.2, dtype=np.float32, softmax=True, classes=3, width=4):
    """Return a chain with every kind of layer, for images of 8x8x1."""
    rng = np.random.default_rng(seed)
    layers = {
        "conv1": Conv2D(1, width, 3, padding="same", rng=rng, dtype=dtype),
        "relu1": ReLU(),
        "pool1": MaxPool2D(2),
        "conv2": Conv2D(width, width, 3, padding="same", rng=rng, dtype=dtype),
        "relu2": ReLU(),
        "dropout": Dropout(dropout),
        "flatten": Flatten(),
        "logits": Dense(16 * width, classes, rng=rng, dtype=dtype),
    }
    if softmax:
        layers["softmax"] = Softmax()
    return Sequential(layers, input_shape=(8, 8, 1), name="tiny")


def tiny_dataset(count=70, seed=0, *, noise=60):
    """Return noisy images with a bright left half, right half or bottom half."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % len(CLASSES))
    images = rng.integers(0, noise, (count, 8, 8, 1), dtype=np.uint8)
    images[labels == 0, :, :4] += 150
    images[labels == 1, :, 4:] += 150
    images[labels == 2, 4:] += 150
    return Dataset(images, labels, CLASSES, "halves")


def copy_of(arrays):
    """Return copies of a mapping's arrays, to compare with later."""
    return {name: array.copy() for name, array in arrays.items()}


def assert_same_bits(got, expected):
    """Compare two mappings of arrays, bit by bit."""
    assert list(got) == list(expected)
    for name, array in expected.items():
        assert got[name].dtype == array.dtype, name
        assert got[name].tobytes() == array.tobytes(), name


def trained(network=None, dataset=None, *, seed=0, workers=1, epochs=2, **settings):
    """Train a tiny network to the end; return it and the steps."""
    network = tiny_network() if network is None else network
    dataset = tiny_dataset() if dataset is None else dataset
    settings = {"batch_size": 32, "augment": shift(1)} | settings
    rng = np.random.default_rng(seed)
    steps = list(train(network, dataset, Adam(0.01), epochs=epochs, rng=rng, workers=workers, **settings))
    return network, steps


def fitted(network, dataset=None, optimizer=None, **settings):
    """Fit a tiny network; return the history."""
    settings = {"epochs": 2, "batch_size": 32, "workers": 1, "progress": False} | settings
    dataset = tiny_dataset() if dataset is None else dataset
    return fit(network, dataset, optimizer or Adam(0.01), rng=np.random.default_rng(0), **settings)
