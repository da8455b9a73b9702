"""Floor 1: the layers. Start with `base`, the contract; then `relu`, where the rules of projection differ.

The others are those of the paper: `conv` and `pool`, whose windows' arithmetic is in `window`,
`normalization`, `dense`, `dropout`, `softmax`; `sequential` chains layers to a network. What other
networks need is in `further`.
"""

from npdeconv.layers.base import Layer, LinearLayer, UninvertedLayer
from npdeconv.layers.conv import Conv2D
from npdeconv.layers.dense import Dense, Flatten
from npdeconv.layers.dropout import Dropout
from npdeconv.layers.further.average_pool import AvgPool2D
from npdeconv.layers.further.clip import Clip
from npdeconv.layers.further.global_pool import GlobalAveragePool, GlobalMaxPool
from npdeconv.layers.further.graph import Graph
from npdeconv.layers.further.invert import Invert
from npdeconv.layers.further.leaky import LeakyReLU, PReLU
from npdeconv.layers.further.merge import Add, Concat, MergingLayer
from npdeconv.layers.further.pad import Pad
from npdeconv.layers.further.scale import Scale
from npdeconv.layers.further.sigmoid import Sigmoid
from npdeconv.layers.further.standardize import Standardize
from npdeconv.layers.further.tanh import Tanh
from npdeconv.layers.further.two_classes import TwoClasses
from npdeconv.layers.normalization import LocalResponseNorm
from npdeconv.layers.pool import MaxPool2D
from npdeconv.layers.relu import ReLU
from npdeconv.layers.sequential import Sequential
from npdeconv.layers.softmax import Softmax

__all__ = [
    "Add",
    "AvgPool2D",
    "Clip",
    "Concat",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Graph",
    "Invert",
    "Layer",
    "LeakyReLU",
    "LinearLayer",
    "LocalResponseNorm",
    "MaxPool2D",
    "MergingLayer",
    "PReLU",
    "Pad",
    "ReLU",
    "Scale",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Standardize",
    "Tanh",
    "TwoClasses",
    "UninvertedLayer",
]
