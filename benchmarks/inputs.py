"""The inputs of all libraries: the same digits, noise and networks."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from npdeconv import models
from npdeconv._types import Array, Shape
from npdeconv.data import load_mnist, load_strokes
from npdeconv.layers import Conv2D, Dense, Layer, MaxPool2D, ReLU, Sequential


def digits(count: int) -> Array:
    """Return float32 images (N, 28, 28, 1) of MNIST's test set; drawn digits without $NPDECONV_DATA."""
    folder = os.environ.get("NPDECONV_DATA", "")
    has_mnist = folder and (Path(folder) / "mnist").is_dir()
    pixels = load_mnist("test").images[:count] if has_mnist else load_strokes(count).images
    return pixels.astype(np.float32) / 255


def images_for(network: Sequential, count: int) -> Array:
    """Return images that fit a network: digits for 28x28x1, else noise; float32."""
    if network.input_shape == (28, 28, 1):
        return digits(count)
    assert network.input_shape is not None
    return np.random.default_rng(0).random((count, *network.input_shape), dtype=np.float32)


def labels_for(images: Array, classes: int) -> Array:
    """Return arbitrary labels, which do not change the work."""
    return np.arange(len(images)) % classes


def build(name: str) -> Sequential:
    """Build a network with the same random weights for all libraries, and biases that are not zero.

    A trained network has such biases. Without them, the blank parts of an image would be exactly zero
    in every layer.
    """
    rng = np.random.default_rng(0)
    network = models.build(name, rng=rng)
    for parameter, array in network.parameters.items():
        if parameter.endswith("bias"):
            array[...] = rng.normal(0, 0.05, array.shape)
    return network


def build_layer(kind: str, options: Mapping[str, Any], input_shape: Shape) -> Layer:
    """Build one layer of a kind such as "conv", from the constructor's options besides the channels."""
    rng, channels = np.random.default_rng(0), input_shape[-1]
    if kind == "conv":
        return Conv2D(channels, **options, rng=rng)
    if kind == "dense":
        return Dense(channels, **options, rng=rng)
    return MaxPool2D(**options) if kind == "pool" else ReLU()


def build_block(input_shape: Shape, filters: int, pooled: bool) -> Sequential:
    """Build a 3x3 convolution, a rectifier and perhaps a pooling, which npdeconv fuses."""
    layers = {
        "conv": build_layer("conv", {"filters": filters, "kernel_size": 3, "padding": "same"}, input_shape)
    }
    layers["relu"] = ReLU()
    if pooled:
        layers["pool"] = MaxPool2D(2)
    return Sequential(layers, input_shape=input_shape)
