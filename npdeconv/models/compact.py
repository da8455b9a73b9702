"""Small networks for ImageNet, without dense layers: SqueezeNet and Tiny Darknet.

Both end in one map per class. Its mean is the class's logit, so pictures of other sizes fit, too.
"""

from typing import Literal

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._checks import one_of
from npdeconv._types import Generator
from npdeconv.initializers import he_normal
from npdeconv.layers import Dropout, GlobalAveragePool, LeakyReLU, MaxPool2D, ReLU, Sequential, Softmax
from npdeconv.models.stack import Stack

CLASSES = 1000


def squeezenet(
    *,
    rng: Generator,
    dtype: DTypeLike = np.float32,
    variant: Literal["original", "torchvision"] = "original",
) -> Sequential:
    """SqueezeNet 1.0: 7x7 filters of stride 2, then fire modules; 1,248,424 parameters.

    Iandola et al. (arXiv:1602.07360), table 1. A fire module squeezes the channels by a 1x1
    convolution, and expands them by a 1x1 and a 3x3 convolution side by side. Here one 3x3
    convolution does both, without a branch in the chain: the first half of its filters is zero except
    in the centers. (Training would change these zeros, and `parameters` count them: 1,739,944.)

    Parameters
    ----------
    rng : numpy.random.Generator
    dtype : float32 or float64
    variant : "original" or "torchvision"
        The authors' variant takes 227x227x3 and pads conv10, a 1x1 convolution, by a pixel, so that
        the rim of its maps holds only its bias. Torchvision's takes 224x224x3 and pads nothing.

    Notes
    -----
    Caffe rounds the number of pooling windows up, so windows may hang over the edge. The padding,
    which never wins, allows that here.

    Examples
    --------
    >>> net = nd.models.squeezenet(rng=np.random.default_rng(0))
    >>> net.input_shape, nd.visualize.has_class_maps(net)
    ((227, 227, 3), True)
    """
    one_of(variant, ("original", "torchvision"), "squeezenet", "variant")
    is_original = variant == "original"
    side = 227 if is_original else 224
    net = Stack("squeezenet", (side, side, 3), rng=rng, dtype=dtype)
    net.conv("conv1", 96, 7, stride=2, padding="valid")
    net.put(relu1=ReLU(), pool1=_pool())
    for number, squeezed in enumerate((16, 16, 32, 32, 48, 48, 64, 64), 2):
        _put_fire_module(net, f"fire{number}", squeezed, rng)
        if number in (4, 8):
            net.put(**{f"pool{number}": _pool()})
    net.put(dropout9=Dropout(0.5))
    net.conv("conv10", CLASSES, 1, padding=((1, 1), (1, 1)) if is_original else "valid")
    net.put(relu10=ReLU(), pool10=GlobalAveragePool(), softmax=Softmax())
    return net.network()


def tiny_darknet(*, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """224x224x3: Tiny Darknet, sixteen convolutions with leaky rectifiers; 1,039,912 parameters.

    Redmon, https://pjreddie.com/darknet/tiny-darknet/: 3x3 and 1x1 convolutions in turn. Its batch
    normalizations are folded into the convolutions, as in imported weights.

    Examples
    --------
    >>> net = nd.models.tiny_darknet(rng=np.random.default_rng(0))
    >>> sum(layer.kind == "LeakyReLU" for layer in net.layers.values())
    15
    """
    net = Stack("tiny_darknet", (224, 224, 3), rng=rng, dtype=dtype)
    filters = (16, 32, 16, 128, 16, 128, 32, 256, 32, 256, 64, 512, 64, 512, 128)
    for number, count in enumerate(filters, 1):
        net.conv(f"conv{number}", count, 1 if number in (3, 5, 7, 9, 11, 13, 15) else 3)
        net.put(**{f"relu{number}": LeakyReLU(0.1)})
        if number in (1, 2, 6, 10):
            net.put(**{f"pool{number}": MaxPool2D(2)})
    net.conv("conv16", CLASSES, 1)
    net.put(pool16=GlobalAveragePool(), softmax=Softmax())
    return net.network()


def _pool() -> MaxPool2D:
    return MaxPool2D(3, stride=2, padding=((0, 1), (0, 1)))


def _put_fire_module(net: Stack, name: str, squeezed: int, rng: Generator) -> None:
    """Squeeze, then expand to four times as many maps by 1x1 and as many by 3x3 filters."""
    net.conv(f"{name}_squeeze", squeezed, 1)
    net.put(**{f"{name}_squeeze_relu": ReLU()})
    expand = net.conv(f"{name}_expand", 8 * squeezed, 3)
    pointwise = expand.weight[..., : 4 * squeezed]
    pointwise[...] = 0
    pointwise[1, 1] = he_normal(pointwise.shape[2:], rng, pointwise.dtype)
    net.put(**{f"{name}_expand_relu": ReLU()})
