"""All rules of projection for the same unit, side by side.

Some pictures published as "deconvnet" are gradients, or guided backpropagation, or were unpooled
without switches. The rules differ in three yes-or-no questions at rectifiers and poolings, so there
are eight of them.
"""

from typing import NamedTuple

import numpy as np

from npdeconv._checks import one_image
from npdeconv._repr import brief
from npdeconv._types import Array, Rule
from npdeconv.anatomy.maps import descent_start
from npdeconv.data import as_input
from npdeconv.finite import finite_answers
from npdeconv.layers import Sequential
from npdeconv.visualize.projection import Projection, Select, project

RULE_GATES: dict[Rule, tuple[bool, bool]] = {
    "deconv": (False, True),
    "gradient": (True, False),
    "guided": (True, True),
    "linear": (False, False),
}
"""Of each rule: whether it gates by the sign on the way up, and by the sign on the way down."""


@brief
class RuleComparison(NamedTuple):
    """The eight projections of one unit.

    The first three are deconvnet, gradient and guided backpropagation; the fourth skips the
    rectifiers. Then the same four, unpooled to the windows' centers.

    Attributes
    ----------
    names : tuple[str, ...], "deconv", "gradient", "guided", "linear", "deconv to centers", ..
    gates : bool (8, 3), forward ReLU gate, backward ReLU gate, switches kept
    pixels : (8, H, W, C), signed and unscaled
    correlation : (8, 8), Pearson's, of the pixels; 0 for a projection without any contrast
    unit : Projection, of the unit by "deconv": its activation, position and box

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> result = nd.visualize.compare_rules(net, image, "relu4", 7)
    >>> result.names[:3], result.correlation.shape
    (('deconv', 'gradient', 'guided'), (8, 8))
    """

    names: tuple[str, ...]
    gates: Array
    pixels: Array
    correlation: Array
    unit: Projection


@finite_answers
def compare_rules(
    network: Sequential, image: Array, layer: str, feature_map: int, *, select: Select = "strongest"
) -> RuleComparison:
    """Project one unit by each combination of forward gate, backward gate, and switches.

    Parameters
    ----------
    network : Sequential
    image : (H, W, C)
        uint8 pixels, or floats prepared as the network takes them.
    layer, feature_map, select
        As for `project`.

    Returns
    -------
    RuleComparison

    Raises
    ------
    KeyError, IndexError, TypeError, ValueError
        As `project` does.

    Notes
    -----
    Unpooling without switches puts each value to the center of its window (see
    `npdeconv.layers.MaxPool2D.centered`). All eight share one pass up. A projection with equal
    pixels, such as a silent unit's, has no correlation; it is given as 0, on the diagonal too. Below
    a network's first pooling, switches make no difference.

    In some networks, "deconv" differs by more than gates: it skips normalizations, tanh, sigmoid,
    softmax and the rectification of `Invert`, where the other rules follow the gradient.

    Examples
    --------
    >>> net, image = nd.models.deck_model4(rng=np.random.default_rng(0)), nd.data.load_strokes(1).images[0]
    >>> result = nd.visualize.compare_rules(net, image, "relu4", 7)
    >>> for name, gates in zip(result.names[:2], result.gates[:2].tolist()):
    ...     print(name, gates)
    deconv [False, True, True]
    gradient [True, False, True]
    """
    one_image(image, "compare_rules")
    batch = image[np.newaxis]
    unit = project(network, batch, layer, feature_map, select=select, workers=1)
    head = network[:layer]
    y, tape = head.forward(as_input(batch, head.dtype))
    start = descent_start(y, feature_map, None if select == "map" else unit.position)
    tapes = {True: tape, False: head.centered(tape)}
    combinations = [(rule, switches) for switches in (True, False) for rule in RULE_GATES]
    pixels = np.concatenate([head.descend(start, tapes[switches], rule) for rule, switches in combinations])
    return RuleComparison(
        names=tuple(rule if switches else f"{rule} to centers" for rule, switches in combinations),
        gates=np.array([(*RULE_GATES[rule], switches) for rule, switches in combinations]),
        pixels=pixels,
        correlation=correlate(pixels),
        unit=unit,
    )


def correlate(pixels: Array) -> Array:
    """Return Pearson's correlation (N, N) between pictures (N, ...); 0 where one has no contrast."""
    flat = pixels.reshape(len(pixels), -1).astype(np.float64)
    flat = _divide(flat, np.abs(flat).max(axis=1))  # squares of tiny or huge pixels would leave the range
    has_contrast = np.ptp(flat, axis=1) > 0
    deviations = np.where(has_contrast[:, np.newaxis], flat - flat.mean(axis=1, keepdims=True), 0)
    directions = _divide(deviations, np.linalg.norm(deviations, axis=1))
    return np.clip(directions @ directions.T, -1, 1)


def _divide(rows: Array, by: Array) -> Array:
    """Divide each row by a number; leave rows as they are where it is 0."""
    return rows / np.where(by > 0, by, 1)[:, np.newaxis]
