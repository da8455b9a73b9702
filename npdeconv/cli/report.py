"""`npdeconv report`: a training run as one HTML page."""

import argparse
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from npdeconv.cli.figures import check_folder, make_folder
from npdeconv.cli.options import DATA_HELP, add_command, add_weights, add_workers, at_least, load, run_folder
from npdeconv.cli.pretrained import is_card
from npdeconv.data import Dataset
from npdeconv.layers import Sequential
from npdeconv.report import collect, is_page, known_snapshots, write
from npdeconv.training import History


def add(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "report",
        run,
        summary="write a page that shows what a training run learned, as one HTML file",
        description="Writes one self-contained HTML file: learning curves, every feature map through the "
        "snapshots of the run, its strongest patches beside their projections, its filter, and occlusion "
        "maps. It needs no server and no network.",
    )
    option = parser.add_argument
    option(
        "network", metavar="RUN", help="folder of a training run, or the card (.json) of a pretrained network"
    )
    add_weights(parser)
    option(
        "--data",
        metavar="SET",
        help=f"{DATA_HELP}; the run's if not given",
    )
    option(
        "--images",
        type=at_least(1),
        default=2000,
        metavar="N",
        help="test images to search, at even distances",
    )
    option(
        "--out",
        type=Path,
        metavar="FILE",
        help="the page; if not given, RUN/report.html, or for the card NAME.json, NAME_report.html here",
    )
    add_workers(parser)
    parser.set_defaults(split="test")


def run(options: argparse.Namespace) -> None:
    """Collect, write, and print where the page is."""
    if is_card(options.network):
        folder = Path(options.network).with_suffix("")  # there is none: no history, and no snapshots
        out = options.out or Path(f"{folder.name}_report.html")
    else:
        options.network = run_folder(options.network)
        folder = Path(options.network)
        out = options.out or folder / "report.html"
    check_page(out)
    network, dataset = load(options)
    make_folder(out.parent)
    write_report(folder, network, dataset, out, images=options.images, workers=options.workers)


def check_page(out: Path) -> None:
    """Check, before the long work, that the page has a place, and replaces nothing but its like."""
    check_folder(out.parent)
    if out.is_dir():
        raise IsADirectoryError(f"{out}: expected a file to write the page to, got a folder")
    if out.exists() and not is_page(out):
        raise FileExistsError(f"{out}: is no page of a run and would be lost; choose another name")


def write_report(
    folder: Path,
    network: Sequential,
    dataset: Dataset,
    out: Path,
    *,
    images: int = 2000,
    workers: int | None = None,
) -> None:
    """Write the page of a run with its final weights, and print where it is."""
    history = folder / "history.csv"
    with tqdm(delay=2, leave=False, file=sys.stderr) as bar:

        def show(what: str, done: int, total: int) -> None:
            bar.total = total
            bar.set_description(what, refresh=False)
            bar.update(done - bar.n)

        report = collect(
            network,
            dataset,
            run=folder.resolve().name if history.exists() else "",  # a card is no run
            history=History.read(history) if history.exists() else None,
            snapshots=known_snapshots(folder / "snapshots"),
            image_count=images,
            workers=workers,
            say=show,
        )
    size = write(out, report)
    print(f"{out} ({size / 1e6:.1f} MB)")
