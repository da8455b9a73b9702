"""Networks that end in global pooling, which class activation maps need.

Zhou et al., "Learning Deep Features for Discriminative Localization" (arXiv:1512.04150), section 3, put one
convolution of 1024 filters and a global average pooling on the convolutions of published networks. With
maximum pooling instead (Oquab et al., CVPR 2015), a class is judged by its strongest position alone.
"""

from typing import Literal

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._checks import one_of
from npdeconv._types import Generator
from npdeconv.layers import (
    AvgPool2D,
    Dropout,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool2D,
    ReLU,
    Sequential,
    Softmax,
)
from npdeconv.models.imagenet import put_alexnet_convolutions, put_vgg16_convolutions
from npdeconv.models.inception import put_inception
from npdeconv.models.stack import Stack


def nin(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """32x32x3: Network in Network for CIFAR-10, one map per class; 966,986 parameters.

    Lin, Chen & Yan (arXiv:1312.4400): two 1x1 convolutions behind each spatial one, and the mean of a map
    as the logit of its class.

    Examples
    --------
    >>> net = nd.models.nin(rng=np.random.default_rng(0))
    >>> net.input_shape, nd.visualize.has_class_maps(net)
    ((32, 32, 3), True)
    """
    net = Stack("nin", (32, 32, 3), rng=rng, dtype=dtype)
    stages = ((192, 5, 160, 96), (192, 5, 192, 192), (192, 3, 192, 10))
    for stage, (filters, size, *pointwise) in enumerate(stages, 1):
        net.conv(f"conv{stage}", filters, size)
        net.put(**{f"relu{stage}": ReLU()})
        for number, count in enumerate(pointwise, 1):
            net.conv(f"conv{stage}_{number}", count, 1)
            net.put(**{f"relu{stage}_{number}": ReLU()})
        if stage < 3:
            pool = MaxPool2D if stage == 1 else AvgPool2D
            net.put(**{f"pool{stage}": pool(3, stride=2, ceil_mode=True), f"dropout{stage}": Dropout(0.5)})
    net.put(pool=GlobalAveragePool(), softmax=Softmax())
    return net.network()


def alexnet_gap(
    *, pool: Literal["average", "max"] = "average", rng: Generator, dtype: DTypeLike = np.float32
) -> Sequential:
    """224x224x3: the convolutions of `alexnet` + 1024 filters and global pooling; 5,855,016 parameters.

    Examples
    --------
    >>> net = nd.models.alexnet_gap(rng=np.random.default_rng(0))
    >>> nd.visualize.has_class_maps(net)
    True
    """
    net = Stack("alexnet_gap", (224, 224, 3), rng=rng, dtype=dtype)
    put_alexnet_convolutions(net)
    return _pooled(net, pool)


def vgg16_gap(
    *, pool: Literal["average", "max"] = "average", rng: Generator, dtype: DTypeLike = np.float32
) -> Sequential:
    """224x224x3: the convolutions of `vgg16` + 1024 filters and global pooling; 20,459,304 parameters.

    Examples
    --------
    >>> nd.visualize.has_class_maps(nd.models.vgg16_gap(rng=np.random.default_rng(0)))
    True
    """
    net = Stack("vgg16_gap", (224, 224, 3), rng=rng, dtype=dtype)
    put_vgg16_convolutions(net)
    return _pooled(net, pool)


def googlenet_gap(
    *, pool: Literal["average", "max"] = "average", rng: Generator, dtype: DTypeLike = np.float32
) -> Sequential:
    """224x224x3: `googlenet` up to inception 4e + 1024 filters and global pooling; 11,962,664 parameters.

    Examples
    --------
    >>> nd.visualize.has_class_maps(nd.models.googlenet_gap(rng=np.random.default_rng(0)))
    True
    """
    net = Stack("googlenet_gap", (224, 224, 3), rng=rng, dtype=dtype)
    put_inception(net, "4e")
    return _pooled(net, pool)


def _pooled(net: Stack, pool: Literal["average", "max"]) -> Sequential:
    one_of(pool, ("average", "max"), "global pooling", "pool")
    net.conv("conv_cam", 1024, 3)
    net.put(relu_cam=ReLU(), pool=GlobalAveragePool() if pool == "average" else GlobalMaxPool())
    net.dense("logits", 1000)
    net.put(softmax=Softmax())
    return net.network()
