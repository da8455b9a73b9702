"""Residual networks: He et al., "Deep Residual Learning for Image Recognition" (arXiv:1512.03385).

A block adds the output of its convolutions, the body, to its input, the shortcut. The batch
normalizations follow convolutions and are folded into them.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._types import Generator
from npdeconv.layers import AvgPool2D, Conv2D, GlobalAveragePool, MaxPool2D, Pad, ReLU, Sequential, Softmax
from npdeconv.layers.window import Padding
from npdeconv.models.stack import Stack

Body: TypeAlias = Callable[[Stack, str, int, int], Conv2D]
"""Puts the convolutions of a block on top, given its name, filters and stride; returns the last one."""

RIM: Padding = ((1, 1), (1, 1))
"""Of a 3x3 window of stride 2: one pixel on every side ("same" has none above and to the left)."""


def resnet20(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """32x32x3: three stages of 3 blocks, 16, 32 and 64 filters, for CIFAR-10; 269,034 parameters.

    He et al., section 4.2. Where the width changes, the shortcut takes every second row and column and
    pads the channels with zeros on both sides (their option A).

    Examples
    --------
    >>> net = nd.models.resnet20(rng=np.random.default_rng(0))
    >>> net.input_shape, sum(layer.kind == "Add" for layer in net.layers.values())
    ((32, 32, 3), 9)
    """
    return _for_cifar("resnet20", 3, rng, dtype)


def resnet32(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """32x32x3: `resnet20` with 5 blocks in each stage; 463,018 parameters.

    Examples
    --------
    >>> net = nd.models.resnet32(rng=np.random.default_rng(0))
    >>> sum(layer.kind == "Add" for layer in net.layers.values())
    15
    """
    return _for_cifar("resnet32", 5, rng, dtype)


def resnet44(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """32x32x3: `resnet20` with 7 blocks in each stage; 657,002 parameters.

    Examples
    --------
    >>> net = nd.models.resnet44(rng=np.random.default_rng(0))
    >>> sum(layer.kind == "Add" for layer in net.layers.values())
    21
    """
    return _for_cifar("resnet44", 7, rng, dtype)


def resnet56(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """32x32x3: `resnet20` with 9 blocks in each stage; 850,986 parameters.

    Examples
    --------
    >>> net = nd.models.resnet56(rng=np.random.default_rng(0))
    >>> sum(layer.kind == "Add" for layer in net.layers.values())
    27
    """
    return _for_cifar("resnet56", 9, rng, dtype)


def resnet18(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """224x224x3: four stages of 2 blocks of two 3x3 convolutions; 11,684,712 parameters.

    He et al., table 1. Where the width changes, the shortcut is a 1x1 convolution (their option B).

    Examples
    --------
    >>> net = nd.models.resnet18(rng=np.random.default_rng(0))
    >>> sum(layer.kind == "Add" for layer in net.layers.values())  # one for each block
    8
    """
    return _for_imagenet("resnet18", (2, 2, 2, 2), _basic_body, rng, dtype)


def resnet50(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """224x224x3: four stages of 3, 4, 6 and 3 bottleneck blocks; 25,530,472 parameters.

    A bottleneck block has a 1x1 convolution to fewer channels, a 3x3 one, and a 1x1 one to four times as
    many. As in torchvision, the 3x3 convolution has the stride.

    Examples
    --------
    >>> net = nd.models.resnet50(rng=np.random.default_rng(0))
    >>> sum(layer.kind == "Add" for layer in net.layers.values())
    16
    """
    return _for_imagenet("resnet50", (3, 4, 6, 3), _bottleneck_body, rng, dtype)


def resnet101(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """224x224x3: `resnet50` with 23 blocks in the third stage; 44,496,488 parameters.

    Examples
    --------
    >>> net = nd.models.resnet101(rng=np.random.default_rng(0))
    >>> sum(layer.kind == "Add" for layer in net.layers.values())
    33
    """
    return _for_imagenet("resnet101", (3, 4, 23, 3), _bottleneck_body, rng, dtype)


def _for_cifar(name: str, blocks: int, rng: Generator, dtype: DTypeLike) -> Sequential:
    net = Stack(name, (32, 32, 3), rng=rng, dtype=dtype)
    net.conv("conv1", 16, 3)
    net.put(relu1=ReLU())
    for stage, filters in enumerate((16, 32, 64), 1):
        for number in range(1, blocks + 1):
            block, entry, narrow = f"block{stage}_{number}", net.top, net.channels
            last = _basic_body(net, block, filters, 1 if narrow == filters else 2)
            _keep_variance(last, 3 * blocks)
            body, shortcut = net.top, entry
            if narrow != filters:
                half = (filters - narrow) // 2
                net.top, shortcut = entry, f"{block}_pad"
                net.put(**{f"{block}_subsample": AvgPool2D(1, stride=2)})
                net.put(**{shortcut: Pad(((0, 0), (0, 0)), channels=(half, half))})
            _join(net, block, body, shortcut)
    return _classified(net, 10)


def _for_imagenet(
    name: str, blocks: tuple[int, ...], body_of: Body, rng: Generator, dtype: DTypeLike
) -> Sequential:
    net = Stack(name, (224, 224, 3), rng=rng, dtype=dtype)
    net.conv("conv1", 64, 7, stride=2, padding=((3, 3), (3, 3)))
    net.put(relu1=ReLU(), pool1=MaxPool2D(3, stride=2, padding=RIM))
    for stage, count in enumerate(blocks, 1):
        filters = 32 * 2**stage
        for number in range(1, count + 1):
            stride = 2 if stage > 1 and number == 1 else 1
            put_block(net, f"block{stage}_{number}", filters, stride, blocks=sum(blocks), body_of=body_of)
    return _classified(net, 1000)


def _basic_body(net: Stack, block: str, filters: int, stride: int) -> Conv2D:
    net.conv(f"{block}_conv1", filters, 3, stride=stride, padding=RIM)
    net.put(**{f"{block}_relu1": ReLU()})
    return net.conv(f"{block}_conv2", filters, 3, padding=RIM)


def _bottleneck_body(net: Stack, block: str, filters: int, stride: int) -> Conv2D:
    net.conv(f"{block}_conv1", filters, 1)
    net.put(**{f"{block}_relu1": ReLU()})
    net.conv(f"{block}_conv2", filters, 3, stride=stride, padding=RIM)
    net.put(**{f"{block}_relu2": ReLU()})
    return net.conv(f"{block}_conv3", 4 * filters, 1)


def put_block(
    net: Stack, block: str, filters: int, stride: int, *, blocks: int, body_of: Body = _basic_body
) -> None:
    """Put on a residual block; where the shape changes, the shortcut is a 1x1 convolution.

    `blocks` is how many the network has.
    """
    entry, narrow = net.top, net.channels
    _keep_variance(body_of(net, block, filters, stride), blocks)
    body, shortcut, wide = net.top, entry, net.channels
    if stride > 1 or narrow != wide:
        net.top, shortcut = entry, f"{block}_shortcut"
        net.conv(shortcut, wide, 1, stride=stride, padding="valid")
    _join(net, block, body, shortcut)


def _keep_variance(last: Conv2D, blocks: int) -> None:
    """Scale a body's initial weights, so that the sums of all blocks grow by less than e in variance.

    Without it the variance doubles with each block; unfolded normalizations would prevent that.
    """
    last.weight /= np.sqrt(blocks)


def _join(net: Stack, block: str, body: str, shortcut: str) -> None:
    net.add(f"{block}_add", body, shortcut)
    net.put(**{f"{block}_relu": ReLU()})


def _classified(net: Stack, classes: int) -> Sequential:
    net.put(pool=GlobalAveragePool())
    net.dense("logits", classes)
    net.put(softmax=Softmax())
    return net.network()
