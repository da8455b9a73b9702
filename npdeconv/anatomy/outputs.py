"""The outputs of several layers, in one pass."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Protocol

from npdeconv._checks import name_list
from npdeconv._types import Array
from npdeconv.anatomy.maps import as_maps
from npdeconv.data import as_input
from npdeconv.layers import Sequential


class Passes(Protocol):
    """Passes of a network that yield the outputs of watched layers, such as a `fast.Plan`."""

    def __init__(self, network: Sequential, *, watched: Sequence[str]) -> None: ...

    def outputs(self, x: Array) -> Iterator[tuple[str, Array]]:
        """Yield (name, output) of the watched layers, the lowest first."""


class Outputs:
    """The outputs of some layers for any images, in one pass, which ends at the highest of them.

    Parameters
    ----------
    network : Sequential
    layers : sequence of str
        In any order.
    by : class, optional
        The class that makes the passes, such as `npdeconv.fast.Plan`; the network itself unless given.

    Raises
    ------
    KeyError
        If the network has no such layer.

    Examples
    --------
    >>> net = nd.models.deck_model4(rng=np.random.default_rng(0))
    >>> for layer, maps in nd.anatomy.Outputs(net, ["logits", "relu1"])(nd.data.load_strokes(2).images):
    ...     print(layer, maps.shape)
    relu1 (2, 28, 28, 32)
    logits (2, 1, 1, 10)
    """

    def __init__(self, network: Sequential, layers: Sequence[str], *, by: type[Passes] | None = None) -> None:
        self.dtype = network.dtype
        names = name_list(layers, "Outputs", "layers")
        for name in names:
            _ = network[name]  # raises a KeyError that lists the layers
        self.outputs = (
            partial(network.outputs, layers=names) if by is None else by(network, watched=names).outputs
        )

    def __call__(self, images: Array) -> Iterator[tuple[str, Array]]:
        """Yield the layers, the lowest first, and their maps (N, OH, OW, F) for images (N, H, W, C)."""
        for name, y in self.outputs(as_input(images, self.dtype)):
            yield name, as_maps(y)
