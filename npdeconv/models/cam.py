"""A network made for class activation maps."""

from typing import Literal

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._checks import image_shape, one_of
from npdeconv._types import Generator, Shape
from npdeconv.layers import GlobalAveragePool, GlobalMaxPool, ReLU, Sequential, Softmax
from npdeconv.models.stack import Stack


def cam_net(
    *,
    pool: Literal["average", "max"] = "average",
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
    one_of(pool, ("average", "max"), "cam_net", "pool")
    image_shape(input_shape, "cam_net")
    net = Stack("cam_net" if pool == "average" else "cam_net_max", input_shape, rng=rng, dtype=dtype)
    parts = ((32, 1), (32, 2), (64, 1), (64, 2), (128, 1), (128, 1))
    for number, (filters, stride) in enumerate(parts, 1):
        net.conv(f"conv{number}", filters, 3, stride=stride)
        net.put(**{f"relu{number}": ReLU()})
    net.put(pool=GlobalAveragePool() if pool == "average" else GlobalMaxPool())
    net.dense("logits", class_count)
    net.put(softmax=Softmax())
    return net.network()


def cam_net_max(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """Build `cam_net` with max pooling, under a separate name for the command line.

    Examples
    --------
    >>> net = nd.models.cam_net_max(rng=np.random.default_rng(0))
    >>> [layer.kind for layer in net.layers.values() if layer.pools and not layer.window]
    ['GlobalMaxPool']
    """
    return cam_net(pool="max", rng=rng, dtype=dtype)
