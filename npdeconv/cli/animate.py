"""`npdeconv animate`: what do a layer's maps do while the image changes?

Writes an animation: each frame is one of a sequence of images and, beside it, maps of a layer, all on one
scale. The images come in the order of --images, such as the frames of a film in a folder. Also writes the
frames as one sheet (.png) and the raw arrays (.npz).
"""

import argparse
from functools import partial
from typing import get_args

import matplotlib.pyplot as plt
import numpy as np

from npdeconv import plot
from npdeconv._types import Array
from npdeconv.anatomy import Outputs, map_count
from npdeconv.cli.animation import Format, save_animation
from npdeconv.cli.datasets import load_data
from npdeconv.cli.figures import Results, file_stem, listed
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import add_network, add_results, check_range, chosen_layer, share
from npdeconv.cli.parser import Parser
from npdeconv.finite import must_be_finite
from npdeconv.parallel import map_shards

FRAMES = 20  # images, if none are chosen
MAPS = 14  # if none are chosen: with the image, three rows of five


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser)
    share(parser, "--layer", "; the last one with feature maps if not given")
    share(parser, "--map", f"; the {MAPS} most active if not given", nargs="+")
    share(parser, "--images", f", in this order; the first {FRAMES} if not given")
    share(parser, "--animate", choices=get_args(Format), default="gif")
    add_results(parser, "animation")


def run(options: argparse.Namespace) -> None:
    """Pass the images up, draw the frames, and print where the files are."""
    out = Results(options)
    loaded = load_network(options)
    network, dataset = loaded.network, load_data(loaded, options.data, options.split)
    shape = dataset.images.shape[1:]
    layer = chosen_layer(options.layer, network, shape)
    count = map_count(network, layer, shape)
    check_range("--map", options.map or (), count, f"layer {layer!r} has the maps")
    check_range("--images", options.images or (), len(dataset), f"{dataset.name} has the images")
    image_indices = np.array(options.images or range(min(FRAMES, len(dataset))))
    images = dataset.images[image_indices]
    every = map_shards(partial(_maps, Outputs(network, [layer])), images, workers=options.workers)
    maps = np.array(options.map or np.sort(np.argsort(-every.max(axis=(0, 1, 2)), kind="stable")[:MAPS]))
    chosen = np.moveaxis(every[..., maps], -1, 1)  # (N, M, OH, OW)
    frames = plot.activation_frames(images, chosen)
    images_said, maps_said = listed("image", options.images), listed("map", options.map)
    stem = file_stem(f"activations_{layer}", maps_said, images_said, split=options.split)
    ending = "gif" if options.animate == "gif" else "apng.png"
    paths = [save_animation(frames, out.place(f"{stem}.{ending}"), options.animate)]
    sheet = plot.montage(frames.reshape(-1, *frames.shape[2:]) / 255, frames.shape[1])
    named = ", ".join(map(str, maps))
    title = plot.literal(f"{network.name} on {dataset.name}: {layer}, maps {named}, one scale")
    size = (0.75 * frames.shape[1], 0.75 * len(frames) * frames.shape[2] / frames.shape[3] + 0.5)
    ax = plt.subplots(figsize=size, layout="constrained")[1]
    paths.append(out.figure(plot.image(sheet, ax, title=title), stem))
    paths.append(
        out.arrays(stem, {"image_indices": image_indices, "feature_maps": maps, "activations": chosen})
    )
    print(f"{layer}: {len(maps)} of {count} maps over {len(images)} images", *paths, sep="\n")


def _maps(outputs: Outputs, images: Array) -> Array:
    """Return the maps (N, OH, OW, F) of a shard of images."""
    ((_, maps),) = outputs(images)
    must_be_finite(maps)
    return maps
