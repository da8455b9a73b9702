"""`npdeconv break`: the faults that published deconvnets had, what each does, and what catches it.

Without NAME, lists the faults. With a name, tells the story, draws the fault's picture beside the right
one, and runs all public checks on it. `all` does so for each.
"""

import argparse

from npdeconv import plot
from npdeconv.breakage import CHECKS, FAULTS, Fault, caught_by, fault_of, show
from npdeconv.cli.figures import Results
from npdeconv.cli.options import add_results
from npdeconv.cli.parser import Parser

ALL = "all"


def add(parser: Parser) -> None:
    """Declare the options."""
    parser.add_argument("name", nargs="?", metavar="NAME", help=f"a fault, or {ALL}")
    add_results(parser, "breakage")


def run(options: argparse.Namespace) -> None:
    """List the faults, or show some."""
    if options.name is None:
        width = max(map(len, FAULTS))
        for fault in FAULTS.values():
            print(f"{fault.name:<{width}}  {fault.title}")
        print(f"\nnpdeconv break NAME shows one, npdeconv break {ALL} shows each.")
        return
    out = Results(options)
    for fault in FAULTS.values() if options.name == ALL else [fault_of(options.name)]:
        _show(fault, out)


def _show(fault: Fault, out: Results) -> None:
    scene = show(fault)
    print(f"{fault.name}\n\n{fault.story}\n")
    print(out.figure(plot.fault(fault, scene), fault.name))
    print(out.arrays(fault.name, scene._asdict()))
    print(
        f"{scene.caption}: difference {scene.difference:.0%} of the right one's norm,"
        f" correlation {scene.correlation:.2f}"
    )
    caught = caught_by(fault.parts)
    for name in CHECKS:
        print(f"  {name:<22} {'CAUGHT: ' + caught[name] if name in caught else 'passes'}")
    print(flush=True)
