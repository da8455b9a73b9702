"""The networks of the deck "Making the Training Visible" (Ruhr-Universität Bochum, 2020).

The deck is a published student project; its trained network and pictures are replayed here. All
convolutions are 3x3 "same". A ReLU follows each of them, and the hidden dense layer.
"""

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._types import Generator, Shape
from npdeconv.layers import Dropout, Flatten, Invert, Layer, MaxPool2D, ReLU, Sequential, Softmax
from npdeconv.models.stack import Stack


def deck_model2(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """28x28x1: conv 32, conv 64, pool 2, dense 64, softmax 10; 822,346 parameters.

    Examples
    --------
    >>> list(nd.models.deck_model2(rng=np.random.default_rng(0)).layers)
    ['conv1', 'relu1', 'conv2', 'relu2', 'pool1', 'flatten', 'dense1', 'relu_dense1', 'logits', 'softmax']
    """
    return _deck(
        "deck_model2", (28, 28, 1), (32, 64, "pool2"), hidden=64, class_count=10, rng=rng, dtype=dtype
    )


def deck_model3(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """28x28x1: conv 32, 32, pool 2, conv 64, 64, pool 2, conv 64, 64, dense 32, softmax 10; 239,562.

    Examples
    --------
    >>> net = nd.models.deck_model3(rng=np.random.default_rng(0))
    >>> sum(array.size for array in net.parameters.values())
    239562
    """
    stack = (32, 32, "pool2", 64, 64, "pool2", 64, 64)
    return _deck("deck_model3", (28, 28, 1), stack, hidden=32, class_count=10, rng=rng, dtype=dtype)


def deck_model4(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """28x28x1: conv 32, 32, pool 2, conv 64, 64, pool 2, dense 64, softmax 10; 266,410 parameters.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> net["conv4"], net[:"pool2"].output_shape((28, 28, 1))
    (Conv2D(64, 64, (3, 3), padding='same'), (7, 7, 64))
    """
    stack = (32, 32, "pool2", 64, 64, "pool2")
    return _deck("deck_model4", (28, 28, 1), stack, hidden=64, class_count=10, rng=rng, dtype=dtype)


def deck_rps2(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """300x300x3: conv 32, pool 2, conv 32, pool 2, conv 32, pool 5, dense 64, softmax 3; 480,451.

    Examples
    --------
    >>> net = nd.models.deck_rps2(rng=np.random.default_rng(0))
    >>> net.input_shape, net[:"pool3"].output_shape(net.input_shape)
    ((300, 300, 3), (15, 15, 32))
    """
    stack = (32, "pool2", 32, "pool2", 32, "pool5")
    return _deck("deck_rps2", (300, 300, 3), stack, hidden=64, class_count=3, rng=rng, dtype=dtype)


def deck_rps3(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """300x300x3: conv 32, 32, pool 2, conv 64, 64, pool 2, conv 64, 64, pool 5, dense 32, softmax 3.

    600,355 parameters.

    Examples
    --------
    >>> net = nd.models.deck_rps3(rng=np.random.default_rng(0))
    >>> net.input_shape, sum(array.size for array in net.parameters.values())
    ((300, 300, 3), 600355)
    """
    stack = (32, 32, "pool2", 64, 64, "pool2", 64, 64, "pool5")
    return _deck("deck_rps3", (300, 300, 3), stack, hidden=32, class_count=3, rng=rng, dtype=dtype)


def rps3(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """`deck_rps3` with two more layers without parameters: `Invert` first, dropout above the flattening.

    It is made for Rock Paper Scissors, hands on white: `Invert` makes the backdrop 0, and dropout keeps
    the dense layer from memorizing the few hands of the training images.

    Examples
    --------
    >>> net = nd.models.rps3(rng=np.random.default_rng(0))
    >>> list(net.layers)[0], next(iter(net.layers.values()))
    ('invert', Invert(0.9058823529411765))
    """
    deck = deck_rps3(rng=rng, dtype=dtype)
    layers: dict[str, Layer] = {"invert": Invert(231 / 255)}
    for name, layer in deck.layers.items():
        layers[name] = layer
        if name == "flatten":
            layers["dropout"] = Dropout(0.25)
    return Sequential(layers, input_shape=deck.input_shape, name="rps3")


def _deck(
    name: str,
    input_shape: Shape,
    stack: tuple[int | str, ...],
    *,
    hidden: int,
    class_count: int,
    rng: Generator,
    dtype: DTypeLike,
) -> Sequential:
    """Stack convolutions (a number of filters) and poolings ("pool" and the window's side)."""
    net, convolutions, poolings = Stack(name, input_shape, rng=rng, dtype=dtype), 0, 0
    for part in stack:
        if isinstance(part, int):
            convolutions += 1
            net.conv(f"conv{convolutions}", part, 3)
            net.put(**{f"relu{convolutions}": ReLU()})
        else:
            poolings += 1
            net.put(**{f"pool{poolings}": MaxPool2D(int(part.removeprefix("pool")))})
    net.put(flatten=Flatten())
    net.dense("dense1", hidden)
    net.put(relu_dense1=ReLU())
    net.dense("logits", class_count)
    net.put(softmax=Softmax())
    return net.network()
