"""The networks of the paper's table 3, an eighth as wide: AlexNet with layers removed, and resized.

Zeiler & Fergus, arXiv:1311.2901, section 4.1 and table 3.
"""

from typing import NamedTuple

from npdeconv._repr import brief
from npdeconv._types import Generator, Shape
from npdeconv.layers import Dropout, Flatten, MaxPool2D, ReLU, Sequential, Softmax
from npdeconv.models.stack import Stack


@brief
class Variant(NamedTuple):
    """A network of table 3, and the errors that the paper prints for it, in percent, on ImageNet.

    Attributes
    ----------
    convolutions : tuple[int, ...], filters of the layers above the second pooling; three in the full network
    dense : tuple[int, ...], units of the hidden dense layers; two in the full network
    paper_train, paper_test : float, top-1 errors on ImageNet's training and validation images
    paper_full : tuple of two floats, those of the full network that the paper compares with

    Examples
    --------
    >>> variant = nd.experiments.VARIANTS["no conv3, conv4"]
    >>> variant.convolutions, variant.dense, variant.paper_test
    ((32,), (512, 512), 45.4)
    """

    convolutions: tuple[int, ...]
    dense: tuple[int, ...]
    paper_train: float
    paper_test: float
    paper_full: tuple[float, float]


ALEXNET = 35.1, 40.5
"""Errors of AlexNet as the paper's authors trained it; all removals are from it."""

THEIRS = 33.1, 38.4
"""Errors of the paper's own network, the only one whose convolutions were widened."""

VARIANTS = {
    "full": Variant((48, 48, 32), (512, 512), *ALEXNET, ALEXNET),
    "no conv3, conv4": Variant((32,), (512, 512), 41.8, 45.4, ALEXNET),
    "no fc7": Variant((48, 48, 32), (512,), 27.4, 40.0, ALEXNET),
    "no fc6, fc7": Variant((48, 48, 32), (), 27.4, 44.8, ALEXNET),
    "no conv3, conv4, fc6, fc7": Variant((32,), (), 71.1, 71.3, ALEXNET),
    "narrower dense": Variant((48, 48, 32), (256, 256), 40.3, 41.7, ALEXNET),
    "wider dense": Variant((48, 48, 32), (1024, 1024), 26.8, 40.0, ALEXNET),
    "wider convolutions": Variant((64, 128, 64), (512, 512), 18.8, 37.5, THEIRS),
    "wider, both": Variant((64, 128, 64), (1024, 1024), 10.0, 38.3, THEIRS),
}
"""The networks of table 3 by name, all widths divided by 8."""


def build_variant(variant: str, input_shape: Shape, class_count: int, rng: Generator) -> Sequential:
    """Build one of the networks of table 3 for small images.

    Filters of 5x5 with 12 and 32 maps, each pooled by 3x3 with stride 2; then 3x3 convolutions, `conv3`
    to `conv5`, pooled once more; then `fc6` and `fc7`, each with a dropout of 0.5 below; `fc8`; softmax.
    AlexNet's first filters of 11x11 with stride 4 would leave too little of a small image.

    Parameters
    ----------
    variant : str
        A name in `VARIANTS`.
    input_shape : (H, W, C)
        At least 15 pixels a side.
    class_count : int
    rng : numpy.random.Generator

    Raises
    ------
    KeyError
        If there is no such variant.
    ValueError
        If the images are too small to be pooled three times.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> net = nd.experiments.build_variant("no conv3, conv4, fc6, fc7", (32, 32, 3), 10, rng)
    >>> [name for name in net.layers if name[:2] in ("co", "fc")]
    ['conv1', 'conv2', 'conv5', 'fc8']
    """
    if variant not in VARIANTS:
        raise KeyError(f"build_variant: no variant {variant!r}; the variants are {'; '.join(VARIANTS)}")
    convolutions, dense, *_ = VARIANTS[variant]
    net = Stack(f"table3 {variant}", input_shape, rng=rng)
    for number, (filters, size) in enumerate(((12, 5), (32, 5)), 1):
        net.conv(f"conv{number}", filters, size)
        net.put(**{f"relu{number}": ReLU(), f"pool{number}": MaxPool2D(3, stride=2)})
    for number, filters in enumerate(convolutions, 6 - len(convolutions)):
        net.conv(f"conv{number}", filters, 3)
        net.put(**{f"relu{number}": ReLU()})
    net.put(pool5=MaxPool2D(3, stride=2), flatten=Flatten())
    for number, units in enumerate(dense, 6):
        net.put(**{f"dropout{number}": Dropout(0.5)})
        net.dense(f"fc{number}", units)
        net.put(**{f"relu{number}": ReLU()})
    net.dense("fc8", class_count)
    net.put(softmax=Softmax())
    return net.network()
