"""`npdeconv explain`: write the worked example one can touch, as one HTML file.

A 6x6 picture goes up through a filter, the rectifier and pooling, and comes back down. Point at any
number to see the numbers that it came from; change one, and all others follow. The page needs no
server and no network.
"""

import argparse
from pathlib import Path

from npdeconv.cli.figures import make_folder
from npdeconv.cli.options import share
from npdeconv.cli.parser import Parser
from npdeconv.cli.report import check_page
from npdeconv.report import worked_example


def add(parser: Parser) -> None:
    """Declare the options."""
    share(parser, "--out", ": a file", default=Path("worked_example.html"))


def run(options: argparse.Namespace) -> None:
    """Write, and print where the page is."""
    check_page(options.out, worked_example.is_worked_example, "a page of `npdeconv explain`")
    make_folder(options.out.parent)
    size = worked_example.write(options.out)
    print(f"{options.out} ({size / 1e3:.0f} kB), to open in a browser")
