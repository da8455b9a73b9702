"""Small networks that branch, with everything in them that hides mistakes."""

import numpy as np

from npdeconv.layers import (
    Add,
    AvgPool2D,
    Concat,
    Conv2D,
    Dense,
    GlobalAveragePool,
    GlobalMaxPool,
    Graph,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Sequential,
    Softmax,
    Standardize,
)


def scale(factor: float, channels: int = 3) -> Standardize:
    """Return a layer that multiplies, by a negative number too, which `Standardize` refuses."""
    layer = Standardize([0.0] * channels, [1.0] * channels)
    layer.std = np.full(channels, 1 / factor)
    return layer


def residual(dtype=np.float64) -> Graph:
    """Two blocks: a shortcut that is the identity, and one that is a convolution of stride 2."""
    rng = np.random.default_rng(3)

    def conv(*arguments, **options) -> Conv2D:
        return Conv2D(*arguments, padding="same", rng=rng, dtype=dtype, **options)

    layers = {
        "conv0": conv(2, 4, 3),
        "relu0": ReLU(),
        "conv1": conv(4, 4, 3),
        "relu1": ReLU(),
        "conv2": conv(4, 4, 3),
        "add1": Add(),
        "relu2": ReLU(),
        "conv3": conv(4, 6, 3, stride=2),
        "relu3": ReLU(),
        "conv4": conv(6, 6, 3),
        "short2": conv(4, 6, 1, stride=2),
        "add2": Add(),
        "relu4": ReLU(),
        "mean": GlobalAveragePool(),
        "logits": Dense(6, 4, rng=rng, dtype=dtype),
        "softmax": Softmax(),
    }
    inputs = {"add1": ("conv2", "relu0"), "short2": "relu2", "add2": ("conv4", "short2")}
    return Graph(layers, inputs=inputs, input_shape=(9, 8, 2), classes=("a", "b", "c", "d"), name="residual")


def inception(dtype=np.float64) -> Graph:
    """Four branches of unequal channels that read one rectifier; one is a network of its own."""
    rng = np.random.default_rng(4)

    def conv(*arguments, **options) -> Conv2D:
        return Conv2D(*arguments, padding="same", rng=rng, dtype=dtype, **options)

    inner = Graph(
        {"down": conv(5, 2, 1), "relu": ReLU(), "up": conv(2, 5, 3), "add": Add(), "leaky": LeakyReLU(0.1)},
        inputs={"add": ("up", "input")},
    )
    layers = {
        "conv": conv(3, 5, 3),
        "relu": ReLU(),
        "one": conv(5, 2, 1),
        "wide": Sequential({"conv": conv(5, 3, (1, 5)), "relu": ReLU()}),
        "inner": inner,
        "pool": MaxPool2D(3, stride=1, padding="same"),
        "average": AvgPool2D(3, stride=1, padding="same"),
        "concat": Concat(),
        "last": ReLU(),
        "max": GlobalMaxPool(),
        "logits": Dense(2 + 3 + 5 + 5 + 5, 3, rng=rng, dtype=dtype),
    }
    branches = ("one", "wide", "inner", "pool", "average")
    inputs = {**dict.fromkeys(branches, "relu"), "concat": branches}
    return Graph(layers, inputs=inputs, input_shape=(7, 6, 3), name="inception")


def dense_net(dtype=np.float64) -> Graph:
    """Each convolution reads all that is below it, the images too."""
    rng = np.random.default_rng(5)
    layers, inputs, below = {}, {}, ["input"]
    for n in range(1, 4):
        layers[f"conv{n}"] = Conv2D(3 * n - 1, 3, 3, padding="same", rng=rng, dtype=dtype)
        layers[f"relu{n}"] = ReLU()
        below.append(f"relu{n}")
        layers[f"all{n}"] = Concat()
        inputs[f"all{n}"] = tuple(below)
    layers |= {"mean": GlobalAveragePool(), "logits": Dense(11, 4, rng=rng, dtype=dtype)}
    return Graph(layers, inputs=inputs, input_shape=(5, 6, 2), name="dense_net")


def chain_around_a_graph(dtype=np.float64) -> Sequential:
    """A graph among the layers of a chain."""
    graph = inception(dtype)
    return Sequential({"body": graph[:"last"], "tail": Sequential({"max": GlobalMaxPool()})})


def linear_graph(dtype=np.float64) -> Graph:
    """Everything that is linear, with one value read three times and a layer that reads one twice."""
    rng = np.random.default_rng(6)
    layers = {
        "conv": Conv2D(2, 3, 3, padding="same", rng=rng, dtype=dtype),
        "pool": AvgPool2D(3, stride=1, padding="same"),
        "other": Conv2D(3, 3, 1, rng=rng, dtype=dtype),
        "add": Add(),
        "twice": Add(),
        "all": Concat(),
        "last": Conv2D(11, 2, (2, 3), rng=rng, dtype=dtype),
    }
    inputs = {
        "other": "conv",
        "add": ("other", "pool", "conv"),
        "twice": ("add", "add"),
        "all": ("twice", "input", "conv", "other"),
    }
    return Graph(layers, inputs=inputs, input_shape=(6, 7, 2))
