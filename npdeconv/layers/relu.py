"""The rectifier, where the projection and the gradient differ."""

from typing import NamedTuple

import numpy as np

from npdeconv._types import Array, Generator, Gradients
from npdeconv.layers.base import Layer


class ReLU(Layer):
    """max(x, 0). The way down depends on the rule of descent, see `Layer.descend`.

    "guided", "linear" and "ascent" differ from the gradient at rectifiers only. In any other layer,
    every rule but "deconv" is `backward`. "deconv" is the layer's `deconv`: the identity at a
    normalization, which the paper does not invert.

    =========== ============================== ==========================================
    rule        passes what is positive ...    source
    =========== ============================== ==========================================
    "deconv"    on the way down                Zeiler & Fergus, arXiv:1311.2901, 2.1
    "gradient"  on the way up                  Simonyan et al., arXiv:1312.6034, 4
    "guided"    on both                        Springenberg et al., arXiv:1412.6806, 3.4
    "linear"    everywhere: all values         none: a control, see `visualize.compare_rules`
    "ascent"    on the way up; everything,     Lucid's `redirected_relu_grad`, simplified:
                where that stops the whole     see `visualize.maximize_activation`
                of an image's gradient
    =========== ============================== ==========================================

    Projections follow the first four. "ascent" is for activation maximization alone: a unit that
    is silent on noise has no gradient.

    Examples
    --------
    >>> relu = nd.layers.ReLU()
    >>> y, context = relu.forward(np.array([[-1.0, 2.0, 3.0]]))
    >>> down = np.array([[5.0, -6.0, 7.0]])
    >>> for rule in ("deconv", "gradient", "guided", "linear"):
    ...     print(rule, relu.descend(down, context, rule))
    deconv [[5. 0. 7.]]
    gradient [[ 0. -6.  7.]]
    guided [[0. 0. 7.]]
    linear [[ 5. -6.  7.]]
    """

    locality = "position"
    rectifies = True

    class Context(NamedTuple):
        """Where the input was positive: bool (N, ...)."""

        positive: Array

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, Context]:
        """Rectify, and keep where x was positive."""
        self.check_input(x)
        return np.maximum(x, 0), self.Context(x > 0)

    def backward(self, dy: Array, context: Context) -> tuple[Array, Gradients]:
        """Pass the gradient where x was positive (the gradient at 0 is taken as 0)."""
        self.check_descent(dy, context)
        return dy * context.positive, {}

    def deconv(self, y: Array, context: Context) -> Array:
        """Rectify again: only positive evidence is carried down."""
        self.check_descent(y, context)
        return np.maximum(y, 0)
