"""`npdeconv info`: the layers of a network as a table."""

from argparse import Namespace
from typing import Any

import numpy as np

from npdeconv import models
from npdeconv._types import Shape
from npdeconv.cli.options import add_command
from npdeconv.cli.pretrained import is_card
from npdeconv.visualize import summarize
from npdeconv.weights import load_card


def add(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "info",
        run,
        summary="print a network's layers, their output shapes, parameters and receptive fields",
        description="Prints a network's layers: name, kind, shape of the output, number of parameters, and "
        "the size in pixels of the part of the image that one unit depends on.",
    )
    parser.add_argument(
        "model",
        metavar="MODEL",
        help=f"one of {', '.join(models.names())}, the card (.json) of a network, or FILE.PY:FUNCTION",
    )


def run(options: Namespace) -> None:
    """Print the table."""
    if is_card(options.model):
        network = load_card(options.model).on_pixels()
    else:
        network = models.build(options.model, rng=np.random.default_rng(0))
    rows = summarize(network)
    print(f"{network.name}: input {_shape(network.input_shape or ())}")
    width = max(12, *(len(row.name) + 1 for row in rows))
    kinds = max(10, *(len(row.kind) + 1 for row in rows))
    print(f"{'layer':<{width}} {'kind':<{kinds}} {'output':>16} {'parameters':>11} {'receptive field':>16}")
    for row in rows:
        field = "x".join(str(side) for side in row.receptive_field)
        line = f"{row.name:<{width}} {row.kind:<{kinds}} {_shape(row.output_shape):>16}"
        print(f"{line} {row.parameters:>11,} {field:>16}")
    total = sum(row.parameters for row in rows)
    print(f"{'total':<{width}} {'':<{kinds}} {'':>16} {total:>11,}")


def _shape(shape: Shape) -> str:
    return " x ".join(str(length) for length in shape)
