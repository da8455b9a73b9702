"""All commands. Each is a module with `add` and `run`."""

import argparse
import sys
from collections.abc import Sequence

import matplotlib as mpl

import npdeconv
from npdeconv._jit import on_first_compilation
from npdeconv.cli import (
    cam,
    check,
    classify,
    demo,
    embed,
    evolve,
    gradcheck,
    info,
    localize,
    look,
    maximize,
    occlude,
    probe,
    project,
    report,
    retrain,
    top,
    train,
    transfer,
)
from npdeconv.cli.parser import Parser
from npdeconv.parallel import progress_bars

COMMANDS = (
    demo,
    train,
    report,
    classify,
    look,
    project,
    top,
    evolve,
    occlude,
    cam,
    maximize,
    localize,
    embed,
    transfer,
    probe,
    retrain,
    info,
    gradcheck,
    check,
)

DESCRIPTION = """\
A convolutional network and its DeconvNet (Zeiler & Fergus, arXiv:1311.2901), from scratch.

Start with `npdeconv demo`: it trains a network in about a minute, without any download,
and draws what it learned."""


def run(arguments: Sequence[str] | None) -> None:
    """Parse the arguments and run the command that they name."""
    options = _parser().parse_args(arguments)
    mpl.use("Agg")  # figures become files: no display is needed
    on_first_compilation(lambda: print("compiling kernels, once on this machine ...", file=sys.stderr))
    with progress_bars():
        options.run(options)


def _parser() -> argparse.ArgumentParser:
    parser = Parser("npdeconv", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"npdeconv {npdeconv.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    return parser
