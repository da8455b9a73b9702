"""The parts of a deconvnet and its tools, any of which may be replaced by a faulty one."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._repr import brief
from npdeconv._types import Array, Generator, Pair, Shape
from npdeconv.breakage import tools
from npdeconv.layers import Conv2D, Dense, Flatten, MaxPool2D, ReLU, Sequential
from npdeconv.optimizers import Adam
from npdeconv.visualize import Fill, display


@brief
class Parts(NamedTuple):
    """The parts; the right ones unless given.

    Attributes
    ----------
    conv, relu, pool : layers' classes
    head_relu : class of the rectifier between dense layers
    adam : the optimizer's class
    rank : takes network, images, layer and k, returns the images of each map (F, k)
    display : from signed pixels to gray values
    fill : what an occluder shows
    generators : from a generator, those of several layers' initial weights

    Examples
    --------
    >>> class Unrectified(nd.layers.ReLU):
    ...     def deconv(self, y, context):
    ...         return y
    >>> parts = nd.breakage.Parts(relu=Unrectified)
    >>> parts.relu is Unrectified, parts.pool is nd.layers.MaxPool2D
    (True, True)
    """

    conv: type[Conv2D] = Conv2D
    relu: type[ReLU] = ReLU
    pool: type[MaxPool2D] = MaxPool2D
    head_relu: type[ReLU] = ReLU
    adam: type[Adam] = Adam
    rank: Callable[..., Array] = tools.by_maximum
    display: Callable[[Array], Array] = display
    fill: Fill = "gray"
    generators: Callable[[Generator, int], Sequence[Generator]] = tools.one_after_another


def build(
    parts: Parts, input_shape: Shape, filters: Pair, hidden: int, outputs: int, dtype: DTypeLike = np.float32
) -> Sequential:
    """Return a small network of some parts, with everything that faults need to show.

    It has two convolutions, overlapping and padded pooling windows, and two dense layers. It ends in
    logits.

    Examples
    --------
    >>> net = nd.breakage.build(nd.breakage.Parts(), (8, 8, 1), (2, 3), hidden=4, outputs=2)
    >>> net.output_shape((8, 8, 1))
    (2,)
    """
    first, second = filters
    one, two, three, four = parts.generators(np.random.default_rng(0), 4)
    layers = {
        "conv1": parts.conv(input_shape[2], first, 5, padding="same", rng=one, dtype=dtype),
        "relu1": parts.relu(),
        "pool1": parts.pool(3, stride=2, padding=((1, 1), (1, 1))),
        "conv2": parts.conv(first, second, 3, rng=two, dtype=dtype),
        "relu2": parts.relu(),
        "pool2": parts.pool(2),
        "flatten": Flatten(),
    }
    (features,) = Sequential(layers).output_shape(input_shape)
    layers |= {
        "dense1": Dense(features, hidden, rng=three, dtype=dtype),
        "relu3": parts.head_relu(),
        "dense2": Dense(hidden, outputs, rng=four, dtype=dtype),
    }
    return Sequential(layers, input_shape=input_shape, name="breakage", dtype=dtype)
