"""`npdeconv gradcheck`: finite differences for a named network.

Compares the gradients of a network, in float64 and with random weights and biases, with central
differences at random entries of its input and of each parameter.
"""

import argparse

import numpy as np

from npdeconv import models
from npdeconv._progress import progress_bar
from npdeconv.cli.options import add_model, at_least, share
from npdeconv.cli.parser import Parser
from npdeconv.gradcheck import check_gradients


def add(parser: Parser) -> None:
    """Declare the options."""
    add_model(parser)
    parser.add_argument(
        "--samples", type=at_least(1), default=8, metavar="N", help="entries checked per array"
    )
    share(parser, "--seed")


def run(options: argparse.Namespace) -> None:
    """Print the table; fail if the check does."""
    rng = np.random.default_rng(options.seed)
    network = models.build(options.model, rng=rng, dtype=np.float64)
    for name, array in network.parameters.items():
        if name.endswith("bias"):  # biases start at 0; random ones test more
            array[...] = rng.normal(0, 0.1, array.shape)
    x = rng.random((1, *(network.input_shape or ())))
    with progress_bar(total=1 + len(network.parameters), delay=2, leave=False) as bar:

        def show(name: str) -> None:
            bar.set_description(name, refresh=False)
            bar.update()

        report = check_gradients(network, x, rng=rng, samples=options.samples, say=show)
    print(report)
    if not report.passed:
        raise ArithmeticError(f"{network.name}: finite differences do not confirm the gradients")
