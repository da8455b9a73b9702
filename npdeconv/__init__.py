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

Each part (`layers`, `data`, `training` ...) is imported on first use, since Numba, SciPy, Pillow and
Matplotlib take long to load. `npdeconv.cli`, the commands, has to be imported by name.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from npdeconv._version import __version__

if TYPE_CHECKING:
    from npdeconv import (
        anatomy,
        autoencoder,
        breakage,
        callbacks,
        data,
        experiments,
        gradcheck,
        inference,
        initializers,
        layers,
        learn,
        losses,
        models,
        optimizers,
        parallel,
        plot,
        report,
        training,
        visualize,
        weights,
    )
    from npdeconv.training import load_run

__all__ = [
    "__version__",
    "anatomy",
    "autoencoder",
    "breakage",
    "callbacks",
    "data",
    "experiments",
    "gradcheck",
    "inference",
    "initializers",
    "layers",
    "learn",
    "load_run",
    "losses",
    "models",
    "optimizers",
    "parallel",
    "plot",
    "report",
    "training",
    "visualize",
    "weights",
]


def __getattr__(name: str) -> Any:
    """Import a part of the package on first use."""
    if name == "load_run":
        return import_module("npdeconv.training").load_run
    if name in __all__:
        return import_module(f"npdeconv.{name}")
    raise AttributeError(f"module 'npdeconv' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
