"""Floor 1: the layers. Start with `base`, the contract; then `relu`, where the paper happens."""

from npdeconv.layers.base import Layer
from npdeconv.layers.conv import Conv2D
from npdeconv.layers.dense import Dense, Flatten
from npdeconv.layers.dropout import Dropout
from npdeconv.layers.ink import Ink
from npdeconv.layers.pool import MaxPool2D
from npdeconv.layers.relu import ReLU
from npdeconv.layers.sequential import Sequential
from npdeconv.layers.softmax import Softmax

__all__ = [
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "Ink",
    "Layer",
    "MaxPool2D",
    "ReLU",
    "Sequential",
    "Softmax",
]
