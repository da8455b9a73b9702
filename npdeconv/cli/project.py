"""`npdeconv project`: which pixels made a feature map fire?

Projects feature maps of a trained network back to the pixels of images, and writes a figure (.png)
and the raw arrays (.npz). For the names of layers, see `npdeconv info NETWORK`.
"""

import argparse
from typing import get_args

import numpy as np

from npdeconv import plot
from npdeconv._types import Array, Rule
from npdeconv.anatomy.maps import map_shape
from npdeconv.cli.datasets import load_data
from npdeconv.cli.figures import VERDICTS, Results, answers, file_stem, listed
from npdeconv.cli.networks import load_network
from npdeconv.cli.options import add_network, add_results, add_whole, check_range, only, selected, share
from npdeconv.cli.parser import Parser
from npdeconv.cli.top import prefixed, say_what_is_dead
from npdeconv.data import Dataset
from npdeconv.experiments import Verdict, judge_projections
from npdeconv.layers import Sequential
from npdeconv.visualize import Select, Strongest, find_strongest, living_maps, project


def add(parser: Parser) -> None:
    """Declare the options."""
    add_network(parser)
    share(parser, "--layer", required=True)
    share(parser, "--map", "; the first eight that fire if not given", nargs="+")
    share(parser, "--images", "; the one that excites the map most if not given")
    add_whole(parser, "projections of small fields", one_position=True)
    parser.add_argument(
        "--rule", choices=get_args(Rule), default="deconv", help="how to pass each ReLU on the way down"
    )
    share(parser, "--verdict")
    add_results(parser, "projections")


def run(options: argparse.Namespace) -> None:
    """Project, draw, and print where the files are."""
    out = Results(options)
    loaded = load_network(options)
    choose = None if options.images is None else only("--images", options.images)
    network, dataset = loaded.network, load_data(loaded, options.data, options.split, choose)
    shape = map_shape(network, options.layer, dataset.images.shape[1:])
    check_range("--map", options.map or (), shape[2], f"layer {options.layer!r} has the maps")
    select = selected(options.select, options.layer, shape)
    maps, places, searched = _choose(options, network, dataset)
    images = dataset.images[places]
    image_indices = places if options.images is None else np.array(options.images)[places]
    result = project(
        network,
        images,
        options.layer,
        maps,
        select=select,
        rule=options.rule,
        workers=options.workers,
    )
    verdict = _judge(options, network, images, maps, select, out) if options.verdict else None
    stem = _stem(options, select)
    said = answers(network, dataset, places, options.workers, between="\n")
    titles = [f"map {m}, image {n}\n{answer}" for m, n, answer in zip(maps, image_indices, said, strict=True)]
    if verdict is not None:
        titles = [f"{words}\n{verdict.numbers(n)}" for n, words in enumerate(titles)]
    title = plot.literal(
        f"{network.name} on {dataset.name}:"
        f" {options.layer}, {' '.join(options.select)}, projected by the rule {options.rule}"
    )
    axes = plot.projections(images, result, titles=titles, title=title, whole=options.whole)
    figure = out.figure(axes, stem)
    given = {"feature_maps": maps, "image_indices": image_indices, **result._asdict()}
    judged = {} if verdict is None else prefixed("verdict", verdict._asdict())
    arrays = out.arrays(stem, given | judged)
    if searched is not None:
        say_what_is_dead(options.layer, searched, len(dataset))
    for place, (m, n) in enumerate(zip(maps, image_indices, strict=True)):
        activation = f"activation {result.activation[place]:.4g}"
        print(f"{options.layer} map {m}, image {n}: {'silent' if result.silent[place] else activation}")
        if verdict is not None:
            print(f"  {verdict.sentence(place)}")
    print(figure, arrays, sep="\n")


def _judge(
    options: argparse.Namespace,
    network: Sequential,
    images: Array,
    maps: Array,
    select: Select,
    out: Results,
) -> Verdict:
    return judge_projections(
        network,
        images,
        options.layer,
        maps,
        select=select,
        rule=options.rule,
        rng=np.random.default_rng(0),
        folder=out.place(VERDICTS),
        workers=options.workers,
    )


def _choose(
    options: argparse.Namespace, network: Sequential, dataset: Dataset
) -> tuple[Array, Array, Strongest | None]:
    """Return the maps to project, the index of each map's image among those loaded, and the search's result.

    The maps and images are the chosen ones, or else maps that fire and their strongest images.
    """
    layer, every = options.layer, np.arange(len(dataset))
    if options.map is not None and options.images is not None:
        return np.repeat(options.map, len(every)), np.tile(every, len(options.map)), None
    found = find_strongest(network, dataset.images, [layer], k=1, workers=options.workers)[layer]
    chosen = living_maps(found, 8) if options.map is None else np.array(options.map)
    if options.images is not None:
        return np.repeat(chosen, len(every)), np.tile(every, len(chosen)), None
    # A dead map has no strongest image; it is silent on any.
    return chosen, np.maximum(found.image_indices[chosen, 0], 0), found


def _stem(options: argparse.Namespace, select: Select) -> str:
    place = None if select == "strongest" else "whole" if isinstance(select, str) else listed("at", select)
    maps, images = listed("map", options.map), listed("image", options.images)
    drawn = "uncropped" if options.whole else None
    return file_stem(options.layer, options.rule, maps, images, place, drawn, split=options.split)
