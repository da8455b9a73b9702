"""Self-contained HTML pages: no server, no network, no other file. First of all, the page about a run.

`collect` runs the analyses of `npdeconv.visualize` and keeps the arrays, shrunk to the size of a
page; `write` turns them into pictures and text. `Watch` does both after every epoch.
`worked_example.write` writes a page on which one small projection can be touched, number by number.
"""

from npdeconv.report import worked_example
from npdeconv.report.collect import collect
from npdeconv.report.contents import Evolving, LayerView, Report
from npdeconv.report.page import is_page, render, write
from npdeconv.report.watch import Watch, known_snapshots

__all__ = [
    "Evolving",
    "LayerView",
    "Report",
    "Watch",
    "collect",
    "is_page",
    "known_snapshots",
    "render",
    "worked_example",
    "write",
]
