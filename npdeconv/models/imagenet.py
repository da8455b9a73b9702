"""The networks that followed one another on ImageNet: AlexNet, ZFNet and VGG.

All take 224x224 or 227x227 pictures of three channels, and end in three dense layers, `fc6` to `fc8`
as in the authors' Caffe files, with 1000 classes. Building one draws 60 to 140 million random weights,
which takes seconds, and 4 bytes per weight.
"""

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._types import Generator
from npdeconv.layers import (
    Dropout,
    Flatten,
    LocalResponseNorm,
    MaxPool2D,
    ReLU,
    Sequential,
    Softmax,
)
from npdeconv.models.stack import Stack

CLASSES = 1000


def alexnet(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """224x224x3: AlexNet in a single tower, as torchvision ships it; 61,100,840 parameters.

    Krizhevsky, "One weird trick for parallelizing convolutional neural networks"
    (arXiv:1404.5997), with fewer filters than the original and no normalization. (At this image
    size, torchvision's adaptive pooling from 6x6 to 6x6 does nothing.)

    Examples
    --------
    >>> net = nd.models.alexnet(rng=np.random.default_rng(0))
    >>> net["conv1"], nd.anatomy.patch_size(net, "relu5", (224, 224, 3))
    (Conv2D(3, 64, (11, 11), stride=(4, 4), padding=((2, 2), (2, 2))), (163, 163))
    """
    net = Stack("alexnet", (224, 224, 3), rng=rng, dtype=dtype)
    put_alexnet_convolutions(net)
    net.put(pool5=MaxPool2D(3, stride=2), flatten=Flatten(), dropout6=Dropout(0.5))
    net.dense("fc6", 4096)
    net.put(relu6=ReLU(), dropout7=Dropout(0.5))
    net.dense("fc7", 4096)
    net.put(relu7=ReLU())
    return _classified(net)


def alexnet_grouped(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """227x227x3: the original AlexNet, two towers with response normalization; 60,965,224 parameters.

    Krizhevsky, Sutskever & Hinton, "ImageNet Classification with Deep Convolutional Neural
    Networks" (2012). In conv2, conv4 and conv5, each filter sees half of the channels, those on its
    GPU. The paper says 224x224, but 55x55 positions of an 11x11 filter with stride 4 need 227.
    Normalization has the paper's formula and numbers; Caffe's AlexNet has k = 1 and a fifth of the
    alpha, ``LocalResponseNorm(5, alpha=1e-4)``.

    Examples
    --------
    >>> net = nd.models.alexnet_grouped(rng=np.random.default_rng(0))
    >>> net.input_shape, net["conv2"].groups
    ((227, 227, 3), 2)
    """
    net = Stack("alexnet_grouped", (227, 227, 3), rng=rng, dtype=dtype)
    net.conv("conv1", 96, 11, stride=4, padding="valid")
    net.put(relu1=ReLU(), norm1=_normalization(), pool1=MaxPool2D(3, stride=2))
    net.conv("conv2", 256, 5, groups=2)
    net.put(relu2=ReLU(), norm2=_normalization(), pool2=MaxPool2D(3, stride=2))
    net.conv("conv3", 384, 3)
    net.put(relu3=ReLU())
    net.conv("conv4", 384, 3, groups=2)
    net.put(relu4=ReLU())
    net.conv("conv5", 256, 3, groups=2)
    net.put(relu5=ReLU(), pool5=MaxPool2D(3, stride=2), flatten=Flatten())
    return _classified(_hidden(net))


def zfnet(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """224x224x3: the paper's own network, AlexNet with finer first layers; 62,357,608 parameters.

    Zeiler & Fergus (arXiv:1311.2901), figure 3: filters of 7x7 with stride 2 in the first layer,
    stride 2 in the second, one tower. The padding follows from the sizes of the maps in the figure,
    110, 55, 26, 13 and 6. The paper normalizes "across feature maps" after pooling without giving
    numbers; AlexNet's are used.

    Examples
    --------
    >>> net = nd.models.zfnet(rng=np.random.default_rng(0))
    >>> net["conv1"].window.size, net["conv1"].window.stride, net["conv1"].weight.shape[3]
    ((7, 7), (2, 2), 96)
    >>> [nd.anatomy.map_count(net, f"relu{n}", (224, 224, 3)) for n in range(1, 6)]
    [96, 256, 384, 384, 256]
    """
    net = Stack("zfnet", (224, 224, 3), rng=rng, dtype=dtype)
    last_window_overhangs = ((0, 1), (0, 1))
    net.conv("conv1", 96, 7, stride=2, padding=((1, 1), (1, 1)))
    net.put(relu1=ReLU(), pool1=MaxPool2D(3, stride=2, padding=last_window_overhangs))
    net.put(norm1=_normalization())
    net.conv("conv2", 256, 5, stride=2, padding="valid")
    net.put(relu2=ReLU(), pool2=MaxPool2D(3, stride=2, padding=last_window_overhangs))
    net.put(norm2=_normalization())
    net.conv("conv3", 384, 3)
    net.put(relu3=ReLU())
    net.conv("conv4", 384, 3)
    net.put(relu4=ReLU())
    net.conv("conv5", 256, 3)
    net.put(relu5=ReLU(), pool5=MaxPool2D(3, stride=2), flatten=Flatten())
    return _classified(_hidden(net))


def vgg16(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """224x224x3: thirteen 3x3 convolutions in five blocks, three dense layers; 138,357,544 parameters.

    Simonyan & Zisserman (arXiv:1409.1556), configuration D.

    Examples
    --------
    >>> net = nd.models.vgg16(rng=np.random.default_rng(0))
    >>> sum(layer.kind == "Conv2D" for layer in net.layers.values())
    13
    """
    net = Stack("vgg16", (224, 224, 3), rng=rng, dtype=dtype)
    put_vgg16_convolutions(net)
    net.put(pool5=MaxPool2D(2))
    net.put(flatten=Flatten())
    return _classified(_hidden(net))


def put_alexnet_convolutions(stack: Stack) -> None:
    """Put on `alexnet` up to its fifth convolution."""
    stack.conv("conv1", 64, 11, stride=4, padding=((2, 2), (2, 2)))
    stack.put(relu1=ReLU(), pool1=MaxPool2D(3, stride=2))
    stack.conv("conv2", 192, 5)
    stack.put(relu2=ReLU(), pool2=MaxPool2D(3, stride=2))
    stack.conv("conv3", 384, 3)
    stack.put(relu3=ReLU())
    stack.conv("conv4", 256, 3)
    stack.put(relu4=ReLU())
    stack.conv("conv5", 256, 3)
    stack.put(relu5=ReLU())


def put_vgg16_convolutions(stack: Stack) -> None:
    """Put on `vgg16` up to its thirteenth convolution."""
    for block, (depth, filters) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], 1):
        for n in range(1, depth + 1):
            stack.conv(f"conv{block}_{n}", filters, 3)
            stack.put(**{f"relu{block}_{n}": ReLU()})
        if block < 5:
            stack.put(**{f"pool{block}": MaxPool2D(2)})


def _normalization() -> LocalResponseNorm:
    """Normalize as AlexNet's authors: k = 2, n = 5, alpha = 1e-4 (not divided by n), beta = 0.75."""
    return LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2.0)


def _hidden(net: Stack) -> Stack:
    """Add the two hidden dense layers, with dropout above each."""
    for number in (6, 7):
        net.dense(f"fc{number}", 4096)
        net.put(**{f"relu{number}": ReLU(), f"dropout{number}": Dropout(0.5)})
    return net


def _classified(net: Stack) -> Sequential:
    net.dense("fc8", CLASSES)
    net.put(softmax=Softmax())
    return net.network()
