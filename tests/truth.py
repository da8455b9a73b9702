"""How many projections are off? Ours beside the golden ones: python -m tests.truth prints the table.

Projections are compared by their sketches, see `tests.golden.make_truth`.
"""

import json
import sys
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np

from npdeconv.parallel import pool
from npdeconv.visualize.projection import lone_units
from tests.truth_cases import CASES, GOLDEN, OFF, RULES, STATES, build, draw_signs, rectifiers, sketch

DTYPES = ("float32", "float64")


class Row(NamedTuple):
    """One layer's projections by one rule."""

    network: str
    state: str
    layer: str
    rule: str
    dtype: str
    units: int
    off: float  # share of the units
    median: float  # error, in relation to the projection's norm
    torch: float  # share of the units that are off in PyTorch, float32

    def __str__(self):
        place = f"{self.network:<12}{self.state:<10}{self.layer:<15}{self.rule:<9}{self.dtype:<8}"
        return f"{place}{self.units:>7}{self.off:>9.2%}{self.median:>9.0e}{self.torch:>9.2%}"


HEADER = f"{'network':<12}{'state':<10}{'layer':<15}{'rule':<9}{'dtype':<8}" + (
    f"{'units':>7}{'off':>9}{'median':>9}{'PyTorch':>9}"
)


def compare(name, state, dtype, *, images=None, every=1):
    """Yield a Row per layer and rule, for the first images of a case and every so many maps."""
    network = build(name, state, dtype)
    x = CASES[name].images()[:images].astype(dtype)
    signs = draw_signs(x.shape[1:])
    shares = json.loads((GOLDEN / "truth_torch.json").read_text(encoding="utf-8"))["shares"]
    sketches = {rule: np.load(GOLDEN / f"truth_{rule}.npz") for rule in RULES}
    with np.load(GOLDEN / "truth_units.npz") as units, pool() as parallel_map:
        for layer in rectifiers(network):
            key, head = f"{name}/{state}/{layer}", network[:layer]
            positions = units[f"{key}/positions"][: len(x)].astype(int)
            passed = head, *head.forward(x), positions, signs
            for rule in RULES:
                expected = np.moveaxis(sketches[rule][key][:, : len(x)].astype(np.float64), 0, 2)
                maps = range(0, positions.shape[1], every)
                found = list(parallel_map(partial(_sketch_map, *passed, rule), maps))
                errors = relative_errors(np.stack(found, 1), expected[:, ::every])
                share = float(np.mean(errors > OFF / 10))
                place = (name, state, layer, rule, np.dtype(dtype).name)
                yield Row(*place, len(errors), share, float(np.median(errors)), shares[f"{key}/{rule}"])


def _sketch_map(head, y, tape, positions, signs, rule, feature_map):
    """Project one unit of a map for each image, and sketch it: (N, 4)."""
    width = y.shape[2] if y.ndim == 4 else 1
    place = np.stack(np.divmod(positions[:, feature_map], width), axis=1)
    start = lone_units(y, np.full(len(y), feature_map), place)
    return sketch(head.descend(start, tape, rule), signs)


def relative_errors(found, expected):
    """Estimate from sketches (..., 4) the L2 errors of what fires, in relation to the norms."""
    fires = expected[..., -1] > 0
    difference = (found - expected)[fires][:, :-1]
    errors = np.sqrt(np.mean(difference**2, axis=1)) / expected[fires][:, -1]
    return np.where(np.isnan(errors), np.inf, errors)


def main(arguments):
    """Print the table of the networks that are named, or of all."""
    sys.stdout.write(HEADER + "\n")
    for name, state, dtype in product(arguments or CASES, STATES, DTYPES):
        for row in compare(name, state, dtype):
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
