"""`npdeconv evolve`: when did each feature map learn what it looks for?

Projects feature maps at each snapshot of a training run: for one image with --image, or for the image
that excites each map most at that epoch; a frame marks a jump to another image. Writes a figure (.png)
and the raw arrays (.npz) for each layer.
"""

import argparse
from pathlib import Path

from npdeconv import plot
from npdeconv.anatomy import shown_layers
from npdeconv.anatomy.maps import map_shape
from npdeconv.cli.datasets import Split, data_name, load_data
from npdeconv.cli.figures import Results, file_stem, listed
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import (
    LAYERS_HELP,
    add_network,
    add_results,
    add_whole,
    check_range,
    check_whole,
    selected,
    share,
)
from npdeconv.cli.parser import Parser
from npdeconv.visualize import evolve, find_snapshots


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser, split=False)
    share(parser, "--split", "; if not given, train as in the paper, but test with --image")
    share(parser, "--layers", LAYERS_HELP)
    share(parser, "--map", "; 0 to 7 if not given", nargs="+")
    share(parser, "--image", "; to project at all epochs; the strongest at each epoch if not given")
    add_whole(parser, "projections", one_position=True)
    add_results(parser, "evolution")


def run(options: argparse.Namespace) -> None:
    """Load each snapshot, project, draw, and print when each layer last jumped."""
    check_whole(options, one_position=True)
    out = Results(options)
    loaded = load_network(options, untrained=True)
    network = loaded.network
    if loaded.run is None:
        raise ValueError(f"{options.network}: expected the folder of a training run, which keeps snapshots")
    snapshots = find_snapshots(loaded.run / "snapshots")
    split: Split = options.split or ("train" if options.image is None else "test")
    dataset = load_data(loaded, options.data, split)
    layers = options.layers or shown_layers(network)
    for layer in layers:
        shape = map_shape(network, layer, dataset.images.shape[1:])
        check_range("--map", options.map or (), shape[2], f"layer {layer!r} has the maps")
        select = selected(options.select, layer, shape)
    if options.image is not None:
        check_range("--image", options.image, len(dataset), f"{dataset.name} has the images")
    name, kind = Path(data_name(loaded, options.data)).name, "training" if split == "train" else "test"
    if options.image is None:
        print(f"searching the {len(dataset):,} {kind} images of {name} at each snapshot", flush=True)
        subject, origin = f"the strongest {kind} image of {name} at each epoch", "strongest"
    else:
        subject, origin = f"{kind} image {options.image} of {name}", f"image{options.image}"
    results = evolve(
        network,
        dataset.images,
        layers,
        snapshots=snapshots,
        feature_maps=range(8) if options.map is None else options.map,
        image_index=options.image,
        select=select,
        workers=options.workers,
    )
    for layer, result in results.items():
        units = None if select == "strongest" else "_".join(options.select)
        drawn = "whole" if options.whole else None
        stem = file_stem(layer, origin, listed("map", options.map), units, drawn, split=split)
        out.arrays(stem, result._asdict())
        what = "whole map" if select == "map" else "projections"
        title = plot.literal(f"{network.name}, {layer}: {what} by deconv of") + f"\n{plot.literal(subject)}"
        pixels = dataset.images[options.image] if options.whole and options.image is not None else None
        figure = out.figure(plot.evolution(result, title=title, whole=options.whole, pixels=pixels), stem)
        jump = f"last jump at epoch {result.last_jump}" if result.last_jump else "no jumps"
        print(f"{layer}, {subject}: {figure}" + ("" if options.image is not None else f" ({jump})"))
