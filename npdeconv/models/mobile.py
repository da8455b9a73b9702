"""MobileNetV2: Sandler et al., "Inverted Residuals and Linear Bottlenecks" (arXiv:1801.04381)."""

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._types import Generator
from npdeconv.layers import Clip, Dropout, GlobalAveragePool, Sequential, Softmax
from npdeconv.models.residual import RIM
from npdeconv.models.stack import Stack

BLOCKS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Table 2: expansion, filters, blocks, and the stride of the first of them."""


def mobilenet_v2(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """224x224x3: seventeen inverted residual blocks; 3,487,816 parameters.

    A block has a 1x1 convolution to more channels, a 3x3 depthwise one, and a 1x1 one to fewer channels,
    without a rectifier. Rectifiers clip at 6. Batch normalizations are folded in.

    Examples
    --------
    >>> net = nd.models.mobilenet_v2(rng=np.random.default_rng(0))
    >>> sum(layer.kind == "Conv2D" and layer.groups > 1 for layer in net.layers.values())
    17
    """
    net = Stack("mobilenet_v2", (224, 224, 3), rng=rng, dtype=dtype)
    net.conv("conv1", 32, 3, stride=2, padding=RIM)
    net.put(relu1=_relu6())
    number = 0
    for expansion, filters, count, first_stride in BLOCKS:
        for repeat in range(count):
            number += 1
            _put_block(net, f"block{number}", expansion, filters, first_stride if repeat == 0 else 1)
    net.conv("conv2", 1280, 1)
    net.put(relu2=_relu6(), pool=GlobalAveragePool(), dropout=Dropout(0.2))
    net.dense("logits", 1000)
    net.put(softmax=Softmax())
    return net.network()


def _put_block(net: Stack, name: str, expansion: int, filters: int, stride: int) -> None:
    entry, narrow = net.top, net.channels
    wide = expansion * narrow
    if expansion > 1:
        net.conv(f"{name}_expand", wide, 1)
        net.put(**{f"{name}_relu1": _relu6()})
    net.conv(f"{name}_depthwise", wide, 3, stride=stride, padding=RIM, groups=wide)
    net.put(**{f"{name}_relu2": _relu6()})
    net.conv(f"{name}_project", filters, 1)
    if stride == 1 and narrow == filters:
        net.add(f"{name}_add", net.top, entry)


def _relu6() -> Clip:
    return Clip(0, 6)
