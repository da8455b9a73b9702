"""GoogLeNet: Szegedy et al., "Going Deeper with Convolutions" (arXiv:1409.4842)."""

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._types import Generator
from npdeconv.layers import Dropout, GlobalAveragePool, MaxPool2D, ReLU, Sequential, Softmax
from npdeconv.models.stack import Stack

MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""Filters of each inception module (table 1): 1x1; before 3x3, 3x3; before 5x5, 5x5; behind the pooling."""


def googlenet(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """224x224x3: nine inception modules, as torchvision ships it; 6,617,624 parameters.

    An inception module lays four branches side by side: 1x1, 3x3 and 5x5 convolutions and a pooling.
    Torchvision's has 3x3 filters where the paper has 5x5, and batch normalizations in place of response
    normalization; these are folded into the convolutions. The auxiliary classifiers, which only help
    training, are left out.

    Examples
    --------
    >>> net = nd.models.googlenet(rng=np.random.default_rng(0))
    >>> net.kind, sum(layer.kind == "Concat" for layer in net.layers.values())
    ('Graph', 9)
    """
    net = Stack("googlenet", (224, 224, 3), rng=rng, dtype=dtype)
    put_inception(net, "5b")
    net.put(pool=GlobalAveragePool(), dropout=Dropout(0.2))
    net.dense("logits", 1000)
    net.put(softmax=Softmax())
    return net.network()


def put_inception(stack: Stack, last: str) -> None:
    """Put on `googlenet` up to its inception module `last`."""
    stack.conv("conv1", 64, 7, stride=2, padding=((3, 3), (3, 3)))
    stack.put(relu1=ReLU(), pool1=MaxPool2D(3, stride=2, ceil_mode=True))
    stack.conv("conv2", 64, 1)
    stack.put(relu2=ReLU())
    stack.conv("conv3", 192, 3)
    stack.put(relu3=ReLU(), pool3=MaxPool2D(3, stride=2, ceil_mode=True))
    for name, filters in MODULES.items():
        put_module(stack, f"inception{name}", filters)
        if name == last:
            return
        if name == "3b":
            stack.put(pool4=MaxPool2D(3, stride=2, ceil_mode=True))
        if name == "4e":
            stack.put(pool5=MaxPool2D(2, stride=2, ceil_mode=True))


def put_module(net: Stack, name: str, filters: tuple[int, ...]) -> None:
    """Put on an inception module; the filters are in the order of `MODULES`."""
    entry = net.top
    alone, narrow3, wide3, narrow5, wide5, pooled = filters
    branches = [_branch(net, f"{name}_1", (alone, 1))]
    for number, narrow, wide in ((2, narrow3, wide3), (3, narrow5, wide5)):
        net.top = entry
        branches.append(_branch(net, f"{name}_{number}", (narrow, 1), (wide, 3)))
    net.top = entry
    net.put(**{f"{name}_pool": MaxPool2D(3, stride=1, padding=((1, 1), (1, 1)))})
    branches.append(_branch(net, f"{name}_4", (pooled, 1)))
    net.concat(f"{name}_concat", *branches)


def _branch(net: Stack, name: str, *convolutions: tuple[int, int]) -> str:
    """Put on convolutions of (filters, size), each with a rectifier; return the last layer's name."""
    for number, (filters, size) in enumerate(convolutions, 1):
        layer = name if len(convolutions) == 1 else f"{name}_{number}"
        net.conv(f"{layer}_conv", filters, size)
        net.put(**{f"{layer}_relu": ReLU()})
    return net.top
