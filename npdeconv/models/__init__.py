"""The named networks: only composition.

`deck` (MNIST, Rock Paper Scissors), `cifar` (CIFAR-10), `cam` (for class activation maps),
`imagenet` (AlexNet, ZFNet, VGG) and `compact` (SqueezeNet, Tiny Darknet); `stack` is what all are
built with, `classes` puts another last layer on one.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._checks import did_you_mean
from npdeconv._types import Generator, Shape
from npdeconv.layers import Sequential
from npdeconv.models.cam import cam_net, cam_net_max
from npdeconv.models.cifar import bonaccorso, plotka
from npdeconv.models.classes import with_classes
from npdeconv.models.compact import squeezenet, tiny_darknet
from npdeconv.models.deck import deck_model2, deck_model3, deck_model4, deck_rps2, deck_rps3, rps3
from npdeconv.models.imagenet import alexnet, alexnet_grouped, vgg16, zfnet

__all__ = [
    "PUBLISHED",
    "alexnet",
    "alexnet_grouped",
    "bonaccorso",
    "build",
    "cam_net",
    "cam_net_max",
    "deck_model2",
    "deck_model3",
    "deck_model4",
    "deck_rps2",
    "deck_rps3",
    "names",
    "plotka",
    "rps3",
    "squeezenet",
    "tiny_darknet",
    "vgg16",
    "with_classes",
    "zfnet",
]

PUBLISHED: tuple[tuple[Shape, int, tuple[Callable[..., Sequential], ...]], ...] = (
    ((28, 28, 1), 10, (deck_model2, deck_model3, deck_model4)),
    ((300, 300, 3), 3, (deck_rps2, deck_rps3, rps3)),
    ((32, 32, 3), 10, (plotka, bonaccorso, cam_net, cam_net_max)),
    ((224, 224, 3), 1000, (alexnet, zfnet, vgg16, tiny_darknet)),
    ((227, 227, 3), 1000, (alexnet_grouped, squeezenet)),
)
"""The input shape and the number of classes of the networks, for who does not want to build them all."""

_NETWORKS: dict[str, Callable[..., Sequential]] = {
    builder.__name__: builder for _, _, builders in PUBLISHED for builder in builders
}


def names() -> tuple[str, ...]:
    """Return the names that `build` knows."""
    return tuple(_NETWORKS)


def build(
    name: str, *, classes: int | None = None, rng: Generator, dtype: DTypeLike = np.float32
) -> Sequential:
    """Build a network by its name.

    Parameters
    ----------
    name : str
    classes : int, optional
        How many classes it tells apart; as many as it was published with unless given. For another
        number, the last layer is another, see `with_classes`.
    rng : numpy.random.Generator
        Source of the initial weights.
    dtype : float32 or float64

    Raises
    ------
    KeyError
        If there is no network of that name.
    """
    if name not in _NETWORKS:
        hint = did_you_mean(name, _NETWORKS)
        raise KeyError(f"no network {name!r}{hint}; the networks are {', '.join(_NETWORKS)}")
    network = _NETWORKS[name](rng=rng, dtype=dtype)
    if classes is None or network.output_shape(network.input_shape or ()) == (classes,):
        return network
    return with_classes(network, classes, rng)
