"""Every analysis with a fast way, over odd networks, against the layers one after the other."""

import numpy as np
import pytest

from npdeconv.data import Dataset, as_input
from npdeconv.inference import evaluate, predict
from npdeconv.layers import (
    AvgPool2D,
    Conv2D,
    Dense,
    Flatten,
    LeakyReLU,
    LocalResponseNorm,
    MaxPool2D,
    ReLU,
    Sequential,
)
from npdeconv.layers.softmax import softmax
from npdeconv.losses import softmax_cross_entropy
from npdeconv.optimizers import SGD
from npdeconv.training import train
from npdeconv.visualize import Box, find_patches, find_strongest, occlude, project
from npdeconv.visualize.occluder import occlude_plainly

SHAPE, BATCH, CLASSES = (21, 23, 3), 12, 4
BODIES = {
    "suits Winograd": lambda conv: {
        "conv1": conv(3, 16, 3, padding="same"),
        "relu1": ReLU(),
        "conv2": conv(16, 32, 3, padding="same"),
        "relu2": ReLU(),
        "pool2": MaxPool2D(2),
        "conv3": conv(32, 16, 3, padding=((2, 0), (1, 1))),
        "last": ReLU(),
    },
    "does not suit it": lambda conv: {
        "conv1": conv(3, 5, (3, 2), stride=(2, 1)),
        "relu1": ReLU(),
        "conv2": conv(5, 7, 3, padding="same"),
        "last": ReLU(),
    },
    "groups": lambda conv: {
        "conv1": conv(3, 16, 3),
        "relu1": ReLU(),
        "conv2": conv(16, 32, 3, padding="same", groups=2),
        "last": ReLU(),
    },
    "overlapping pooling": lambda conv: {
        "conv1": conv(3, 16, 3),
        "relu1": ReLU(),
        "pool1": MaxPool2D(3, stride=2),
        "conv2": conv(16, 16, 3),
        "relu2": ReLU(),
        "last": MaxPool2D(3, stride=2, padding="same"),
    },
    "leaky": lambda conv: {
        "conv1": conv(3, 16, 3),
        "relu1": LeakyReLU(0.2),
        "conv2": conv(16, 16, 3, padding="same"),
        "last": LeakyReLU(0.1),
    },
    "normalized": lambda conv: {
        "conv1": conv(3, 16, 3),
        "relu1": ReLU(),
        "norm1": LocalResponseNorm(3, alpha=1.0),
        "conv2": conv(16, 16, 3, padding="same"),
        "relu2": ReLU(),
        "last": AvgPool2D(2),
    },
}


@pytest.fixture(params=BODIES)
def network(request):
    rng = np.random.default_rng(5)

    def conv(*arguments, **options):
        layer = Conv2D(*arguments, **options, rng=rng)
        layer.bias[:] = rng.normal(size=layer.bias.shape) / 4
        return layer

    layers = BODIES[request.param](conv)
    maps = Sequential(layers).output_shape(SHAPE)
    dense = {
        "dense": Dense(int(np.prod(maps)), 10, rng=rng),
        "relu": ReLU(),
        "logits": Dense(10, CLASSES, rng=rng),
    }
    return Sequential({**layers, "flatten": Flatten(), **dense}, input_shape=SHAPE)


@pytest.fixture
def dataset():
    rng = np.random.default_rng(6)
    images = rng.integers(0, 256, (BATCH, *SHAPE), np.uint8)
    return Dataset(images, rng.integers(0, CLASSES, BATCH), tuple("abcd"), "noise")


def test_training(network, dataset):
    before = {name: array.copy() for name, array in network.parameters.items()}
    y, tape = network.forward(as_input(dataset.images))
    loss, dy = softmax_cross_entropy(y, dataset.labels)
    _, gradients = network.backward(dy, tape)
    rng = np.random.default_rng(0)
    step = next(iter(train(network, dataset, SGD(1.0), epochs=1, batch_size=BATCH, rng=rng, workers=1)))
    assert step.loss == pytest.approx(loss, rel=1e-4)
    for name, array in network.parameters.items():
        error = np.linalg.norm(before[name] - array - gradients[name])
        assert error < 1e-4 * np.linalg.norm(gradients[name]) + 1e-6 * np.linalg.norm(before[name]), name


def test_prediction(network, dataset):
    expected = softmax(network(as_input(dataset.images)))
    np.testing.assert_allclose(predict(network, dataset.images, workers=1), expected, atol=1e-5)
    accuracy, loss = evaluate(network, dataset, workers=1)[:2]
    assert accuracy == (expected.argmax(axis=1) == dataset.labels).mean()
    assert loss == pytest.approx(-np.log(expected[range(BATCH), dataset.labels]).mean(), rel=1e-4)


def test_search(network, dataset):
    found = find_strongest(network, dataset.images, ["last"], k=3, workers=1)["last"]
    y = network[:"last"](as_input(dataset.images))
    flat = y.reshape(BATCH, -1, y.shape[3])
    largest = flat.max(axis=1)
    for m in range(y.shape[3]):
        firing = np.flatnonzero(largest[:, m] > 0)
        order = firing[np.argsort(-largest[firing, m], kind="stable")][:3]
        np.testing.assert_array_equal(found.image_indices[m, : len(order)], order)
        np.testing.assert_array_equal(found.activations[m, : len(order)], largest[order, m])
        places = found.positions[m, : len(order)] @ [y.shape[2], 1]
        np.testing.assert_array_equal(places, flat[order, :, m].argmax(axis=1))


def test_patches(network, dataset):
    """Projections of pieces have the bits of projections of the whole images."""
    found = find_strongest(network, dataset.images, ["last"], k=1, workers=1)["last"]
    patches = find_patches(network, dataset.images, "last", found=found, workers=1)
    for m in np.flatnonzero(found.image_indices[:, 0] >= 0)[:5]:
        n = int(found.image_indices[m, 0])
        whole = project(network, dataset.images[n : n + 1], "last", int(m), workers=1).pixels[0]
        height, width = found.positions[m, 0]
        field = network[:"last"].receptive_field(Box(height, height + 1, width, width + 1), SHAPE)
        seen = whole[max(field.top, 0) : field.bottom, max(field.left, 0) : field.right]
        inside = patches.projections[m, 0][patches.inside[m, 0]]
        assert inside.any()
        np.testing.assert_array_equal(inside[inside != 0], seen.reshape(-1, 3)[seen.reshape(-1, 3) != 0])


def test_occlusion(network, dataset):
    image = dataset.images[0]
    result = occlude(network, image, "last", label=1, size=(6, 5), stride=7, workers=1, progress=False)
    boxes = [Box(row, row + 6, column, column + 5) for row in result.rows for column in result.columns]
    plain = occlude_plainly(network, image, "last", result.feature_map, label=1, boxes=boxes, fill="gray")
    np.testing.assert_allclose(result.probability.ravel(), plain[0], atol=1e-5)
    np.testing.assert_allclose(result.activity.ravel(), plain[1], rtol=1e-4, atol=1e-4)
