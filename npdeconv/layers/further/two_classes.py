"""The logit of a yes-or-no network, as the logits of two classes."""

from typing import NamedTuple

import numpy as np

from npdeconv._types import Array, Generator, Shape
from npdeconv.layers.base import LinearLayer


class TwoClasses(LinearLayer):
    """-x / 2 and x / 2, the logits of no and of yes: (N, 1) -> (N, 2).

    Their softmax is sigmoid(-x) and sigmoid(x). A network of one output and a `Sigmoid` therefore equals
    one of two classes, see `npdeconv.anatomy.two_classes`.

    Examples
    --------
    >>> nd.layers.TwoClasses()(np.array([[3.0]]))
    array([[-1.5,  1.5]])
    """

    class Context(NamedTuple):
        """The shape of the batch."""

        shape: Shape

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Halve, with both signs."""
        self.check_input(x)
        return np.concatenate([-x, x], axis=1) / 2, self.Context(x.shape)

    def _transpose(self, y: Array, context: Context) -> Array:
        return (y[:, 1:] - y[:, :1]) / 2

    def output_shape(self, input_shape: Shape) -> Shape:
        """(1,) -> (2,)."""
        if input_shape != (1,):
            raise ValueError(f"{self.kind}: expected one logit, got an input of shape {input_shape}")
        return (2,)
