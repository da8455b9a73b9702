"""`npdeconv textures`: what makes a projection look embossed, beaded, or like a crystal?

Projects a whole map as it is, and with one cause of its texture switched off at a time on the way down:
filters that are not even, poolings that keep one place of each window, and the switches of silent
windows. Writes a figure (.png) and the raw arrays (.npz), and prints three measures of texture.
"""

import argparse

import numpy as np

from npdeconv import plot
from npdeconv.anatomy import map_count
from npdeconv.cli.datasets import load_data
from npdeconv.cli.figures import Results, file_stem, listed
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import add_network, add_results, check_range, chosen_layer, share
from npdeconv.cli.parser import Parser
from npdeconv.visualize import compare_textures, find_strongest, living_maps

SHOWN = 3  # images, if none are chosen


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser)
    share(parser, "--layer", "; the last one with feature maps if not given")
    share(parser, "--map", "; the first that fires if not given")
    share(parser, "--images", f"; the {SHOWN} with the largest mean of the map if not given")
    share(parser, "--seed")
    add_results(parser, "textures")


def run(options: argparse.Namespace) -> None:
    """Find the map and its images, project, draw, and print the measures and where the files are."""
    out = Results(options)
    loaded = load_network(options)
    network, dataset = loaded.network, load_data(loaded, options.data, options.split)
    layer = chosen_layer(options.layer, network, dataset.images.shape[1:])
    count = map_count(network, layer, dataset.images.shape[1:])
    check_range("--map", () if options.map is None else options.map, count, f"layer {layer!r} has the maps")
    check_range("--images", options.images or (), len(dataset), f"{dataset.name} has the images")
    feature_map, image_indices = options.map, options.images
    if feature_map is None or image_indices is None:
        found = find_strongest(network, dataset.images, [layer], k=SHOWN, by="mean", workers=options.workers)
        feature_map = int(living_maps(found[layer], 1)[0]) if feature_map is None else feature_map
        strongest = found[layer].image_indices[feature_map]
        fallback = strongest[strongest >= 0] if (strongest >= 0).any() else [0]
        image_indices = fallback if image_indices is None else image_indices
    images = dataset.images[np.array(image_indices)]
    result = compare_textures(network, images, layer, feature_map, rng=np.random.default_rng(options.seed))
    stem = file_stem(
        f"textures_{layer}_map{feature_map}", listed("image", options.images), split=options.split
    )
    title = plot.literal(f"{network.name} on {dataset.name}: {layer}, map {feature_map}, projected whole")
    paths = [out.figure(plot.textures(images, result, title=title), stem)]
    arrays = result._asdict() | {"image_indices": image_indices, "feature_map": feature_map}
    paths.append(out.arrays(stem, arrays))
    print(f"{layer} map {feature_map}, means of {len(images)} images; a unit each {result.period} pixels")
    for way, name in enumerate(result.names):
        relief, beads, lattice = (m[way].mean() for m in (result.relief, result.beads, result.lattice))
        print(f"{name:26}relief {relief:.3f}  beads {beads:.3f}  lattice {lattice:.3f}")
    print(*paths, sep="\n")
