"""Where a loss that is no number came from."""

from collections.abc import Iterable

import numpy as np

from npdeconv._types import Array, Generator
from npdeconv.layers import Sequential


def explain_divergence(
    chain: Sequential, passes: Iterable[tuple[Array, Generator]], loss: float, epoch: int, index: int
) -> FloatingPointError:
    """Repeat the forward passes layer by layer, and name the first whose output is not finite."""
    when = f"training stopped: the loss became {loss} in epoch {epoch}, step {index}"
    for x, rng in passes:
        for name, layer in chain.layers.items():
            with np.errstate(over="ignore", invalid="ignore"):
                x, _ = layer.forward(x, rng=rng)
            if not np.isfinite(x).all():
                ruined = [key for key, array in layer.parameters.items() if not np.isfinite(array).all()]
                why = f", whose {ruined[0]} is not finite after the last update" if ruined else ""
                return FloatingPointError(f"{when}, first in the output of layer {name!r}{why}")
    return FloatingPointError(f"{when}, though every layer's output is finite")
