"""The named networks, composed of layers.

`deck` (MNIST, Rock Paper Scissors), `cifar` (CIFAR-10), `cam` (for class activation maps),
`imagenet` (AlexNet, ZFNet, VGG), `compact` (SqueezeNet, Tiny Darknet), `residual`, `inception`,
`dense_blocks` and `mobile` (with branches) and `global_pooling` define them; `stack` builds them,
`classes` replaces the last layer of a network, and `own` loads networks that users wrote.
"""

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._checks import did_you_mean
from npdeconv._types import Generator, Shape
from npdeconv.anatomy.roles import answer_shape
from npdeconv.layers import Sequential
from npdeconv.models.cam import cam_inception, cam_net, cam_net_max, cam_residual
from npdeconv.models.cifar import bonaccorso, plotka
from npdeconv.models.classes import with_classes
from npdeconv.models.compact import squeezenet, tiny_darknet
from npdeconv.models.deck import deck_model2, deck_model3, deck_model4, deck_rps2, deck_rps3, rps3
from npdeconv.models.dense_blocks import densenet121
from npdeconv.models.global_pooling import alexnet_gap, googlenet_gap, nin, vgg16_gap
from npdeconv.models.imagenet import alexnet, alexnet_grouped, vgg16, zfnet
from npdeconv.models.inception import googlenet
from npdeconv.models.mobile import mobilenet_v2
from npdeconv.models.own import Builder, build_own, load_builder, source_of
from npdeconv.models.residual import resnet18, resnet20, resnet32, resnet44, resnet50, resnet56, resnet101

__all__ = [
    "PUBLISHED",
    "alexnet",
    "alexnet_gap",
    "alexnet_grouped",
    "bonaccorso",
    "build",
    "cam_inception",
    "cam_net",
    "cam_net_max",
    "cam_residual",
    "deck_model2",
    "deck_model3",
    "deck_model4",
    "deck_rps2",
    "deck_rps3",
    "densenet121",
    "googlenet",
    "googlenet_gap",
    "mobilenet_v2",
    "names",
    "nin",
    "plotka",
    "register",
    "resnet18",
    "resnet20",
    "resnet32",
    "resnet44",
    "resnet50",
    "resnet56",
    "resnet101",
    "rps3",
    "source",
    "squeezenet",
    "tiny_darknet",
    "vgg16",
    "vgg16_gap",
    "with_classes",
    "zfnet",
]

PUBLISHED: tuple[tuple[Shape, int, tuple[Builder, ...]], ...] = (
    ((28, 28, 1), 10, (deck_model2, deck_model3, deck_model4)),
    ((300, 300, 3), 3, (deck_rps2, deck_rps3, rps3)),
    ((32, 32, 3), 10, (plotka, bonaccorso, cam_net, cam_net_max, cam_residual, cam_inception, nin)),
    ((32, 32, 3), 10, (resnet20, resnet32, resnet44, resnet56)),
    ((224, 224, 3), 1000, (alexnet, zfnet, vgg16, tiny_darknet)),
    ((224, 224, 3), 1000, (resnet18, resnet50, resnet101, googlenet, densenet121, mobilenet_v2)),
    ((224, 224, 3), 1000, (alexnet_gap, vgg16_gap, googlenet_gap)),
    ((227, 227, 3), 1000, (alexnet_grouped, squeezenet)),
)
"""The input shape and the number of classes of the networks, known without building them."""

_NETWORKS: dict[str, Builder] = {
    builder.__name__: builder for _, _, builders in PUBLISHED for builder in builders
}
_OWN: dict[str, Builder] = {}


def names() -> tuple[str, ...]:
    """Return the names that `build` knows.

    Examples
    --------
    >>> "zfnet" in nd.models.names(), len(nd.models.names()) > 20
    (True, True)
    """
    return *_NETWORKS, *_OWN


def register(builder: Builder) -> Builder:
    """Register a user's function for `build`, and so for the runs of `load_run`, by its name; a decorator.

    Parameters
    ----------
    builder : callable
        Called with `rng`, and with `dtype` if it is not float32.

    Raises
    ------
    ValueError
        If a network of the package has this name.

    Examples
    --------
    >>> @nd.models.register
    ... def tiny_example(*, rng):
    ...     layers = {"flatten": nd.layers.Flatten(), "logits": nd.layers.Dense(16, 2, rng=rng)}
    ...     return nd.layers.Sequential(layers, input_shape=(4, 4, 1))
    >>> nd.models.build("tiny_example", rng=np.random.default_rng(0)).output_shape((4, 4, 1))
    (2,)
    """
    if builder.__name__ in _NETWORKS:
        raise ValueError(f"register: expected a new name, got that of npdeconv's network {builder.__name__}")
    _OWN[builder.__name__] = builder
    return builder


def source(name: str) -> str | None:
    """Return "file.py:function" or "module:function" of a registered network, or None for any other.

    Examples
    --------
    >>> nd.models.source("zfnet") is None  # a network of the package, not of a user
    True
    """
    return source_of(_OWN[name]) if name in _OWN else None


def build(
    name: str, *, class_count: int | None = None, rng: Generator, dtype: DTypeLike = np.float32
) -> Sequential:
    """Build a network by its name, or by "file.py:function" or "module:function", which runs that code.

    Parameters
    ----------
    name : str
    class_count : int, optional
        The number of classes; the published one unless given. For another number, the last layer is
        replaced, see `with_classes`.
    rng : numpy.random.Generator
        Source of the initial weights.
    dtype : float32 or float64

    Raises
    ------
    KeyError
        If there is no network of that name.
    FileNotFoundError, ImportError, TypeError
        If there is no such function, or it returns no Sequential.

    Examples
    --------
    >>> net = nd.models.build("deck_model4", class_count=3, rng=np.random.default_rng(0))
    >>> net.output_shape(net.input_shape)
    (3,)
    """
    if ":" in name:
        name = register(load_builder(name)).__name__
    if name in _OWN:
        wanted = {} if np.dtype(dtype) == np.float32 else {"dtype": dtype}
        network = build_own(name, _OWN[name], {"rng": rng, **wanted})
    elif name in _NETWORKS:
        network = _NETWORKS[name](rng=rng, dtype=dtype)
    else:
        hint = did_you_mean(name, names())
        raise KeyError(f"no network {name!r}{hint}; the networks are {', '.join(names())}")
    shape = network.input_shape
    if class_count is None or (shape is not None and answer_shape(network, shape) == (class_count,)):
        return network
    return with_classes(network, class_count, rng)
