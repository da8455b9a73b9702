"""The outputs of several layers, in one pass."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from npdeconv._types import Array
from npdeconv.anatomy.maps import as_maps
from npdeconv.data import as_input
from npdeconv.layers import Sequential

Pass: TypeAlias = Callable[[Array], Array]
"""What turns a batch of inputs into a batch of outputs."""


class Outputs:
    """The outputs of some layers for any images, in one pass, which ends at the highest of them.

    Parameters
    ----------
    network : Sequential
    layers : sequence of str
        In any order.
    by : callable, optional
        Makes a pass of a chain, as `npdeconv.fast.Plan` makes a fast one; the chain itself is the pass
        unless given.

    Raises
    ------
    KeyError
        If the network has no such layer.

    Examples
    --------
    ``for layer, maps in Outputs(network, ["relu1", "logits"])(images): ...``
    """

    def __init__(
        self, network: Sequential, layers: Sequence[str], by: Callable[[Sequential], Pass] | None = None
    ) -> None:
        self.dtype = network.dtype
        names, start = list(network.layers), 0
        self.passes: dict[str, Pass] = {}
        for last in sorted({names.index(name) for name in layers if network[name]}):
            part = network[names[start] : names[last]]
            self.passes[names[last]] = part if by is None else by(part)
            start = last + 1

    def __call__(self, images: Array) -> Iterator[tuple[str, Array]]:
        """Yield the layers, the lowest first, and their maps (N, OH, OW, F) of images (N, H, W, C)."""
        x = as_input(images, self.dtype)
        for name, part in self.passes.items():
            x = part(x)
            yield name, as_maps(x)
