"""The named networks: only composition.

The `deck_*` networks are those of the slide deck "Making the Training Visible" (Ruhr-Universität
Bochum, 2020), so that its published results can be compared. All their convolutions are 3x3
"same"; a ReLU follows each, and the hidden dense layer.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._types import Generator, Shape
from npdeconv.layers import (
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Ink,
    Layer,
    MaxPool2D,
    ReLU,
    Sequential,
    Softmax,
)


def names() -> tuple[str, ...]:
    """Return the names that `build` knows."""
    return tuple(_NETWORKS)


def build(name: str, *, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """Build a network by its name.

    Raises
    ------
    KeyError
        If there is no network of that name.
    """
    if name not in _NETWORKS:
        raise KeyError(f"no network {name!r}; the networks are {', '.join(_NETWORKS)}")
    return _NETWORKS[name](rng=rng, dtype=dtype)


def deck_model2(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """28x28x1: conv 32, conv 64, pool 2, dense 64, softmax 10; 822,346 parameters."""
    return _deck("deck_model2", (28, 28, 1), (32, 64, "pool2"), hidden=64, classes=10, rng=rng, dtype=dtype)


def deck_model3(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """28x28x1: conv 32, 32, pool 2, conv 64, 64, pool 2, conv 64, 64, dense 32, softmax 10; 239,562."""
    stack = (32, 32, "pool2", 64, 64, "pool2", 64, 64)
    return _deck("deck_model3", (28, 28, 1), stack, hidden=32, classes=10, rng=rng, dtype=dtype)


def deck_model4(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """28x28x1: conv 32, 32, pool 2, conv 64, 64, pool 2, dense 64, softmax 10; 266,410 parameters."""
    stack = (32, 32, "pool2", 64, 64, "pool2")
    return _deck("deck_model4", (28, 28, 1), stack, hidden=64, classes=10, rng=rng, dtype=dtype)


def deck_rps2(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """300x300x3: conv 32, pool 2, conv 32, pool 2, conv 32, pool 5, dense 64, softmax 3; 480,451."""
    stack = (32, "pool2", 32, "pool2", 32, "pool5")
    return _deck("deck_rps2", (300, 300, 3), stack, hidden=64, classes=3, rng=rng, dtype=dtype)


def deck_rps3(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """300x300x3: conv 32, 32, pool 2, conv 64, 64, pool 2, conv 64, 64, pool 5, dense 32, softmax 3.

    600,355 parameters.
    """
    stack = (32, 32, "pool2", 64, 64, "pool2", 64, 64, "pool5")
    return _deck("deck_rps3", (300, 300, 3), stack, hidden=32, classes=3, rng=rng, dtype=dtype)


def rps3(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """`deck_rps3` between two layers without parameters: ink below it, dropout above the flattening.

    Made for Rock Paper Scissors, whose hands stand on white: `Ink` makes the backdrop 0, and dropout
    keeps the dense layer from learning the few hands of the training images by heart.
    """
    deck = deck_rps3(rng=rng, dtype=dtype)
    layers: dict[str, Layer] = {"ink": Ink(231 / 255)}
    for name, layer in deck.layers.items():
        layers[name] = layer
        if name == "flatten":
            layers["dropout"] = Dropout(0.25)
    return Sequential(layers, input_shape=deck.input_shape, name="rps3")


_BUILDERS = (deck_model2, deck_model3, deck_model4, deck_rps2, deck_rps3, rps3)
_NETWORKS: dict[str, Callable[..., Sequential]] = {builder.__name__: builder for builder in _BUILDERS}


def _deck(
    name: str,
    input_shape: Shape,
    stack: tuple[int | str, ...],
    *,
    hidden: int,
    classes: int,
    rng: Generator,
    dtype: DTypeLike,
) -> Sequential:
    """Stack convolutions (a number of filters) and poolings ("pool" and the window's side)."""
    layers: dict[str, Layer] = {}
    channels, convolutions, poolings = input_shape[2], 0, 0
    for part in stack:
        if isinstance(part, int):
            convolutions += 1
            layers[f"conv{convolutions}"] = Conv2D(channels, part, 3, padding="same", rng=rng, dtype=dtype)
            layers[f"relu{convolutions}"] = ReLU()
            channels = part
        else:
            poolings += 1
            layers[f"pool{poolings}"] = MaxPool2D(int(part.removeprefix("pool")))
    layers["flatten"] = Flatten()
    (inputs,) = Sequential(layers).output_shape(input_shape)
    layers["dense1"] = Dense(inputs, hidden, rng=rng, dtype=dtype)
    layers["relu_dense1"] = ReLU()
    layers["logits"] = Dense(hidden, classes, rng=rng, dtype=dtype)
    layers["softmax"] = Softmax()
    return Sequential(layers, input_shape=input_shape, name=name)
