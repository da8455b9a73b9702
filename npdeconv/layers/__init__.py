"""Floor 1: the layers. Start with `base`, the contract; then `relu`, where the rules of projection differ.

`sequential` chains layers to a network, and `graph` makes networks that branch.
"""

from npdeconv.layers.average_pool import AvgPool2D
from npdeconv.layers.base import Layer, LinearLayer, UninvertedLayer
from npdeconv.layers.clip import Clip
from npdeconv.layers.conv import Conv2D
from npdeconv.layers.dense import Dense, Flatten
from npdeconv.layers.dropout import Dropout
from npdeconv.layers.global_pool import GlobalAveragePool, GlobalMaxPool
from npdeconv.layers.graph import Graph
from npdeconv.layers.invert import Invert
from npdeconv.layers.merge import Add, Concat, MergingLayer
from npdeconv.layers.normalization import LocalResponseNorm
from npdeconv.layers.pad import Pad
from npdeconv.layers.pool import MaxPool2D
from npdeconv.layers.prelu import PReLU
from npdeconv.layers.relu import LeakyReLU, ReLU
from npdeconv.layers.scale import Scale
from npdeconv.layers.sequential import Sequential
from npdeconv.layers.sigmoid import Sigmoid
from npdeconv.layers.softmax import Softmax
from npdeconv.layers.standardize import Standardize
from npdeconv.layers.tanh import Tanh
from npdeconv.layers.two_classes import TwoClasses

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
