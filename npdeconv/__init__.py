"""A convolutional network and its DeconvNet, written from scratch in NumPy with Numba kernels.

The DeconvNet is that of Zeiler & Fergus, "Visualizing and Understanding Convolutional
Networks" (arXiv:1311.2901): every layer has a `forward`, a `backward` and a `deconv`, and a
feature map is projected back to pixels by unpooling, rectifying and filtering with the
transposed filters.

The vocabulary of every module::

    N        images in a batch                x, y      input and output of a layer
    H, W, C  height, width, channels          dx, dy    gradients of the loss by them
    OH, OW   height and width of the output   weight, bias   parameters
    F        filters                          context   what one layer's pass left
    KH, KW   height and width of a filter     tape      a chain's contexts, in order
    D, M     inputs, outputs of a dense layer switches  positions of the pooling winners

Arrays are NHWC, float32 unless a layer was built with another dtype; filters are
(KH, KW, C, F), dense weights (D, M).

`npdeconv.plot` (which loads Matplotlib) and `npdeconv.cli` are imported when asked for.
"""

from npdeconv import (
    callbacks,
    data,
    gradcheck,
    initializers,
    layers,
    losses,
    models,
    optimizers,
    parallel,
    training,
    visualize,
    weights,
)
from npdeconv._version import __version__

__all__ = [
    "__version__",
    "callbacks",
    "data",
    "gradcheck",
    "initializers",
    "layers",
    "losses",
    "models",
    "optimizers",
    "parallel",
    "training",
    "visualize",
    "weights",
]
