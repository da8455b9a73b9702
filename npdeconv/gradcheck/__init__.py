"""Checks of a layer: finite differences, the adjoint, and the whole contract in one call.

They work on any `Layer`, a user's own too, and on whole networks. Start with `check_layer`.
"""

from npdeconv.gradcheck.adjoint import AdjointReport, check_adjoint
from npdeconv.gradcheck.differences import GradientReport, TensorCheck, check_gradients
from npdeconv.gradcheck.layer import ClauseCheck, LayerReport, check_layer

__all__ = [
    "AdjointReport",
    "ClauseCheck",
    "GradientReport",
    "LayerReport",
    "TensorCheck",
    "check_adjoint",
    "check_gradients",
    "check_layer",
]
