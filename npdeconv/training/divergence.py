"""Find the layer in which a loss of NaN or infinity began."""

from collections.abc import Iterable

from npdeconv._types import Array, Generator
from npdeconv.finite import find_culprit
from npdeconv.layers import Sequential


def explain_divergence(
    chain: Sequential, passes: Iterable[tuple[Array, Generator]], loss: float, epoch: int, index: int
) -> FloatingPointError:
    """Repeat the forward passes layer by layer, and name the first layer with a non-finite output."""
    when = f"training stopped: the loss became {loss} in epoch {epoch}, step {index}"
    culprit = find_culprit(chain, passes)
    if culprit is None:
        return FloatingPointError(f"{when}, though every layer's output is finite")
    ruined = culprit.parameter
    why = "" if ruined is None else f", whose {ruined} is not finite after the last update"
    return FloatingPointError(f"{when}, first in the output of layer {culprit.layer!r}{why}")
