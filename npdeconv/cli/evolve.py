"""`npdeconv evolve`: when did each feature map learn what it looks for?"""

import argparse
from pathlib import Path
from typing import Any

from npdeconv import plot
from npdeconv.anatomy import map_count, shown_layers
from npdeconv.cli.figures import Results, add_out, file_stem, listed
from npdeconv.cli.options import (
    DATA_HELP,
    LAYERS_HELP,
    add_builder,
    add_command,
    add_workers,
    check_range,
    load_data,
    run_folder,
)
from npdeconv.cli.pretrained import Split
from npdeconv.training.loading import rebuild
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
    add_builder(parser)
    option("--layers", nargs="+", metavar="NAME", help=LAYERS_HELP)
    option("--map", type=int, nargs="+", dest="maps", metavar="N", help="feature maps, 0 to 7 if not given")
    option("--data", metavar="SET", help=f"{DATA_HELP}; the run's if not given")
    option(
        "--split",
        choices=("train", "test"),
        help="part of the data set; if not given, train as in the paper, but test with --image",
    )
    option("--image", type=int, metavar="N", help="one image to project at all epochs")
    add_out(parser, "evolution")
    add_workers(parser)


def run(options: argparse.Namespace) -> None:
    """Load each snapshot, project, draw, and print when each layer last jumped."""
    out = Results(options)
    folder = Path(run_folder(options.run_folder))
    network, trained_on = rebuild(folder, options.builder)
    snapshots = find_snapshots(folder / "snapshots")
    split: Split = options.split or ("train" if options.image is None else "test")
    dataset = load_data(options.data or trained_on, split, network)
    layers = options.layers or shown_layers(network)
    for layer in layers:
        count = map_count(network, layer, dataset.images.shape[1:])
        check_range("--map", options.maps or (), count, f"layer {layer!r} has the maps")
    if options.image is not None:
        check_range("--image", options.image, len(dataset), f"{dataset.name} has the images")
    name, kind = Path(options.data or trained_on).name, "training" if split == "train" else "test"
    if options.image is None:
        print(f"searching the {len(dataset):,} {kind} images of {name} at each snapshot", flush=True)
        whose, origin = f"the strongest {kind} image of {name} at each epoch", "strongest"
    else:
        whose, origin = f"{kind} image {options.image} of {name}", f"image{options.image}"
    results = evolve(
        network,
        dataset.images,
        layers,
        snapshots=snapshots,
        feature_maps=range(8) if options.maps is None else options.maps,
        image_index=options.image,
        workers=options.workers,
    )
    for layer, result in results.items():
        stem = file_stem(layer, origin, listed("map", options.maps), split=split)
        out.arrays(stem, result._asdict())
        title = (
            plot.literal(f"{network.name}, {layer}: projections by deconv of") + f"\n{plot.literal(whose)}"
        )
        figure = out.figure(plot.evolution(result, title=title), stem)
        jump = f"last jump at epoch {result.last_jump}" if result.last_jump else "no jumps"
        print(f"{layer}, {whose}: {figure}" + ("" if options.image is not None else f" ({jump})"))
