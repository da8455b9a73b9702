"""The named networks: only composition.

`deck` (MNIST, Rock Paper Scissors), `cifar` (CIFAR-10), `cam` (for class activation maps),
`imagenet` (AlexNet, ZFNet, VGG) and `compact` (SqueezeNet, Tiny Darknet); `stack` is what all are
built with.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from npdeconv._types import Generator
from npdeconv.layers import Sequential
from npdeconv.models.cam import cam_net, cam_net_max
from npdeconv.models.cifar import bonaccorso, plotka
from npdeconv.models.compact import squeezenet, tiny_darknet
from npdeconv.models.deck import deck_model2, deck_model3, deck_model4, deck_rps2, deck_rps3, rps3
from npdeconv.models.imagenet import alexnet, alexnet_grouped, vgg16, zfnet

__all__ = [
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
    "zfnet",
]

_BUILDERS = (
    *(deck_model2, deck_model3, deck_model4, deck_rps2, deck_rps3, rps3),
    *(plotka, bonaccorso, cam_net, cam_net_max),
    *(alexnet, alexnet_grouped, zfnet, vgg16, squeezenet, tiny_darknet),
)
_NETWORKS: dict[str, Callable[..., Sequential]] = {builder.__name__: builder for builder in _BUILDERS}


def names() -> tuple[str, ...]:
    """Return the names that `build` knows."""
    return tuple(_NETWORKS)


def build(name: str, *, rng: Generator, dtype: DTypeLike = np.float32) -> Sequential:
    """Build a network by its name.

    Raises
    ------
    KeyError
        If there is no network of that name.
    """
    if name not in _NETWORKS:
        raise KeyError(f"no network {name!r}; the networks are {', '.join(_NETWORKS)}")
    return _NETWORKS[name](rng=rng, dtype=dtype)
