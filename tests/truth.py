"""How many projections differ from the golden ones? python -m tests.truth prints the table.

Projections are compared by their sketches, see `tests.golden.make_truth`.
"""

import json
import sys
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np

from npdeconv.anatomy.maps import descent_start
from npdeconv.parallel import pool
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
    silent: int  # maps that do not fire for an image, and are skipped
    elsewhere: float  # share of the units that are not the strongest of their map in npdeconv
    off: float  # share of the units with an error above 1 % of the projection's norm
    median: float  # error
    largest: float
    torch: float  # share of the units that are off in PyTorch, float32

    def __str__(self):
        place = f"{self.network:<12}{self.state:<10}{self.layer:<15}{self.rule:<9}{self.dtype:<8}"
        shares = f"{self.units:>7}{self.silent:>7}{self.elsewhere:>10.2%}{self.off:>9.2%}"
        return f"{place}{shares}{self.median:>9.0e}{self.largest:>9.0e}{self.torch:>9.2%}"


HEADER = f"{'network':<12}{'state':<10}{'layer':<15}{'rule':<9}{'dtype':<8}" + (
    f"{'units':>7}{'silent':>7}{'elsewhere':>10}{'off':>9}{'median':>9}{'largest':>9}{'PyTorch':>9}"
)


def compare(name, state, dtype, *, images=None, every=1):
    """Yield a Row per layer and rule, for the first images of a case and every `every`-th map."""
    network = build(name, state, dtype)
    x = CASES[name].images()[:images].astype(dtype)
    shares = json.loads((GOLDEN / "truth_torch.json").read_text(encoding="utf-8"))["shares"]
    sketches = {rule: np.load(GOLDEN / f"truth_{rule}.npz") for rule in RULES}
    with np.load(GOLDEN / "truth_units.npz") as units, pool() as parallel_map:
        for layer in rectifiers(network):
            key, head = f"{name}/{state}/{layer}", network[:layer]
            positions = units[key][: len(x)].astype(int)
            y, tape = head.forward(x)
            strongest = y.reshape(len(y), -1, y.shape[-1]).argmax(1)
            for rule in RULES:
                expected = np.moveaxis(sketches[rule][key][:, : len(x), ::every].astype(np.float64), 0, 2)
                project = partial(_sketch_map, head, y, tape, positions, draw_signs(x.shape[1:]), rule)
                found = np.stack(list(parallel_map(project, range(0, positions.shape[1], every))), 1)
                fires = expected[..., -1] > 0
                elsewhere = np.mean((strongest != positions)[:, ::every][fires])
                errors = relative_errors(found[fires], expected[fires])
                yield Row(
                    *(name, state, layer, rule, dtype, len(errors), fires.size - len(errors), elsewhere),
                    *(np.mean(errors > OFF), np.median(errors), errors.max(), shares[f"{key}/{rule}"]),
                )


def _sketch_map(head, y, tape, positions, signs, rule, feature_map):
    """Project one unit of a map for each image, and sketch it: (N, 4)."""
    width = y.shape[2] if y.ndim == 4 else 1
    place = np.stack(np.divmod(positions[:, feature_map], width), axis=1)
    start = descent_start(y, np.full(len(y), feature_map), place)
    return sketch(head.descend(start, tape, rule), signs)


def relative_errors(found, expected):
    """Estimate the L2 errors (...,) from sketches (..., 4), relative to the expected norms."""
    errors = np.sqrt(np.mean((found - expected)[..., :-1] ** 2, axis=-1)) / expected[..., -1]
    return np.where(np.isnan(errors), np.inf, errors)


def main(arguments):
    """Print the table of the named networks, or of all."""
    sys.stdout.write(HEADER + "\n")
    for name, state, dtype in product(arguments or CASES, STATES, DTYPES):
        for row in compare(name, state, dtype):
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
