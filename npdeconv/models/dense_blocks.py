"""DenseNet: Huang et al., "Densely Connected Convolutional Networks" (arXiv:1608.06993)."""

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._types import Generator
from npdeconv.layers import AvgPool2D, GlobalAveragePool, MaxPool2D, ReLU, Scale, Sequential, Softmax
from npdeconv.models.residual import RIM
from npdeconv.models.stack import Stack

GROWTH = 32
"""The number of maps that each layer adds."""


def densenet121(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """224x224x3: dense blocks of 6, 12, 24 and 16 layers; 7,974,120 parameters.

    A layer of a dense block reads the maps of all layers before it, side by side, and adds 32 maps to
    them. Its first batch normalization stands in front of a rectifier and is a `Scale`; its second one
    follows a convolution and is folded into it.

    Examples
    --------
    >>> net = nd.models.densenet121(rng=np.random.default_rng(0))
    >>> net.kind, sum(layer.kind == "Concat" for layer in net.layers.values())
    ('Graph', 58)
    """
    net = Stack("densenet121", (224, 224, 3), rng=rng, dtype=dtype)
    net.conv("conv0", 64, 7, stride=2, padding=((3, 3), (3, 3)))
    net.put(relu0=ReLU(), pool0=MaxPool2D(3, stride=2, padding=RIM))
    for block, layers in enumerate((6, 12, 24, 16), 1):
        for number in range(1, layers + 1):
            _put_layer(net, f"block{block}_{number}", dtype)
        if block < 4:
            _put_transition(net, block, dtype)
    net.put(norm5=Scale(net.channels, dtype=dtype), relu5=ReLU(), pool=GlobalAveragePool())
    net.dense("logits", 1000)
    net.put(softmax=Softmax())
    return net.network()


def _put_layer(net: Stack, name: str, dtype: DTypeLike) -> None:
    entry = net.top
    net.put(**{f"{name}_norm": Scale(net.channels, dtype=dtype), f"{name}_relu1": ReLU()})
    net.conv(f"{name}_conv1", 4 * GROWTH, 1)
    net.put(**{f"{name}_relu2": ReLU()})
    net.conv(f"{name}_conv2", GROWTH, 3)
    net.concat(f"{name}_concat", entry, net.top)


def _put_transition(net: Stack, block: int, dtype: DTypeLike) -> None:
    name = f"transition{block}"
    net.put(**{f"{name}_norm": Scale(net.channels, dtype=dtype), f"{name}_relu": ReLU()})
    net.conv(f"{name}_conv", net.channels // 2, 1)
    net.put(**{f"{name}_pool": AvgPool2D(2)})
