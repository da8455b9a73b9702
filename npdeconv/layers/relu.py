"""The rectifiers, where the projection and the gradient differ."""

from typing import NamedTuple

import numpy as np

from npdeconv._checks import fraction
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

    def __repr__(self) -> str:
        return "ReLU()"


class LeakyReLU(ReLU):
    """x where it is positive, slope * x elsewhere.

    Maas, Hannun & Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models" (2013).

    Parameters
    ----------
    slope : float
        At least 0 (`ReLU`) and below 1.

    Notes
    -----
    `deconv` is the layer's own function, applied to what comes down, by the paper's reasoning: its
    maps are never negative, so the DeconvNet rectifies to get "valid feature reconstructions at each
    layer" (arXiv:1311.2901, section 2.1). The maps of this layer may be negative, scaled by the slope,
    and so may their reconstructions. The rules are those of `ReLU`, with gates that pass slope times
    the value instead of 0. As slope goes to 0, projections become those of a network with `ReLU`; as
    it goes to 1, those of a linear one.

    Examples
    --------
    >>> nd.layers.LeakyReLU(0.5)(np.array([[-2.0, 0.0, 3.0]]))
    array([[-1.,  0.,  3.]])
    """

    locality = "position"

    def __init__(self, slope: float = 0.1) -> None:
        self.slope = fraction(slope, self.kind, "slope")

    def forward(self, x: Array, *, rng: Generator | None = None) -> tuple[Array, ReLU.Context]:
        """Rectify, and keep where x was positive."""
        self.check_input(x)
        return self._leak(x), self.Context(x > 0)

    def backward(self, dy: Array, context: ReLU.Context) -> tuple[Array, Gradients]:
        """Pass the gradient where x was positive, and slope times the gradient elsewhere."""
        self.check_descent(dy, context)
        # Looked up by the sign: numpy.where takes several times as long if signs change often.
        gates = np.array([self.slope, 1], dy.dtype)
        return dy * gates[context.positive.view(np.uint8)], {}

    def deconv(self, y: Array, context: ReLU.Context) -> Array:
        """Rectify again: carry down positive evidence, and slope times the negative."""
        self.check_descent(y, context)
        return self._leak(y)

    def _leak(self, x: Array) -> Array:
        return np.maximum(x, x.dtype.type(self.slope) * x)

    def __repr__(self) -> str:
        return f"LeakyReLU({self.slope})"
