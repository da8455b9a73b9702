"""`npdeconv check`: test a layer of your own against the contract of layers.

Makes a layer and tests its gradients, its way down, shapes, dtypes, batches, threads and copies.
Example: npdeconv check prelu.py:PReLU 3
"""

import argparse
import ast
import inspect
from typing import Any

import numpy as np

from npdeconv.cli.options import at_least, share
from npdeconv.cli.parser import Parser
from npdeconv.gradcheck import check_layer
from npdeconv.models.own import load_builder


def add(parser: Parser) -> None:
    """Declare the options."""
    option = parser.add_argument
    option("layer", metavar="FILE.PY:CLASS", help="the class, or a function that makes the layer")
    option(
        "arguments",
        nargs="*",
        metavar="ARGUMENT",
        help="the class's arguments, such as 3 or padding=same; it gets an rng if it takes one",
    )
    option(
        "--input",
        nargs="+",
        type=at_least(1),
        default=(5, 7, 3),
        metavar="N",
        help="shape of one input: height, width, channels, or the length of a vector",
    )
    share(parser, "--seed")


def run(options: argparse.Namespace) -> None:
    """Print the table; fail if a clause is broken."""
    rng = np.random.default_rng(options.seed)
    make = load_builder(options.layer)
    keywords = {"rng": rng} if "rng" in inspect.signature(make).parameters else {}
    given = [_argument(text) for text in options.arguments]
    keywords |= {name: value for name, value in given if name}
    layer: Any = make(*(value for name, value in given if not name), **keywords)
    report = check_layer(layer, tuple(options.input), rng=rng)
    print(report)
    if not report.passed:
        broken = len(report.failures)
        raise ArithmeticError(f"{options.layer}: {broken} of {len(report.checks)} clauses are broken")


def _argument(text: str) -> tuple[str, Any]:
    """Return the name, "" if there is none, and the value: a literal of Python, else the text itself."""
    name, _, value = text.partition("=")
    if not value or not name.isidentifier():
        name, value = "", text
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value
