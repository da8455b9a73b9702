"""`npdeconv report`: what a network learned, as one HTML page.

Writes one self-contained HTML file: learning curves, every feature map through the snapshots of the
run, its strongest patches beside their projections, its filter, and occlusion maps. It needs no
server and no network. Of a network that comes from no run, there are no curves and no snapshots.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from npdeconv._progress import progress_bar
from npdeconv.cli.datasets import load_data
from npdeconv.cli.figures import VERDICTS, check_folder, make_folder
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import add_network, add_whole, at_least, check_whole, share
from npdeconv.cli.parser import Parser
from npdeconv.data import Dataset
from npdeconv.layers import Sequential
from npdeconv.report import collect, is_page, known_snapshots, write
from npdeconv.report.whole_maps import Select
from npdeconv.training import History


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser)
    share(parser, "--count", " to search, at even distances", default=2000)
    parser.add_argument(
        "--page",
        type=Path,
        metavar="FILE",
        help="where to write; report.html in the run's folder, or NAME_report.html here, if not given",
    )
    share(parser, "--verdict", "; of each map's strongest image")
    parser.add_argument(
        "--made",
        type=at_least(1),
        metavar="N",
        help="also make an image that excites it most for each of the N most active maps of every layer",
    )
    add_whole(parser, "the five strongest images of a map, beneath its patches")
    share(parser, "--workers")


def run(options: argparse.Namespace) -> None:
    """Collect, write, and print where the page is."""
    check_whole(options)
    if options.page is not None:
        check_page(options.page)
    loaded = load_network(options)
    beside = Path(f"{Path(options.network).stem}_report.html")
    page = options.page or (beside if loaded.run is None else loaded.run / "report.html")
    check_page(page)
    dataset = load_data(loaded, options.data, options.split)
    make_folder(page.parent)
    write_report(
        loaded.run,
        loaded.network,
        dataset,
        page,
        count=options.count,
        verdict=options.verdict,
        made=options.made or 0,
        whole=options.select[0] if options.whole else None,
        workers=options.workers,
    )


def check_page(out: Path, is_own: Callable[[Path], bool] = is_page, what: str = "a page of a run") -> None:
    """Check that a page can be written, and replaces at most an older one of its kind."""
    check_folder(out.parent)
    if out.is_dir():
        raise IsADirectoryError(f"{out}: expected a file to write the page to, got a folder")
    if out.exists() and not is_own(out):
        raise FileExistsError(f"{out}: expected {what} to replace, got another file; choose another name")


def write_report(
    run: Path | None,
    network: Sequential,
    dataset: Dataset,
    out: Path,
    *,
    count: int = 2000,
    verdict: bool = False,
    made: int = 0,
    whole: Select | None = None,
    workers: int | None = None,
) -> None:
    """Write the page of a network, and of its run if it has one, and print where it is."""
    history, snapshots = None, {}
    if run is not None:
        snapshots = known_snapshots(run / "snapshots")
        history = History.read(run / "history.csv") if (run / "history.csv").exists() else None
    with progress_bar(delay=2, leave=False) as bar:

        def show(what: str, done: int, total: int) -> None:
            bar.total = total
            bar.set_description(what, refresh=False)
            bar.update(done - bar.n)

        report = collect(
            network,
            dataset,
            run="" if run is None else run.resolve().name,
            history=history,
            snapshots=snapshots,
            image_count=count,
            verdict=verdict,
            verdicts=out.parent / VERDICTS,
            made=made,
            whole=whole,
            workers=workers,
            say=show,
        )
    size = write(out, report)
    print(f"{out} ({size / 1e6:.1f} MB)")
