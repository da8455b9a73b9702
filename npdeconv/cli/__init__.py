"""The command line: `npdeconv COMMAND`. Each command is a module with `add` and `run`."""

import argparse
import os
import sys
from collections.abc import Sequence

import matplotlib as mpl

import npdeconv
from npdeconv._jit import on_first_compilation
from npdeconv.cli import (
    cam,
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
)

DESCRIPTION = """\
A convolutional network and its DeconvNet (Zeiler & Fergus, arXiv:1311.2901), from scratch.

Start with `npdeconv demo`: it trains a network in about a minute, without any download,
and draws what it learned."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status. Errors a user can mend are one sentence and status 2."""
    parser = Parser("npdeconv", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"npdeconv {npdeconv.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add(commands)
    options = parser.parse_args(arguments)
    mpl.use("Agg")  # figures become files: no display is needed
    on_first_compilation(lambda: print("compiling kernels, once on this machine ...", file=sys.stderr))
    try:
        with progress_bars():
            options.run(options)
    except KeyboardInterrupt:
        print("npdeconv: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has seen enough; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, TypeError, LookupError, OSError, ArithmeticError, ImportError, MemoryError) as error:
        print(f"npdeconv: {_sentence(error)}", file=sys.stderr)
        return 2
    return 0


def _sentence(error: BaseException) -> str:
    # str(KeyError) is the repr of its message.
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    notes = " ".join(f"({note})" for note in getattr(error, "__notes__", ()))
    return f"{text or type(error).__name__} {notes}".rstrip()
