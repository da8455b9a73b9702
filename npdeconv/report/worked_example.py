"""The worked example one can touch: every number of one projection, on one page.

A 6x6 picture goes up through one 3x3 filter, the rectifier and 2x2 pooling, and comes back down. The
page computes everything again whenever a pixel or a weight is edited. It holds the package's numbers
for its presets, and compares its own with them when it opens.

Pixels, weights and the bias are quarters: 3, -1, 0.25. Their sums and products then have no rounding
errors, so that the page's numbers are equal to the package's, and ties and gates are decided alike.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from npdeconv._repr import brief
from npdeconv._types import Array, Rule
from npdeconv.layers import Conv2D, MaxPool2D, ReLU, Sequential
from npdeconv.report import assembly

TEMPLATE = "worked_example.html.j2"
# Each script uses definitions of earlier ones only.
SCRIPTS = ("elements", "worked_passes", "worked_figure", "worked_words", "worked_panel", "worked_start")
RULES: tuple[Rule, ...] = ("deconv", "gradient", "guided")


@brief
class Preset(NamedTuple):
    """Numbers to begin with.

    Attributes
    ----------
    name, words : str, of its button, and what is to be seen
    picture : (6, 6)
    weight : (3, 3), the filter
    bias : float
    send : str, which pooled values come down: "strongest", the first of the largest; "map", all of them;
        or "signs", all of them with two signs turned
    """

    name: str
    words: str
    picture: Array
    weight: Array
    bias: float
    send: str


BAR = np.array(
    [
        [0, 1, 2, 2, 1, 0],
        [0, 0, 2, 3, 1, 0],
        [0, 0, 1, 2, 2, 1],
        [0, 0, 0, 2, 3, 2],
        [0, 0, 0, 1, 2, 3],
        [0, 0, 0, 0, 0, 2],
    ]
)
DOT = np.zeros((6, 6), int)
DOT[2, 3] = 1
EDGE = np.array([[-1, 0, 1]] * 3)
COUNTING = np.arange(1, 10).reshape(3, 3)

PRESETS = (
    Preset(
        "An edge",
        "A bar leans across the picture. The filter looks for its left edge:"
        " dark on the left, bright on the right.",
        BAR,
        EDGE,
        0,
        "strongest",
    ),
    Preset(
        "A dot",
        "One pixel is 1. Filtered, it shows the filter, turned upside down and left to right."
        " Going down, each value spreads the filter as it is.",
        DOT,
        COUNTING,
        0,
        "strongest",
    ),
    Preset(
        "A blank picture",
        "All pixels are 0, so each sum is the bias, and all values of a window are equal."
        " Ties go to the first.",
        np.zeros((6, 6), int),
        EDGE,
        1,
        "map",
    ),
    Preset(
        "A negative bias",
        "The bias of −5 silences weak edges. Two windows are all 0: they send nothing down.",
        BAR,
        EDGE,
        -5,
        "map",
    ),
    Preset(
        "Signs from above",
        "A layer above may send negative values, too. Here the three rules part.",
        BAR,
        EDGE,
        0,
        "signs",
    ),
)


def write(path: str | Path) -> int:
    """Write the page, whole or not at all, and return its size in bytes."""
    return assembly.save(path, render())


def is_worked_example(path: Path) -> bool:
    """Tell whether a file begins like a page written by `write`."""
    return assembly.begins_like(path, TEMPLATE)


def render() -> str:
    """Return the page as HTML: one file, which needs no server and no network."""
    presets = [preset._asdict() | {"expected": compute(preset)} for preset in PRESETS]
    return assembly.assemble(TEMPLATE, ("base", "worked_example"), SCRIPTS, _listed({"presets": presets}))


def compute(preset: Preset) -> dict[str, Any]:
    """Return every array of the way up and, for each rule, with switches and without, of the way down.

    Returns
    -------
    dict
        `convolved` and `rectified` (4, 4), `pooled`, `switches` and `sent` (2, 2); `ways`, a dict of
        `unpooled` and `gated` (4, 4) and `projection` (6, 6) for each of "deconv kept",
        "deconv forgotten", "gradient kept" ...
    """
    conv = Conv2D(1, 1, 3, rng=np.random.default_rng(0), dtype=np.float64)
    conv.weight[:, :, 0, 0], conv.bias[:] = preset.weight, preset.bias
    chain = Sequential({"convolved": conv, "rectified": ReLU(), "pooled": MaxPool2D(2)})
    picture = np.asarray(preset.picture, np.float64)[np.newaxis, :, :, np.newaxis]
    _, kept = chain.forward(picture)
    up = {name: y[0, :, :, 0] for name, y in chain.outputs(picture, list(chain.layers))}
    sent = start(up["pooled"], preset.send)
    ways = {}
    for name, tape in (("kept", kept), ("forgotten", chain.centered(kept))):
        for rule in RULES:
            y, way = sent[np.newaxis, :, :, np.newaxis], {}
            for layer, left in (("pooled", "unpooled"), ("rectified", "gated"), ("convolved", "projection")):
                y = chain[layer].descend(y, tape[layer], rule)
                way[left] = y[0, :, :, 0]
            ways[f"{rule} {name}"] = way
    return up | {"switches": kept["pooled"].switches[0, :, :, 0], "sent": sent, "ways": ways}


def start(pooled: Array, send: str) -> Array:
    """Return the pooled values (2, 2) that come down, see `Preset`."""
    if send == "map":
        return pooled
    if send == "signs":
        return pooled * [[1, -1], [-1, 1]]
    alone = np.zeros_like(pooled)
    strongest = pooled.argmax()
    alone.flat[strongest] = pooled.flat[strongest]
    return alone


def _listed(value: Any) -> Any:
    """Return a value with arrays as flat lists, row after row."""
    if isinstance(value, dict):
        return {key: _listed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_listed(one) for one in value]
    return value.ravel().tolist() if isinstance(value, np.ndarray) else value
