"""Networks made for class activation maps: a chain, and two that branch."""

from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._checks import image_shape, one_of
from npdeconv._types import Generator, Shape
from npdeconv.layers import GlobalAveragePool, GlobalMaxPool, MaxPool2D, ReLU, Sequential, Softmax
from npdeconv.models.inception import put_module
from npdeconv.models.residual import put_block
from npdeconv.models.stack import Stack

Pool: TypeAlias = Literal["average", "max"]
"""What stands between the last maps and the classes: the mean of each map, or its strongest position."""


def cam_net(
    *,
    pool: Pool = "average",
    input_shape: Shape = (32, 32, 3),
    class_count: int = 10,
    rng: Generator,
    dtype: DTypeLike = np.float32,
) -> Sequential:
    """Six 3x3 convolutions, global pooling, and one dense layer on top; 288,298 parameters.

    With average pooling, a class's logit is the mean of its class activation map: the last feature
    maps, weighted with the class's dense weights (Zhou et al., arXiv:1512.04150, section 2). Two
    strides of 2 replace other pooling (Springenberg et al., arXiv:1412.6806), so the last maps have a
    quarter of the picture's height and width.

    Parameters
    ----------
    pool : "average" or "max"
    input_shape : (H, W, C)
        Made for 28x28 to 64x64 pixels, with last maps of 7x7 to 16x16.
    class_count : int
    rng : numpy.random.Generator
    dtype : float32 or float64

    Examples
    --------
    >>> net = nd.models.cam_net(input_shape=(40, 40, 1), class_count=3, rng=np.random.default_rng(0))
    >>> net.output_shape((40, 40, 1)), nd.visualize.has_class_maps(net)
    ((3,), True)
    """
    net = _begun("cam_net", pool, input_shape, rng, dtype)
    parts = ((32, 1), (32, 2), (64, 1), (64, 2), (128, 1), (128, 1))
    for number, (filters, stride) in enumerate(parts, 1):
        net.conv(f"conv{number}", filters, 3, stride=stride)
        net.put(**{f"relu{number}": ReLU()})
    network = _pooled(net, pool, class_count)
    network.name = "cam_net" if pool == "average" else "cam_net_max"
    return network


def cam_net_max(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """Build `cam_net` with max pooling, under a separate name for the command line.

    Examples
    --------
    >>> net = nd.models.cam_net_max(rng=np.random.default_rng(0))
    >>> [layer.kind for layer in net.layers.values() if layer.pools and not layer.window]
    ['GlobalMaxPool']
    """
    return cam_net(pool="max", rng=rng, dtype=dtype)


def cam_residual(
    *,
    pool: Pool = "average",
    input_shape: Shape = (32, 32, 3),
    class_count: int = 10,
    rng: Generator,
    dtype: DTypeLike = np.float32,
) -> Sequential:
    """One 3x3 convolution, three residual blocks, and the end of `cam_net`; 152,490 parameters.

    The blocks are those of He et al. (arXiv:1512.03385) with 1x1 convolutions as shortcuts where the width
    changes; the first two have stride 2. Its settings are those of `cam_net`.

    Examples
    --------
    >>> net = nd.models.cam_residual(input_shape=(40, 40, 1), rng=np.random.default_rng(0))
    >>> sum(layer.kind == "Add" for layer in net.layers.values()), nd.visualize.has_class_maps(net)
    (3, True)
    """
    net = _begun("cam_residual", pool, input_shape, rng, dtype)
    net.conv("conv1", 32, 3)
    net.put(relu1=ReLU())
    for number, (filters, stride) in enumerate(((32, 2), (64, 2), (64, 1)), 1):
        put_block(net, f"block{number}", filters, stride, blocks=3)
    return _pooled(net, pool, class_count)


def cam_inception(
    *,
    pool: Pool = "average",
    input_shape: Shape = (32, 32, 3),
    class_count: int = 10,
    rng: Generator,
    dtype: DTypeLike = np.float32,
) -> Sequential:
    """Two 3x3 convolutions, two inception modules, and the end of `cam_net`; 60,610 parameters.

    The modules are those of `googlenet`, with fewer filters and max pooling in between. Its settings are
    those of `cam_net`.

    Examples
    --------
    >>> net = nd.models.cam_inception(input_shape=(40, 40, 1), rng=np.random.default_rng(0))
    >>> sum(layer.kind == "Concat" for layer in net.layers.values()), nd.visualize.has_class_maps(net)
    (2, True)
    """
    net = _begun("cam_inception", pool, input_shape, rng, dtype)
    net.conv("conv1", 32, 3)
    net.put(relu1=ReLU())
    net.conv("conv2", 32, 3, stride=2)
    net.put(relu2=ReLU())
    put_module(net, "inception1", (24, 24, 48, 8, 16, 16))
    net.put(pool2=MaxPool2D(2))
    put_module(net, "inception2", (32, 32, 64, 16, 32, 32))
    return _pooled(net, pool, class_count)


def _begun(name: str, pool: Pool, input_shape: Shape, rng: Generator, dtype: DTypeLike) -> Stack:
    one_of(pool, get_args(Pool), name, "pool")
    image_shape(input_shape, name)
    return Stack(name, input_shape, rng=rng, dtype=dtype)


def _pooled(net: Stack, pool: Pool, class_count: int) -> Sequential:
    net.put(pool=GlobalAveragePool() if pool == "average" else GlobalMaxPool())
    net.dense("logits", class_count)
    net.put(softmax=Softmax())
    return net.network()
