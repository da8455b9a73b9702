"""`npdeconv evolve`: when did each feature map learn what it looks for?"""

import argparse
from pathlib import Path
from typing import Any

from npdeconv import plot
from npdeconv._files import write_arrays
from npdeconv.cli.figures import save_figure
from npdeconv.cli.options import add_command, add_workers, load_data, load_network, shown_layers
from npdeconv.visualize import evolve, find_snapshots


def add(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "evolve",
        run,
        summary="follow feature maps through the epochs of a training run",
        description="Projects feature maps at each snapshot of a training run: of one image with --image, or "
        "of the image that excites each map most at that epoch, where a frame marks a jump to another "
        "image. Writes for each layer a figure (.png) and the raw arrays (.npz).",
    )
    option = parser.add_argument
    option("run_folder", metavar="RUN", help="folder of a training run")
    option("--layers", nargs="+", metavar="NAME", help="every ReLU and pooling if not given")
    option("--map", type=int, nargs="+", dest="maps", metavar="N", help="feature maps, 0 to 7 if not given")
    option("--data", metavar="SET", help="the run's if not given")
    option("--split", choices=("train", "test"), default="test", help="part of the data set")
    option("--image", type=int, metavar="N", help="one image to project at all epochs")
    option("--out", type=Path, default=Path("evolution"), metavar="DIR", help="folder to write to")
    add_workers(parser)


def run(options: argparse.Namespace) -> None:
    """Load each snapshot, project, draw, and print when each layer last jumped."""
    folder = Path(options.run_folder)
    network, trained_on = load_network(options.run_folder, None)
    dataset = load_data(options.data or trained_on or "mnist", options.split, network)
    results = evolve(
        network,
        find_snapshots(folder / "snapshots"),
        dataset.images,
        options.layers or shown_layers(network),
        maps=range(8) if options.maps is None else options.maps,
        fixed=options.image,
        workers=options.workers,
    )
    options.out.mkdir(parents=True, exist_ok=True)
    for layer, result in results.items():
        write_arrays(options.out / f"{layer}.npz", result._asdict())
        whose = f"image {options.image}" if options.image is not None else "the strongest image of each epoch"
        figure = save_figure(plot.evolution(result, title=f"{layer}, {whose}"), options.out / f"{layer}.png")
        jump = f"last jump at epoch {result.last_jump}" if result.last_jump else "no jumps"
        print(f"{layer}: {figure}" + ("" if options.image is not None else f" ({jump})"))
